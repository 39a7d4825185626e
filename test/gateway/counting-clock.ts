import { eventually } from '../support/eventually.ts'
import { createManualClock } from '../support/manual-clock.ts'

/** The sweepers of remembered notifications and of the queue, and the loop of the sending engine. */
const LOOPS = 5

/** A clock that the test moves. `loopsAtRest`: resolves when each loop of a gateway has run, and sleeps. */
export function countingClock(start?: number) {
  const clock = createManualClock(start)
  let sleeping = 0
  const sleep: typeof clock.sleep = async (ms, signal) => {
    sleeping++
    await clock.sleep(ms, signal)
    sleeping--
  }
  const areAtRest = () => sleeping >= LOOPS
  return { clock: { ...clock, sleep }, areAtRest, loopsAtRest: () => eventually(areAtRest) }
}
