import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { DAY_MS, startSweeper } from '../lib/sweeper.ts'
import type { Database } from '../storage/database.ts'
import { forgetEntries, forgetOpened } from './inbox-store.ts'

const SWEEP_EVERY_MS = 10 * 60_000
const SWEPT_AT_ONCE = 500

/** Removes old entries, and opened inboxes that were not read for the same time. */
export function startInboxSweepers(
  { db, clock, log }: { db: Database; clock: Clock; log: Log },
  retentionDays: number,
): AsyncDisposable[] {
  const sweep = (query: typeof forgetEntries | typeof forgetOpened) => () =>
    db.transaction((tx) =>
      tx.run(query, { before: clock.now() - retentionDays * DAY_MS, limit: SWEPT_AT_ONCE }),
    )
  const work = { everyMs: SWEEP_EVERY_MS, atOnce: SWEPT_AT_ONCE }
  return [
    startSweeper({ clock, log }, { ...work, of: 'notifications in inboxes', sweep: sweep(forgetEntries) }),
    startSweeper({ clock, log }, { ...work, of: 'unread inboxes', sweep: sweep(forgetOpened) }),
  ]
}
