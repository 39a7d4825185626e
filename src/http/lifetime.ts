import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { MatrixError } from '../lib/errors.ts'
import type { OpenConnections } from './connections.ts'
import type { RequestContext } from './context.ts'
import { ClientGone } from './read-body.ts'

// serving ──shutDown()──▶ closing: signals of requests abort, idle connections are closed, and every response closes
// its connection, until the server has no connections.

/** The requests in flight, and whether the server is shutting down. */
export class Lifetime {
  closing = false
  /** The error that a waiting handler throws when the server shuts down. */
  readonly reason = new MatrixError(503, 'M_UNKNOWN', 'The server is shutting down; try again')
  /**
   * The same for a closed response. It is shared because each request ends with it, and the stack of an error
   * is expensive.
   */
  readonly #gone = new ClientGone()
  readonly #requests = new Map<ServerResponse, RequestContext>()
  readonly #onClose: (this: ServerResponse) => void

  /** @param onEnd runs once for each request, after its response is complete or its client has disconnected */
  constructor(onEnd: (context: RequestContext) => void) {
    const end = (response: ServerResponse) => this.#end(response, onEnd)
    // One listener for all requests: a closure for each takes a fifth of a kilobyte while it waits.
    this.#onClose = function onClose(this: ServerResponse) {
      end(this)
    }
  }

  get requestCount(): number {
    return this.#requests.size
  }

  track(context: RequestContext): void {
    this.#requests.set(context.response, context)
    context.response.on('close', this.#onClose)
  }

  #end(response: ServerResponse, onEnd: (context: RequestContext) => void): void {
    const context = this.#requests.get(response)
    if (!this.#requests.delete(response) || context === undefined) return
    context.release()
    context.abort(this.#gone)
    onEnd(context)
    if (this.closing) this.#closeIdle(context.request.socket)
  }

  /** For a response that began before the shutdown: its headers promised to keep the connection open. */
  #closeIdle(socket: Socket): void {
    for (const { request } of this.#requests.values()) if (request.socket === socket) return
    socket.destroySoon()
  }

  shutDown(connections: OpenConnections): void {
    this.closing = true
    for (const context of this.#requests.values()) context.abort(this.reason)
    // Node closes idle connections itself, except connections that have not sent a request yet.
    connections.closeExcept(new Set([...this.#requests.values()].map((context) => context.request.socket)))
  }
}
