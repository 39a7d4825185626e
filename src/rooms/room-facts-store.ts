import type { RawBuilder } from 'kysely'
import type { RoomId, UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'
import type { Membership } from '../storage/rooms-schema.ts'

export const roomsByIds = query<{ roomIds: readonly RoomId[] }>()((db, p, d) =>
  db
    .selectFrom('rooms')
    .select([
      'room_id',
      'version',
      'joined_count',
      'name',
      'canonical_alias',
      'avatar_url',
      'room_type',
      'is_encrypted',
      'is_public',
    ])
    .where('room_id', 'in', d.list(p.roomIds) as RawBuilder<RoomId>),
)

/** The rooms of the list with a type. */
export const roomTypes = query<{ roomIds: readonly RoomId[] }>()((db, p, d) =>
  db
    .selectFrom('rooms')
    .select(['room_id', 'room_type'])
    .where('room_id', 'in', d.list(p.roomIds) as RawBuilder<RoomId>)
    .where('room_type', 'is not', null),
)

export const membershipsAmong = query<{ userId: UserId; roomIds: readonly RoomId[] }>()((db, p, d) =>
  db
    .selectFrom('memberships')
    .select(['room_id', 'membership'])
    .where('user_id', '=', p.userId)
    .where('room_id', 'in', d.list(p.roomIds) as RawBuilder<RoomId>)
    .$castTo<{ room_id: RoomId; membership: Membership }>(),
)
