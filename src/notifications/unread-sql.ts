import { type RawBuilder, sql } from 'kysely'
import { earlierOf, laterOf, intervalsOfMember } from './cohort-interval-sql.ts'

// Unread counts in SQL. Each expression needs the member's read position for all threads (`thread_id = ''`)
// in the outer query as `r`. Each looks up a few rows by index, whatever the size of the room or the length
// of its history, and a few more for each change of cohort of the member.

export type Counted = 'notify' | 'highlight'

const READ_TO = sql<number>`r.position`
const STARTS = sql<number>`s.starts`
const ENDS = sql<number>`s.ends`

/**
 * The unread count of a member in a room:
 *   the counts of the member's cohorts since `r`, less the events read since in single threads,
 *   less the redacted events among the rest, and the exceptions among the rest.
 */
export function unreadOfRoom(counted: Counted): RawBuilder<number> {
  return sql<number>`(${countedSince(counted)} - ${readInThreads(counted)}
    - ${retractedSince(counted)} + ${exceptionsSince(counted)})`
}

/** Like `unreadOfRoom`, for a query without `r`; 0 for a user who is not a member. */
export function unreadOfMember(userId: RawBuilder<unknown>, roomId: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`coalesce((select ${unreadOfRoom('notify')} from read_positions as r
    where r.user_id = ${userId} and r.room_id = ${roomId} and r.thread_id = ''), 0)`
}

function countedSince(counted: Counted): RawBuilder<number> {
  const since = roomTotal(counted, laterOf(READ_TO, STARTS))
  return sql<number>`coalesce((select sum(${roomTotal(counted, ENDS)} - ${since})
    from ${intervalsOfMember} where s.ends > r.position), 0)`
}

/** The total of the cohort of the interval `s`. */
function roomTotal(counted: Counted, upTo: RawBuilder<number>): RawBuilder<number> {
  return lastTotal(counted === 'notify' ? 'total_notify' : 'total_highlight', 'r', upTo)
}

function lastTotal(name: string, member: 'r' | 's', upTo: RawBuilder<number>): RawBuilder<number> {
  return sql<number>`coalesce((select ${sql.ref(`o.${name}`)} from cohort_outcomes as o
    where o.room_id = ${sql.ref(`${member}.room_id`)} and o.cohort = s.cohort and o.position <= ${upTo}
    order by o.position desc limit 1), 0)`
}

/**
 * The total of a thread of the room of `member`, for the cohort of the interval `s`. Every row has the totals
 * of 'main'. For another thread the position comes from a covering index and leads to the row: SQLite uses
 * that index only when it is covering, and otherwise walks the room's events.
 */
export function threadTotal(
  counted: Counted,
  { member, threadId }: { member: 'r' | 's'; threadId: RawBuilder<unknown> },
  upTo: RawBuilder<number>,
): RawBuilder<number> {
  const column = sql.ref(counted === 'notify' ? 'o.thread_notify' : 'o.thread_highlight')
  const roomId = sql.ref(`${member}.room_id`)
  const main = lastTotal(counted === 'notify' ? 'main_notify' : 'main_highlight', member, upTo)
  return sql<number>`case when ${threadId} = 'main' then ${main}
    else coalesce((select ${column} from cohort_outcomes as o
    where o.room_id = ${roomId} and o.cohort = s.cohort and o.position = (
      select max(p.position) from cohort_outcomes as p
      where p.room_id = ${roomId} and p.cohort = s.cohort and p.thread_id = ${threadId} and p.thread_id <> 'main'
        and p.position <= ${upTo})), 0) end`
}

function readInThreads(counted: Counted): RawBuilder<number> {
  const thread = { member: 'r' as const, threadId: sql`t.thread_id` }
  const readTo = sql<number>`t.position`
  const upToThread = threadTotal(counted, thread, earlierOf(readTo, ENDS))
  const upToRoom = threadTotal(counted, thread, laterOf(READ_TO, STARTS))
  return sql<number>`coalesce((select sum((select sum(${upToThread} - ${upToRoom})
      from ${intervalsOfMember} where s.ends > r.position and s.starts < t.position))
    from read_positions as t
    where t.user_id = r.user_id and t.room_id = r.room_id and t.thread_id <> '' and t.position > r.position), 0)`
}

function retractedSince(counted: Counted): RawBuilder<number> {
  return sql<number>`coalesce((select sum(${retractedValue(counted)})
    from ${intervalsOfMember} cross join cohort_outcomes as o
    where o.room_id = r.room_id and o.cohort = s.cohort and o.retracted = 1
      and o.position > ${laterOf(READ_TO, STARTS)} and o.position <= s.ends
      and not ${readInThread('o')}), 0)`
}

function exceptionsSince(counted: Counted): RawBuilder<number> {
  return sql<number>`coalesce((select sum(${exceptionValue(counted)}) from exceptions as e
    where e.user_id = r.user_id and e.room_id = r.room_id and e.position > r.position
      and not ${readInThread('e')}), 0)`
}

function readInThread(event: 'o' | 'e'): RawBuilder<boolean> {
  return sql<boolean>`exists (select 1 from read_positions as t
    where t.user_id = r.user_id and t.room_id = r.room_id
      and t.thread_id = ${sql.ref(`${event}.thread_id`)} and t.position >= ${sql.ref(`${event}.position`)})`
}

export function retractedValue(counted: Counted): RawBuilder<number> {
  return counted === 'notify' ? sql.lit(1) : sql.ref('o.highlight')
}

/** The member's value, minus the value that the cohort counted. */
export function exceptionValue(counted: Counted): RawBuilder<number> {
  return counted === 'notify' ? sql`e.notify - e.cohort_notify` : sql`e.highlight - e.cohort_highlight`
}
