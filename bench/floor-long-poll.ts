import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { endWithParent } from './support/end-with-parent.ts'

// The floor of `sync-waking`: the least work to respond to all waiting requests on this runtime. It holds
// each GET /sync with a token until a PUT arrives, then writes one fixed response to all of them, 16 in each
// turn of the event loop.

const BODY = JSON.stringify({ next_batch: 's1', rooms: { join: { '!room:localhost': 'x'.repeat(600) } } })
const IN_A_TURN = 16
const headers = { 'content-type': 'application/json', 'content-length': BODY.length }

let waiting: ServerResponse[] = []

async function respondToAll(): Promise<void> {
  const all = waiting
  waiting = []
  for (let at = 0; at < all.length; at += IN_A_TURN) {
    for (const response of all.slice(at, at + IN_A_TURN)) response.writeHead(200, headers).end(BODY)
    await setImmediate()
  }
}

const server = createServer((request, response) => {
  request.resume()
  if (request.method === 'PUT') void respondToAll()
  if (request.method === 'GET' && request.url?.includes('since=')) waiting.push(response)
  else if (request.url === '/metrics') response.end(`belfry_sync_waiting ${waiting.length}\n`)
  else response.writeHead(200, headers).end(BODY)
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  console.log(`floor listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
endWithParent()
