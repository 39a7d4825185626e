import { backOffMs } from '../lib/back-off.ts'
import type { Random } from '../lib/ids.ts'
import type { SendResult } from './result.ts'

// The state of a lane after each visit, as a pure function. Nothing else computes it. For a lane that was set
// again since the look, `settle` in `settle-store.ts` writes only the part of the state that is still valid.

/** The state of sending for a lane. Times are milliseconds since the Unix epoch. */
export type LaneState = {
  /** Increases when the lane is set again. A failure of an earlier generation does not apply to later ones. */
  readonly generation: number
  /** Consecutive failures. */
  readonly attempts: number
  /** Time of the first consecutive failure; null: the last attempt did not fail. */
  readonly failingSince: number | null
  /** The earliest time of the next attempt; null: at once. */
  readonly nextAttemptAt: number | null
  /** The latest time at which the held item is sent; null: nothing is held. */
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
 * The end of one step of a visit: the result of an attempt, or the reason why there was none.
 *
 * - `held`: the next item is held until `until` at the latest; the lane is read again at `lookAt`.
 * - `nothing due`: there is nothing to send now. `until`: the time at which there is.
 * - `given back`: no attempt was made, because no slot was free or the process stops.
 * - `circuit paused`: an item is to be sent, and the circuit of its destination allows no attempt before `until`.
 *   `reason`: the last failure of the destination.
 */
export type LaneEvent =
  | SendResult
  | { readonly kind: 'held'; readonly until: number; readonly lookAt: number }
  | { readonly kind: 'nothing due'; readonly until?: number }
  | { readonly kind: 'given back' }
  | { readonly kind: 'circuit paused'; readonly until: number; readonly reason: string }

export type TransitionContext = {
  readonly now: number
  readonly random: Random
  /** The circuit of the destination allows no attempt before this time. */
  readonly notBefore?: number | undefined
}

/**
 * `state`: the new state. `next`: `continue`: the lease can be kept if more is due. `release`: the lease
 * ends. `remove`: the recipient was rejected, and its owner removes the lane.
 */
export type Transition = { readonly state: LaneState; readonly next: 'continue' | 'release' | 'remove' }

const MIN_RETRY_AFTER_MS = 1000
const MAX_RETRY_AFTER_MS = 3_600_000

/** The state of a lane after `event`. */
export function transition(state: LaneState, event: LaneEvent, context: TransitionContext): Transition {
  const { now } = context
  switch (event.kind) {
    case 'delivered':
      return { state: { ...responded(state), lastSuccessAt: now }, next: 'continue' }
    case 'refused':
      // The destination responds, so it does not fail.
      return { state: noteError(responded(state), event.reason, now), next: 'continue' }
    case 'rejected':
      return { state: responded(state), next: 'remove' }
    case 'retry':
    case 'misconfigured':
      return { state: failed(state, event, context), next: 'release' }
    case 'held':
      return { state: { ...state, heldUntil: event.until, nextAttemptAt: event.lookAt }, next: 'release' }
    case 'nothing due':
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

/**
 * The wait after the `attempts`-th consecutive failure, in milliseconds: the back-off, or `Retry-After` if it
 * is longer.
 */
export function retryWaitMs(attempts: number, retryAfterMs: number | undefined, random: Random): number {
  const asked =
    retryAfterMs === undefined ? 0 : Math.min(MAX_RETRY_AFTER_MS, Math.max(MIN_RETRY_AFTER_MS, retryAfterMs))
  return Math.max(asked, backOffMs(attempts, random))
}

/** The state without a wait. */
const idle = (state: LaneState): LaneState => ({ ...state, nextAttemptAt: null, heldUntil: null })

const responded = (state: LaneState): LaneState => ({ ...idle(state), attempts: 0, failingSince: null })

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
