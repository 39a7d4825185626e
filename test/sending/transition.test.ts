import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type LaneEvent,
  type LaneState,
  NEW_LANE,
  retryWaitMs,
  transition,
} from '../../src/sending/transition.ts'

const NOW = 1_000_000
const longestWait = { token: () => '', below: (below: number) => below - 1 }
const shortestWait = { token: () => '', below: () => 0 }

/** After two failures. The back-off of the third one is 4 s at most. */
const FAILING: LaneState = {
  ...NEW_LANE,
  attempts: 2,
  failingSince: NOW - 9000,
  nextAttemptAt: NOW - 1,
  lastError: 'dns',
  lastErrorAt: NOW - 5000,
  lastSuccessAt: NOW - 20_000,
}
const HELD: LaneState = { ...NEW_LANE, heldUntil: NOW + 60_000, nextAttemptAt: NOW + 5000 }
/** The clock was set back by a day after the last failure. */
const FUTURE: LaneState = {
  ...FAILING,
  failingSince: NOW + 86_400_000,
  nextAttemptAt: NOW + 86_401_000,
  lastErrorAt: NOW + 86_400_000,
}

const states = {
  new: NEW_LANE,
  failing: FAILING,
  held: HELD,
  'with times in the future': FUTURE,
}
type StateName = keyof typeof states

const delivered = { kind: 'delivered', reason: 'accepted', status: 200, ms: 5 } as const
const rejected = { kind: 'rejected', reason: 'BadDeviceToken', status: 400, ms: 5 } as const
const refused = { kind: 'refused', reason: 'status 400', status: 400, ms: 5 } as const
const retry = { kind: 'retry', reason: 'timeout', ms: 5 } as const
const misconfigured = { kind: 'misconfigured', reason: 'vapid token refused', status: 403, ms: 5 } as const

type Row = {
  event: LaneEvent
  from: StateName
  /** The changes to the state. */
  changes: Partial<LaneState>
  next: 'continue' | 'release' | 'remove'
}

const working = { attempts: 0, failingSince: null, nextAttemptAt: null, heldUntil: null }
const idle = { nextAttemptAt: null, heldUntil: null }
const lastError = (reason: string) => ({ lastError: reason, lastErrorAt: NOW })
const firstFailure = { attempts: 1, failingSince: NOW, nextAttemptAt: NOW + 1000, heldUntil: null }
const thirdFailure = { attempts: 3, nextAttemptAt: NOW + 4000 }
const afterDelivery = { ...working, lastSuccessAt: NOW }
const paused = { kind: 'circuit paused', until: NOW + 7000, reason: 'connection refused' } as const
const pausedState = { ...lastError('connection refused'), nextAttemptAt: NOW + 7000, heldUntil: null }
const held = { kind: 'held', until: NOW + 30_000, lookAt: NOW + 10_000 } as const
const heldState = { heldUntil: NOW + 30_000, nextAttemptAt: NOW + 10_000 }

const ROWS: readonly Row[] = [
  { event: delivered, from: 'new', changes: afterDelivery, next: 'continue' },
  { event: delivered, from: 'failing', changes: afterDelivery, next: 'continue' },
  { event: delivered, from: 'held', changes: afterDelivery, next: 'continue' },
  { event: delivered, from: 'with times in the future', changes: afterDelivery, next: 'continue' },

  { event: refused, from: 'new', changes: { ...working, ...lastError('status 400') }, next: 'continue' },
  { event: refused, from: 'failing', changes: { ...working, ...lastError('status 400') }, next: 'continue' },
  { event: refused, from: 'held', changes: { ...working, ...lastError('status 400') }, next: 'continue' },
  {
    event: refused,
    from: 'with times in the future',
    changes: { ...working, ...lastError('status 400') },
    next: 'continue',
  },

  { event: rejected, from: 'new', changes: working, next: 'remove' },
  { event: rejected, from: 'failing', changes: working, next: 'remove' },
  { event: rejected, from: 'held', changes: working, next: 'remove' },
  { event: rejected, from: 'with times in the future', changes: working, next: 'remove' },

  { event: retry, from: 'new', changes: { ...firstFailure, ...lastError('timeout') }, next: 'release' },
  { event: retry, from: 'failing', changes: { ...thirdFailure, ...lastError('timeout') }, next: 'release' },
  { event: retry, from: 'held', changes: { ...firstFailure, ...lastError('timeout') }, next: 'release' },
  {
    event: retry,
    from: 'with times in the future',
    changes: { ...thirdFailure, ...lastError('timeout') },
    next: 'release',
  },

  {
    event: misconfigured,
    from: 'new',
    changes: { ...firstFailure, ...lastError('vapid token refused') },
    next: 'release',
  },
  {
    event: misconfigured,
    from: 'failing',
    changes: { ...thirdFailure, ...lastError('vapid token refused') },
    next: 'release',
  },
  {
    event: misconfigured,
    from: 'held',
    changes: { ...firstFailure, ...lastError('vapid token refused') },
    next: 'release',
  },
  {
    event: misconfigured,
    from: 'with times in the future',
    changes: { ...thirdFailure, ...lastError('vapid token refused') },
    next: 'release',
  },

  { event: held, from: 'new', changes: heldState, next: 'release' },
  { event: held, from: 'failing', changes: heldState, next: 'release' },
  { event: held, from: 'held', changes: heldState, next: 'release' },
  { event: held, from: 'with times in the future', changes: heldState, next: 'release' },

  { event: { kind: 'nothing due' }, from: 'new', changes: idle, next: 'continue' },
  { event: { kind: 'nothing due' }, from: 'failing', changes: idle, next: 'continue' },
  { event: { kind: 'nothing due' }, from: 'held', changes: idle, next: 'continue' },
  { event: { kind: 'nothing due' }, from: 'with times in the future', changes: idle, next: 'continue' },
  {
    event: { kind: 'nothing due', until: NOW + 600_000 },
    from: 'held',
    changes: { nextAttemptAt: NOW + 600_000, heldUntil: null },
    next: 'release',
  },

  { event: { kind: 'given back' }, from: 'new', changes: {}, next: 'release' },
  { event: { kind: 'given back' }, from: 'failing', changes: { nextAttemptAt: null }, next: 'release' },
  { event: { kind: 'given back' }, from: 'held', changes: { nextAttemptAt: null }, next: 'release' },
  {
    event: { kind: 'given back' },
    from: 'with times in the future',
    changes: { nextAttemptAt: null },
    next: 'release',
  },

  { event: paused, from: 'new', changes: { ...pausedState, failingSince: NOW }, next: 'release' },
  { event: paused, from: 'failing', changes: pausedState, next: 'release' },
  { event: paused, from: 'held', changes: { ...pausedState, failingSince: NOW }, next: 'release' },
  { event: paused, from: 'with times in the future', changes: pausedState, next: 'release' },
]

