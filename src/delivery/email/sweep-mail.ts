import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { DAY_MS, startSweeper } from '../../lib/sweeper.ts'
import type { Database } from '../../storage/database.ts'
import { dropStale } from './mail-store.ts'
import { deleteOldThrottles } from './throttle-store.ts'

/** Items that could not be mailed for this time are removed: the mail server is gone, or none is configured. */
const STALE_MS = 7 * DAY_MS
/** Longer than any wait and any quiet time, so such a throttle has no effect. */
const THROTTLE_LIFE_MS = 2 * DAY_MS
const EVERY_MS = 3_600_000
const AT_ONCE = 500

type SweepDeps = { db: Database; clock: Clock; log: Log }

/** Removes items and throttles that e-mail pushers no longer need, about once an hour. */
export function startMailSweepers(deps: SweepDeps): AsyncDisposable[] {
  const sweeper = (of: string, query: typeof dropStale, lifeMs: number) =>
    startSweeper(deps, {
      of,
      everyMs: EVERY_MS,
      atOnce: AT_ONCE,
      sweep: () => {
        const before = deps.clock.now() - lifeMs
        return deps.db.transaction((tx) => tx.run(query, { before, limit: AT_ONCE }))
      },
    })
  return [
    sweeper('events that were never mailed', dropStale, STALE_MS),
    sweeper('throttles of mail', deleteOldThrottles, THROTTLE_LIFE_MS),
  ]
}
