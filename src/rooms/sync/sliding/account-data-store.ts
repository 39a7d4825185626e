import type { RawBuilder } from 'kysely'
import type { RoomId, UserId } from '../../../lib/ids.ts'
import { query } from '../../../storage/query.ts'
import type { StreamPoint } from '../../../storage/stream-point.ts'

type RoomsRequest = { userId: UserId; roomIds: readonly (RoomId | '')[]; since: StreamPoint }

/** Account data of some rooms that changed after `since`; the room '' is the account. */
export const accountDataOfRooms = query<RoomsRequest>()((db, p, d) =>
  db
    .selectFrom('account_data')
    .select(['room_id', 'type', 'content'])
    .where('user_id', '=', p.userId)
    .where('room_id', 'in', d.list(p.roomIds) as RawBuilder<RoomId | ''>)
    .where(d.isAfter('position', p.since))
    .orderBy('position'),
)

/** The tags of all rooms of the user. */
export const tagsOfRooms = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('account_data')
    .select(['room_id', 'content'])
    .where('user_id', '=', p.userId)
    .where('type', '=', 'm.tag')
    .orderBy('room_id'),
)
