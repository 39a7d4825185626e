import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterTest, type TestEnd } from './after-test.ts'

/** The parts of a poke that tests read. */
export type ReceivedPoke = {
  event_id?: string
  room_id?: string
  type?: string
  sender?: string
  sender_display_name?: string
  room_name?: string
  prio?: string
  content?: Record<string, unknown>
  counts?: { unread?: number }
  devices: {
    app_id: string
    pushkey: string
    data?: Record<string, unknown>
    tweaks?: Record<string, unknown>
  }[]
}

export type PokeResponse = { status?: number; headers?: Record<string, string>; body?: unknown }

/** A push gateway on loopback that stores the received pokes. */
export type PokeReceiver = {
  /** The value for `data.url` of a pusher. */
  url: string
  readonly pokes: ReceivedPoke[]
  /** Resolves to the first poke, received before or after the call, for which `wanted` returns true. */
  waitFor(wanted: (poke: ReceivedPoke) => boolean): Promise<ReceivedPoke>
  /** Sets the response to all following pokes. A function receives the poke. */
  respondWith(next: PokeResponse | ((poke: ReceivedPoke) => PokeResponse | Promise<PokeResponse>)): void
  close(): Promise<void>
}

/** @param port the port after a restart; 0 picks a free one. */
export async function startPokeReceiver(t: TestEnd, port = 0): Promise<PokeReceiver> {
  const pokes: ReceivedPoke[] = []
  const waiting = new Set<() => void>()
  let responseTo: (poke: ReceivedPoke) => PokeResponse | Promise<PokeResponse> = () => ({})

  const server = createServer((request, response) => {
    readPoke(request)
      .then(async (poke) => {
        pokes.push(poke)
        for (const look of waiting) look()
        send(response, await responseTo(poke))
      })
      .catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const { port: taken } = server.address() as AddressInfo
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  afterTest(t, close)
  return {
    url: `http://127.0.0.1:${taken}/_matrix/push/v1/notify`,
    pokes,
    respondWith: (next) => {
      responseTo = typeof next === 'function' ? next : () => next
    },
    waitFor: (wanted) =>
      new Promise((resolve) => {
        const look = () => {
          const found = pokes.find(wanted)
          if (!found) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
    close,
  }
}

async function readPoke(request: IncomingMessage): Promise<ReceivedPoke> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return (JSON.parse(text) as { notification: ReceivedPoke }).notification
}

function send(
  response: ServerResponse,
  { status = 200, headers = {}, body = { rejected: [] } }: PokeResponse,
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}
