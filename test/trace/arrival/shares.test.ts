import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gatewayShares, PERIOD_MS, type PeriodShare } from '../../../src/trace/arrival/shares.ts'

const NOW = 1_800_000_000_000
const HOUR = 3_600_000
const DAY = 24 * HOUR

const results = (ago: number, arrived: number, notSeen: number, app = 'app'): PeriodShare => ({
  period: Math.floor((NOW - ago) / PERIOD_MS),
  gateway: 'push.example.org',
  app_id: app,
  arrived,
  not_seen: notSeen,
  single_user: 'alice',
})

const usually = (arrived: number, notSeen: number, days = 7) =>
  Array.from({ length: days }, (_, n) => results((n + 1.5) * DAY, arrived, notSeen))

const fallen = (rows: PeriodShare[]) => gatewayShares(rows, NOW)[0]?.fallen

describe('the share of a gateway', () => {
  test('is well below the usual one by a quarter or more, and by more than chance', () => {
    assert.equal(fallen([...usually(100, 0), results(HOUR / 2, 14, 6)]), 'hour')
    assert.equal(fallen([...usually(100, 0), results(HOUR / 2, 15, 5)]), undefined)
    assert.equal(fallen([...usually(70, 30), results(HOUR / 2, 8, 12)]), undefined, 'chance')
    assert.equal(fallen([...usually(70, 30), results(HOUR / 2, 80, 120)]), 'hour')
  })

  test('is computed from the last day if the last hour has fewer than twenty results', () => {
    const hour = results(HOUR / 2, 0, 19)
    assert.equal(fallen([...usually(100, 0), hour]), undefined)
    assert.equal(fallen([...usually(100, 0), hour, results(5 * HOUR, 0, 1)]), 'day')
    assert.equal(fallen([...usually(100, 0), hour, results(5 * HOUR, 500, 0)]), undefined)
    assert.equal(fallen([...usually(100, 0), results(HOUR / 2, 20, 0), results(5 * HOUR, 0, 500)]), undefined)
  })

  test('is not compared without a day of at least twenty results before the last day', () => {
    assert.equal(fallen([results(HOUR / 2, 0, 100), results(5 * HOUR, 1000, 0)]), undefined)
    assert.equal(fallen([results(HOUR / 2, 0, 100), ...usually(10, 9)]), undefined)
    assert.equal(fallen([results(HOUR / 2, 0, 100), ...usually(20, 0, 1)]), 'hour')
  })

  test('is compared with the median of days, so that two days of outage do not become usual', () => {
    const rows = [...usually(100, 0), results(HOUR / 2, 0, 100)]
    rows.splice(0, 2, results(1.5 * DAY, 0, 100), results(2.5 * DAY, 0, 100))
    const [share] = gatewayShares(rows, NOW)
    assert.deepEqual([share?.usual, share?.fallen], [1, 'hour'])
  })

  test('has an entry for all apps of a gateway with several apps', () => {
    const shares = gatewayShares([results(HOUR / 2, 3, 1), results(HOUR / 2, 1, 1, 'other')], NOW)
    assert.deepEqual(
      shares.map(({ appId, hour }) => [appId, hour.arrived, hour.not_seen]),
      [
        [null, 4, 2],
        ['app', 3, 1],
        ['other', 1, 1],
      ],
    )
  })

  test('is shared if its results are of several users', () => {
    const own = results(HOUR / 2, 3, 1)
    const isShared = (rows: PeriodShare[]) => gatewayShares(rows, NOW)[0]?.isShared
    assert.equal(isShared([own, results(HOUR, 1, 1)]), false)
    assert.equal(isShared([own, { ...results(HOUR, 1, 1), single_user: 'bob' }]), true)
    assert.equal(isShared([{ ...own, single_user: '' }]), true)
  })
})
