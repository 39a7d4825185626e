import { type QueryCreator, type RawBuilder, sql } from 'kysely'
import type { RoomId, UserId } from '../lib/ids.ts'
import { type Queries, type Query, query } from '../storage/query.ts'
import type { Membership } from '../storage/rooms-schema.ts'
import type { Schema } from '../storage/schema.ts'
import { lastBump } from './bump-position.ts'

/** A room of a user, with the data that room lists filter by, sort by and show. */
export type ListedRoom = {
  roomId: RoomId
  /** The membership of the user, and the position of the user's member event. */
  membership: Membership
  memberPosition: number
  /** The position of the last event of the room; for a user who is not joined, that of the user's member event. */
  lastPosition: number
  /**
   * The position of the last event up to `lastPosition` that moves the room up in the list (MSC4186,
   * `bump_stamp`). For an invitation and a knock, that of the user's member event.
   */
  bumpPosition: number
  /** Joined members; for a user who has left, those at `lastPosition` (0 if an early version wrote that event). */
  joinedCount: number
  /** 0 for a user who has left. */
  invitedCount: number
  version: string
  /** The type in the create event; null: an ordinary room. */
  roomType: string | null
  /** The state has `m.room.encryption`. */
  isEncrypted: boolean
  // From the current state; null: it has none, or an empty one. Null for a user who has left, who may see
  // only the state at `lastPosition`.
  name: string | null
  canonicalAlias: string | null
  avatarUrl: string | null
}

/**
 * The rooms in which the user has one of the memberships, by room id, without forgotten rooms. One statement,
 * a few index look-ups for each room.
 */
export async function listRooms(
  q: Queries,
  of: { userId: UserId; memberships: readonly Membership[] },
): Promise<ListedRoom[]> {
  return (await q.all(listedRooms, of)).map(listedRoom)
}

/** The same for some rooms: those in which the user has or had a membership. */
export async function listRoomsAmong(
  q: Queries,
  of: { userId: UserId; roomIds: readonly RoomId[] },
): Promise<ListedRoom[]> {
  return of.roomIds.length === 0 ? [] : (await q.all(listedAmong, of)).map(listedRoom)
}

type Row = typeof listedRooms extends Query<infer _P, infer R> ? R : never

function listedRoom(row: Row): ListedRoom {
  const { membership, member_position: memberPosition } = row
  const hasLeft = membership === 'leave' || membership === 'ban'
  const joinsLater = membership === 'invite' || membership === 'knock'
  return {
    roomId: row.room_id,
    membership,
    memberPosition,
    lastPosition: row.last_position,
    bumpPosition: joinsLater ? memberPosition : (row.bump_position ?? memberPosition),
    joinedCount: hasLeft ? (row.joined_then ?? 0) : row.joined_count,
    invitedCount: hasLeft ? 0 : row.invited_count,
    version: row.version,
    roomType: row.room_type,
    isEncrypted: row.is_encrypted === 1,
    name: hasLeft ? null : row.name,
    canonicalAlias: hasLeft ? null : row.canonical_alias,
    avatarUrl: hasLeft ? null : row.avatar_url,
  }
}

/** The event at `lastPosition` has the bump position and the number of members at that time. */
const LAST_OF_MEMBER = sql<number>`case when m.membership = 'join'
  then (select max(x.position) from events as x where x.room_id = m.room_id) else m.position end`

const BUMP_POSITION = sql<
  number | null
>`coalesce(e.bump_position, ${lastBump(sql`e.room_id`, sql`e.position`)})`.as('bump_position')

const listed = (db: QueryCreator<Schema>) =>
  db
    .selectFrom('memberships as m')
    .innerJoin('rooms as r', 'r.room_id', 'm.room_id')
    .innerJoin('events as e', (join) => join.on('e.position', '=', LAST_OF_MEMBER))
    .select([
      'm.room_id',
      'm.membership',
      'm.position as member_position',
      'e.position as last_position',
      'e.joined_count as joined_then',
      'r.joined_count',
      'r.invited_count',
      'r.version',
      'r.room_type',
      'r.is_encrypted',
      'r.name',
      'r.canonical_alias',
      'r.avatar_url',
    ])
    .select(BUMP_POSITION)

/** A query of rooms as each of their joined members sees them. */
export const joinedRows = (db: QueryCreator<Schema>) =>
  db
    .selectFrom('rooms as r')
    .innerJoin('events as e', (join) =>
      join.on(
        'e.position',
        '=',
        sql<number>`(select max(x.position) from events as x where x.room_id = r.room_id)`,
      ),
    )
    .select([
      'r.room_id',
      'e.position as last_position',
      'r.joined_count',
      'r.invited_count',
      'r.version',
      'r.room_type',
      'r.is_encrypted',
      'r.name',
      'r.canonical_alias',
      'r.avatar_url',
      BUMP_POSITION,
    ])

export const joinedRoomRows = query<{ roomIds: readonly RoomId[] }>()((db, p, d) =>
  joinedRows(db).where('r.room_id', 'in', d.list(p.roomIds) as RawBuilder<RoomId>),
)

export type JoinedRoomRow = typeof joinedRoomRows extends Query<infer _P, infer R> ? R : never

/** `memberPosition`: the position of the user's member event. */
export const joinedRoom = (row: JoinedRoomRow, memberPosition: number): ListedRoom =>
  listedRoom({ ...row, membership: 'join', member_position: memberPosition, joined_then: null })

export const listedRooms = query<{ userId: UserId; memberships: readonly Membership[] }>()((db, p, d) =>
  listed(db)
    .where('m.user_id', '=', p.userId)
    .where('m.membership', 'in', d.list(p.memberships) as RawBuilder<Membership>)
    .where('m.forgotten', '=', 0)
    .orderBy('m.room_id'),
)

export const listedAmong = query<{ userId: UserId; roomIds: readonly RoomId[] }>()((db, p, d) =>
  listed(db)
    .where('m.user_id', '=', p.userId)
    .where('m.room_id', 'in', d.list(p.roomIds) as RawBuilder<RoomId>)
    .orderBy('m.room_id'),
)

export type SummarisedState = { roomId: RoomId; type: string; position: number; value: string | null }

/** Sets the column of the state event's type, if the event is the current one. */
export const setSummary = query<SummarisedState>()((db, p, d) => {
  const when = (type: string, column: string, value: RawBuilder<unknown>) =>
    sql`case when ${d.text(p.type)} = ${sql.lit(type)} then ${value} else ${sql.ref(column)} end`
  const text = (type: string, column: string) =>
    when(type, column, d.text(p.value)) as RawBuilder<string | null>
  return db
    .updateTable('rooms')
    .set({
      name: text('m.room.name', 'name'),
      canonical_alias: text('m.room.canonical_alias', 'canonical_alias'),
      avatar_url: text('m.room.avatar', 'avatar_url'),
      room_type: text('m.room.create', 'room_type'),
      join_rule: text('m.room.join_rules', 'join_rule'),
      history_visibility: text('m.room.history_visibility', 'history_visibility'),
      is_encrypted: when('m.room.encryption', 'is_encrypted', sql.lit(1)) as RawBuilder<0 | 1>,
    })
    .where('room_id', '=', p.roomId)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('current_state as s')
          .select('s.position')
          .where('s.room_id', '=', p.roomId)
          .where('s.type', '=', p.type)
          .where('s.state_key', '=', '')
          .where('s.position', '=', p.position),
      ),
    )
})
