import { type RawBuilder, sql } from 'kysely'
import type { RoomId } from '../lib/ids.ts'
import { type Dialect, query } from '../storage/query.ts'
import { DEFAULT_COHORT } from './cohort.ts'

/** `readTo`: every member has read up to here. */
type Forgotten = { roomId: RoomId; positions: readonly number[]; readTo: number }

/**
 * Whether no total of the row can be asked for: every member has read up to `readTo`, so totals are compared
 * at `readTo` and later, and another row is the last one before it: of the cohort, and of the thread. Every
 * row has the totals of 'main'.
 */
const isPassed = (p: Forgotten): RawBuilder<boolean> => {
  const later = sql`n.room_id = cohort_outcomes.room_id and n.cohort = cohort_outcomes.cohort
    and n.position > cohort_outcomes.position and n.position <= ${p.readTo}`
  return sql<boolean>`exists (select 1 from cohort_outcomes as n where ${later})
    and (thread_id = 'main' or exists (select 1 from cohort_outcomes as n
      where ${later} and n.thread_id = cohort_outcomes.thread_id and n.thread_id <> 'main'))`
}

/**
 * The events, and the rows before theirs: the last ones of the cohort and of the thread, which an earlier
 * removal has left.
 */
const candidates = (p: Forgotten, d: Dialect, ofCohorts: RawBuilder<unknown>): RawBuilder<number> => {
  const positions = d.numbers(p.positions)
  const before = sql`n.room_id = o.room_id and n.cohort = o.cohort and n.position < o.position`
  const rows = sql`from cohort_outcomes as o where o.position in ${positions} and ${ofCohorts}`
  return sql<number>`(select value from ${positions} as given
    union select (select max(n.position) from cohort_outcomes as n where ${before}) ${rows}
    union select (select max(n.position) from cohort_outcomes as n
      where ${before} and n.thread_id = o.thread_id and n.thread_id <> 'main') ${rows} and o.thread_id <> 'main')`
}

export const deletePassedOutcomes = query<Forgotten>()((db, p, d) =>
  db
    .deleteFrom('cohort_outcomes')
    .where('room_id', '=', p.roomId)
    .where('cohort', '=', DEFAULT_COHORT)
    .where(
      'position',
      'in',
      candidates(p, d, sql`o.room_id = ${p.roomId} and o.cohort = ${sql.lit(DEFAULT_COHORT)}`),
    )
    .where(isPassed(p)),
)

/** Uses an index that holds only the other cohorts. */
export const deletePassedOfOthers = query<Forgotten>()((db, p, d) =>
  db
    .deleteFrom('cohort_outcomes')
    .where('position', 'in', candidates(p, d, sql`o.cohort <> ${sql.lit(DEFAULT_COHORT)}`))
    .where('cohort', '<>', sql.lit(DEFAULT_COHORT))
    .where(isPassed(p)),
)

export const deletePassedExceptions = query<Pick<Forgotten, 'roomId' | 'positions'>>()((db, p, d) =>
  db.deleteFrom('exceptions').where('room_id', '=', p.roomId).where('position', 'in', d.numbers(p.positions)),
)

/** Threads without an event after `readTo`. They are looked for only from later read positions. */
export const deletePassedThreads = query<Pick<Forgotten, 'roomId' | 'readTo'>>()((db, p) =>
  db.deleteFrom('cohort_threads').where('room_id', '=', p.roomId).where('last_position', '<=', p.readTo),
)
