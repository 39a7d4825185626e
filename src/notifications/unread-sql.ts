import { type RawBuilder, sql } from 'kysely'
import { DEFAULT_COHORT } from './cohort.ts'

// What is unread, in SQL. Each expression stands in a query that has the member's reading position for all threads
// (`thread_id = ''`) at hand as `r`. All look up a few rows by index, whatever the size of the room or the length of its
// history.

export type Counted = 'notify' | 'highlight'

/** The cohort of the member `r`. */
export const cohort: RawBuilder<string> = sql.lit(DEFAULT_COHORT)

/**
 * What a member has unread in a room:
 *   the room's total since `r`, less what they have read since in single threads,
 *   less what was redacted among the rest, and their exceptions among the rest.
 */
export function unreadOfRoom(counted: Counted): RawBuilder<number> {
  return sql<number>`(${roomTotal(counted)} - ${roomTotal(counted, sql`r.position`)} - ${readInThreads(counted)}
    - ${retractedSince(counted)} + ${exceptionsSince(counted)})`
}

/** As `unreadOfRoom`, where the query has no `r` yet; 0 for who is not a member. */
export function unreadOfMember(userId: RawBuilder<unknown>, roomId: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`coalesce((select ${unreadOfRoom('notify')} from read_positions as r
    where r.user_id = ${userId} and r.room_id = ${roomId} and r.thread_id = ''), 0)`
}

function roomTotal(counted: Counted, upTo?: RawBuilder<unknown>): RawBuilder<number> {
  const column = sql.ref(counted === 'notify' ? 'o.total_notify' : 'o.total_highlight')
  return sql<number>`coalesce((select ${column} from cohort_outcomes as o
    where o.room_id = r.room_id and o.cohort = ${cohort}${until(upTo)}
    order by o.position desc limit 1), 0)`
}

/**
 * The total of a thread of the room of `member`. The place is found in an index alone, and the row by it: SQLite takes
 * that index only where it need not leave it, and would else walk the room's events.
 */
export function threadTotal(
  counted: Counted,
  member: 'r' | 't',
  threadId: RawBuilder<unknown>,
  upTo?: RawBuilder<unknown>,
): RawBuilder<number> {
  const column = sql.ref(counted === 'notify' ? 'o.thread_notify' : 'o.thread_highlight')
  const roomId = sql.ref(`${member}.room_id`)
  return sql<number>`coalesce((select ${column} from cohort_outcomes as o
    where o.room_id = ${roomId} and o.cohort = ${cohort} and o.position = (
      select max(p.position) from cohort_outcomes as p
      where p.room_id = ${roomId} and p.cohort = ${cohort} and p.thread_id = ${threadId}
        ${upTo ? sql`and p.position <= ${upTo}` : sql``})), 0)`
}

function until(upTo: RawBuilder<unknown> | undefined): RawBuilder<unknown> {
  return upTo ? sql` and o.position <= ${upTo}` : sql``
}

function readInThreads(counted: Counted): RawBuilder<number> {
  const thread = sql`t.thread_id`
  const upToThread = threadTotal(counted, 't', thread, sql`t.position`)
  const upToRoom = threadTotal(counted, 't', thread, sql`r.position`)
  return sql<number>`coalesce((select sum(${upToThread} - ${upToRoom}) from read_positions as t
    where t.user_id = r.user_id and t.room_id = r.room_id and t.thread_id <> '' and t.position > r.position), 0)`
}

function retractedSince(counted: Counted): RawBuilder<number> {
  return sql<number>`coalesce((select sum(${retractedValue(counted)}) from cohort_outcomes as o
    where o.room_id = r.room_id and o.cohort = ${cohort} and o.retracted = 1 and o.position > r.position
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

/** What the member counts in place of what the cohort counted. */
export function exceptionValue(counted: Counted): RawBuilder<number> {
  return counted === 'notify' ? sql`e.notify - e.cohort_notify` : sql`e.highlight - e.cohort_highlight`
}
