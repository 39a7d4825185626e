import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { backOffMs } from '../../src/lib/back-off.ts'

const longest = { token: () => '', below: (below: number) => below - 1 }
const shortest = { token: () => '', below: () => 0 }

test('the ceiling doubles from one second to one hour', () => {
  const ceilings = [1, 2, 3, 12, 13, 1000].map((attempts) => backOffMs(attempts, longest))
  assert.deepEqual(ceilings, [1000, 2000, 4000, 2_048_000, 3_600_000, 3_600_000])
})

test('the jitter is full and starts at zero', () => {
  assert.equal(backOffMs(8, shortest), 0)
})

test('any number of attempts gives a wait between zero and one hour', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -5, max: 1_000_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (n, r) => {
        const ms = backOffMs(n, { token: () => '', below: (below) => Math.floor(r * below) })
        return Number.isInteger(ms) && ms >= 0 && ms <= 3_600_000
      },
    ),
  )
})
