import { type QueryCreator, type RawBuilder, sql } from 'kysely'
import type { RoomId, UserId } from '../../../lib/ids.ts'
import { type Dialect, query } from '../../../storage/query.ts'
import type { Schema } from '../../../storage/schema.ts'
import type { StreamPoint } from '../../../storage/stream-point.ts'
import { EVENT_COLUMNS } from '../../event-row.ts'

/**
 * The rooms that the user left, or was removed from, after `since`, and all rooms from which another user
 * removed the joined user. An invitation that was withdrawn is none of the latter (MSC4186, "Lists").
 */
export const departedRooms = query<{ userId: UserId; since: StreamPoint }>()((db, p, d) =>
  db
    .selectFrom('memberships as m')
    .innerJoin('events as e', 'e.position', 'm.position')
    .select(['m.room_id', 'm.position'])
    .select(
      sql<number>`case when e.sender <> m.user_id and m.sharing_position > 0 and m.forgotten = 0 then 1 else 0 end`.as(
        'was_removed',
      ),
    )
    .where('m.user_id', '=', p.userId)
    .where('m.membership', 'in', ['leave', 'ban'])
    .where((eb) =>
      eb.or([
        d.isAfter('m.position', p.since),
        eb.and([
          eb('m.sharing_position', '>', 0),
          eb('m.forgotten', '=', 0),
          sql<boolean>`e.sender <> m.user_id`,
        ]),
      ]),
    )
    .orderBy('m.room_id'),
)

/** The rooms of the list that the user has forgotten. */
export const forgottenRooms = query<{ userId: UserId; roomIds: readonly RoomId[] }>()((db, p, d) =>
  db
    .selectFrom('memberships')
    .select('room_id')
    .where('user_id', '=', p.userId)
    .where('room_id', 'in', d.list(p.roomIds) as RawBuilder<RoomId>)
    .where('forgotten', '=', 1)
    .orderBy('room_id'),
)

type Range = { since: StreamPoint; position: StreamPoint }

const eventsIn = (db: QueryCreator<Schema>, p: Range, d: Dialect) =>
  db
    .selectFrom('events as n')
    .where(d.isAfter('n.position', p.since))
    .where(d.isUpTo('n.position', p.position))

/** The rooms with events after `since`, up to `position`; `member`: the user of a member event. */
export const roomsWithEvents = query<Range>()((db, p, d) =>
  eventsIn(db, p, d)
    .select([
      'n.room_id',
      sql<string | null>`case when n.type = 'm.room.member' then n.state_key end`.as('member'),
    ])
    .distinct(),
)

/** The events after `since`, up to `position`, and the member events of their senders. */
export const eventsWithSenders = query<Range>()((db, p, d) =>
  db
    .selectFrom(
      eventsIn(db, p, d)
        .select('n.position')
        .union(
          eventsIn(db, p, d)
            .innerJoin('current_state as s', (join) =>
              join
                .onRef('s.room_id', '=', 'n.room_id')
                .on('s.type', '=', 'm.room.member')
                .onRef('s.state_key', '=', 'n.sender'),
            )
            .select('s.position'),
        )
        .as('p'),
    )
    .innerJoin('events', 'events.position', 'p.position')
    .select(EVENT_COLUMNS)
    .select('events.bump_position'),
)
