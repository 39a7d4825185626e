import type { Socket } from 'node:net'
import { MatrixError } from '../lib/errors.ts'
import { ClientGone } from './read-body.ts'
import type { RequestContext } from './context.ts'

// serving ──shutDown()──▶ closing: long polls are told to end, idle connections are closed, every answer closes
// its connection; then the server is empty.

/** What is being served at the moment: the requests and the connections. */
export class Lifetime {
  closing = false
  /** What a handler throws that gives up because the server is closing. */
  readonly reason = new MatrixError(503, 'M_UNKNOWN', 'The server is shutting down; try again')
  readonly #requests = new Set<RequestContext>()
  readonly #sockets = new Set<Socket>()

  get requestCount(): number {
    return this.#requests.size
  }

  /** `onEnd` runs once, after the answer is out or the client is gone. */
  track(context: RequestContext, onEnd: (context: RequestContext) => void): void {
    this.#requests.add(context)
    context.response.once('close', () => {
      this.#requests.delete(context)
      context.release()
      context.abort(new ClientGone())
      onEnd(context)
      if (this.closing) this.#closeIdle(context.request.socket)
    })
  }

  trackSocket(socket: Socket): void {
    if (this.closing) {
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }

  /** Of an answer that had begun before the server closed: its headers promised to keep the connection. */
  #closeIdle(socket: Socket): void {
    for (const { request } of this.#requests) if (request.socket === socket) return
    socket.destroySoon()
  }

  shutDown(): void {
    this.closing = true
    for (const context of this.#requests) context.abort(this.reason)
    // Node closes idle connections itself, but not those that have yet to send a first request.
    const busy = new Set([...this.#requests].map((context) => context.request.socket))
    for (const socket of this.#sockets) if (!busy.has(socket)) socket.destroy()
  }
}
