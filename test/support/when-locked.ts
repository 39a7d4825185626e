import { type Compilable, sql } from 'kysely'
import type { Database } from '../../src/storage/database.ts'
import { query } from '../../src/storage/query.ts'
import { eventually } from './eventually.ts'

const waitingForLocks = query()<{ count: number }>((db): Compilable<{ count: number }> => {
  const rows = sql<{ count: number }>`select cast(count(*) as integer) as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`
  return { compile: () => rows.compile(db) }
})

/**
 * Resolves when transactions of this database (one, or `least`) wait for locks of others. On SQLite at once,
 * because each write waits for the one before.
 */
export async function whenLocked(db: Database, least = 1): Promise<void> {
  if (db.dialect === 'postgres')
    await eventually(async () => ((await db.first(waitingForLocks, {}))?.count ?? 0) >= least)
}
