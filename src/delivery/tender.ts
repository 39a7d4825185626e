import { createWorkTimer } from '../lib/work-timer.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Database } from '../storage/database.ts'
import { pushersWithWork, retriesDue } from './pusher-state-store.ts'

const SWEEP_EVERY_MS = 30_000
/** How many pushers a sweep takes up in one look. */
const PAGE = 1000
const PAGE_EVERY_MS = 100

export type Tender = {
  tendUntil(stop: AbortSignal): Promise<void>
  /** Something is due at that time, earlier perhaps than all that is known of. */
  riseBy(at: number): void
}

/** Finds what nobody was woken for, and whose time to try again has come. */
export function createTender(
  { db, clock, log }: { db: Database; clock: Clock; log: Log },
  wake: (pusherIds: readonly number[]) => void,
): Tender {
  const timer = createWorkTimer(clock)

  async function sweep(stop: AbortSignal): Promise<void> {
    let after = 0
    let found: number[]
    do {
      found = await pushersWithWork(db, { after, limit: PAGE, now: clock.now() })
      wake(found)
      after = found.at(-1) ?? after
    } while (found.length === PAGE && !stop.aborted)
  }

  /** Resolves to when to look again. */
  async function look(sweepAt: number): Promise<number> {
    const { due, nextAt } = await retriesDue(db, { now: clock.now(), limit: PAGE })
    wake(due)
    const next = due.length === PAGE ? clock.now() + PAGE_EVERY_MS : (nextAt ?? Infinity)
    return Math.min(sweepAt, next)
  }

  return {
    async tendUntil(stop) {
      let sweepAt = clock.now()
      while (!stop.aborted) {
        // From here on a failure that is recorded ends the sleep to come, if it is due before its end.
        const round = timer.startRound()
        let until: number
        // The clock may have been set back.
        if (sweepAt - clock.now() > SWEEP_EVERY_MS) sweepAt = clock.now()
        try {
          if (clock.now() >= sweepAt) {
            sweepAt = clock.now() + SWEEP_EVERY_MS
            await sweep(stop)
          }
          until = await look(sweepAt)
        } catch (error) {
          log.error({ err: error }, 'looking for work failed')
          until = sweepAt
        }
        await round.sleepUntil(Math.min(until, clock.now() + SWEEP_EVERY_MS), stop)
      }
    },
    riseBy: (at) => timer.wakeBy(at),
  }
}
