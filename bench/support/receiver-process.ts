import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { endWithParent } from './end-with-parent.ts'
import { STAMP } from './message.ts'
import { monotonicMs } from './monotonic.ts'
import type { Arrivals } from './receiver.ts'
import { percentile } from './stats.ts'

// A push gateway in a process of its own: notes when the pokes of a round arrive, and answers that all is well.
// GET /begin?from=N: from here on count messages with numbers from N. GET /end?count=N: answers once N have come.

let from = 0
let lastAt = 0
let latencies: number[] = []
let waiting: { count: number; answer: () => void } | undefined

function arrived(text: string): void {
  const at = monotonicMs()
  const stamp = STAMP.exec(text)
  if (!stamp) return
  if (Number(stamp[2]) < from) return
  lastAt = at
  latencies.push(at - Number(stamp[1]))
  if (waiting && latencies.length >= waiting.count) waiting.answer()
}

function control(url: URL, response: ServerResponse): void {
  if (url.pathname === '/begin') {
    from = Number(url.searchParams.get('from'))
    lastAt = 0
    latencies = []
    response.end('{}')
    return
  }
  const count = Number(url.searchParams.get('count'))
  const answer = () => {
    waiting = undefined
    const arrivals: Arrivals = {
      count: latencies.length,
      lastAt,
      p50: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99),
    }
    response.end(JSON.stringify(arrivals))
  }
  if (latencies.length >= count) answer()
  else waiting = { count, answer }
}

function poke(request: IncomingMessage, response: ServerResponse): void {
  let text = ''
  request.setEncoding('utf8')
  request.on('data', (chunk: string) => (text += chunk))
  request.on('end', () => {
    arrived(text)
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"rejected":[]}')
  })
}

const server = createServer((request, response) => {
  if (request.method === 'GET') control(new URL(request.url ?? '/', 'http://localhost'), response)
  else poke(request, response)
})
server.listen(0, '127.0.0.1', () => {
  console.log(`receiver listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
endWithParent()
