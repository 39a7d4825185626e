import { sql } from 'kysely'
import type { EventId, RoomId, UserId, DeviceId } from '../../lib/ids.ts'
import { type Queries, type Query, query } from '../../storage/query.ts'
import { type Arrival, HISTORY } from './arrivals.ts'

// Queries for fetches and for the status of pushers. `judge-store.ts` has those of the sweep.

type FetchedEvent = { n: number; user_id: UserId; device_id: DeviceId; event_id: EventId }

/** Other pushers of the same device: a fetch then does not show which of them delivered. */
const ofSameDevice = sql<number>`(select count(*) from pushers as o
  where o.user_id = p.user_id and o.device_id = p.device_id and o.enabled = 1)`

/** The pusher of the device that fetched an event, for each fetch. A device with several pushers has no row. */
export const fetchedEvents = query<{ fetches: readonly FetchedEvent[] }>()((db, p, d) =>
  db
    .selectFrom(
      d.rows(p.fetches, { n: 'integer', user_id: 'text', device_id: 'text', event_id: 'text' }).as('f'),
    )
    .innerJoin('pushers as p', (join) =>
      join.onRef('p.user_id', '=', 'f.user_id').onRef('p.device_id', '=', 'f.device_id'),
    )
    .innerJoin('lanes as l', 'l.lane_id', 'p.pusher_id')
    .innerJoin('events as e', 'e.event_id', 'f.event_id')
    .leftJoin('lane_items as i', (join) =>
      join.onRef('i.lane_id', '=', 'p.pusher_id').onRef('i.position', '=', 'e.position'),
    )
    .where('p.enabled', '=', sql.lit(1))
    .where(ofSameDevice, '=', sql.lit(1))
    .select(['f.n', 'p.pusher_id', 'e.position', 'l.last_success_at', 'i.position as queued']),
)

export type FetchedRow = typeof fetchedEvents extends Query<infer _P, infer R> ? R : never

/** The pusher of a device, if it has one only. */
export const pusherOfDevice = query<{ userId: UserId; deviceId: DeviceId }>()((db, p) =>
  db
    .selectFrom('pushers as p')
    .innerJoin('lanes as l', 'l.lane_id', 'p.pusher_id')
    .where('p.user_id', '=', p.userId)
    .where('p.device_id', '=', p.deviceId)
    .where('p.enabled', '=', sql.lit(1))
    .where(ofSameDevice, '=', sql.lit(1))
    .select(['p.pusher_id', 'l.last_success_at']),
)

/** The newest events of a room, with whether each still waits for the pusher. */
export const newestInRoom = query<{ roomId: RoomId; pusherId: number; limit: number }>()((db, p) =>
  db
    .selectFrom('events as e')
    .leftJoin('lane_items as i', (join) =>
      join.on('i.lane_id', '=', p.pusherId).onRef('i.position', '=', 'e.position'),
    )
    .where('e.room_id', '=', p.roomId)
    .orderBy('e.position', 'desc')
    .limit(p.limit)
    .select(['e.position', 'i.position as queued']),
)

export type NewFetched = { position: number; pusher_id: number; sent_at: number; at: number; expected: 0 | 1 }

/** A conclusion that was drawn before stays. */
export const insertFetched = query<{ proofs: readonly NewFetched[] }>()((db, p, d) =>
  db
    .insertInto('arrivals')
    .columns(['position', 'pusher_id', 'state', 'sent_at', 'at', 'expected'])
    .expression((eb) =>
      eb
        .selectFrom(
          d
            .rows(p.proofs, {
              position: 'integer',
              pusher_id: 'integer',
              sent_at: 'integer',
              at: 'integer',
              expected: 'integer',
            })
            .as('r'),
        )
        .select(['r.position', 'r.pusher_id', sql<'fetched'>`'fetched'`.as('state')])
        .select(['r.sent_at', 'r.at', sql<0 | 1>`r.expected`.as('expected')])
        // Without a condition SQLite would read `on conflict` as part of a join.
        .where((e) => e.lit(true)),
    )
    .onConflict((oc) =>
      oc
        .columns(['position', 'pusher_id'])
        .doUpdateSet((eb) => ({ state: sql.lit('fetched' as const), at: eb.ref('excluded.at') }))
        .where('arrivals.state', '=', sql.lit('waiting' as const)),
    )
    .returning(['position', 'pusher_id', 'expected']),
)

/** Ends the wait without a conclusion. */
export const dropWaiting = query<{ of: readonly { position: number; pusher_id: number }[] }>()((db, p, d) =>
  db
    .deleteFrom('arrivals')
    .where('state', '=', sql.lit('waiting' as const))
    .where('entry_id', 'in', (eb) =>
      eb
        .selectFrom(d.rows(p.of, { position: 'integer', pusher_id: 'integer' }).as('r'))
        .innerJoin('arrivals as a', (join) =>
          join.onRef('a.position', '=', 'r.position').onRef('a.pusher_id', '=', 'r.pusher_id'),
        )
        .select('a.entry_id'),
    ),
)

const oldestOfHistory = sql<number>`coalesce((select n.entry_id from arrivals as n where n.pusher_id = ids.value
  order by n.entry_id desc limit 1 offset ${sql.lit(HISTORY - 1)}), 0)`

/** The last results of each of these pushers, the newest first. */
export const recentArrivals = query<{ pusherIds: readonly number[] }>()((db, p, d) =>
  db
    .selectFrom(sql<{ value: number }>`${d.numbers(p.pusherIds)}`.as('ids'))
    .innerJoin('arrivals as a', (join) =>
      join
        .onRef('a.pusher_id', '=', 'ids.value')
        // A range: PostgreSQL would compare every row with a list of keys that depends on the pusher.
        .on('a.entry_id', '>=', oldestOfHistory),
    )
    .select(['a.pusher_id', 'a.state', 'a.sent_at', 'a.at', 'a.expected'])
    .orderBy('a.entry_id', 'desc'),
)

type Asked = { positions: readonly number[]; pusherIds: readonly number[] }

// Both columns lead to the row: an event can have thousands of arrivals, of the devices of all members.
export const arrivalsAt = query<Asked>()((db, p, d) =>
  db
    .selectFrom(sql<{ value: number }>`${d.numbers(p.positions)}`.as('e'))
    .crossJoin(sql<{ value: number }>`${d.numbers(p.pusherIds)}`.as('u'))
    .innerJoin('arrivals as a', (join) =>
      join.onRef('a.position', '=', 'e.value').onRef('a.pusher_id', '=', 'u.value'),
    )
    .select(['a.position', 'a.pusher_id', 'a.state', 'a.sent_at', 'a.at']),
)

export type EventArrival = Pick<Arrival, 'state' | 'sentAt' | 'at'> & { pusherId: number }

/** What is known of these events for these pushers, by position. */
export async function arrivalsOf(q: Queries, of: Asked): Promise<Map<number, EventArrival[]>> {
  const rows = of.pusherIds.length === 0 ? [] : await q.all(arrivalsAt, of)
  const arrivals = Map.groupBy(rows, ({ position }) => position)
  return new Map(
    [...arrivals].map(([position, found]) => [
      position,
      found.map((row) => ({ pusherId: row.pusher_id, state: row.state, sentAt: row.sent_at, at: row.at })),
    ]),
  )
}

/** Conclusions about pokes up to this time are not drawn. */
export const setBlindUntil = query<{ at: number }>()((db, p, d) =>
  db
    .updateTable('arrival_progress')
    .set((eb) => ({ blind_until: d.greatest(sql<number>`${eb.ref('blind_until')}`, d.integer(p.at)) })),
)
