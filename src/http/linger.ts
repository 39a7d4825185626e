import type { Socket } from 'node:net'

const LINGER_MS = 5_000

/**
 * Call it before a response after which the connection is closed although the client still sends its body.
 * The socket then reads and drops for up to five seconds, or until the client closes. To close it at once
 * would reset the connection: the client, or a proxy, loses the response that it has not read.
 */
export function lingerOnClose(socket: Socket): void {
  // Node calls this method when the response is complete.
  socket.destroySoon = () => {
    socket.end()
    const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref()
    socket.once('close', () => clearTimeout(timer))
  }
}
