import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type Arrival,
  type ArrivalState,
  causeOf,
  DEADLINE_MS,
  HISTORY,
  LATEST_MS,
  meaningOf,
  summaryOf,
  usuallyFetches,
} from '../../../src/trace/arrival/arrivals.ts'

const times = (count: number, state: ArrivalState) => Array.from({ length: count }, () => ({ state }))

test('an app usually fetches after five fetches, unless more than a quarter of that were missed', () => {
  assert.equal(usuallyFetches(times(4, 'fetched')), false)
  assert.equal(usuallyFetches(times(5, 'fetched')), true)
  assert.equal(usuallyFetches([...times(8, 'fetched'), ...times(2, 'missed')]), true)
  assert.equal(usuallyFetches([...times(8, 'fetched'), ...times(3, 'missed')]), false)
  const stopped = [...times(HISTORY - 5, 'not seen'), ...times(5, 'fetched')]
  assert.equal(usuallyFetches(stopped), true, 'what was concluded from the habit does not end it')
  assert.equal(usuallyFetches([...times(1, 'not seen'), ...stopped].slice(0, HISTORY)), false)
})

describe('the cause of a fetch', () => {
  const step = (
    name: string,
    at: number,
    more: { reason?: string; ms?: number; isFetchExpected?: true } = {},
  ) => ({
    step: name,
    reason: null,
    ms: 0,
    at,
    ...more,
  })

  test('is the last attempt that started before it', () => {
    assert.equal(causeOf([], 100), undefined)
    const sent = step('sent', 90, { ms: 30, isFetchExpected: true })
    assert.deepEqual(causeOf([sent], 80), { sentAt: 60, recordedAt: 90, expected: true })
    assert.equal(causeOf([sent], 59), undefined, 'the device had another reason')
    assert.equal(causeOf([step('sent', 50), step('rejected too late', 60)], 100)?.sentAt, 50)
  })

  test('is also an attempt without a known result, and none that cannot have reached the gateway', () => {
    const failed = (reason: string) => step('failed', 50, { reason })
    assert.equal(causeOf([failed('timeout'), step('sent', 200)], 100)?.sentAt, 50)
    for (const reason of ['connection refused', 'dns', 'status 503'])
      assert.equal(causeOf([failed(reason)], 100), undefined, reason)
    assert.equal(causeOf([step('skipped', 50, { reason: 'read' })], 100), undefined)
  })
})

test('a late fetch proves that the push arrived if it is of the newest poke only, and not after an hour', () => {
  const cause = { sentAt: 1000, recordedAt: 1010, expected: true }
  const meaning = (after: number, lastPokeAt: number | null = 1010) =>
    meaningOf(cause, { at: 1000 + after, lastPokeAt })
  assert.equal(meaning(DEADLINE_MS, 5000), 'fetched')
  assert.equal(meaning(DEADLINE_MS + 1), 'fetched')
  assert.equal(meaning(DEADLINE_MS + 1, 5000), 'inconclusive')
  assert.equal(meaning(LATEST_MS), 'fetched')
  assert.equal(meaning(LATEST_MS + 1), 'nothing')
})

describe('the summary of a pusher', () => {
  const NOW = 1_800_000_000_000
  const HOUR = 3_600_000
  const result = (state: ArrivalState, sentAgo: number, ms = 500): Arrival => ({
    state,
    sentAt: NOW - sentAgo,
    at: NOW - sentAgo + ms,
    expected: true,
  })

  test('has the median delay, and the shares of the last hour and day', () => {
    const fetched = [200, 900, 700, 800, 600_000, 750].map((ms, n) =>
      result('fetched', 2 * HOUR + n * HOUR, ms),
    )
    const summary = summaryOf([result('not seen', HOUR / 2), ...fetched, result('fetched', 30 * HOUR)], NOW)
    assert.deepEqual(summary, {
      state: 'not seen',
      lastAt: NOW - 2 * HOUR + 200,
      usualMs: 750,
      notSeen: 1,
      waiting: 0,
      hour: { arrived: 0, not_seen: 1, share: 0 },
      day: { arrived: 6, not_seen: 1, share: 6 / 7 },
    })
  })

  test('counts only pokes whose fetch was expected, and no misses without a habit', () => {
    const unexpected = { ...result('fetched', HOUR / 2), expected: false }
    const { state, usualMs, hour, waiting } = summaryOf(
      [result('waiting', 1000), result('missed', HOUR / 2), unexpected],
      NOW,
    )
    assert.deepEqual([state, usualMs, waiting], ['unknown', null, 1])
    assert.deepEqual(hour, { arrived: 0, not_seen: 0, share: null })
  })
})
