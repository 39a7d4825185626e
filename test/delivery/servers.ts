import { once } from 'node:events'
import { createServer, type RequestListener, type Server as HttpServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'

import { makePokeAgent, type PokeAgentOptions } from '../../src/delivery/poke-agent.ts'
import { makeIpPolicy } from '../../src/lib/outbound/ip-policy.ts'
import { CERTIFICATE, PRIVATE_KEY } from './certificate.ts'

export const PATH = '/_matrix/push/v1/notify'

export type Listening = AsyncDisposable & { port: number; url: string }

/** A web server on loopback that answers as it is told; `url` has the path of `/notify`. */
export function httpServer(listener: RequestListener): Promise<Listening> {
  return listen(createServer(listener), 'http')
}

/** The same over TLS, with the certificate of `gateway.test`. */
export function httpsServer(listener: RequestListener): Promise<Listening> {
  return listen(createTlsServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, listener), 'https')
}

/** A server that does with each connection what it is told. */
export function tcpServer(onConnection: (socket: Socket) => void): Promise<Listening> {
  return listen(
    createTcpServer((socket) => {
      socket.on('error', () => {})
      onConnection(socket)
    }),
    'http',
  )
}

async function listen(server: Server | HttpServer, scheme: string): Promise<Listening> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `${scheme}://127.0.0.1:${port}${PATH}`,
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

/** An agent that may call loopback. */
export function agentFor(options: Partial<PokeAgentOptions> = {}) {
  return makePokeAgent({ policy: makeIpPolicy(['127.0.0.0/8']), ...options })
}
