import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Config } from '../config/schema.ts'
import { createShares } from '../lib/shares.ts'
import { addressGroup } from './address.ts'
import { respondAndClose } from './client-error.ts'

/** The open connections of a server. */
export type OpenConnections = {
  /** Closes all connections except these, and each later one. */
  closeExcept(busy: ReadonlySet<Socket>): void
}

/**
 * Limits the connections of a server, in total and by address. A connection over a limit gets a 429 response
 * and is closed before its first request is read. Behind a trusted proxy every connection comes from the
 * proxy, so only the total is limited.
 */
export function boundConnections(
  server: Server,
  config: Pick<Config, 'limits' | 'trust_proxy'>,
): OpenConnections {
  const { connections, connections_per_address } = config.limits
  const shares = createShares({
    perKey: config.trust_proxy ? Infinity : connections_per_address,
    inSum: connections,
  })
  /** With the address of the share that each holds; undefined: none. */
  const open = new Map<Socket, string | undefined>()
  let isClosing = false
  const leave = (socket: Socket) => {
    const address = open.get(socket)
    if (open.delete(socket) && address !== undefined) shares.give(address, 1)
  }
  // One listener for all connections: those of a connection would take a quarter of a kilobyte each, and
  // thousands wait in a long poll.
  function onClose(this: Socket) {
    leave(this)
  }
  server.on('connection', (socket) => {
    if (isClosing) {
      socket.destroy()
      return
    }
    const address = addressGroup(socket.remoteAddress ?? 'unknown')
    const refused = shares.take(address, 1)
    open.set(socket, refused === undefined ? address : undefined)
    socket.on('close', onClose)
    if (refused !== undefined)
      respondAndClose(socket, {
        status: 429,
        errcode: 'M_LIMIT_EXCEEDED',
        message: refused === 'key' ? OF_ADDRESS : OF_SERVER,
        withBody: true,
      })
  })
  return {
    closeExcept(busy) {
      isClosing = true
      for (const socket of open.keys()) if (!busy.has(socket)) socket.destroy()
    },
  }
}

const OF_ADDRESS = 'Your address has too many connections open; close one of them'
const OF_SERVER = 'This server has too many connections open; try again in a moment'
