import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { ReceivedPoke } from './run-record.ts'
import { childOfConnection } from './child-of-connection.ts'
import type { SeededRandom } from './seeded-random.ts'

/**
 * A push gateway that outlives the server and records all pokes. It is also a push server, and records the
 * pushes that it gets.
 */
export type LoggingGateway = AsyncDisposable & {
  /** The value for `data.url` of a pusher. */
  url: string
  /** Each URL that begins with it is the pushkey of a UnifiedPush app. */
  pushUrl: string
  readonly pokes: readonly ReceivedPoke[]
  /** The number of kills so far. The run sets it, and each poke is recorded with it. */
  kills: number
  onPoke: (poke: ReceivedPoke) => void
}

/** Responds to some pokes after up to 12 ms, so that kills happen before, during and after a response. */
export async function startLoggingGateway(random: SeededRandom): Promise<LoggingGateway> {
  const pokes: ReceivedPoke[] = []
  const senders = new WeakMap<Socket, number | undefined>()
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (text += chunk))
    request.on('error', () => undefined)
    request.on('end', () => {
      const process = senders.get(request.socket)
      const poke = {
        ...readPoke(text, `${origin}${request.url ?? ''}`),
        kills: gateway.kills,
        at: Date.now(),
        process,
      }
      pokes.push(poke)
      gateway.onPoke(poke)
      const respond = () =>
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"rejected":[]}')
      const wait = random.below(4) === 0 ? random.below(12) : 0
      if (wait === 0) respond()
      else setTimeout(respond, wait)
    })
  })
  server.on('connection', (socket) => {
    const { remotePort: from = 0, localPort: to = 0 } = socket
    senders.set(socket, childOfConnection({ from, to }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const gateway: LoggingGateway = {
    url: `${origin}/_matrix/push/v1/notify`,
    pushUrl: `${origin}/push/`,
    pokes,
    kills: 0,
    onPoke: () => undefined,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return gateway
}

/** A push has no `devices`: its URL is the pushkey. */
function readPoke(text: string, url: string): Omit<ReceivedPoke, 'kills' | 'at' | 'process'> {
  const { notification } = JSON.parse(text) as {
    notification: {
      event_id?: string
      room_id?: string
      counts?: { unread?: number }
      devices?: { pushkey: string }[]
    }
  }
  return {
    pushkey: notification.devices?.[0]?.pushkey ?? url,
    eventId: notification.event_id,
    roomId: notification.room_id,
    unread: notification.counts?.unread,
  }
}
