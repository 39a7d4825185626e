import type { Server } from 'node:http'
import type { Config } from '../config/schema.ts'
import { createShares } from '../lib/shares.ts'
import { addressGroup } from './address.ts'
import { answerAndClose } from './client-error.ts'

/**
 * Bounds the connections of a server, in sum and by address: one that is too many is told 429 and closed before it has asked. Behind a
 * trusted proxy all of them are the proxy's, so there only the sum counts.
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
        ? 'Your address has too many connections open; close some'
        : 'This server has too many connections open; try again in a moment'
    answerAndClose(socket, { status: 429, errcode: 'M_LIMIT_EXCEEDED', message, withBody: true })
  })
}
