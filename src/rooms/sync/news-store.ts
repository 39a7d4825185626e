import { type RawBuilder, sql } from 'kysely'
import type { EventId, RoomId, UserId } from '../../lib/ids.ts'
import { type Queries, query } from '../../storage/query.ts'
import type { Membership } from '../../storage/schema.ts'

/** A room as it concerns a user in /sync. */
export type RoomOfUser = { room_id: RoomId; membership: Membership; position: number; event_id: EventId }

const COLUMNS = ['m.room_id', 'm.membership', 'm.position', 'm.event_id'] as const

/**
 * The rooms of a user of which there is something to tell since `since`: their own membership changed, or they are in
 * the room and there are new events or receipts that they may see. Each room costs a look into two indexes.
 */
export const roomsWithNews = query<{ userId: UserId; since: number }>()((db, p, d) =>
  db
    .selectFrom('memberships as m')
    .select(COLUMNS)
    .where('m.user_id', '=', p.userId)
    .where((eb) =>
      eb.or([
        eb('m.position', '>', d.integer(p.since)),
        eb.and([
          eb('m.membership', '=', 'join'),
          eb.or([
            eb.exists(
              eb
                .selectFrom('events as e')
                .select('e.position')
                .whereRef('e.room_id', '=', 'm.room_id')
                .where('e.position', '>', p.since),
            ),
            eb.exists(
              eb
                .selectFrom('receipts as r')
                .select('r.position')
                .whereRef('r.room_id', '=', 'm.room_id')
                .where('r.position', '>', p.since)
                .where((or) => or.or([or('r.receipt_type', '=', 'm.read'), or('r.user_id', '=', p.userId)])),
            ),
          ]),
        ]),
      ]),
    )
    .orderBy('m.room_id'),
)

/** All rooms of a user in which they have one of the memberships, but for those that they have forgotten. */
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

/** The rooms that the user is in where people are, or were, whom they ignore. */
export const joinedWithIgnored = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('memberships as m')
    .select('m.room_id')
    .where('m.user_id', '=', p.userId)
    .where('m.membership', '=', 'join')
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('ignored_users as i')
          .innerJoin('memberships as o', (join) =>
            join.onRef('o.room_id', '=', 'm.room_id').on(sql<boolean>`o.user_id = i.ignored`),
          )
          .select('o.room_id')
          .where('i.user_id', '=', p.userId),
      ),
    )
    .orderBy('m.room_id'),
)

/** Those of the rooms that the user is in. */
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
