import type { ClientHttp2Stream } from 'node:http2'
import type { ApnsHeaders } from './request.ts'
import type { ApnsAnswer } from './result.ts'

/** What came of a request: an answer, or why there is none. */
export type ExchangeResult =
  | { kind: 'answer'; answer: ApnsAnswer }
  /** `fault`: one of a fixed set of words. `isOurs`: the operator must see to it. */
  | { kind: 'fault'; fault: string; isOurs?: boolean }

/** `headers`: `:path` and `:method` among them. */
export type ApnsRequest = { headers: ApnsHeaders; body: string }

/**
 * One request on its way.
 *
 * waiting → sent → settled. It waits again when APNs is known not to have looked at it: the connection was told to end (GOAWAY)
 * or the stream was refused before its turn.
 */
export type Exchange = {
  readonly request: ApnsRequest
  readonly deadlineAt: number
  /** Times that it went back to waiting. */
  returns: number
  isSettled: boolean
  /** The stream it was sent on last. */
  stream?: ClientHttp2Stream
  /** Only the first call counts. */
  settle(result: ExchangeResult): void
}
