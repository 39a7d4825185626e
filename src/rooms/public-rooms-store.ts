import { sql } from 'kysely'
import type { RoomId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'

/** A place in the list: the rooms with the most members first. */
export type ListPlace = { members: number; roomId: string }

/** The columns that a search reads. `topic`: the content of `m.room.topic`. */
const LISTED = ['r.room_id', 'r.joined_count', 'r.name', 'r.canonical_alias', 'r.room_type'] as const

const topicOf = sql<
  string | null
>`(select e.content from current_state s join events e on e.position = s.position
  where s.room_id = r.room_id and s.type = 'm.room.topic' and s.state_key = '')`

/** The rooms of the list after a place. A room without members is not in the list. */
export const publicRoomsAfter = query<ListPlace & { limit: number }>()((db, p) =>
  db
    .selectFrom('rooms as r')
    .select(LISTED)
    .select(topicOf.as('topic'))
    // A literal: neither database uses a partial index for a bound parameter.
    .where('r.is_public', '=', sql.lit(1))
    .where('r.joined_count', '>', 0)
    .where('r.joined_count', '<=', p.members)
    .where((eb) => eb.or([eb('r.joined_count', '<', p.members), eb('r.room_id', '<', p.roomId as RoomId)]))
    .orderBy('r.joined_count', 'desc')
    .orderBy('r.room_id', 'desc')
    .limit(p.limit),
)

/** The rooms of the list before a place, the nearest first. */
export const publicRoomsBefore = query<ListPlace & { limit: number }>()((db, p) =>
  db
    .selectFrom('rooms as r')
    .select(LISTED)
    .select(topicOf.as('topic'))
    .where('r.is_public', '=', sql.lit(1))
    .where('r.joined_count', '>=', p.members)
    .where((eb) => eb.or([eb('r.joined_count', '>', p.members), eb('r.room_id', '>', p.roomId as RoomId)]))
    .orderBy('r.joined_count')
    .orderBy('r.room_id')
    .limit(p.limit),
)

export const publicRoomCount = query()((db) =>
  db
    .selectFrom('rooms')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('is_public', '=', sql.lit(1))
    .where('joined_count', '>', 0),
)
