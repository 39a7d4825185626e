import { type Compilable, type RawBuilder, sql } from 'kysely'
import { intervalsOfMember } from '../notifications/cohort-interval-sql.ts'
import { query } from '../storage/query.ts'
import { rowsWhere } from './faults-store.ts'

// Unread counts are differences of running totals (`notifications/unread-sql.ts`). Here the events are
// counted one by one.

/** Whether the member `r` has read the row `o` of an event in its thread alone. */
const isReadInThread = sql`exists (select 1 from read_positions as x where x.user_id = r.user_id and x.room_id = r.room_id
  and x.thread_id = o.thread_id and x.position >= o.position)`

/**
 * Whether an event of the room of `t` is unread for the user of `t`: one that notifies the cohort, or this
 * user alone.
 */
const hasUnread = sql`exists (select 1 from read_positions as r
  where r.user_id = t.user_id and r.room_id = t.room_id and r.thread_id = '' and (
    exists (select 1 from ${intervalsOfMember} cross join cohort_outcomes as o
      where o.room_id = r.room_id and o.cohort = s.cohort and o.position > r.position and o.position > s.starts
        and o.position <= s.ends and o.retracted = 0 and not ${isReadInThread}
        and not exists (select 1 from exceptions as e
          where e.user_id = r.user_id and e.room_id = r.room_id and e.position = o.position))
    or exists (select 1 from exceptions as o where o.user_id = r.user_id and o.room_id = r.room_id
      and o.position > r.position and o.notify = 1 and not ${isReadInThread})))`

export const unreadNotOnBadge = rowsWhere(
  'memberships',
  'user_id',
  sql`t.has_pushers = 1 and t.membership = 'join' and ${hasUnread}
    and not exists (select 1 from badge_rooms as b where b.user_id = t.user_id and b.room_id = t.room_id)`,
)

/** An invitation is on the badge until it is answered. */
export const badgeWithoutUnread = rowsWhere(
  'badge_rooms',
  'user_id',
  sql`not ${hasUnread} and not exists (select 1 from memberships as m
    where m.user_id = t.user_id and m.room_id = t.room_id and m.membership = 'invite')`,
)

/**
 * Each row has the totals of the row before it, and its own event. Retention removes rows up to `swept_to`,
 * so those that it has left there do not follow each other.
 */
export const wrongTotals = query()<{ place: string }>((db): Compilable<{ place: string }> => {
  const before = (column: string, within = sql``) =>
    sql`coalesce(lag(${sql.ref(column)}) over (partition by room_id, cohort${within} order by position), 0)`
  const main = sql`case when thread_id = 'main' then 1 else 0 end`
  // Of 'main' every row has the totals, so its last row may be of another thread.
  const inThread = (what: 'notify' | 'highlight', own: RawBuilder<unknown>) =>
    sql`case when thread_id = 'main' then ${sql.ref(`thread_${what}`)} - ${sql.ref(`main_${what}`)}
      else ${sql.ref(`thread_${what}`)} - ${before(`thread_${what}`, sql`, thread_id`)} - ${own} end`
  const rows = sql<{ place: string }>`select room_id || ' ' || cast(position as text) as place from (
      select room_id, position, ${sql.join(
        [
          sql`total_notify - ${before('total_notify')} - 1`,
          sql`total_highlight - ${before('total_highlight')} - highlight`,
          sql`main_notify - ${before('main_notify')} - ${main}`,
          sql`main_highlight - ${before('main_highlight')} - ${main} * highlight`,
          inThread('notify', sql.lit(1)),
          inThread('highlight', sql.ref('highlight')),
        ].map((difference) => sql`abs(${difference})`),
        sql` + `,
      )} as wrong
      from cohort_outcomes) as t
    where wrong <> 0
      and position > coalesce((select s.swept_to from room_retention as s where s.room_id = t.room_id), 0)
    order by 1 limit 20`
  return { compile: () => rows.compile(db) }
})
