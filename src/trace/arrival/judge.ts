import type { Clock } from '../../lib/clock.ts'
import type { Database, Transaction } from '../../storage/database.ts'
import { stepsOfRow } from '../steps-store.ts'
import { recentArrivals } from './arrival-store.ts'
import {
  COUNTED_IN_A_ROW,
  DEADLINE_MS,
  LAST_SEEN_EVERY_MS,
  LATEST_MS,
  notSeenInARow,
  usuallyFetches,
} from './arrivals.ts'
import { countShares } from './count-shares.ts'
import {
  anyArrival,
  conclude,
  dropStale,
  insertWaiting,
  moveProgress,
  newestStep,
  noteSeen,
  readProgress,
  seenWithoutFetch,
  stepsAfter,
  trimNotSeen,
  type Unfetched,
  withArrivals,
} from './judge-store.ts'

// Finds the pokes whose event was not fetched, some time after they were sent, so that sending costs nothing more.

export type ConclusionDeps = { db: Database; clock: Clock }

const BATCH = 500
/** The newest pokes of a device that is off are enough. */
const MOST_WAITING = 16

/**
 * Checks the pokes whose deadline is over, and draws the conclusions that are possible now. Each poke is
 * checked by one process. Resolves to the number of checked records of the trace; it is called again until
 * that is less than `CHECKED_AT_ONCE`.
 */
export async function judgePokes(deps: ConclusionDeps): Promise<number> {
  return await deps.db.transaction(
    async (tx) => {
      const now = deps.clock.now()
      const checked = await checkNext(tx, now)
      await tx.run(noteSeen, { deadlineMs: DEADLINE_MS })
      await tx.run(dropStale, { sentBefore: now - LATEST_MS })
      await drawConclusions(tx, now)
      return checked
    },
    { durably: false, repeatable: true },
  )
}

export const CHECKED_AT_ONCE = BATCH

async function checkNext(tx: Transaction, now: number): Promise<number> {
  const progress = await tx.first(readProgress, {})
  if (progress === undefined) return 0
  const { up_to: from, blind_until: blindUntil } = progress
  if ((await tx.first(anyArrival, {})) === undefined) {
    const newest = (await tx.first(newestStep, {}))?.entry_id ?? from
    if (newest !== from) await tx.run(moveProgress, { from, to: newest })
    return 0
  }
  const read = await tx.all(stepsAfter, { after: from, limit: BATCH })
  const tooNew = read.findIndex(({ at }) => at > now - DEADLINE_MS)
  const rows = tooNew === -1 ? read : read.slice(0, tooNew)
  const last = rows.at(-1)
  if (last === undefined || (await tx.run(moveProgress, { from, to: last.entry_id })) === 0) return 0
  const expected = rows.flatMap(expectedFetches).filter(({ sent_at: at }) => at > blindUntil)
  if (expected.length > 0) await beginWaits(tx, now, expected)
  return rows.length
}

function expectedFetches(row: { position: number; at: number; steps: string }): Unfetched[] {
  if (!row.steps.includes('"sent"')) return []
  return stepsOfRow(row)
    .filter(({ isFetchExpected }) => isFetchExpected === true)
    .map(({ position, pusherId, at, ms }) => ({ position, pusher_id: pusherId, sent_at: at - (ms ?? 0) }))
}

async function beginWaits(tx: Transaction, now: number, expected: readonly Unfetched[]): Promise<void> {
  const pusherIds = [...new Set(expected.map(({ pusher_id: id }) => id))]
  const known = new Set((await tx.all(withArrivals, { pusherIds })).map(({ pusher_id: id }) => id))
  const rows = expected.filter(({ pusher_id: id }) => known.has(id))
  if (rows.length > 0)
    await tx.run(insertWaiting, { rows, now, seenEveryMs: LAST_SEEN_EVERY_MS, most: MOST_WAITING })
}

/**
 * The device was seen, so it works. It gets the time of the deadline once more, because pushes may arrive
 * when it is online again.
 */
async function drawConclusions(tx: Transaction, now: number): Promise<void> {
  const missing = await tx.all(seenWithoutFetch, { before: now - DEADLINE_MS, limit: BATCH })
  if (missing.length === 0) return
  const pusherIds = [...new Set(missing.map(({ pusher_id: id }) => id))]
  const recent = Map.groupBy(await tx.all(recentArrivals, { pusherIds }), ({ pusher_id: id }) => id)
  const byState = Map.groupBy(missing, ({ pusher_id: id }) =>
    usuallyFetches(recent.get(id) ?? []) ? ('not seen' as const) : ('missed' as const),
  )
  for (const [state, rows] of byState) {
    const concluded = await tx.all(conclude, { entryIds: rows.map(({ entry_id: id }) => id), state, at: now })
    if (state !== 'not seen') continue
    const notSeen = concluded.map(({ pusher_id: id }) => id)
    const isCounted = (id: number) => notSeenInARow(recent.get(id) ?? []) < COUNTED_IN_A_ROW
    await countShares(tx, now, { notSeen: notSeen.filter(isCounted) })
    await tx.run(trimNotSeen, { pusherIds: [...new Set(notSeen)] })
  }
}
