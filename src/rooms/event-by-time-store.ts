import { type Compilable, type Kysely, type QueryCreator, type RawBuilder, sql } from 'kysely'
import type { EventId, RoomId } from '../lib/ids.ts'
import { type Dialect, query } from '../storage/query.ts'
import type { Schema } from '../storage/schema.ts'

/**
 * The lowest position from which on the events of a room have at least the time `ts`; after the last event,
 * if there are none. A binary search in the index of events by room: an index by time would cost every
 * message one more page to write. It takes about 30 look-ups, in one statement.
 *
 * Times grow with positions as long as the clock of the server does. Where the clock was set back, one of the
 * places is found where the times pass `ts`.
 */
export const positionAtTime = query<{ roomId: RoomId; ts: number }>()((db, p, d) =>
  positionWhere(db, { ts: d.integer(p.ts), isOfRoom: sql`e.room_id = ${p.roomId}` }),
)

/** The same of the events of all rooms. */
export const serverPositionAtTime = query<{ ts: number }>()((db, p, d) =>
  positionWhere(db, { ts: d.integer(p.ts), isOfRoom: sql`true` }),
)

function positionWhere(
  db: QueryCreator<Schema>,
  { ts, isOfRoom }: { ts: RawBuilder<number>; isOfRoom: RawBuilder<unknown> },
) {
  const middle = sql`(low + high) / 2`
  const reached = sql`coalesce((select e.origin_server_ts from events as e
    where ${isOfRoom} and e.position >= ${middle} order by e.position limit 1), ${ts}) >= ${ts}`
  return db
    .withRecursive('steps(low, high)', (cte) =>
      cte
        .selectNoFrom([
          sql<number>`0 * ${ts}`.as('low'),
          sql<number>`coalesce((select max(e.position) from events as e where ${isOfRoom}), 0) + 1`.as(
            'high',
          ),
        ])
        .unionAll(
          cte
            .selectFrom('steps')
            .select([
              sql<number>`case when ${reached} then low else ${middle} + 1 end`.as('low'),
              sql<number>`case when ${reached} then ${middle} else high end`.as('high'),
            ])
            .whereRef('steps.low', '<', 'steps.high'),
        ),
    )
    .selectFrom('steps')
    .select('steps.low as position')
    .whereRef('steps.low', '>=', 'steps.high')
    .limit(1)
}

type Wanted = {
  roomId: RoomId
  from: number
  to: number
  ts: number
  /** The users whose messages are left out if possible. */
  ignored: readonly string[]
  /** The number of events that are looked at. */
  atMost: number
}

type Found = { event_id: EventId; origin_server_ts: number }

/**
 * Of the first events in an order, the first one that is not a message of an ignored user; if all are, the
 * first one.
 */
const closest = (
  db: Pick<Kysely<Schema>, 'selectFrom'>,
  { p, d, isForward }: { p: Wanted; d: Dialect; isForward: boolean },
): Compilable<Found> =>
  db
    .selectFrom(
      db
        .selectFrom('events')
        .select(['event_id', 'origin_server_ts', 'position', 'sender', 'state_key'])
        .where('room_id', '=', p.roomId)
        .where('position', '>=', p.from)
        .where('position', '<=', p.to)
        .where('origin_server_ts', isForward ? '>=' : '<=', p.ts)
        .orderBy('position', isForward ? 'asc' : 'desc')
        .limit(p.atMost)
        .as('e'),
    )
    .select(['e.event_id', 'e.origin_server_ts'])
    .orderBy(sql`case when e.state_key is null and e.sender in ${d.list(p.ignored)} then 1 else 0 end`)
    .orderBy('e.position', isForward ? 'asc' : 'desc')
    .limit(1)

/** The first event at positions `from` to `to` that has at least the time `ts`. */
export const firstSince = query<Wanted>()((db, p, d) => closest(db, { p, d, isForward: true }))

/** The last event at positions `from` to `to` that has at most the time `ts`. */
export const lastUntil = query<Wanted>()((db, p, d) => closest(db, { p, d, isForward: false }))
