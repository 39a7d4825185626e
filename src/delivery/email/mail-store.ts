import { sql } from 'kysely'
import { type Dialect, type Queries, type Query, query } from '../../storage/query.ts'
import type { StreamPoint } from '../../storage/stream-point.ts'
import { newestEdit, QUEUED_EVENT, RECIPIENT } from '../queued-event-sql.ts'
import { isDue, isFree, STATE } from '../../sending/lane-store.ts'
import { writeThrottles, type ThrottleRow } from './throttle-store.ts'

// The queues of e-mail pushers. An item is removed with the mail that contains it, or when the event needs no
// mail any more.

/** The number of newest events that are read for each room, besides its oldest event. */
export const PER_ROOM = 10
export const ROOMS = 100

/** A page of lanes of e-mail pushers without a valid lease whose oldest event came before `before`. */
type Ripe = { after: number; limit: number; now: number; before: number; beyond: number }

export const ripePushers = query<Ripe>()((db, p, d) =>
  db
    .selectFrom('lanes')
    .select('lane_id as pusher_id')
    .where('kind', '=', sql.lit('mail'))
    .where('lane_id', '>', p.after)
    .where(isFree(d, p.now))
    .where(isDue(d, p.now))
    .where(isRipe(d, p))
    .orderBy('lane_id')
    .limit(p.limit),
)

/** One index look-up for each pusher. An event from after `beyond` was stored before the clock was set back. */
function isRipe(d: Dialect, p: { before: number; beyond: number }) {
  return sql<boolean>`exists (select 1 from (select i.created_at from lane_items as i where i.lane_id = lanes.lane_id
    order by i.position limit 1) as oldest where oldest.created_at <= ${d.integer(p.before)}
    or oldest.created_at > ${d.integer(p.beyond)})`
}

/** The pusher with the state of its lane, if `owner` holds the lease. */
export const mailPusher = query<{ pusherId: number; owner: string }>()((db, p) =>
  db
    .selectFrom('pushers')
    .innerJoin('lanes', 'lanes.lane_id', 'pushers.pusher_id')
    .select([
      'pusher_id',
      'user_id',
      'pushkey',
      'handle',
      'lang',
      'data',
      'enabled',
      'unsubscribe_token',
      'value_due',
      ...STATE,
    ])
    .where('pusher_id', '=', p.pusherId)
    .where('lease_owner', '=', p.owner),
)

export type MailPusher = typeof mailPusher extends Query<infer _P, infer R> ? R : never

/**
 * The waiting events of a pusher: for each room its newest events and its oldest event, each with the totals
 * of the room. The rooms with the newest events come first; `waitingRooms` counts all rooms.
 */
export const waitingEvents = query<{ pusherId: number; perRoom: number; rooms: number }>()((db, p) =>
  db
    .selectFrom((from) =>
      from
        .selectFrom((inner) =>
          inner
            .selectFrom('lane_items as o')
            .leftJoin('events as e', 'e.position', 'o.position')
            .where('o.lane_id', '=', p.pusherId)
            .select(['o.position', 'o.created_at', 'o.payload as digest'])
            .select(QUEUED_EVENT)
            .select([
              sql<number>`row_number() over (partition by e.room_id order by o.position desc)`.as(
                'nth_newest',
              ),
              sql<number>`row_number() over (partition by e.room_id order by o.position)`.as('nth_oldest'),
              sql<number>`count(*) over (partition by e.room_id)`.as('room_rows'),
              sql<number>`max(o.position) over (partition by e.room_id)`.as('room_newest'),
              sql<number>`min(o.created_at) over (partition by e.room_id)`.as('room_oldest_at'),
              sql<number>`max(o.created_at) over (partition by e.room_id)`.as('room_newest_at'),
            ])
            .as('w'),
        )
        .selectAll('w')
        .select([sql<number>`dense_rank() over (order by w.room_newest desc)`.as('nth_room')])
        .where((eb) => eb.or([eb('w.nth_newest', '<=', p.perRoom), eb('w.nth_oldest', '=', sql.lit(1))]))
        .as('r'),
    )
    .leftJoin('memberships as m', (join) =>
      join
        .onRef('m.room_id', '=', 'r.room_id')
        .on('m.user_id', '=', (eb) =>
          eb.selectFrom('pushers as p').select('p.user_id').where('p.pusher_id', '=', p.pusherId),
        ),
    )
    .leftJoin('rule_sets as rs', (join) =>
      join.on('rs.user_id', '=', (eb) =>
        eb.selectFrom('pushers as p').select('p.user_id').where('p.pusher_id', '=', p.pusherId),
      ),
    )
    .where('r.nth_room', '<=', p.rooms)
    .selectAll('r')
    .select(RECIPIENT)
    .select(newestEdit('r.position').as('edit_position'))
    .orderBy('r.position'),
)

export type WaitingEvent = typeof waitingEvents extends Query<infer _P, infer R> ? R : never

/** The number of rooms with waiting events up to `upTo`. */
export const waitingRooms = query<{ pusherId: number; upTo: StreamPoint }>()((db, p, d) =>
  db
    .selectFrom('lane_items as o')
    .innerJoin('events as e', 'e.position', 'o.position')
    .where('o.lane_id', '=', p.pusherId)
    .where(d.isUpTo('o.position', p.upTo))
    .select(sql<number>`count(distinct e.room_id)`.as('rooms')),
)

export const dropUpTo = query<{ pusherId: number; upTo: StreamPoint }>()((db, p, d) =>
  db
    .deleteFrom('lane_items')
    .where('lane_id', '=', p.pusherId)
    .where(d.isUpTo('position', p.upTo))
    .returning('position'),
)

/** Removes items of e-mail pushers that have waited since before `before`. */
export const dropStale = query<{ before: number; limit: number }>()((db, p) =>
  db
    .deleteFrom('lane_items')
    .where((eb) =>
      eb(
        eb.refTuple('lane_id', 'position'),
        'in',
        eb
          .selectFrom('lane_items as o')
          .innerJoin('lanes as l', 'l.lane_id', 'o.lane_id')
          .where('l.kind', '=', sql.lit('mail'))
          .where('o.created_at', '<', p.before)
          .select(['o.lane_id', 'o.position'])
          .limit(p.limit)
          .$asTuple('lane_id', 'position'),
      ),
    ),
)

/** Removes the items up to `upTo` from the queue, and writes the throttles. Resolves to the positions of the events. */
export async function settleMail(
  tx: Queries,
  mail: { pusherId: number; upTo: StreamPoint; rooms: readonly ThrottleRow[] },
): Promise<number[]> {
  const rows = await tx.all(dropUpTo, mail)
  if (mail.rooms.length > 0) await tx.run(writeThrottles, mail)
  return rows.map((row) => row.position)
}
