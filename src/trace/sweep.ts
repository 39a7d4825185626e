import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { DAY_MS, startSweeper, sweepAll } from '../lib/sweeper.ts'
import type { Database } from '../storage/database.ts'
import type { Query } from '../storage/query.ts'
import { type Outdated, SWEEPS } from './sweep-store.ts'

export type TraceRetention = { retentionDays: number; /** Of each table. */ maxRows: number }
export type TraceSweepDeps = { db: Database; clock: Clock }

/** Often, for there may be thousands more in a second. Looking in vain costs a look at either end of each table. */
const SWEEP_EVERY_MS = 10_000
const AT_ONCE = 500

/** Removes what is too old or too much. Resolves to how many rows that were. */
export async function sweepTrace(deps: TraceSweepDeps, retention: TraceRetention): Promise<number> {
  let swept = 0
  for (const sweep of SWEEPS)
    swept += await sweepAll({ atOnce: AT_ONCE, sweep: () => sweepSome(deps, retention, sweep) })
  return swept
}

/** Sweeps now and then every ten seconds, until it is disposed of. What was recorded ages also while recording is off. */
export function startTraceSweeper(
  deps: TraceSweepDeps & { log: Log },
  retention: TraceRetention,
): AsyncDisposable {
  return startSweeper(deps, {
    of: 'trace',
    everyMs: SWEEP_EVERY_MS,
    atOnce: 1,
    async sweep() {
      await sweepTrace(deps, retention)
      return 0 // Once there is enough, there is always something to sweep: that is no news for the log.
    },
  })
}

function sweepSome(
  { db, clock }: TraceSweepDeps,
  { retentionDays, maxRows }: TraceRetention,
  sweep: Query<Outdated, unknown>,
): Promise<number> {
  const now = clock.now()
  const outdated = {
    before: now - retentionDays * DAY_MS,
    after: now + DAY_MS,
    keep: maxRows,
    limit: AT_ONCE,
  }
  return db.transaction((tx) => tx.run(sweep, outdated), { durably: false })
}
