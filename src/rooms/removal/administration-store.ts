import type { RoomId, UserId } from '../../lib/ids.ts'
import { query } from '../../storage/query.ts'

// Queries of `belfry room`.

/** The rooms after an id, by id. */
export const roomRows = query<{ after: string; limit: number }>()((db, p) =>
  db
    .selectFrom('rooms')
    .select([
      'room_id',
      'name',
      'canonical_alias',
      'creator',
      'version',
      'created_at',
      'joined_count as joined',
      'invited_count as invited',
      'state_events',
      'is_public',
      'is_encrypted',
      'removal',
    ])
    .where('room_id', '>', p.after as RoomId)
    .orderBy('room_id')
    .limit(p.limit),
)

/** The memberships of a room after a user id, by user id. */
export const memberRows = query<{ roomId: RoomId; after: string; limit: number }>()((db, p) =>
  db
    .selectFrom('memberships')
    .select(['user_id', 'membership', 'displayname'])
    .where('room_id', '=', p.roomId)
    .where('user_id', '>', p.after as UserId)
    .orderBy('user_id')
    .limit(p.limit),
)
