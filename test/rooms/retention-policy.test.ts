import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lifetimeOf } from '../../src/rooms/retention/policy.ts'

const DAY = 24 * 60 * 60_000
const none = { default_days: undefined, least_days: 1, most_days: undefined }
const limited = { default_days: 30, least_days: 2, most_days: 60 }

test('messages of a room are kept for its max_lifetime, within the limits of the server', () => {
  const cases: [Parameters<typeof lifetimeOf>[0], typeof limited | typeof none, number | undefined][] = [
    [undefined, none, undefined],
    [{}, none, undefined],
    [{ max_lifetime: 5 * DAY }, none, 5 * DAY],
    [{ max_lifetime: 0 }, none, DAY],
    [undefined, limited, 30 * DAY],
    [{ max_lifetime: DAY }, limited, 2 * DAY],
    [{ max_lifetime: 90 * DAY }, limited, 60 * DAY],
    [{ max_lifetime: 5 * DAY, min_lifetime: 3 * DAY }, limited, 5 * DAY],
    [{ min_lifetime: 40 * DAY }, limited, 40 * DAY],
    [{ min_lifetime: 90 * DAY }, limited, 60 * DAY],
  ]
  for (const [policy, limits, expected] of cases)
    assert.equal(lifetimeOf(policy, limits), expected, JSON.stringify({ policy, limits }))
})

test('a policy that contradicts itself or is no number counts as none', () => {
  const wrong = [
    { max_lifetime: DAY, min_lifetime: 2 * DAY },
    { max_lifetime: '5' },
    { max_lifetime: -1 },
    { max_lifetime: 1.5 },
    { max_lifetime: null },
  ]
  for (const policy of wrong) {
    assert.equal(lifetimeOf(policy, none), undefined, JSON.stringify(policy))
    assert.equal(lifetimeOf(policy, limited), 30 * DAY, JSON.stringify(policy))
  }
})
