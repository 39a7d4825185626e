import assert from 'node:assert/strict'
import { test } from 'node:test'

import { retryAfterMs } from '../../../src/lib/outbound/retry-after.ts'

const now = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT')

test('reads seconds and dates, limited to the range from one second to one hour', () => {
  const rows: [string | string[] | undefined, number | undefined][] = [
    ['120', 120_000],
    [' 5 ', 5000],
    ['0', 1000],
    ['999999999999999999999', 3_600_000],
    ['Wed, 21 Oct 2026 07:28:30 GMT', 30_000],
    ['Wednesday, 21-Oct-26 07:28:30 GMT', 30_000],
    ['Wed Oct 21 07:28:30 2026 GMT', 30_000],
    ['Wed, 21 Oct 2020 07:28:00 GMT', 1000],
    ['Wed, 21 Oct 2099 07:28:00 GMT', 3_600_000],
    [['7', '9'], 7000],
    ['-5', undefined],
    ['1.5', undefined],
    ['2026-10-21', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ]
  for (const [header, expected] of rows)
    assert.equal(retryAfterMs(header, now), expected, JSON.stringify(header))
})
