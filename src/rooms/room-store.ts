import { type ExpressionBuilder, type RawBuilder, sql } from 'kysely'
import type { DeviceId, RoomId, UserId } from '../lib/ids.ts'
import type { Event, StateKey } from '../lib/matrix-event.ts'
import { type Queries, type Query, query } from '../storage/query.ts'
import type { Schema } from '../storage/schema.ts'
import { reservedPosition, type ReservingParams } from '../storage/stream.ts'

export type NewRoom = { roomId: RoomId; version: string; creator: UserId; createdAt: number; isPublic: 0 | 1 }

/** Inserts a room without events. */
export async function addRoom(q: Queries, room: NewRoom): Promise<void> {
  await q.run(insertRoom, room)
}

export async function roomExists(q: Queries, roomId: RoomId): Promise<boolean> {
  return (await q.first(roomById, { roomId })) !== undefined
}

export const insertRoom = query<NewRoom>()((db, p) =>
  db.insertInto('rooms').values({
    room_id: p.roomId,
    version: p.version,
    creator: p.creator,
    created_at: p.createdAt,
    joined_count: 0,
    invited_count: 0,
    is_public: p.isPublic,
  }),
)

/** Puts a room into the public room list, or removes it. Changes no row of a room that is as wished already. */
export const publishRoom = query<{ roomId: RoomId; isPublic: 0 | 1 }>()((db, p) =>
  db
    .updateTable('rooms')
    .set({ is_public: p.isPublic })
    .where('room_id', '=', p.roomId)
    .where('is_public', '<>', p.isPublic),
)

export const roomById = query<{ roomId: RoomId }>()((db, p) =>
  db.selectFrom('rooms').selectAll().where('room_id', '=', p.roomId),
)

export const roomsCreated = query<{ creator: UserId }>()((db, p) =>
  db
    .selectFrom('rooms')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('creator', '=', p.creator),
)

/** Adds to the size of a room's current state; negative numbers subtract. */
export const moveStateUsage = query<{ roomId: RoomId; events: number; bytes: number }>()((db, p, d) =>
  db
    .updateTable('rooms')
    .set((eb) => ({
      state_events: eb('state_events', '+', d.integer(p.events)),
      state_bytes: eb('state_bytes', '+', d.integer(p.bytes)),
    }))
    .where('room_id', '=', p.roomId),
)

export type MessageView = Pick<Event, 'roomId' | 'sender' | 'type'> & {
  /** With the type, these find an earlier event with the same transaction id. Empty strings find nothing. */
  senderDevice: DeviceId | ''
  txnId: string
}

/** All data that the authorisation of a message needs, by primary keys only. */
export const viewForMessage = query<MessageView & ReservingParams>()((db, p, d) =>
  db
    .selectFrom('rooms')
    .leftJoin('memberships as sender', (join) =>
      join.onRef('sender.room_id', '=', 'rooms.room_id').on('sender.user_id', '=', p.sender),
    )
    .leftJoin('events as sent', (join) =>
      join
        .onRef('sent.room_id', '=', 'rooms.room_id')
        .on('sent.sender', '=', p.sender)
        .on('sent.sender_device', '=', p.senderDevice as DeviceId)
        .on('sent.type', '=', p.type)
        .on('sent.txn_id', '=', p.txnId),
    )
    .select([
      'rooms.version',
      'rooms.creator',
      'rooms.joined_count',
      'rooms.invited_count',
      'rooms.rules_version',
      'rooms.members_version',
      'rooms.name',
      'rooms.canonical_alias',
      'sender.membership as sender_membership',
      'sender.displayname as sender_displayname',
      'sent.event_id as sent_event_id',
    ])
    .select((eb) => [
      stateContent(eb, 'm.room.create').as('create_content'),
      stateContent(eb, 'm.room.power_levels').as('power_levels'),
    ])
    .select((eb) =>
      eb
        .selectFrom('ignored_users')
        .where('ignored', '=', p.sender)
        .select(sql<number>`1`.as('is_ignored'))
        .limit(sql.lit(1))
        .as('sender_ignored'),
    )
    .select((eb) =>
      eb
        .selectFrom('badge_rooms as own')
        .select(sql<number>`1`.as('found'))
        .where('own.user_id', '=', p.sender)
        .whereRef('own.room_id', '=', 'rooms.room_id')
        .as('sender_on_badge'),
    )
    .select((eb) => [
      memberWithPushers(eb, p.sender).as('has_pushers'),
      memberWithPushers(eb, p.sender).where(lacksBadge).as('lacks_badge'),
    ])
    .$if(d.name === 'postgres', (read) => read.select(reservedPosition(p, d).as('reserved')))
    .where('rooms.room_id', '=', p.roomId),
)

