import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { afterMail, readyAt, type Throttle } from '../../../src/delivery/email/schedule.ts'
import type { RoomId } from '../../../src/lib/ids.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const delayMs = 10 * MINUTE
const room = (oldestAt: number, newestAt = oldestAt) => ({ roomId: '!r' as RoomId, oldestAt, newestAt })

test('a room without an earlier mail is due ten minutes after its oldest event', () => {
  assert.equal(readyAt(room(1000, 9000), undefined, { now: 9000, delayMs }), 1000 + delayMs)
})

test('the wait grows from 10 minutes to 1 hour, 6 hours and a day, and not further', () => {
  let throttle: Throttle | undefined
  const waits = []
  for (let n = 0; n < 6; n++) {
    // The first event follows at once after the previous mail, and then events arrive without a pause.
    const oldestAt = throttle?.toldAt ?? 0
    const dueAt = readyAt(room(oldestAt), throttle, { now: oldestAt, delayMs })
    throttle = afterMail(room(oldestAt, dueAt), throttle, { now: dueAt, delayMs })
    waits.push(throttle.waitMs / MINUTE)
  }
  assert.deepEqual(waits, [10, 60, 360, 1440, 1440, 1440])
})

test('half a day without events resets the throttle, and a minute less does not', () => {
  const throttle = { toldAt: 0, waitMs: 24 * HOUR, lastEventAt: 0 }
  const at = (oldestAt: number) => readyAt(room(oldestAt), throttle, { now: oldestAt, delayMs })
  assert.equal(at(12 * HOUR), 12 * HOUR + delayMs)
  assert.equal(at(12 * HOUR - MINUTE), 24 * HOUR)
  const next = afterMail(room(12 * HOUR), throttle, { now: 13 * HOUR, delayMs })
  assert.deepEqual(next, { toldAt: 13 * HOUR, waitMs: 10 * MINUTE, lastEventAt: 12 * HOUR })
})

test('a room that was not due keeps its wait after a mail about it, and its quiet time begins with its newest event', () => {
  const throttle = { toldAt: 0, waitMs: 6 * HOUR, lastEventAt: 0 }
  const now = 2 * HOUR
  const next = afterMail(room(HOUR, now), throttle, { now, delayMs })
  assert.deepEqual(next, { toldAt: now, waitMs: 6 * HOUR, lastEventAt: now })
})

test('the wait is at most a day and ten minutes after any change of the clock', () => {
  const time = fc.integer({ min: 0, max: 100 * 24 * HOUR })
  const throttles = fc.option(
    fc.record({
      toldAt: time,
      waitMs: fc.constantFrom(10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR),
      lastEventAt: time,
    }),
    { nil: undefined },
  )
  fc.assert(
    fc.property(time, throttles, time, (oldestAt, throttle, now) => {
      const ready = readyAt(room(oldestAt), throttle, { now, delayMs })
      assert.ok(ready <= Math.max(now, oldestAt) + 24 * HOUR + delayMs)
      if (oldestAt <= now) assert.ok(ready >= oldestAt + delayMs)
    }),
  )
})
