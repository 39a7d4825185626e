import type { Clock } from '../clock.ts'
import type { GuardedAgent } from './guarded-agent.ts'
import { faultOf, type NetworkFault } from './network-fault.ts'
import { readJson, readText } from './read-json.ts'
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
  /** Converts a date in `Retry-After` to a wait. */
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

type Response = Awaited<ReturnType<PostingAgent['post']>>

/**
 * Sends one POST, once. Redirects are not followed. Never rejects: without a response the result is a `fault`. It is
 * `timeout` after the deadline, `stopped` after an abort, and otherwise the fault of the network error (`faultOf`).
 */
export async function postOnce(agent: PostingAgent, url: URL, call: Call): Promise<CallResult> {
  const { headers, body, clock, signal, startTimer = startPlainTimer } = call
  if (signal?.aborted === true) return { kind: 'fault', fault: 'stopped' }
  const ending = new AbortController()
  const stop = signal && (() => ending.abort('stopped' satisfies NetworkFault))
  const cancelTimer = startTimer(call.deadlineMs, () => ending.abort('timeout' satisfies NetworkFault))
  if (stop) signal.addEventListener('abort', stop, { once: true })
  try {
    const response = await agent.post(url, { headers, body, signal: ending.signal })
    const read = await readBodyOf(response, call, ending.signal)
    const wait = response.headers['retry-after']
    return {
      kind: 'response',
      status: response.statusCode,
      headers: response.headers,
      body: read,
      retryAfterMs: wait === undefined ? undefined : retryAfterMs(wait, clock.now()),
    }
  } catch (error) {
    const fault = ending.signal.aborted ? (ending.signal.reason as 'stopped' | 'timeout') : faultOf(error)
    return { kind: 'fault', fault }
  } finally {
    cancelTimer()
    if (stop) signal.removeEventListener('abort', stop)
  }
}

function readBodyOf(
  { statusCode, body }: Response,
  { readBody, maxBodyBytes }: Call,
  signal: AbortSignal,
): Promise<unknown> {
  const use = statusCode >= 200 && statusCode < 300 ? readBody.success : readBody.other
  if (use === 'json') return readJson(body, maxBodyBytes)
  if (use === 'text')
    return readText(body, maxBodyBytes).then(
      (text) => text ?? '',
      () => '',
    )
  return body.dump({ limit: maxBodyBytes, signal }).then(discard, discard)
}

const discard = () => undefined

/** Measures a deadline with an injected clock. */
export const timerOf =
  (clock: Clock): StartTimer =>
  (ms, expire) => {
    const done = new AbortController()
    void clock.sleep(ms, done.signal).then(() => {
      if (!done.signal.aborted) expire()
    })
    return () => done.abort()
  }

function startPlainTimer(ms: number, expire: () => void): () => void {
  const timer = setTimeout(expire, ms)
  return () => clearTimeout(timer)
}
