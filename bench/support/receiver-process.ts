import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { endWithParent } from './end-with-parent.ts'
import { STAMP } from './message.ts'
import { monotonicMs } from './monotonic.ts'
import type { Arrivals } from './receiver.ts'
import { percentile } from './stats.ts'

// A push gateway in a separate process. It records the arrival of the pokes of a round and responds with 200.
// GET /begin?from=N: count messages with numbers from N. GET /end?count=N: responds when N pokes have
// arrived. GET /hold: stop responding to pokes. GET /open: respond to the held pokes, and to later ones at
// once. GET /held: the number of held pokes.

let from = 0
let lastAt = 0
let latencies: number[] = []
let held: (() => void)[] | undefined
let waiting: { count: number; respond: () => void } | undefined

function arrived(text: string): void {
  const at = monotonicMs()
  const stamp = STAMP.exec(text)
  if (!stamp) return
  if (Number(stamp[2]) < from) return
  lastAt = at
  latencies.push(at - Number(stamp[1]))
  if (waiting && latencies.length >= waiting.count) waiting.respond()
}

function begin(url: URL, response: ServerResponse): void {
  from = Number(url.searchParams.get('from'))
  lastAt = 0
  latencies = []
  response.end('{}')
}

function hold(_url: URL, response: ServerResponse): void {
  held ??= []
  response.end('{}')
}

function open(_url: URL, response: ServerResponse): void {
  const [openedAt, pending] = [monotonicMs(), held ?? []]
  held = undefined
  for (const respond of pending) respond()
  response.end(JSON.stringify({ openedAt, held: pending.length }))
}

function end(url: URL, response: ServerResponse): void {
  const count = Number(url.searchParams.get('count'))
  const respond = () => {
    waiting = undefined
    const arrivals: Arrivals = {
      count: latencies.length,
      lastAt,
      p50: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99),
    }
    response.end(JSON.stringify(arrivals))
  }
  if (latencies.length >= count) respond()
  else waiting = { count, respond }
}

function poke(request: IncomingMessage, response: ServerResponse): void {
  let text = ''
  request.setEncoding('utf8')
  request.on('data', (chunk: string) => (text += chunk))
  request.on('end', () => {
    arrived(text)
    const respond = () =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end('{"rejected":[]}')
    if (held) held.push(respond)
    else respond()
  })
}

const CONTROL: Record<string, (url: URL, response: ServerResponse) => void> = {
  '/begin': begin,
  '/end': end,
  '/hold': hold,
  '/open': open,
  '/held': (_url, response) => void response.end(JSON.stringify({ held: held?.length ?? 0 })),
}

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const control = request.method === 'GET' ? CONTROL[url.pathname] : undefined
  if (control) control(url, response)
  else poke(request, response)
})
server.listen(0, '127.0.0.1', () => {
  console.log(`receiver listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
endWithParent()
