import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { startSweeper } from '../lib/sweeper.ts'
import type { Database } from '../storage/database.ts'
import { deleteAllFull } from './attempts-store.ts'
import { deleteExpiredUses } from './auth-sessions-store.ts'

const EVERY_MS = 600_000
const BATCH_SIZE = 500

/** Deletes counts of attempts, and records of used sessions, that decide nothing any more. */
export function startAttemptSweepers(deps: { db: Database; clock: Clock; log: Log }): AsyncDisposable[] {
  const every = { everyMs: EVERY_MS, atOnce: BATCH_SIZE, isRoutine: true }
  const now = () => ({ now: deps.clock.now(), limit: BATCH_SIZE })
  return [
    startSweeper(deps, {
      ...every,
      of: 'counts of attempts',
      sweep: () => deps.db.transaction((tx) => tx.run(deleteAllFull, now()), { repeatable: true }),
    }),
    startSweeper(deps, {
      ...every,
      of: 'records of used authentication sessions',
      sweep: () => deps.db.transaction((tx) => tx.run(deleteExpiredUses, now()), { repeatable: true }),
    }),
  ]
}
