import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { startSweeper } from '../../lib/sweeper.ts'
import type { Database } from '../../storage/database.ts'
import { setBlindUntil } from './arrival-store.ts'
import { createFetches, type FetchDeps, type Fetches, NO_FETCHES } from './fetches.ts'
import { CHECKED_AT_ONCE, judgePokes } from './judge.ts'

const JUDGE_EVERY_MS = 10_000

/** The collector of fetches; without the trace it does nothing. */
export function createArrivals(deps: FetchDeps & { isTraced: boolean }): Fetches {
  return deps.isTraced ? createFetches(deps) : NO_FETCHES
}

/**
 * Looks for pokes without a fetch until it is disposed of. No conclusions are drawn about pokes from before the start: devices could not fetch
 * events while the server was down, and a killed process has lost the fetches in its memory.
 */
export async function startJudging(deps: { db: Database; clock: Clock; log: Log }): Promise<AsyncDisposable> {
  const { db, clock } = deps
  await db.transaction((tx) => tx.run(setBlindUntil, { at: clock.now() }), { durably: false })
  return startSweeper(deps, {
    of: 'pokes without a fetch',
    everyMs: JUDGE_EVERY_MS,
    atOnce: CHECKED_AT_ONCE,
    isRoutine: true,
    sweep: () => judgePokes(deps),
  })
}
