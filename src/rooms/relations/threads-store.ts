import { type Compilable, type RawBuilder, sql } from 'kysely'
import type { RoomId, UserId } from '../../lib/ids.ts'
import { query } from '../../storage/query.ts'

type Participant = { root: number; userId: UserId }

export const addReply = query<Participant & { roomId: RoomId; position: number }>()((db, p) =>
  db
    .insertInto('thread_participants')
    .values({ root: p.root, user_id: p.userId, room_id: p.roomId, replies: 1, last_position: p.position })
    .onConflict((conflict) =>
      conflict.columns(['root', 'user_id']).doUpdateSet((eb) => ({
        replies: eb('thread_participants.replies', '+', 1),
        last_position: eb.ref('excluded.last_position'),
      })),
    ),
)

/** Counts one reply less. Its relation is deleted before. */
export const removeReply = query<Participant>()((db, p) =>
  db
    .updateTable('thread_participants')
    .set((eb) => ({
      replies: eb('replies', '-', 1),
      last_position: sql<number>`coalesce((select max(r.position) from relations as r
        where r.parent = thread_participants.root and r.rel_type = 'm.thread' and r.depth = 1
          and r.sender = thread_participants.user_id), 0)`,
    }))
    .where('root', '=', p.root)
    .where('user_id', '=', p.userId),
)

export const removeParticipantWithoutReplies = query<Participant>()((db, p) =>
  db
    .deleteFrom('thread_participants')
    .where('root', '=', p.root)
    .where('user_id', '=', p.userId)
    .where('replies', '<=', 0),
)

export type ThreadOfRoom = { root: number; latest: number }

type ThreadsPage = {
  roomId: RoomId
  viewer: UserId
  /** 1: only threads in which the viewer takes part. */
  participated: number
  ignored: readonly string[]
  /** Threads whose root is at `low` or later, and whose latest reply is at `high` or earlier. */
  low: number
  high: number
  limit: number
}

/**
 * The threads of a room, the one with the latest reply first. Each has one row: that of the participant with
 * the latest reply.
 */
export const threadsByActivity = query<ThreadsPage>()<ThreadOfRoom>((db, p, d): Compilable<ThreadOfRoom> => {
  const ignored = d.list(p.ignored) as RawBuilder<UserId>
  const rows = sql<ThreadOfRoom>`select t.root, t.last_position as latest
    from thread_participants as t
    where t.room_id = ${p.roomId} and t.last_position <= ${p.high} and t.root >= ${p.low}
      and t.user_id not in ${ignored}
      and not exists (select 1 from thread_participants as o
        where o.root = t.root and o.last_position > t.last_position and o.user_id not in ${ignored})
      and (${d.integer(p.participated)} = 0
        or exists (select 1 from thread_participants as m where m.root = t.root and m.user_id = ${p.viewer})
        or exists (select 1 from events as e where e.position = t.root and e.sender = ${p.viewer}))
    order by t.last_position desc
    limit ${p.limit}`
  return { compile: () => rows.compile(db) }
})

type Span = { low: number; high: number }

/**
 * Like `threadsByActivity`, with the roots and the replies in some spans of the history only. Of each thread
 * of the room, it reads the newest visible reply: replies after the last span are not read, and hidden ones
 * only between two spans.
 */
export const threadsInSpans = query<
  Omit<ThreadsPage, 'low'> & { spans: readonly Span[]; last: number }
>()<ThreadOfRoom>((db, p, d): Compilable<ThreadOfRoom> => {
  const spans = d.rows(p.spans, { low: 'integer', high: 'integer' })
  const rows = sql<ThreadOfRoom>`with spans as materialized (select low, high from ${spans} as given),
      roots as (select distinct root from thread_participants where room_id = ${p.roomId})
      select t.root, t.latest
      from (select p.root, (
          select r.position from relations as r
          where r.parent = p.root and r.rel_type = 'm.thread' and r.depth = 1 and r.position <= ${p.last}
            and r.sender not in ${d.list(p.ignored)}
            and exists (select 1 from spans as w where r.position between w.low and w.high)
          order by r.position desc limit 1) as latest
        from roots as p
        where exists (select 1 from spans as v where p.root between v.low and v.high)
          and (${d.integer(p.participated)} = 0
            or exists (select 1 from thread_participants as m where m.root = p.root and m.user_id = ${p.viewer})
            or exists (select 1 from events as e where e.position = p.root and e.sender = ${p.viewer}))) as t
      where t.latest <= ${p.high}
      order by t.latest desc
      limit ${p.limit}`
  return { compile: () => rows.compile(db) }
})
