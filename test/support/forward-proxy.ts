import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'

export type ForwardProxy = AsyncDisposable & {
  /** The URL without credentials. */
  url: string
  port: number
  /** The requested tunnels in order, with their credentials. */
  asked: { target: string; authorization: string | undefined }[]
  /** The responses to the next requests for a tunnel, instead of the tunnel; `hang`: no response. */
  refuse: string[]
}

/** A forward proxy on loopback (CONNECT). It resolves the name `push.example` to this machine. */
export async function startForwardProxy(): Promise<ForwardProxy> {
  const server = createServer((_request, response) => response.writeHead(405).end())
  const sockets = new Set<Socket>()
  const asked: ForwardProxy['asked'] = []
  const refuse: ForwardProxy['refuse'] = []
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  }
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    keep(client)
    const target = request.url ?? ''
    asked.push({ target, authorization: request.headers['proxy-authorization'] })
    const refusal = refuse.shift()
    if (refusal === 'hang') return
    if (refusal !== undefined) return void client.end(refusal)
    const upstream = connect(Number(target.split(':').at(-1)), '127.0.0.1')
    keep(upstream)
    upstream.on('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n')
      upstream.pipe(client).pipe(upstream)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    asked,
    refuse,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
