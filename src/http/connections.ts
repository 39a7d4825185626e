import type { Server } from 'node:http'
import type { Config } from '../config/schema.ts'
import { createShares } from '../lib/shares.ts'
import { addressGroup } from './address.ts'
import { respondAndClose } from './client-error.ts'

/**
 * Limits the connections of a server, in total and by address. A connection over a limit gets a 429 response and is closed before its
 * first request is read. Behind a trusted proxy every connection comes from the proxy, so only the total is limited.
 */
export function boundConnections(server: Server, config: Pick<Config, 'limits' | 'trust_proxy'>): void {
  const { connections, connections_per_address } = config.limits
  const shares = createShares({
    perKey: config.trust_proxy ? Infinity : connections_per_address,
    inSum: connections,
  })
  server.on('connection', (socket) => {
    const address = addressGroup(socket.remoteAddress ?? 'unknown')
    const refused = shares.take(address, 1)
    if (refused === undefined) {
      socket.once('close', () => shares.give(address, 1))
      return
    }
    const message =
      refused === 'key'
        ? 'Your address has too many connections open; close one of them'
        : 'This server has too many connections open; try again in a moment'
    respondAndClose(socket, { status: 429, errcode: 'M_LIMIT_EXCEEDED', message, withBody: true })
  })
}
