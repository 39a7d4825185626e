import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { oncePer } from '../../src/lib/once-per.ts'
import { createManualClock } from '../support/manual-clock.ts'

describe('once per interval', () => {
  test('a key is due at first and again after the interval, independent of other keys', () => {
    const clock = createManualClock()
    const isDue = oncePer(1000, clock)
    assert.deepEqual([isDue('a'), isDue('a'), isDue('b')], [true, false, true])
    clock.advance(999)
    assert.deepEqual([isDue('a'), isDue('b')], [false, false])
    clock.advance(1)
    assert.deepEqual([isDue('a'), isDue('a')], [true, false])
  })

  test('a key is still due after the clock is set back', () => {
    const clock = createManualClock()
    const isDue = oncePer(1000, clock)
    assert.equal(isDue('a'), true)
    clock.step(-3_600_000)
    assert.deepEqual([isDue('a'), isDue('a')], [true, false])
  })

  test('the 1000 keys that were due last are remembered', () => {
    const isDue = oncePer(1000, createManualClock())
    for (let n = 0; n < 1000; n++) isDue(`key ${n}`)
    assert.equal(isDue('key 0'), false)
    assert.equal(isDue('one more'), true)
    assert.deepEqual([isDue('key 1'), isDue('key 999'), isDue('key 0')], [false, false, true])
  })
})
