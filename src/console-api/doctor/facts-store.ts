import type { UserId } from '../../lib/ids.ts'
import { query } from '../../storage/query.ts'

/** The rooms that a user is in or is invited to. */
export const roomsOfUser = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('memberships as m')
    .innerJoin('rooms as r', 'r.room_id', 'm.room_id')
    .select(['m.room_id', 'm.membership', 'r.name', 'r.canonical_alias', 'r.is_encrypted', 'r.joined_count'])
    .where('m.user_id', '=', p.userId)
    .where('m.membership', 'in', ['join', 'invite', 'knock'])
    .orderBy('m.room_id'),
)
