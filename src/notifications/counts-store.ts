import { type Compilable, type RawBuilder, sql } from 'kysely'
import type { RoomId, UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'
import { cohort, unreadOfRoom, unreadOfThread } from './unread-sql.ts'

type RoomsOf = { userId: UserId; roomIds: readonly RoomId[] }

/** For each of the rooms that the user is in. */
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

/** For each thread ('main' aside) in which something came after the user's reading positions. */
export const unreadByThread = query<RoomsOf>()<ThreadRow>((db, p, d): Compilable<ThreadRow> => {
  const at = d.greatest(sql<number>`c.read_at`, sql<number>`coalesce(t.position, 0)`)
  const threads = sql<ThreadRow>`
    with mine as (
      select r.user_id, r.room_id, r.position as read_at from read_positions as r
      where r.user_id = ${p.userId} and r.room_id in ${d.list(p.roomIds)} and r.thread_id = ''
    ), candidates as (
      select mine.user_id, mine.room_id, mine.read_at, c.thread_id, c.last_position
      from mine join cohort_threads as c
        on c.room_id = mine.room_id and c.cohort = ${cohort} and c.last_position > mine.read_at
      union all
      select mine.user_id, mine.room_id, mine.read_at, e.thread_id, e.position
      from mine join exceptions as e
        on e.user_id = mine.user_id and e.room_id = mine.room_id
          and e.position > mine.read_at and e.thread_id <> 'main'
    ), x as (
      select distinct c.user_id, c.room_id, c.thread_id, ${at} as at
      from candidates as c left join read_positions as t
        on t.user_id = c.user_id and t.room_id = c.room_id and t.thread_id = c.thread_id
      where c.last_position > coalesce(t.position, 0)
    )
    select x.room_id, x.thread_id,
      ${unreadOfThread('notify')} as notifications, ${unreadOfThread('highlight')} as highlights
    from x`
  return { compile: () => threads.compile(db) }
})