const WITH_RETRY_AFTER: readonly [string, number, number][] = [
  ['longer than the back-off: waits as long as asked for', 60_000, NOW + 60_000],
  ['shorter than the back-off: waits for the back-off', 2000, NOW + 4000],
  ['longer than an hour: waits one hour', 30 * 86_400_000, NOW + 3_600_000],
  ['Infinity: waits one hour', Infinity, NOW + 3_600_000],
]

describe('transition of a lane', () => {
  for (const { event, from, changes, next } of ROWS)
    test(`${event.kind}${'until' in event && event.kind === 'nothing due' ? ' until later' : ''}, lane ${from}`, () => {
      const state = states[from]
      const context = { now: NOW, random: longestWait }
      assert.deepEqual(transition(state, event, context), { state: { ...state, ...changes }, next })
    })

  test('the table has a row for each kind of event and each state', () => {
    const kinds = new Set(ROWS.map(({ event }) => event.kind))
    assert.equal(kinds.size, 9)
    for (const kind of kinds)
      for (const from of Object.keys(states))
        assert.ok(
          ROWS.some((row) => row.event.kind === kind && row.from === from),
          `${kind}, ${from}`,
        )
  })

  for (const [title, retryAfterMs, at] of WITH_RETRY_AFTER)
    test(`Retry-After ${title}`, () => {
      const event = { ...retry, status: 429, retryAfterMs }
      const { state } = transition(FAILING, event, { now: NOW, random: longestWait })
      assert.equal(state.nextAttemptAt, at)
    })

  test('Retry-After below one second waits one second when the back-off is shorter', () => {
    for (const retryAfterMs of [-5000, 0, 10])
      assert.equal(retryWaitMs(1, retryAfterMs, shortestWait), 1000, String(retryAfterMs))
    assert.equal(retryWaitMs(1, undefined, shortestWait), 0)
  })

  test('a retry waits for the circuit of its destination when that opens later, and for its own wait when that is longer', () => {
    const nextAttemptAt = (notBefore: number) => {
      const context = { now: NOW, random: longestWait, notBefore }
      return transition(FAILING, retry, context).state.nextAttemptAt
    }
    assert.equal(nextAttemptAt(NOW + 5000), NOW + 5000)
    assert.equal(nextAttemptAt(NOW + 3999), NOW + 4000)
    assert.equal(nextAttemptAt(0), NOW + 4000)
  })

  test('repeated failures keep the time of the first one, and the wait grows to one hour', () => {
    let state = NEW_LANE
    const waits: number[] = []
    for (let now = NOW; waits.length < 14;) {
      state = transition(state, retry, { now, random: longestWait }).state
      waits.push((state.nextAttemptAt ?? 0) - now)
      now = state.nextAttemptAt ?? now
    }
    assert.deepEqual(waits.slice(0, 4), [1000, 2000, 4000, 8000])
    assert.equal(waits.at(-1), 3_600_000)
    assert.deepEqual([state.attempts, state.failingSince], [14, NOW])
  })
})
