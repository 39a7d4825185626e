import type { Dispatcher } from 'undici'
import { type Clock, steadyNow } from '../clock.ts'
import type { GuardedAgent } from './guarded-agent.ts'
import { faultOf, type NetworkFault } from './network-fault.ts'
import { parsedJson } from './parsed-json.ts'
import { retryAfterMs } from './retry-after.ts'

/**
 * How the body of a response is used. `json`: it is needed, so an incomplete body is a fault; a body that is too long
 * or not JSON becomes `undefined`. `text`: it only explains the status; an unreadable body becomes ''. `none`: it is
 * read and discarded so that the connection can be reused.
 */
export type BodyUse = 'json' | 'text' | 'none'

/** Calls `expire` after `ms` milliseconds, unless the returned function is called before. */
export type StartTimer = (ms: number, expire: () => void) => () => void

export type Call = {
  headers: Record<string, string>
  body: string | Buffer
  /**
   * For the whole exchange, in milliseconds, including the wait for a free connection and the body of the response.
   */
  deadlineMs: number
  /** The most bytes that are read of a response body. */
  maxBodyBytes: number
  /** `success`: for 2xx; `other`: for any other status. */
  readBody: { readonly success: BodyUse; readonly other: BodyUse }
  /** Converts a date in `Retry-After` to a wait, and shows that the deadline ended late. */
  clock: Clock
  /** Ends the exchange with the fault `stopped`. */
  signal?: AbortSignal | undefined
  /** Measures the deadline. Default: `setTimeout`, which costs no promise for each call. */
  startTimer?: StartTimer
}

/** A complete response of any status. */
export type CallResponse = {
  kind: 'response'
  status: number
  headers: Readonly<Record<string, string | string[] | undefined>>
  /** Depends on `readBody`: parsed JSON, a string, or `undefined`. */
  body: unknown
  /** The wait from `Retry-After` (RFC 9110, section 10.2.3), for any status: between 1 s and 1 h. */
  retryAfterMs: number | undefined
}

export type CallResult = CallResponse | { kind: 'fault'; fault: NetworkFault }

/** Sends a POST to a URL: a `GuardedAgent`, or a pool of connections to one origin. */
export type PostingAgent = Pick<GuardedAgent, 'post'>

/**
 * Sends one POST, once. Redirects are not followed. Never rejects: without a response the result is a `fault`. It is
 * `timeout` after the deadline, `stopped` after an abort, and otherwise the fault of the network error (`faultOf`).
 */
export function postOnce(agent: PostingAgent, url: URL, call: Call): Promise<CallResult> {
  if (call.signal?.aborted === true) return Promise.resolve({ kind: 'fault', fault: 'stopped' })
  return new Promise((resolve) => {
    const exchange = new Exchange(call, resolve)
    try {
      agent.post(url, { headers: call.headers, body: call.body }, exchange)
    } catch (error) {
      exchange.fail(faultOf(error))
    }
  })
}

type Headers = CallResponse['headers']

/** A deadline that ends so much too late shows that the process stood still (SIGSTOP, a suspended machine). */
const STOOD_STILL_MS = 500
/** For reading what arrived meanwhile. */
const READING_MS = 1_000

/**
 * Receives one response. A handler of undici, because a stream for each response costs more than the rest of
 * a call.
 */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #call: Call
  readonly #since: number
  readonly #resolve: (result: CallResult) => void
  #cancelTimer: () => void
  readonly #stop: (() => void) | undefined
  #controller: Dispatcher.DispatchController | undefined
  #status: number | undefined
  #headers: Headers = {}
  #chunks: Buffer[] = []
  #bytes = 0
  #isOver = false

  constructor(call: Call, resolve: (result: CallResult) => void) {
    this.#call = call
    this.#resolve = resolve
    const { signal, startTimer = startPlainTimer } = call
    this.#since = steadyNow(call.clock)
    this.#cancelTimer = startTimer(call.deadlineMs, () => this.#expire())
    if (signal === undefined) return
    this.#stop = () => this.#cut('stopped')
    signal.addEventListener('abort', this.#stop, { once: true })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // It has waited for a connection until after its end.
    if (this.#isOver) controller.abort(new Cut())
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) return
    this.#status = status
    this.#headers = headers
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver) return
    this.#bytes += chunk.length
    if (this.#use() !== 'none') this.#chunks.push(chunk)
    if (this.#bytes <= this.#call.maxBodyBytes) return
    this.#respond(this.#use() === 'text' ? '' : undefined)
    controller.abort(new Cut())
  }

  onResponseEnd(): void {
    if (this.#isOver) return
    const use = this.#use()
    if (use === 'none') return this.#respond(undefined)
    const [first] = this.#chunks
    const bytes = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks)
    const text = bytes.toString('utf8')
    this.#respond(use === 'json' ? parsedJson(text) : text)
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.fail(faultOf(error))
  }

  /** The exchange has ended before the end of the response. */
  fail(fault: NetworkFault): void {
    if (this.#isOver) return
    // The status is enough if the body is not needed.
    if (this.#status !== undefined && this.#use() !== 'json')
      return this.#respond(this.#use() === 'text' ? '' : undefined)
    this.#end({ kind: 'fault', fault })
  }

  #use(): BodyUse {
    const { readBody } = this.#call
    const status = this.#status ?? 0
    return status >= 200 && status < 300 ? readBody.success : readBody.other
  }

  #respond(body: unknown): void {
    const wait = this.#headers['retry-after']
    this.#end({
      kind: 'response',
      status: this.#status ?? 0,
      headers: this.#headers,
      body,
      retryAfterMs: wait === undefined ? undefined : retryAfterMs(wait, this.#call.clock.now()),
    })
  }

  /** Timers come before input: a process that stood still would take a response that has arrived for none. */
  #expire(): void {
    const { clock, deadlineMs, startTimer = startPlainTimer } = this.#call
    const lateMs = steadyNow(clock) - this.#since - deadlineMs
    if (lateMs < STOOD_STILL_MS) this.#cut('timeout')
    else this.#cancelTimer = startTimer(READING_MS, () => this.#cut('timeout'))
  }

  #cut(fault: 'timeout' | 'stopped'): void {
    this.fail(fault)
    this.#controller?.abort(new Cut())
  }

  #end(result: CallResult): void {
    this.#isOver = true
    this.#chunks = []
    this.#cancelTimer()
    if (this.#stop) this.#call.signal?.removeEventListener('abort', this.#stop)
    this.#resolve(result)
  }
}

/** The reason for which undici closes the connection of an exchange. */
class Cut extends Error {
  override name = 'Cut'
}

function startPlainTimer(ms: number, expire: () => void): () => void {
  const timer = setTimeout(expire, ms)
  return () => clearTimeout(timer)
}
