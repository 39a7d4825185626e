import { type QueryCreator, sql } from 'kysely'
import type { RoomId, UserId } from '../lib/ids.ts'
import { type Dialect, query } from '../storage/query.ts'
import type { Schema } from '../storage/schema.ts'
import { unreadOfRoom } from './unread-sql.ts'

// The read positions of members. A member has one row for all threads, from join to leave, and a row for a
// single thread only where that thread is read further.

/** The thread id of the read position for all threads. */
export const ALL_THREADS = ''

export type MemberKey = { userId: UserId; roomId: RoomId }
export type ReadPosition = MemberKey & { position: number }

const KEY = ['user_id', 'room_id', 'thread_id'] as const
const COLUMNS = [...KEY, 'position', 'joined_at'] as const

/** Whether the room is on the member's badge now. Read here to save a statement. */
function onBadge(member: MemberKey) {
  return sql<number>`(select count(*) from badge_rooms as b
    where b.user_id = ${member.userId} and b.room_id = ${member.roomId})`.as('on_badge')
}

type ThreadPosition = ReadPosition & { threadId: string }

const movingThread = (db: QueryCreator<Schema>, p: ThreadPosition, d: Dialect) =>
  db
    .insertInto('read_positions')
    .columns(COLUMNS)
    .expression(
      db
        .selectFrom('read_positions as r')
        .select([
          'r.user_id',
          'r.room_id',
          d.text(p.threadId).as('thread_id'),
          d.integer(p.position).as('position'),
          'r.joined_at',
        ])
        .where('r.user_id', '=', p.userId)
        .where('r.room_id', '=', p.roomId)
        .where('r.thread_id', '=', ALL_THREADS)
        .where('r.position', '<', p.position),
    )
    .onConflict((conflict) =>
      conflict
        .columns(KEY)
        .doUpdateSet((eb) => ({ position: eb.ref('excluded.position') }))
        .whereRef('read_positions.position', '<', 'excluded.position'),
    )

/**
 * Moves the read position of a thread forward. Returns no row when it is already that far, or when the user
 * is not a member.
 */
export const advanceThread = query<ThreadPosition>()((db, p, d) =>
  movingThread(db, p, d).returning(() => onBadge(p)),
)

/** The same without a result. */
export const moveThread = query<ThreadPosition>()(movingThread)

/** Like `advanceThread`, where the member has a row for that thread already. Every member has one for all threads. */
export const advanceRow = query<ThreadPosition>()((db, p) =>
  db
    .updateTable('read_positions')
    .set({ position: p.position })
    .where('user_id', '=', p.userId)
    .where('room_id', '=', p.roomId)
    .where('thread_id', '=', p.threadId)
    .where('position', '<', p.position)
    .returning(() => onBadge(p)),
)

/** Moves the read position for all threads forward if nothing is unread. Then the threads need no rows of their own. */
export const advanceRoomIfRead = query<ReadPosition>()((db, p) =>
  db
    .updateTable('read_positions as r')
    .set({ position: p.position })
    .where('r.user_id', '=', p.userId)
    .where('r.room_id', '=', p.roomId)
    .where('r.thread_id', '=', ALL_THREADS)
    .where('r.position', '<', p.position)
    .where(unreadOfRoom('notify'), '=', sql.lit(0)),
)

/** Deletes the rows of threads that are not further than the row for all threads. */
export const dropPassedThreads = query<ReadPosition>()((db, p) =>
  db
    .deleteFrom('read_positions')
    .where('user_id', '=', p.userId)
    .where('room_id', '=', p.roomId)
    .where('thread_id', '<>', ALL_THREADS)
    .where('position', '<=', p.position),
)

/** Creates the read position of a new member. Does nothing for a user who is already a member. */
export const insertReadPosition = query<ReadPosition>()((db, p, d) =>
  db
    .insertInto('read_positions')
    .values({
      user_id: p.userId,
      room_id: p.roomId,
      thread_id: ALL_THREADS,
      position: p.position,
      joined_at: d.integer(p.position),
    })
    .onConflict((conflict) => conflict.columns(KEY).doNothing()),
)

export const deleteReadPositions = query<MemberKey>()((db, p) =>
  db.deleteFrom('read_positions').where('user_id', '=', p.userId).where('room_id', '=', p.roomId),
)

export const deleteExceptionsOfMember = query<MemberKey>()((db, p) =>
  db.deleteFrom('exceptions').where('user_id', '=', p.userId).where('room_id', '=', p.roomId),
)

/** Deletes the user's exceptions of events before this position. */
export const deleteExceptionsBefore = query<ReadPosition>()((db, p) =>
  db
    .deleteFrom('exceptions')
    .where('user_id', '=', p.userId)
    .where('room_id', '=', p.roomId)
    .where('position', '<', p.position),
)
