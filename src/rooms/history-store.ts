import type { RawBuilder } from 'kysely'
import type { RoomId, UserId } from '../lib/ids.ts'
import { parseStored } from '../lib/json.ts'
import { type Queries, query } from '../storage/query.ts'
import type { Membership } from '../storage/rooms-schema.ts'
import { asHistoryVisibility, type RoomHistory } from './visibility.ts'

type History = { [K in keyof RoomHistory]: RoomHistory[K][number][] }

/**
 * The events that decide about a user's history visibility in each room. A room without such events has an
 * empty history.
 */
export async function historiesOf(
  q: Queries,
  userId: UserId,
  roomIds: readonly RoomId[],
): Promise<Map<RoomId, RoomHistory>> {
  const histories = new Map<RoomId, History>(roomIds.map((id) => [id, { memberships: [], settings: [] }]))
  if (roomIds.length === 0) return histories
  for (const row of await q.all(historyEvents, { userId, roomIds })) {
    const history = histories.get(row.room_id)
    const content = parseStored(row.content)
    if (row.type === 'm.room.member')
      history?.memberships.push({ position: row.position, membership: content['membership'] as Membership })
    else
      history?.settings.push({
        position: row.position,
        visibility: asHistoryVisibility(content['history_visibility']),
      })
  }
  return histories
}

export const historyEvents = query<{ userId: UserId; roomIds: readonly RoomId[] }>()((db, p, d) =>
  db
    .selectFrom('events')
    .select(['room_id', 'position', 'type', 'content'])
    .where('type', '=', 'm.room.member')
    .where('state_key', '=', p.userId)
    .where('room_id', 'in', d.list(p.roomIds) as RawBuilder<RoomId>)
    .unionAll(
      db
        .selectFrom('events')
        .select(['room_id', 'position', 'type', 'content'])
        .where('type', '=', 'm.room.history_visibility')
        .where('state_key', '=', '')
        .where('room_id', 'in', d.list(p.roomIds) as RawBuilder<RoomId>),
    )
    .orderBy('position'),
)
