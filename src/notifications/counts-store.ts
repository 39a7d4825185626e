import { type Compilable, type RawBuilder, sql } from 'kysely'
import type { RoomId, UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'
import { laterOf, intervalsWhere } from './cohort-interval-sql.ts'
import { DEFAULT_COHORT } from './cohort.ts'
import { type Counted, exceptionValue, retractedValue, threadTotal, unreadOfRoom } from './unread-sql.ts'

type RoomsOf = { userId: UserId; roomIds: readonly RoomId[] }

/**
 * The unread counts of a member who was always in the default cohort, without exceptions, redacted events and
 * other threads (`unreadOfRoom`): the total of the cohort at its last event less that at the read position,
 * and less the events of the main timeline that are read (the sender of a message has read the room up to
 * there). `is_usual` is 0 when that is not known; then `unreadByRoom` has the counts, for four times the
 * time. One row for each of `roomIds` in which the user is a member.
 */
export const usualUnreadByRoom = query<RoomsOf>()((db, p, d) => {
  const rowOf = (upTo: RawBuilder<unknown>) => sql<number>`(select max(o.position) from cohort_outcomes as o
    where o.room_id = r.room_id and o.cohort = ${sql.lit(DEFAULT_COHORT)}${upTo})`
  const sinceRead = (to: 'last' | 'main', column: string) =>
    sql<number>`coalesce(${sql.ref(`${to}.${column}`)}, 0) - coalesce(${sql.ref(`seen.${column}`)}, 0)`
  const unread = (what: Counted) => sql<number>`${sinceRead('last', `total_${what}`)}
    - case when t.position is null then 0 else ${sinceRead('main', `main_${what}`)} end`
  return (
    db
      .selectFrom(sql<{ value: RoomId }>`${d.list(p.roomIds)}`.as('wanted'))
      // A cross join makes SQLite start from the rooms, without a table for them.
      .crossJoin('read_positions as r')
      .leftJoin('cohort_outcomes as last', (join) =>
        join
          .onRef('last.room_id', '=', 'r.room_id')
          .on('last.cohort', '=', sql.lit(DEFAULT_COHORT))
          .on('last.position', '=', rowOf(sql``)),
      )
      .leftJoin('cohort_outcomes as seen', (join) =>
        join
          .onRef('seen.room_id', '=', 'r.room_id')
          .on('seen.cohort', '=', sql.lit(DEFAULT_COHORT))
          .on('seen.position', '=', rowOf(sql` and o.position <= r.position`)),
      )
      .leftJoin('read_positions as t', (join) =>
        join
          .onRef('t.user_id', '=', 'r.user_id')
          .onRef('t.room_id', '=', 'r.room_id')
          .on('t.thread_id', '=', sql.lit('main'))
          .onRef('t.position', '>', 'r.position'),
      )
      .leftJoin('cohort_outcomes as main', (join) =>
        join
          .onRef('main.room_id', '=', 'r.room_id')
          .on('main.cohort', '=', sql.lit(DEFAULT_COHORT))
          .on('main.position', '=', rowOf(sql` and o.position <= t.position`)),
      )
      .where('r.user_id', '=', p.userId)
      .whereRef('r.room_id', '=', 'wanted.value')
      .where('r.thread_id', '=', '')
      .select([
        'r.room_id',
        unread('notify').as('notifications'),
        unread('highlight').as('highlights'),
        sql<number>`case when exists (select 1 from cohort_members as c where c.user_id = r.user_id and c.room_id = r.room_id)
    or exists (select 1 from exceptions as e where e.user_id = r.user_id and e.room_id = r.room_id and e.position > r.position)
    or exists (select 1 from read_positions as x where x.user_id = r.user_id and x.room_id = r.room_id
      and x.thread_id not in ('', 'main') and x.position > r.position)
    or exists (select 1 from cohort_outcomes as o where o.room_id = r.room_id and o.cohort = ${sql.lit(DEFAULT_COHORT)}
      and o.retracted = 1 and o.position > r.position) then 0 else 1 end`.as('is_usual'),
      ])
  )
})

/** One row for each of `roomIds` in which the user is a member. */
export const unreadByRoom = query<RoomsOf>()((db, p, d) =>
  db
    .selectFrom('read_positions as r')
    .where('r.user_id', '=', p.userId)
    .where('r.room_id', 'in', d.list(p.roomIds) as RawBuilder<RoomId>)
    .where('r.thread_id', '=', '')
    .select([
      'r.room_id',
      unreadOfRoom('notify').as('notifications'),
      unreadOfRoom('highlight').as('highlights'),
    ]),
)

export type ThreadRow = { room_id: RoomId; thread_id: string; notifications: number; highlights: number }

/**
 * The unread counts of threads, without 'main', that have events after the user's read positions. A thread can have
 * several rows, which the caller adds up: the counts of the cohorts, less redacted events, and the user's exceptions.
 */
export const unreadByThread = query<RoomsOf>()<ThreadRow>((db, p, d): Compilable<ThreadRow> => {
  const mine = sql`r.user_id = ${p.userId} and r.thread_id = '' and r.room_id in ${d.list(p.roomIds)}`
  const [readTo, starts, ends] = [sql<number>`s.read_to`, sql<number>`s.starts`, sql<number>`s.ends`]
  const reading = (threadId: RawBuilder<unknown>) => sql`left join read_positions as t
    on t.user_id = s.user_id and t.room_id = s.room_id and t.thread_id = ${threadId}`
  const thread = sql`c.thread_id`
  const from = d.greatest(d.greatest(readTo, starts), sql<number>`coalesce(t.position, 0)`)
  const counted = (what: Counted) =>
    sql`${threadTotal(what, { member: 's', threadId: thread }, ends)} - ${threadTotal(what, { member: 's', threadId: thread }, from)}`
  const rows = sql<ThreadRow>`
    with s as materialized (${intervalsWhere(mine)})
    select s.room_id, c.thread_id, ${counted('notify')} as notifications, ${counted('highlight')} as highlights
    from s cross join cohort_threads as c ${reading(thread)}
    where c.room_id = s.room_id and c.cohort = s.cohort and c.last_position > ${laterOf(readTo, starts)}
      and s.ends > ${from} and c.last_position > coalesce(t.position, 0)
    union all
    select s.room_id, o.thread_id, -sum(${retractedValue('notify')}), -sum(${retractedValue('highlight')})
    from s cross join cohort_outcomes as o ${reading(sql`o.thread_id`)}
    where o.room_id = s.room_id and o.cohort = s.cohort and o.retracted = 1
      and o.position > ${laterOf(readTo, starts)} and o.position <= s.ends
      and o.thread_id <> 'main' and o.position > coalesce(t.position, 0)
    group by s.room_id, o.thread_id
    union all
    select r.room_id, e.thread_id, sum(${exceptionValue('notify')}), sum(${exceptionValue('highlight')})
    from read_positions as r
      join exceptions as e on e.user_id = r.user_id and e.room_id = r.room_id and e.position > r.position
      left join read_positions as t
        on t.user_id = r.user_id and t.room_id = r.room_id and t.thread_id = e.thread_id
    where ${mine} and e.thread_id <> 'main' and e.position > coalesce(t.position, 0)
    group by r.room_id, e.thread_id`
  return { compile: () => rows.compile(db) }
})
