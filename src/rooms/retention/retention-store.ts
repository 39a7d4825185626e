import { type RawBuilder, sql } from 'kysely'
import type { EventId, RoomId, UserId } from '../../lib/ids.ts'
import { query } from '../../storage/query.ts'
import { RETENTION } from './policy.ts'

const newestIn = (roomId: RawBuilder<unknown>) =>
  sql<number>`(select max(n.position) from events as n where n.room_id = ${roomId})`

const isPolicyOf = (roomId: RawBuilder<unknown>) =>
  sql<boolean>`s.room_id = ${roomId} and s.type = ${sql.lit(RETENTION)} and s.state_key = ''`

/**
 * A page of rooms with their policy, and the time of the first event that is not swept; null: there is none
 * but the newest one.
 */
export const roomsToSweep = query<{ after: string; limit: number }>()((db, p) =>
  db
    .selectFrom('rooms as r')
    .leftJoin('room_retention as t', 't.room_id', 'r.room_id')
    .leftJoin('current_state as s', (join) => join.on(isPolicyOf(sql`r.room_id`)))
    .leftJoin('events as e', 'e.position', 's.position')
    .select(['r.room_id', 'e.content as policy'])
    .select((eb) =>
      eb
        .selectFrom('events as f')
        .select('f.origin_server_ts')
        .whereRef('f.room_id', '=', 'r.room_id')
        .where('f.position', '>', sql<number>`coalesce(t.swept_to, 0)`)
        .where('f.position', '<', newestIn(sql`r.room_id`))
        .orderBy('f.position')
        .limit(sql.lit(1))
        .as('oldest_at'),
    )
    .where('r.room_id', '>', p.after as RoomId)
    .where(sql<boolean>`coalesce(r.removal, '') <> 'purging'`)
    .orderBy('r.room_id')
    .limit(p.limit),
)

/** The rooms that a user has joined and that have a policy, after an id, by id. */
export const policiesOfUser = query<{ userId: UserId; after: string; limit: number }>()((db, p) =>
  db
    .selectFrom('memberships as m')
    .innerJoin('current_state as s', (join) => join.on(isPolicyOf(sql`m.room_id`)))
    .innerJoin('events as e', 'e.position', 's.position')
    .select(['m.room_id', 'e.content as policy'])
    .where('m.user_id', '=', p.userId)
    .where('m.membership', '=', sql.lit('join'))
    .where('m.room_id', '>', p.after as RoomId)
    .orderBy('m.room_id')
    .limit(p.limit),
)

/** The policy of a room, and the position of its newest event. */
export const policyOfRoom = query<{ roomId: RoomId }>()((db, p) =>
  db
    .selectFrom('rooms as r')
    .leftJoin('current_state as s', (join) => join.on(isPolicyOf(sql`r.room_id`)))
    .leftJoin('events as e', 'e.position', 's.position')
    .select(['e.content as policy', newestIn(sql`r.room_id`).as('newest')])
    .where('r.room_id', '=', p.roomId),
)

type Members = { roomId: RoomId; after: string; limit: number }

/** The last of the next members, in the order of their ids: where the next page begins. */
export const memberAfter = query<Members>()((db, p) =>
  db
    .selectFrom(
      db
        .selectFrom('memberships')
        .select('user_id')
        .where('room_id', '=', p.roomId)
        .where('user_id', '>', p.after as UserId)
        .orderBy('user_id')
        .limit(p.limit)
        .as('m'),
    )
    .select((eb) => eb.fn.max('m.user_id').as('last')),
)

/** Members, with ids after `after` and up to `last`, who have not read up to `position`. */
export const membersBehind = query<{ roomId: RoomId; after: string; last: string; position: number }>()(
  (db, p) =>
    db
      .selectFrom('memberships as m')
      .innerJoin('read_positions as r', (join) =>
        join
          .onRef('r.user_id', '=', 'm.user_id')
          .onRef('r.room_id', '=', 'm.room_id')
          .on('r.thread_id', '=', sql.lit('')),
      )
      .select('m.user_id')
      .where('m.room_id', '=', p.roomId)
      .where('m.user_id', '>', p.after as UserId)
      .where('m.user_id', '<=', p.last as UserId)
      .where('r.position', '<', p.position),
)

type Batch = { roomId: RoomId; from: number; to: number; limit: number }

/**
 * The next events of a room, without the newest one. `is_kept`: state, or the redaction of state, which tells
 * clients why its content is gone. `parent_is_state`: 1 for an event that relates to a state event, which
 * stays.
 */
export const eventsToSweep = query<Batch>()((db, p) =>
  db
    .selectFrom('events as e')
    .select(['e.position', 'e.event_id'])
    .select([
      sql<number>`case when e.state_key is not null
        or exists (select 1 from events as o where o.event_id = e.redacts and o.state_key is not null)
        then 1 else 0 end`.as('is_kept'),
      sql<number>`case when exists (select 1 from relations as r join events as o on o.position = r.parent
        where r.position = e.position and r.depth = 1 and o.state_key is not null) then 1 else 0 end`.as(
        'parent_is_state',
      ),
    ])
    .where('e.room_id', '=', p.roomId)
    .where('e.position', '>', p.from)
    .where('e.position', '<=', p.to)
    .orderBy('e.position')
    .limit(p.limit),
)

export const newestPosition = query<{ roomId: RoomId }>()((db, p) =>
  db.selectNoFrom(newestIn(sql`${p.roomId}`).as('position')),
)

type Positions = { positions: readonly number[] }

/** The relations of events to their parents. */
export const deleteRelationsFrom = query<Positions>()((db, p, d) =>
  db.deleteFrom('relations').where('position', 'in', d.numbers(p.positions)),
)

/** The subscriptions to threads that begin with these events. Later replies count like other messages of the thread. */
export const deleteSubscribersOf = query<{ roots: readonly EventId[] }>()((db, p, d) =>
  db
    .deleteFrom('thread_subscriptions')
    .where('root', 'in', d.list(p.roots) as RawBuilder<EventId>)
    // A literal: neither database uses a partial index for a bound parameter.
    .where('subscribed', '=', sql.lit(1)),
)

export const setSwept = query<{ roomId: RoomId; position: number }>()((db, p, d) =>
  db
    .insertInto('room_retention')
    .values({ room_id: p.roomId, swept_to: p.position })
    .onConflict((conflict) =>
      conflict.column('room_id').doUpdateSet({
        swept_to: d.greatest(sql`room_retention.swept_to`, sql`excluded.swept_to`) as RawBuilder<number>,
      }),
    ),
)

/** How far a room is swept, as this transaction sees it. */
export const sweptTo = query<{ roomId: RoomId }>()((db, p) =>
  db.selectFrom('room_retention').select('swept_to').where('room_id', '=', p.roomId),
)
