import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { acceptedTags } from '../language/choose.ts'
import type { Ending } from '../lib/ending.ts'
import type { Log } from '../lib/log.ts'
import type { Requester } from '../lib/requester.ts'
import { type BodyDeadline, NO_DEADLINE } from './body-deadline.ts'
import { ClientGone } from './read-body.ts'
import { bearerToken, type ServiceRequester } from './auth.ts'
import { consoleToken } from './console-cookie.ts'
import type { ClientPrefix, Route } from './route.ts'
import type { SessionCheck } from './session.ts'

/**
 * The route of a request and the path pattern that matched. Log and metrics use the pattern, because a path
 * can contain secrets.
 */
export type Place = { route: Route; pattern: string; prefix: ClientPrefix | undefined }

type Start = {
  request: IncomingMessage
  response: ServerResponse
  requestId: string
  address: string
  /** Undefined: no route matches. */
  place: Place | undefined
  /** The values from the URL, before validation. */
  params: unknown
  query: Readonly<Record<string, unknown>>
  bodyDeadline: BodyDeadline
  /** The client sends the body only after a response 100 Continue. */
  awaitsContinue: boolean
  log: Log
  lifetime: Closing
}

/** Whether the server is shutting down, and the abort reason of waiting handlers. */
type Closing = { readonly closing: boolean; readonly reason: Error }

const NO_RAW_HEADERS: string[] = []
const NO_HEADERS: IncomingHttpHeaders = {}

/** The resources that a request holds (`load.ts`). */
export type Holds = { place: boolean; userPlace: string | undefined; bodyBytes: number }

export function holdsNothing(): Holds {
  return { place: false, userPlace: undefined, bodyBytes: 0 }
}

/** One request in flight: the input of its handler and its end. Signal and log are created on first use. */
export class RequestContext implements Ending {
  params: unknown
  query: unknown
  body: unknown = undefined
  requester: Requester | ServiceRequester | undefined = undefined
  link: unknown = undefined
  holds: Holds = holdsNothing()
  /** Watched from when the handler reads its signal or listens for its end, because it may wait from then on. */
  session: SessionCheck | undefined = undefined
  readonly startedAt = performance.now()
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly requestId: string
  readonly address: string
  readonly place: Place | undefined
  bodyDeadline: BodyDeadline
  readonly #awaitsContinue: boolean
  readonly #log: Log
  readonly #lifetime: Closing
  #childLog: Log | undefined
  #abort: AbortController | undefined
  #onOver: (() => void) | undefined
  /** Why the wait ended. */
  #reason: Error | undefined
  #mayHaveWaited = false
  #unwatch: (() => void) | undefined

  constructor(start: Start) {
    this.request = start.request
    this.response = start.response
    this.requestId = start.requestId
    this.address = start.address
    this.place = start.place
    this.bodyDeadline = start.bodyDeadline
    this.#awaitsContinue = start.awaitsContinue
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

  get languages(): string[] {
    return acceptedTags(this.request.headers['accept-language'])
  }

  get bearerToken(): string | undefined {
    return bearerToken(this.request.headers)
  }

  get isConsole(): boolean {
    return this.bearerToken === undefined && consoleToken(this.request.headers) !== undefined
  }

  get log(): Log {
    this.#childLog ??= this.#log.child({ request_id: this.requestId })
    return this.#childLog
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.#reason !== undefined) this.#abort.abort(this.#reason)
      else if (this.response.destroyed) this.#abort.abort(new ClientGone())
      else if (this.#lifetime.closing) this.#abort.abort(this.#lifetime.reason)
      this.#startWaiting()
    }
    return this.#abort.signal
  }

  // Also a handler that does not wait reads its data some time after the authentication: a logout and a
  // message can come in between.
  get ending(): Ending {
    this.#mayHaveWaited = true
    return this
  }

  get aborted(): boolean {
    return this.#reason !== undefined || this.response.destroyed || this.#lifetime.closing
  }

  /** There is one listener at most. The request has no input from then on: nothing that waits needs it. */
  addEventListener(_type: 'abort', listener: () => void): void {
    this.#startWaiting()
    this.#releaseInput()
    this.#onOver = listener
  }

  removeEventListener(): void {
    this.#onOver = undefined
  }

  readWithSession(): void {
    this.#mayHaveWaited = false
  }

  #startWaiting(): void {
    this.#mayHaveWaited = true
    if (!this.aborted) this.#unwatch ??= this.session?.watch(this)
  }

  #releaseInput(): void {
    this.params = undefined
    this.query = undefined
    this.body = undefined
    // The length of a body that has not arrived decides whether the connection can stay open.
    if (!this.request.complete) return
    this.bodyDeadline = NO_DEADLINE
    this.request.rawHeaders = NO_RAW_HEADERS
    this.request.headers = NO_HEADERS
    this.request.url = ''
  }

  /**
   * Sends 100 Continue if the client waits for it. After any other response to such a client, Node closes the
   * connection.
   */
  requestBody(): void {
    if (this.#awaitsContinue && !this.response.headersSent) this.response.writeContinue()
  }

  /**
   * Whether the handler has read its signal or its ending, and not the session with its data: the session is
   * checked again before the response.
   */
  get mayHaveWaited(): boolean {
    return this.#mayHaveWaited
  }

  /** Called when the response is complete or the client has disconnected. */
  release(): void {
    this.#unwatch?.()
  }

  /** Ends the wait of the handler. */
  abort(reason: Error): void {
    this.#reason ??= reason
    this.#abort?.abort(reason)
    this.#onOver?.()
  }
}
