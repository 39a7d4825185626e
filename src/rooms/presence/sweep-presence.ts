import type { Log } from '../../lib/log.ts'
import { startSweeper } from '../../lib/sweeper.ts'
import type { Database } from '../../storage/database.ts'
import { changePresenceOfMany, type PresenceDeps } from './change-presence.ts'
import { GRACE_MS } from './presence-state.ts'
import { duePresence } from './presence-store.ts'

const EVERY_MS = 5000
const BATCH_SIZE = 200

/**
 * Changes the presence of users whose time is over: no longer active, idle, disconnected. The times are in
 * the database, so this also ends the presence that a killed process has written.
 */
export function startPresenceSweeper(deps: PresenceDeps & { db: Database; log: Log }): AsyncDisposable {
  return startSweeper(deps, {
    of: 'presence of users',
    everyMs: EVERY_MS,
    atOnce: BATCH_SIZE,
    isRoutine: true,
    // After a start, clients return first. Otherwise all users would be offline for a moment.
    firstAfterMs: GRACE_MS,
    sweep: () => sweepDuePresence(deps),
  })
}

/** Resolves to the number of users, at most `BATCH_SIZE`. */
export async function sweepDuePresence(deps: PresenceDeps & { db: Database }): Promise<number> {
  const due = await deps.db.all(duePresence, { now: deps.clock.now(), limit: BATCH_SIZE })
  const changes = due.map((row) => ({ userId: row.user_id }))
  await changePresenceOfMany(deps, changes)
  return due.length
}
