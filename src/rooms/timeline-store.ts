import type { EventId, RoomId, UserId } from '../lib/ids.ts'
import type { Event } from '../lib/matrix-event.ts'
import { type Queries, query } from '../storage/query.ts'
import type { Membership } from '../storage/schema.ts'
import { EVENT_COLUMNS, eventOfRow, type EventRow } from './event-row.ts'

type Range = { roomId: RoomId; from: number; to: number; limit: number }

/**
 * Events of a room at positions `from` to `to`, both included, at most `limit`, the latest first. Returns rows, because a full
 * page does not need all of them parsed.
 */
export function latestEvents(q: Queries, range: Range): Promise<EventRow[]> {
  return q.all(eventsDescending, range)
}

/** Like `latestEvents`, the earliest first. */
export function earliestEvents(q: Queries, range: Range): Promise<EventRow[]> {
  return q.all(eventsAscending, range)
}

/** An event, with the current membership of the requesting user in its room. */
export type EventAndMembership = {
  event: Event
  membership: Membership | null
  /** The position of the user's latest member event. */
  memberPosition: number | null
  forgotten: boolean
}

/** The only query of `GET /event` in the most frequent case. */
export async function eventWithMembership(
  q: Queries,
  of: { eventId: EventId; userId: UserId },
): Promise<EventAndMembership | undefined> {
  const row = await q.first(eventForMember, of)
  if (!row) return undefined
  const { membership, member_position, forgotten, ...event } = row
  return {
    event: eventOfRow(event as EventRow),
    membership,
    memberPosition: member_position,
    forgotten: forgotten === 1,
  }
}

export const eventsDescending = query<Range>()((db, p) =>
  db
    .selectFrom('events')
    .select(EVENT_COLUMNS)
    .where('room_id', '=', p.roomId)
    .where('position', '>=', p.from)
    .where('position', '<=', p.to)
    .orderBy('position', 'desc')
    .limit(p.limit),
)

export const eventsAscending = query<Range>()((db, p) =>
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
    .where('events.event_id', '=', p.eventId),
)
