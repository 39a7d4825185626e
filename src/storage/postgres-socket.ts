import { Socket } from 'node:net'

/**
 * A socket that sends what is written in one turn of the event loop, with the continuations of its promises,
 * by one call to the system. The driver makes one call for each statement, which costs both ends more than
 * the statement. With TLS the driver writes to another socket, and nothing changes.
 */
export function createPostgresSocket(): Socket {
  const socket = new Socket()
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean
  let isHeld = false
  const sendHeld = () => {
    isHeld = false
    socket.uncork()
  }
  // `connect` restores the method of the class.
  socket.once('connect', () => {
    socket.write = (...args: unknown[]) => {
      if (!isHeld) {
        isHeld = true
        socket.cork()
        process.nextTick(sendHeld)
      }
      return write(...args)
    }
  })
  return socket
}
