import { backOffMs } from '../lib/back-off.ts'
import type { Random } from '../lib/ids.ts'
import type { SendResult } from './result.ts'

// The state of a lane after each visit, as a pure function. Nothing else computes it. For a lane that was set anew since the look,
// `settle` in `lane-store.ts` writes only the part of it that still holds.

/** How the sending of a lane goes. Times are milliseconds since the Unix epoch. */
export type LaneState = {
  /** Grows when the lane is set anew. A failure of an earlier generation says nothing about this one. */
  readonly generation: number
  /** Failures in a row. */
  readonly attempts: number
  /** Time of the first failure in a row; null: the last answer was no failure. */
  readonly failingSince: number | null
  /** Not before then; null: at once. */
  readonly nextAttemptAt: number | null
  /** What is held is sent then at the latest; null: nothing is held. */
  readonly heldUntil: number | null
  readonly lastError: string | null
  readonly lastErrorAt: number | null
  readonly lastSuccessAt: number | null
}

/** A lane that has sent nothing yet. */
export const NEW_LANE: LaneState = {
  generation: 0,
  attempts: 0,
  failingSince: null,
  nextAttemptAt: null,
  heldUntil: null,
  lastError: null,
  lastErrorAt: null,
  lastSuccessAt: null,
}

/**
 * What ended one step of a visit: the result of an attempt, or why there was none.
 *
 * - `held`: the next thing is not sent before `until` at the latest; the lane is looked at again at `lookAt`.
 * - `rested`: nothing is to be sent; `until`: something is, then.
 * - `given back`: no attempt was made, and nothing was learned: no free slot, or the process stops.
 * - `circuit paused`: something is to be sent, and the circuit of its destination lets nothing through before `until`.
 *   `reason`: the last failure of the destination.
 */
export type LaneEvent =
  | SendResult
  | { readonly kind: 'held'; readonly until: number; readonly lookAt: number }
  | { readonly kind: 'rested'; readonly until?: number }
  | { readonly kind: 'given back' }
  | { readonly kind: 'circuit paused'; readonly until: number; readonly reason: string }

export type TransitionContext = {
  readonly now: number
  readonly random: Random
  /** The circuit of the destination lets nothing through before this time. */
  readonly notBefore?: number | undefined
}

/**
 * `state`: the new state. `next`: `continue`: the lease may be kept if more is due. `release`: the lease ends. `remove`: the
 * recipient is gone, and its owner removes the lane.
 */
export type Transition = { readonly state: LaneState; readonly next: 'continue' | 'release' | 'remove' }

const MIN_RETRY_AFTER_MS = 1000
const MAX_RETRY_AFTER_MS = 3_600_000

/** The state of a lane after `event`. */
export function transition(state: LaneState, event: LaneEvent, context: TransitionContext): Transition {
  const { now } = context
  switch (event.kind) {
    case 'delivered':
      return { state: { ...answered(state), lastSuccessAt: now }, next: 'continue' }
    case 'refused':
      // The destination answers, so it does not fail.
      return { state: noteError(answered(state), event.reason, now), next: 'continue' }
    case 'rejected':
      return { state: answered(state), next: 'remove' }
    case 'retry':
    case 'misconfigured':
      return { state: failed(state, event, context), next: 'release' }
    case 'held':
      return { state: { ...state, heldUntil: event.until, nextAttemptAt: event.lookAt }, next: 'release' }
    case 'rested':
      if (event.until === undefined) return { state: idle(state), next: 'continue' }
      return { state: { ...idle(state), nextAttemptAt: event.until }, next: 'release' }
    case 'given back':
      return { state: { ...state, nextAttemptAt: null }, next: 'release' }
    case 'circuit paused':
      return {
        state: {
          ...noteError(state, event.reason, now),
          failingSince: state.failingSince ?? now,
          nextAttemptAt: event.until,
          heldUntil: null,
        },
        next: 'release',
      }
  }
}

/** The wait after the `attempts`-th failure in a row, in milliseconds: the back-off, or as long as the answer asks for if that is longer. */
export function retryWaitMs(attempts: number, retryAfterMs: number | undefined, random: Random): number {
  const asked =
    retryAfterMs === undefined ? 0 : Math.min(MAX_RETRY_AFTER_MS, Math.max(MIN_RETRY_AFTER_MS, retryAfterMs))
  return Math.max(asked, backOffMs(attempts, random))
}

/** Nothing is waited for. */
const idle = (state: LaneState): LaneState => ({ ...state, nextAttemptAt: null, heldUntil: null })

const answered = (state: LaneState): LaneState => ({ ...idle(state), attempts: 0, failingSince: null })

const noteError = (state: LaneState, reason: string, now: number): LaneState => ({
  ...state,
  lastError: reason,
  lastErrorAt: now,
})

type Failure = SendResult & { kind: 'retry' | 'misconfigured' }

function failed(state: LaneState, result: Failure, { now, random, notBefore }: TransitionContext): LaneState {
  const attempts = state.attempts + 1
  const asked = result.kind === 'retry' ? result.retryAfterMs : undefined
  return {
    ...noteError(idle(state), result.reason, now),
    attempts,
    failingSince: state.failingSince ?? now,
    nextAttemptAt: Math.max(now + retryWaitMs(attempts, asked, random), notBefore ?? 0),
  }
}
