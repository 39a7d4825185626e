import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { DAY_MS, startSweeper, sweepAll } from '../lib/sweeper.ts'
import type { Database } from '../storage/database.ts'
import type { Query } from '../storage/query.ts'
import { type SweepRange, SWEEPS } from './sweep-store.ts'

export type TraceRetention = { retentionDays: number; /** The maximum for each table. */ maxRows: number }
export type TraceSweepDeps = { db: Database; clock: Clock }

/**
 * Frequent, because thousands of rows can be added in a second. A sweep without work costs two lookups for
 * each table.
 */
const SWEEP_EVERY_MS = 10_000
const BATCH_SIZE = 500

/** Removes rows above the retention limits. Resolves to the number of rows. */
export async function sweepTrace(deps: TraceSweepDeps, retention: TraceRetention): Promise<number> {
  let swept = 0
  for (const sweep of SWEEPS)
    swept += await sweepAll({ atOnce: BATCH_SIZE, sweep: () => sweepSome(deps, retention, sweep) })
  return swept
}

/** Sweeps at the start and then every ten seconds, until it is disposed of. Runs also while recording is off. */
export function startTraceSweeper(
  deps: TraceSweepDeps & { log: Log },
  settings: { retention_days: number; max_rows: number },
): AsyncDisposable {
  const retention = { retentionDays: settings.retention_days, maxRows: settings.max_rows }
  return startSweeper(deps, {
    of: 'trace',
    everyMs: SWEEP_EVERY_MS,
    atOnce: 1,
    async sweep() {
      await sweepTrace(deps, retention)
      return 0 // At the limit each sweep removes rows, so the log must not report them.
    },
  })
}

function sweepSome(
  { db, clock }: TraceSweepDeps,
  { retentionDays, maxRows }: TraceRetention,
  sweep: Query<SweepRange, unknown>,
): Promise<number> {
  const now = clock.now()
  const range = {
    before: now - retentionDays * DAY_MS,
    after: now + DAY_MS,
    keep: maxRows,
    limit: BATCH_SIZE,
  }
  return db.transaction((tx) => tx.run(sweep, range), { durably: false })
}
