import type { ClientHttp2Stream } from 'node:http2'
import type { ApnsHeaders } from './request.ts'
import type { ApnsResponse } from './result.ts'

/** The result of a request: a response, or the reason why there is none. */
export type ExchangeResult =
  | { kind: 'response'; response: ApnsResponse }
  /** `fault`: one of a fixed set of words. `isOurs`: the operator must correct it. */
  | { kind: 'fault'; fault: string; isOurs?: boolean }

/** `headers` includes `:path` and `:method`. */
export type ApnsRequest = { headers: ApnsHeaders; body: string }

/**
 * One request.
 *
 * waiting → sent → settled. It goes back to waiting if APNs has certainly not processed it: the connection
 * was told to end (GOAWAY) before it, or the stream was refused.
 */
export type ApnsExchange = {
  readonly request: ApnsRequest
  readonly deadlineAt: number
  /** The number of returns to waiting. */
  returns: number
  isSettled: boolean
  /** The stream of the last attempt. */
  stream?: ClientHttp2Stream
  /** Only the first call has an effect. */
  settle(result: ExchangeResult): void
}