/** The content of the current state event of a type in the room of the outer query, with an empty state key. */
const stateContent = (eb: ExpressionBuilder<Schema, 'rooms'>, type: string) =>
  eb
    .selectFrom('current_state as current')
    .innerJoin('events as e', 'e.position', 'current.position')
    .select('e.content')
    .whereRef('current.room_id', '=', 'rooms.room_id')
    .where('current.type', '=', sql.lit(type))
    .where('current.state_key', '=', sql.lit(''))

/** 1 if any joined member of the room of the outer query other than the sender has pushers, else null. */
const memberWithPushers = (eb: ExpressionBuilder<Schema, 'rooms'>, sender: UserId) =>
  eb
    .selectFrom('memberships as m')
    .select(sql<number>`1`.as('found'))
    .whereRef('m.room_id', '=', 'rooms.room_id')
    // A literal: neither database uses a partial index for a bound parameter.
    .where('m.has_pushers', '=', sql.lit(1))
    .where('m.membership', '=', 'join')
    .where('m.user_id', '<>', sender)
    .limit(sql.lit(1))

const lacksBadge = sql<boolean>`not exists (select b.room_id from badge_rooms as b
  where b.user_id = m.user_id and b.room_id = m.room_id)`

export type StateView = StateKey & {
  /** The target of a member event; '' for other events. */
  target: UserId | ''
}

/** The further data that the authorisation of a state event needs. */
export const viewForState = query<StateView>()((db, p) =>
  db
    .selectFrom('rooms')
    .leftJoin('current_state as rules', (join) =>
      join
        .onRef('rules.room_id', '=', 'rooms.room_id')
        .on('rules.type', '=', 'm.room.join_rules')
        .on('rules.state_key', '=', ''),
    )
    .leftJoin('events as rules_event', 'rules_event.position', 'rules.position')
    .leftJoin('memberships as target', (join) =>
      join.onRef('target.room_id', '=', 'rooms.room_id').on('target.user_id', '=', p.target as UserId),
    )
    .leftJoin('current_state as present', (join) =>
      join
        .onRef('present.room_id', '=', 'rooms.room_id')
        .on('present.type', '=', p.type)
        .on('present.state_key', '=', p.stateKey),
    )
    .leftJoin('events as present_event', 'present_event.position', 'present.position')
    .select([
      'rooms.state_events',
      'rooms.state_bytes',
      'rules_event.content as join_rules',
      'target.membership as target_membership',
      'present_event.event_id as present_event_id',
      'present_event.sender as present_sender',
      'present_event.content as present_content',
    ])
    .where('rooms.room_id', '=', p.roomId),
)

export type RelationTarget = typeof relationTarget extends Query<infer _P, infer R> ? R : never

/** The related event, if it is in the same room. */
export const relationTarget = query<Pick<Event, 'roomId' | 'eventId'>>()((db, p) =>
  db
    .selectFrom('events')
    .select(['position', 'type', 'state_key', 'sender', 'thread_id', 'content'])
    .where('event_id', '=', p.eventId)
    .where('room_id', '=', p.roomId),
)

/** One of the rooms in which the user is joined, or none. */
export const joinedAmong = query<{ userId: UserId; roomIds: readonly string[] }>()((db, p, d) =>
  db
    .selectFrom('memberships')
    .select('room_id')
    .where('user_id', '=', p.userId)
    .where('membership', '=', 'join')
    .where('room_id', 'in', d.list(p.roomIds) as RawBuilder<RoomId>)
    .limit(1),
)

/** The users of the list who are joined to the room. */
export const joinedOf = query<{ roomId: RoomId; userIds: readonly string[] }>()((db, p, d) =>
  db
    .selectFrom('memberships')
    .select('user_id')
    .where('room_id', '=', p.roomId)
    .where('membership', '=', 'join')
    .where('user_id', 'in', d.list(p.userIds) as RawBuilder<UserId>)
    .orderBy('user_id')
    .limit(1),
)

/** One joined member of the room who is not in the list. */
export const joinedExcept = query<{ roomId: RoomId; userIds: readonly string[] }>()((db, p, d) =>
  db
    .selectFrom('memberships')
    .select('user_id')
    .where('room_id', '=', p.roomId)
    .where('membership', '=', 'join')
    .where('user_id', 'not in', d.list(p.userIds) as RawBuilder<UserId>)
    .orderBy('user_id')
    .limit(1),
)
