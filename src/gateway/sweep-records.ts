import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { DAY_MS, startSweeper } from '../lib/sweeper.ts'
import type { Database } from '../storage/database.ts'
import { forgetClaims } from './claims-store.ts'
import { countRejections, countSeen, forgetRejections, forgetSeen } from './seen-store.ts'

const KEPT = [
  { of: 'records of notifications', keptMs: DAY_MS, count: countSeen, forget: forgetSeen },
  { of: 'records of rejections', keptMs: 30 * DAY_MS, count: countRejections, forget: forgetRejections },
]
const KEPT_CLAIMS = { of: 'claims of notifications', keptMs: 0, forget: forgetClaims }
const SWEEP_EVERY_MS = 10 * 60_000
/** A short interval, because one address can add 100,000 records a minute. */
const COUNT_EVERY_MS = 60_000
const SWEPT_AT_ONCE = 1000

export type ForgetDeps = { db: Database; clock: Clock; log: Log }

/**
 * Deletes records of processed notifications, of undelivered rejections and of claims: expired ones, and the
 * oldest beyond the limit.
 */
export function startRecordSweepers(deps: ForgetDeps, mostRemembered: number): AsyncDisposable[] {
  const { db, clock } = deps
  const byAge = [...KEPT, KEPT_CLAIMS].map(({ of, keptMs, forget }) =>
    startSweeper(deps, {
      of,
      everyMs: SWEEP_EVERY_MS,
      atOnce: SWEPT_AT_ONCE,
      sweep: () =>
        db.transaction((tx) => tx.run(forget, { before: clock.now() - keptMs, limit: SWEPT_AT_ONCE })),
    }),
  )
  const byCount = startSweeper(deps, {
    of: 'records of notifications and rejections beyond their limit',
    everyMs: COUNT_EVERY_MS,
    atOnce: Number.MAX_SAFE_INTEGER, // One call deletes all.
    sweep: () => deleteSurplusRecords(db, mostRemembered),
  })
  return [...byAge, byCount]
}

/** Deletes the oldest records of each kind beyond `mostRemembered`. Resolves to the number of deleted records. */
export async function deleteSurplusRecords(db: Database, mostRemembered: number): Promise<number> {
  let dropped = 0
  for (const { count, forget } of KEPT) {
    let surplus = ((await db.first(count, {}))?.count ?? 0) - mostRemembered
    while (surplus > 0) {
      const oldest = { before: Number.MAX_SAFE_INTEGER, limit: Math.min(SWEPT_AT_ONCE, surplus) }
      const gone = await db.transaction((tx) => tx.run(forget, oldest), { durably: false })
      if (gone === 0) break
      surplus -= gone
      dropped += gone
    }
  }
  return dropped
}
