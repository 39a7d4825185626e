import { sql } from 'kysely'
import type { EventId, RoomId, UserId } from '../lib/ids.ts'
import type { Event } from '../lib/matrix-event.ts'
import { type Queries, query } from '../storage/query.ts'
import type { Membership } from '../storage/rooms-schema.ts'
import { EVENT_COLUMNS, eventOfRow, type EventRow } from './event-row.ts'

/** Events of a room from one position to another, both included, at most `limit`. */
export type LatestRange = { roomId: RoomId; from: number; to: number; limit: number }

/**
 * Events of a room at positions `from` to `to`, both included, at most `limit`, the latest first. Returns
 * rows, because a full page does not need all of them parsed.
 */
export function latestEvents(q: Queries, range: LatestRange): Promise<EventRow[]> {
  return q.all(eventsDescending, range)
}

/** Like `latestEvents`, the earliest first. */
export function earliestEvents(q: Queries, range: LatestRange): Promise<EventRow[]> {
  return q.all(eventsAscending, range)
}

/**
 * `latestEvents` of several ranges, each of another room, in one statement. Each list of rows belongs to the
 * range at its place.
 */
export async function latestOfRooms(q: Queries, ranges: readonly LatestRange[]): Promise<EventRow[][]> {
  const limit = Math.max(...ranges.map((range) => range.limit))
  const rows = await q.all(latestInRooms, {
    rooms: ranges.map(({ roomId, from, to }) => ({ room_id: roomId, low: from, high: to })),
    skip: limit - 1,
  })
  // Sorted here, because a database would copy all rows to sort them.
  const byRoom = Map.groupBy(
    rows.toSorted((a, b) => b.position - a.position),
    (row) => row.room_id,
  )
  return ranges.map((range) => (byRoom.get(range.roomId) ?? []).slice(0, range.limit))
}

/** An event, with the current membership of the requesting user in its room. */
export type EventAndMembership = {
  event: Event
  membership: Membership | null
  /** The position of the user's latest member event. */
  memberPosition: number | null
  forgotten: boolean
  /** Whether other events relate to it. */
  hasChildren: boolean
}

/** The only query of `GET /event` in the most frequent case. */
export async function eventWithMembership(
  q: Queries,
  of: { eventId: EventId; userId: UserId },
): Promise<EventAndMembership | undefined> {
  const row = await q.first(eventForMember, of)
  if (!row) return undefined
  const { membership, member_position, forgotten, first_child, ...event } = row
  return {
    event: eventOfRow(event as EventRow),
    membership,
    memberPosition: member_position,
    forgotten: forgotten === 1,
    hasChildren: first_child !== null,
  }
}

export const eventsDescending = query<LatestRange>()((db, p) =>
  db
    .selectFrom('events')
    .select(EVENT_COLUMNS)
    .where('room_id', '=', p.roomId)
    .where('position', '>=', p.from)
    .where('position', '<=', p.to)
    .orderBy('position', 'desc')
    .limit(p.limit),
)

type RoomRange = { room_id: RoomId; low: number; high: number }

/** The latest events of each room, at most `skip` + 1, in any order. */
export const latestInRooms = query<{ rooms: readonly RoomRange[]; skip: number }>()((db, p, d) => {
  // Not LATERAL or a limit by a column, because SQLite has neither.
  const lowest = sql<number>`coalesce((select e.position from events as e where e.room_id = r.room_id
    and e.position >= r.low and e.position <= r.high order by e.position desc limit 1 offset ${p.skip}), r.low)`
  return db
    .selectFrom(d.rows(p.rooms, { room_id: 'text', low: 'integer', high: 'integer' }).as('r'))
    .innerJoin('events', (join) =>
      join
        .onRef('events.room_id', '=', 'r.room_id')
        .on('events.position', '>=', lowest)
        .onRef('events.position', '<=', 'r.high'),
    )
    .select(EVENT_COLUMNS)
})

export const eventsAscending = query<LatestRange>()((db, p) =>
  db
    .selectFrom('events')
    .select(EVENT_COLUMNS)
    .where('room_id', '=', p.roomId)
    .where('position', '>=', p.from)
    .where('position', '<=', p.to)
    .orderBy('position')
    .limit(p.limit),
)

export const eventForMember = query<{ eventId: EventId; userId: UserId }>()((db, p) =>
  db
    .selectFrom('events')
    .leftJoin('memberships as m', (join) =>
      join.onRef('m.room_id', '=', 'events.room_id').on('m.user_id', '=', p.userId),
    )
    .select(EVENT_COLUMNS)
    .select(['m.membership', 'm.position as member_position', 'm.forgotten'])
    .select((eb) =>
      eb
        .selectFrom('relations as r')
        .select((of) => of.fn.min('r.position').as('position'))
        .whereRef('r.parent', '=', 'events.position')
        .as('first_child'),
    )
    .where('events.event_id', '=', p.eventId),
)
