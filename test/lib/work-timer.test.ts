import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createWorkTimer, type WorkTimer } from '../../src/lib/work-timer.ts'
import { createManualClock } from '../support/manual-clock.ts'

/** A loop that has polled once and found work for the time in a minute. `during` runs in the poll. */
function startLoop(during: (timer: WorkTimer, now: number) => void = () => undefined) {
  const clock = createManualClock()
  const timer = createWorkTimer(clock)
  const stop = new AbortController()
  const start = clock.now()
  const round = timer.startRound()
  during(timer, start)
  let hasEnded = false
  void round.sleepUntil(start + 60_000, stop.signal).then(() => (hasEnded = true))
  /** Whether the sleep has ended at this time after its start. */
  const endsAt = async (ms: number) => {
    clock.advance(start + ms - clock.now())
    await setImmediate()
    return hasEnded
  }
  return { wakeBy: (ms: number) => timer.wakeBy(start + ms), stop, endsAt }
}

describe('the sleep of a loop that polls for work', () => {
  test('ends at the time of the next work', async () => {
    const { endsAt } = startLoop()
    assert.equal(await endsAt(59_999), false)
    assert.equal(await endsAt(60_000), true)
  })

  test('ends earlier when earlier work is added, but not before that is due', async () => {
    const { wakeBy, endsAt } = startLoop()
    wakeBy(10_000)
    assert.equal(await endsAt(0), false)
    wakeBy(5000)
    wakeBy(8000)
    assert.equal(await endsAt(4999), false)
    assert.equal(await endsAt(5000), true)
  })

  test('ends at once when work is due', async () => {
    const { wakeBy, endsAt } = startLoop()
    wakeBy(0)
    assert.equal(await endsAt(0), true)
  })

  test('ends at the time of work that was added during the poll, and at once if that is due', async () => {
    const later = startLoop((timer, now) => timer.wakeBy(now + 5000))
    assert.equal(await later.endsAt(4999), false)
    assert.equal(await later.endsAt(5000), true)
    const due = startLoop((timer, now) => timer.wakeBy(now))
    assert.equal(await due.endsAt(0), true)
  })

  test('ends when it is stopped, also after work was added', async () => {
    const { wakeBy, stop, endsAt } = startLoop()
    wakeBy(5000)
    stop.abort()
    assert.equal(await endsAt(0), true)
  })
})
