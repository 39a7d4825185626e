import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { DAY_MS, startSweeper } from '../lib/sweeper.ts'
import type { Database } from '../storage/database.ts'
import type { Query } from '../storage/query.ts'
import {
  countRejections,
  countSeen,
  dropOldestRejections,
  dropOldestSeen,
  forgetRejections,
  forgetSeen,
} from './seen-store.ts'

const SEEN_FOR_MS = DAY_MS
const REJECTED_FOR_MS = 30 * DAY_MS
const SWEEP_EVERY_MS = 10 * 60_000
/** Often: one address may add a hundred thousand a minute. */
const COUNT_EVERY_MS = 60_000
const SWEPT_AT_ONCE = 1000

export type ForgetDeps = { db: Database; clock: Clock; log: Log }

/** Deletes records of processed notifications and of undelivered rejections: expired ones, and the oldest beyond the limit. */
export function startForgetting(deps: ForgetDeps, mostRemembered: number): AsyncDisposable[] {
  const { db, clock } = deps
  const byAge = (query: typeof forgetSeen | typeof forgetRejections, ageMs: number) => () =>
    db.transaction((tx) => tx.run(query, { before: clock.now() - ageMs, limit: SWEPT_AT_ONCE }))
  const work = { everyMs: SWEEP_EVERY_MS, atOnce: SWEPT_AT_ONCE }
  return [
    startSweeper(deps, { ...work, of: 'notifications had', sweep: byAge(forgetSeen, SEEN_FOR_MS) }),
    startSweeper(deps, { ...work, of: 'rejections untold', sweep: byAge(forgetRejections, REJECTED_FOR_MS) }),
    startSweeper(deps, {
      of: 'too many notifications had or rejections untold',
      everyMs: COUNT_EVERY_MS,
      atOnce: Number.MAX_SAFE_INTEGER, // One look does all.
      sweep: () => forgetSurplus(db, mostRemembered),
    }),
  ]
}

/** Resolves to how many were forgotten. */
export async function forgetSurplus(db: Database, mostRemembered: number): Promise<number> {
  const seen = await dropSurplus(db, { count: countSeen, drop: dropOldestSeen, most: mostRemembered })
  const rejections = await dropSurplus(db, {
    count: countRejections,
    drop: dropOldestRejections,
    most: mostRemembered,
  })
  return seen + rejections
}

type Surplus = {
  count: Query<Record<never, never>, { count: number }>
  drop: Query<{ limit: number }, unknown>
  most: number
}

async function dropSurplus(db: Database, { count, drop, most }: Surplus): Promise<number> {
  const surplus = ((await db.first(count, {}))?.count ?? 0) - most
  let dropped = 0
  while (dropped < surplus) {
    const limit = Math.min(SWEPT_AT_ONCE, surplus - dropped)
    const gone = await db.transaction((tx) => tx.run(drop, { limit }), { durably: false })
    if (gone === 0) break
    dropped += gone
  }
  return dropped
}
