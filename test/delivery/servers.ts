import { once } from 'node:events'
import { createServer, type RequestListener, type Server as HttpServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'

import { makePokeAgent, type PokeAgentOptions } from '../../src/delivery/poke-agent.ts'
import { makeIpPolicy } from '../../src/lib/outbound/ip-policy.ts'
import { CERTIFICATE, PRIVATE_KEY } from './certificate.ts'

export const PATH = '/_matrix/push/v1/notify'

export type LoopbackServer = AsyncDisposable & { port: number; url: string }

/** Starts an HTTP server on loopback. `url` has the path of `/notify`. */
export function httpServer(listener: RequestListener): Promise<LoopbackServer> {
  return listen(createServer(listener), 'http')
}

/** Starts an HTTPS server on loopback, with the certificate of `gateway.test`. */
export function httpsServer(listener: RequestListener): Promise<LoopbackServer> {
  return listen(createTlsServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, listener), 'https')
}

/** Starts a TCP server on loopback. Errors of its connections are ignored. */
export function tcpServer(onConnection: (socket: Socket) => void): Promise<LoopbackServer> {
  return listen(
    createTcpServer((socket) => {
      socket.on('error', () => {})
      onConnection(socket)
    }),
    'http',
  )
}

async function listen(server: Server | HttpServer, scheme: string): Promise<LoopbackServer> {
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

/** Returns an agent that is allowed to call loopback addresses. */
export function agentFor(options: Partial<PokeAgentOptions> = {}) {
  return makePokeAgent({ policy: makeIpPolicy(['127.0.0.0/8']), ...options })
}
