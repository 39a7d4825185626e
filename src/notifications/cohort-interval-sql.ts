import { type RawBuilder, sql } from 'kysely'
import { DEFAULT_COHORT } from './cohort.ts'

// The time of a member in a room is divided into intervals: from the join or a change of cohort
// (`cohort_members`) to the next change. For the events after `starts`, up to and including `ends`, the
// member belongs to `cohort`. Nearly all members have one interval, in the default cohort, and no row.

const NEVER = sql.lit(Number.MAX_SAFE_INTEGER)
const DEFAULT = sql.lit(DEFAULT_COHORT)

/** The position of the next change of cohort of the member `r`. */
function nextChange(after?: RawBuilder<number>): RawBuilder<number> {
  return sql<number>`coalesce((select min(n.from_position) from cohort_members as n
    where n.user_id = r.user_id and n.room_id = r.room_id${after ? sql` and n.from_position > ${after}` : sql``}), ${NEVER})`
}

/** The intervals of the member `r` of the outer query. Select from it `as s`. */
export const intervalsOfMember: RawBuilder<unknown> = sql`(
      select ${DEFAULT} as cohort, 0 as starts, ${nextChange()} as ends
      union all
      select c.cohort, c.from_position, ${nextChange(sql`c.from_position`)} from cohort_members as c
      where c.user_id = r.user_id and c.room_id = r.room_id
    ) as s`

/**
 * The intervals of the rows `r` of `read_positions` that satisfy the condition, with columns of that row: `room_id`,
 * `user_id`, `read_to` and `joined_at`.
 */
export function intervalsWhere(condition: RawBuilder<unknown>): RawBuilder<unknown> {
  const reading = sql`r.room_id, r.user_id, r.position as read_to, r.joined_at`
  return sql`select ${reading}, ${DEFAULT} as cohort, 0 as starts, ${nextChange()} as ends
      from read_positions as r where ${condition}
      union all
      select ${reading}, c.cohort, c.from_position, ${nextChange(sql`c.from_position`)}
      from read_positions as r join cohort_members as c on c.user_id = r.user_id and c.room_id = r.room_id
      where ${condition}`
}

/** The cohort of a member for the event at a position. */
export function cohortAt(
  userId: RawBuilder<unknown>,
  roomId: RawBuilder<unknown>,
  position: RawBuilder<unknown>,
): RawBuilder<string> {
  return sql<string>`coalesce((select c.cohort from cohort_members as c
    where c.user_id = ${userId} and c.room_id = ${roomId} and c.from_position < ${position}
    order by c.from_position desc limit 1), ${DEFAULT})`
}

/** The cohort of a member for the next event. */
export function cohortNow(userId: RawBuilder<unknown>, roomId: RawBuilder<unknown>): RawBuilder<string> {
  return cohortAt(userId, roomId, NEVER)
}

export function laterOf(left: RawBuilder<number>, right: RawBuilder<number>): RawBuilder<number> {
  return sql<number>`case when ${left} > ${right} then ${left} else ${right} end`
}

export function earlierOf(left: RawBuilder<number>, right: RawBuilder<number>): RawBuilder<number> {
  return sql<number>`case when ${left} < ${right} then ${left} else ${right} end`
}
