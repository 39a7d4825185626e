import type { Socket } from 'node:net'
import { MatrixError } from '../lib/errors.ts'
import { ClientGone } from './read-body.ts'
import type { RequestContext } from './context.ts'

// serving ──shutDown()──▶ closing: signals of requests abort, idle connections are closed, and every response closes
// its connection, until the server has no connections.

/** The requests in flight and the open connections. */
export class Lifetime {
  closing = false
  /** The error that a waiting handler throws when the server shuts down. */
  readonly reason = new MatrixError(503, 'M_UNKNOWN', 'The server is shutting down; try again')
  /** The same for a closed response. It is shared because each request ends with it, and the stack of an error is expensive. */
  readonly #gone = new ClientGone()
  readonly #requests = new Set<RequestContext>()
  readonly #sockets = new Set<Socket>()

  get requestCount(): number {
    return this.#requests.size
  }

  /** `onEnd` runs once, after the response is complete or the client has disconnected. */
  track(context: RequestContext, onEnd: (context: RequestContext) => void): void {
    this.#requests.add(context)
    context.response.once('close', () => {
      this.#requests.delete(context)
      context.release()
      context.abort(this.#gone)
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

  /** For a response that began before the shutdown: its headers promised to keep the connection open. */
  #closeIdle(socket: Socket): void {
    for (const { request } of this.#requests) if (request.socket === socket) return
    socket.destroySoon()
  }

  shutDown(): void {
    this.closing = true
    for (const context of this.#requests) context.abort(this.reason)
    // Node closes idle connections itself, except connections that have not sent a request yet.
    const busy = new Set([...this.#requests].map((context) => context.request.socket))
    for (const socket of this.#sockets) if (!busy.has(socket)) socket.destroy()
  }
}
