import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'
import { endWithParent } from './support/end-with-parent.ts'

// The floor of `pokes` and `delivery`: the least work from a message to its pokes on this runtime. It
// forwards the body of each request the given number of times and stores nothing.
// `node bench/floor-relay.ts GATEWAY-URL [POKES [CONNECTIONS]]`

const gateway = new URL(process.argv[2] ?? '')
const pokes = Number(process.argv[3] ?? 1)
const pool = new Pool(gateway.origin, { connections: Number(process.argv[4] ?? 32) })
const headers = { 'content-type': 'application/json' }

async function poke(body: Buffer): Promise<void> {
  const reply = await pool.request({ method: 'POST', path: gateway.pathname, headers, body })
  await reply.body.dump()
}

async function forward(body: Buffer): Promise<void> {
  await Promise.all(Array.from({ length: pokes }, () => poke(body)))
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    forward(Buffer.concat(chunks)).then(
      () => response.writeHead(200, headers).end('{}'),
      () => response.writeHead(502, headers).end('{}'),
    )
  })
})
server.listen(0, '127.0.0.1', () => {
  console.log(`relay listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
endWithParent()
