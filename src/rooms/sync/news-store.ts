import type { RawBuilder } from 'kysely'
import type { EventId, RoomId, UserId } from '../../lib/ids.ts'
import { type Queries, query } from '../../storage/query.ts'
import type { Membership } from '../../storage/rooms-schema.ts'
import { positionsBetween, type StreamPoint } from '../../storage/stream-point.ts'

/** A room with a user's membership in it. */
export type RoomOfUser = { room_id: RoomId; membership: Membership; position: number; event_id: EventId }

const COLUMNS = ['m.room_id', 'm.membership', 'm.position', 'm.event_id'] as const

/** Up to this number of positions, the events and receipts after a position are read instead of the rooms of a user. */
const FEW_POSITIONS = 1000

/**
 * The rooms of a user with news after `since`, up to `position`: the user's own membership changed, or the
 * user is in the room and it has new events or receipts that the user may see. The cost does not grow with
 * the number of the user's rooms when there are few positions after `since`.
 */
export async function roomsWithNews(
  q: Queries,
  { userId, since, position }: { userId: UserId; since: StreamPoint; position: StreamPoint },
): Promise<RoomOfUser[]> {
  if (positionsBetween(since, position) > FEW_POSITIONS) return q.all(roomsWithOldNews, { userId, since })
  return q.all(roomsWithLatestNews, { userId, since, position })
}

/** From the events and receipts after `since`, up to `position`. */
export const roomsWithLatestNews = query<{ userId: UserId; since: StreamPoint; position: StreamPoint }>()((
  db,
  p,
  d,
) => {
  const rooms = db
    .selectFrom('events')
    .select('room_id as value')
    .where(d.isAfter('position', p.since))
    // Without an upper bound, PostgreSQL expects a third of the table and does not use the index.
    .where(d.isUpTo('position', p.position))
    .unionAll(
      db
        .selectFrom('receipts')
        .select('room_id as value')
        .where(d.isAfter('position', p.since))
        .where(d.isUpTo('position', p.position))
        .where((eb) => eb.or([eb('receipt_type', '=', 'm.read'), eb('user_id', '=', p.userId)])),
    )
  return (
    db
      .selectFrom(d.few(rooms).as('news'))
      // A cross join makes SQLite start from the news.
      .crossJoin('memberships as m')
      .select(COLUMNS)
      .distinct()
      .whereRef('m.room_id', '=', 'news.value')
      .where('m.user_id', '=', p.userId)
      // The event that changed the user's own membership is in the room, so the room is in the news.
      .where((eb) => eb.or([d.isAfter('m.position', p.since), eb('m.membership', '=', 'join')]))
      .orderBy('m.room_id')
  )
})

/** The same from the rooms of the user. Each room costs two index lookups. */
export const roomsWithOldNews = query<{ userId: UserId; since: StreamPoint }>()((db, p, d) =>
  db
    .selectFrom('memberships as m')
    .select(COLUMNS)
    .where('m.user_id', '=', p.userId)
    .where((eb) =>
      eb.or([
        d.isAfter('m.position', p.since),
        eb.and([
          eb('m.membership', '=', 'join'),
          eb.or([
            eb.exists(
              eb
                .selectFrom('events as e')
                .select('e.position')
                .whereRef('e.room_id', '=', 'm.room_id')
                .where(d.isAfter('e.position', p.since)),
            ),
            eb.exists(
              eb
                .selectFrom('receipts as r')
                .select('r.position')
                .whereRef('r.room_id', '=', 'm.room_id')
                .where(d.isAfter('r.position', p.since))
                .where((or) => or.or([or('r.receipt_type', '=', 'm.read'), or('r.user_id', '=', p.userId)])),
            ),
          ]),
        ]),
      ]),
    )
    .orderBy('m.room_id'),
)

/** All rooms in which the user has one of the memberships, without forgotten rooms. */
export const roomsWithMembership = query<{ userId: UserId; memberships: readonly Membership[] }>()(
  (db, p, d) =>
    db
      .selectFrom('memberships as m')
      .select(COLUMNS)
      .where('m.user_id', '=', p.userId)
      .where('m.membership', 'in', d.list(p.memberships) as RawBuilder<Membership>)
      .where('m.forgotten', '=', 0)
      .orderBy('m.room_id'),
)

/** The rooms of the list in which the user is joined. */
export const joinedAmong = query<{ userId: UserId; roomIds: readonly RoomId[] }>()((db, p, d) =>
  db
    .selectFrom('memberships as m')
    .select(COLUMNS)
    .where('m.user_id', '=', p.userId)
    .where('m.membership', '=', 'join')
    .where('m.room_id', 'in', d.list(p.roomIds) as RawBuilder<RoomId>)
    .orderBy('m.room_id'),
)

export async function joinedRoomIds(q: Queries, userId: UserId): Promise<RoomId[]> {
  const rooms = await q.all(roomsWithMembership, { userId, memberships: ['join'] })
  return rooms.map((room) => room.room_id)
}
