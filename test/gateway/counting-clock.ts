import { eventually } from '../support/eventually.ts'
import { createManualClock } from '../support/manual-clock.ts'

/** The sweepers of remembered notifications (4) and of the queue, and the loop of the sending engine. */
const LOOPS = 6

/** A clock that the test moves. `loopsAtRest`: resolves when each loop of a gateway has run, and sleeps. */
export function countingClock(start?: number) {
  const clock = createManualClock(start)
  let sleeping = 0
  const sleep: typeof clock.sleep = async (ms, signal) => {
    sleeping++
    await clock.sleep(ms, signal)
    sleeping--
  }
  /** @param deadlines the number of kinds of deadlines that have begun: a timer of each sleeps too */
  const areAtRest = (deadlines = 0) => {
    const expected = LOOPS + deadlines
    if (sleeping > expected)
      throw new Error(`${sleeping} timers sleep instead of ${expected}: is LOOPS right?`)
    return sleeping === expected
  }
  return { clock: { ...clock, sleep }, areAtRest, loopsAtRest: () => eventually(() => areAtRest()) }
}
