import { randomBytes, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { type WebSocket, WebSocketServer } from 'ws'

// The protocol between Firefox and its push service (Mozilla's autopush): one WebSocket for each browser,
// JSON in both directions.

/** The acknowledgement of a message: 100 shown to the worker, 101 not decryptable; 302, later: the worker failed. */
export type Receipt = { version: string; code: number }

export type Autopush = AsyncDisposable & {
  /** The value of `dom.push.serverURL`. */
  url: string
  /** The origin of the endpoints. */
  origin: string
  readonly receipts: readonly Receipt[]
  /** Headers and status of each message for an endpoint. */
  readonly requests: readonly { headers: IncomingMessage['headers']; status: number; version: string }[]
  /** Forgets all browsers and closes their connections: they reconnect and get new ids. */
  forgetBrowsers(): void
  /** Changes the bodies of messages from now on. */
  tamper(change: ((body: Buffer) => Buffer) | undefined): void
}

type FromBrowser = {
  messageType?: string
  uaid?: string
  channelID?: string
  updates?: Receipt[]
  version?: string
  code?: number
}

export async function startAutopush(): Promise<Autopush> {
  const channels = new Map<string, WebSocket>()
  const known = new Set<string>()
  const receipts: Receipt[] = []
  const requests: { headers: IncomingMessage['headers']; status: number; version: string }[] = []
  let change: (body: Buffer) => Buffer = (body) => body

  const server = createServer((request, response) => {
    const take = (body: Buffer) => {
      const channelID = /^\/wpush\/([\w-]+)$/.exec(request.url ?? '')?.[1] ?? ''
      const socket = channels.get(channelID)
      const version = randomUUID()
      socket?.send(
        JSON.stringify({
          messageType: 'notification',
          channelID,
          version,
          data: change(body).toString('base64url'),
          headers: { encoding: request.headers['content-encoding'] },
        }),
      )
      const status = socket === undefined ? 410 : 201
      requests.push({ headers: request.headers, status, version })
      response.writeHead(status, { location: `/m/${version}`, ttl: String(request.headers['ttl']) }).end()
    }
    // A client can disconnect before its request is complete.
    buffer(request)
      .then(take)
      .catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const sockets = new WebSocketServer({ server, handleProtocols: () => 'push-notification' })

  const idFor = (uaid: string | undefined): string => {
    const id = uaid && known.has(uaid) ? uaid : randomBytes(16).toString('hex')
    known.add(id)
    return id
  }
  const replyTo = (socket: WebSocket, message: FromBrowser): object | undefined => {
    const { messageType, uaid, channelID = '' } = message
    switch (messageType) {
      case undefined: // a ping
        return {}
      case 'hello':
        return {
          messageType,
          uaid: idFor(uaid),
          status: 200,
          use_webpush: true,
          broadcasts: {},
        }
      case 'register':
        channels.set(channelID, socket)
        return { messageType, channelID, status: 200, pushEndpoint: `http://${host}/wpush/${channelID}` }
      case 'unregister':
        channels.delete(channelID)
        return { messageType, channelID, status: 200 }
      case 'ack':
        receipts.push(...(message.updates ?? []))
        return undefined
      case 'nack':
        receipts.push({ version: message.version ?? '', code: message.code ?? 0 })
        return undefined
      default:
        return undefined
    }
  }
  sockets.on('connection', (socket) => {
    // A killed browser resets its connection.
    socket.on('error', () => undefined)
    socket.on('message', (data) => {
      const reply = replyTo(socket, JSON.parse((data as Buffer).toString()) as FromBrowser)
      if (reply !== undefined) socket.send(JSON.stringify(reply))
    })
  })

  return {
    url: `ws://${host}/`,
    origin: `http://${host}`,
    receipts,
    requests,
    forgetBrowsers() {
      known.clear()
      channels.clear()
      for (const socket of sockets.clients) socket.terminate()
    },
    tamper: (how) => {
      change = how ?? ((body) => body)
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate()
      server.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.once('close', resolve))
    },
  }
}
