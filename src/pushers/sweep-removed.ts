import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { DAY_MS, startSweeper, sweepAll } from '../lib/sweeper.ts'
import type { Database } from '../storage/database.ts'
import { deleteOldRemoved } from './removed-store.ts'

/** How long the note about a removed pusher is kept. */
export const REMOVED_FOR_MS = 30 * DAY_MS
const BATCH_SIZE = 500

export type SweepDeps = { db: Database; clock: Clock }

/** Deletes notes about pushers that were removed more than 30 days ago. Resolves to their number. */
export function sweepRemoved(deps: SweepDeps): Promise<number> {
  return sweepAll({ atOnce: BATCH_SIZE, sweep: () => sweepSome(deps) })
}

/** Sweeps at the start and once a day, until it is disposed of. */
export function startRemovedSweeper(deps: SweepDeps & { log: Log }): AsyncDisposable {
  return startSweeper(deps, {
    of: 'removed pushers',
    everyMs: DAY_MS,
    atOnce: BATCH_SIZE,
    sweep: () => sweepSome(deps),
  })
}

function sweepSome({ db, clock }: SweepDeps): Promise<number> {
  const before = clock.now() - REMOVED_FOR_MS
  return db.transaction((tx) => tx.run(deleteOldRemoved, { before, limit: BATCH_SIZE }))
}
