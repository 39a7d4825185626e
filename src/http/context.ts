import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Log } from '../lib/log.ts'
import type { BodyDeadline } from './body-deadline.ts'
import { ClientGone } from './read-body.ts'
import type { Requester, ServiceRequester } from './auth.ts'
import type { ClientPrefix, Route } from './route.ts'
import type { Session } from './session.ts'

/** The route that serves a request and the path that it was found by: a pattern, for log and metrics, since a path may hold secrets. */
export type Place = { route: Route; pattern: string; prefix: ClientPrefix | undefined }

type Start = {
  request: IncomingMessage
  response: ServerResponse
  requestId: string
  address: string
  /** Absent: no route matches. */
  place: Place | undefined
  /** As the URL has them; their schemas come later. */
  params: unknown
  query: Readonly<Record<string, unknown>>
  bodyDeadline: BodyDeadline
  log: Log
  lifetime: Closing
}

/** Whether the server is shutting down, and what ends a wait then. */
type Closing = { readonly closing: boolean; readonly reason: Error }

/** What one request holds. */
export type Holds = { place: boolean; userPlace: string | undefined; bodyBytes: number }

export function holdsNothing(): Holds {
  return { place: false, userPlace: undefined, bodyBytes: 0 }
}

/** One request being served: what its handler sees, and the owner of its abort signal. Signal and log are made when first asked for. */
export class RequestContext {
  params: unknown
  query: unknown
  body: unknown = undefined
  requester: Requester | ServiceRequester | undefined = undefined
  link: unknown = undefined
  holds: Holds = holdsNothing()
  /** Watched from the moment the handler asks for its signal: from then on it may wait. */
  session: Session | undefined = undefined
  readonly startedAt = performance.now()
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly requestId: string
  readonly address: string
  readonly place: Place | undefined
  readonly bodyDeadline: BodyDeadline
  readonly #log: Log
  readonly #lifetime: Closing
  #childLog: Log | undefined
  #abort: AbortController | undefined
  #unwatch: (() => void) | undefined

  constructor(start: Start) {
    this.request = start.request
    this.response = start.response
    this.requestId = start.requestId
    this.address = start.address
    this.place = start.place
    this.bodyDeadline = start.bodyDeadline
    this.params = start.params
    this.query = start.query
    this.#log = start.log
    this.#lifetime = start.lifetime
  }

  get prefix(): ClientPrefix | undefined {
    return this.place?.prefix
  }

  get pattern(): string {
    return this.place?.pattern ?? 'unmatched'
  }

  get lastEventId(): string | undefined {
    const header = this.request.headers['last-event-id']
    return Array.isArray(header) ? header[0] : header
  }

  get log(): Log {
    this.#childLog ??= this.#log.child({ request_id: this.requestId })
    return this.#childLog
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.response.destroyed) this.#abort.abort(new ClientGone())
      else if (this.#lifetime.closing) this.#abort.abort(this.#lifetime.reason)
      else this.#unwatch = this.session?.watch((error) => this.abort(error))
    }
    return this.#abort.signal
  }

  /** The handler has asked for its signal. */
  get mayHaveWaited(): boolean {
    return this.#abort !== undefined
  }

  /** The answer is out, or the client is gone. */
  release(): void {
    this.#unwatch?.()
  }

  /** Ends the waits of the handler, if it has asked for the signal. */
  abort(reason: Error): void {
    this.#abort?.abort(reason)
  }
}
