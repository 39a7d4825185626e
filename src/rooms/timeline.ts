import { notFound } from '../lib/errors.ts'
import type { EventId, RoomId, UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Queries } from '../storage/query.ts'
import { currentPosition } from '../storage/stream.ts'
import { accessTo, type RoomAccess } from './access.ts'
import { clientEvents } from './client-events.ts'
import type { StoredEvent, Viewer } from './event.ts'
import { historiesOf } from './history-store.ts'
import { excludesAll, matchesRoomEvent, type RoomEventFilter } from './sync/filter.ts'
import { pageToken } from './sync/token.ts'
import { membersAt, stateUpTo } from './sync/state-store.ts'
import { earliestEvents, eventWithMembership, latestEvents } from './timeline-store.ts'
import { isVisible, type Span, visibleSpans } from './visibility.ts'

/** Who reads, and when. */
export type Reader = { viewer: Viewer; now: number }

export type Scan = {
  roomId: RoomId
  spans: readonly Span[]
  /** The first and the last position to look at. */
  from: number
  to: number
  direction: 'b' | 'f'
  limit: number
  filter: RoomEventFilter
}

export type Scanned = {
  /** In the order of reading. */
  events: StoredEvent[]
  /** More may follow in the range; undefined: this is all. A token position: b goes on at it, f right after it. */
  next: number | undefined
  /** Events were passed over that the filter hides. */
  hidden: boolean
}

/** Bounds what one request reads when its filter lets little through; the client goes on from `next`. */
const MOST_SCANNED = 2000
const CHUNK = 200

/** Reads a room in either direction, leaving out what the user may not see and what the filter hides. */
export async function scanTimeline(q: Queries, scan: Scan): Promise<Scanned> {
  const result: Scanned = { events: [], next: undefined, hidden: false }
  const backwards = scan.direction === 'b'
  const read = backwards ? latestEvents : earliestEvents
  const hidesAll = excludesAll(scan.filter)
  let left = MOST_SCANNED
  let first = true
  for (const span of backwards ? scan.spans.toReversed() : scan.spans) {
    let from = Math.max(span.from, scan.from)
    let to = Math.min(span.to, scan.to)
    while (from <= to) {
      // What is asked for is enough unless something is hidden; one more tells whether there is more.
      const wanted = hidesAll ? 1 : first ? scan.limit + 1 : CHUNK
      first = false
      const chunk = await read(q, { roomId: scan.roomId, from, to, limit: wanted })
      for (const event of chunk) {
        const matches = matchesRoomEvent(scan.filter, scan.roomId, event)
        // Only an event that would have been told makes the page an incomplete one.
        const full = matches && result.events.length === scan.limit
        if (full || left === 0) return { ...result, next: backwards ? event.position : event.position - 1 }
        left -= 1
        if (matches) result.events.push(event)
        else result.hidden = true
        if (backwards) to = event.position - 1
        else from = event.position + 1
      }
      if (chunk.length < wanted || hidesAll) break
    }
    if (hidesAll && result.hidden) break
  }
  return result
}

export type MessagesRequest = {
  roomId: RoomId
  direction: 'b' | 'f'
  /** Positions of the tokens; absent: from the end at which the direction begins, without end. */
  from: number | undefined
  to: number | undefined
  limit: number
  filter: RoomEventFilter
}

/**
 * A page of a room's history (`GET /rooms/{roomId}/messages`). `end` is absent when nothing follows.
 * @throws 403 M_FORBIDDEN when the user may not read the room
 */
export async function messages(q: Queries, reader: Reader, request: MessagesRequest): Promise<JsonObject> {
  const { roomId, direction, limit, filter } = request
  const access = await accessTo(q, reader.viewer.userId, roomId)
  const from = request.from ?? (direction === 'b' ? await currentPosition(q) : 0)
  const range =
    direction === 'b'
      ? { from: (request.to ?? -1) + 1, to: from }
      : { from: from + 1, to: request.to ?? Number.MAX_SAFE_INTEGER }
  const page = await scanTimeline(q, { roomId, spans: access.spans, ...range, direction, limit, filter })
  const state = filter.lazyLoadMembers ? await sendersOf(q, roomId, page.events) : []
  return {
    chunk: await clientEvents(q, page.events, reader),
    start: pageToken(from),
    ...(page.next === undefined ? {} : { end: pageToken(page.next) }),
    ...(state.length === 0 ? {} : { state: await clientEvents(q, state, reader) }),
  }
}

/**
 * One event (`GET /rooms/{roomId}/event/{eventId}`): what an app calls after each poke that carries only ids, so for a
 * member it is one query in the usual case.
 * @throws 404 M_NOT_FOUND when there is none, or the user may not see it
 */
export async function readEvent(
  q: Queries,
  reader: Reader,
  of: { roomId: RoomId; eventId: EventId },
): Promise<JsonObject> {
  const [event] = await clientEvents(q, [await visibleEvent(q, reader.viewer.userId, of)], reader)
  return event as JsonObject
}

/**
 * The event, if this user may see it.
 * @throws 404 M_NOT_FOUND
 */
export async function visibleEvent(
  q: Queries,
  userId: UserId,
  { roomId, eventId }: { roomId: RoomId; eventId: EventId },
): Promise<StoredEvent> {
  const found = await eventWithMembership(q, { eventId, userId })
  if (found && found.event.roomId === roomId && !found.forgotten) {
    const { event, membership, memberPosition } = found
    if (membership === 'join' && event.position >= (memberPosition ?? Infinity)) return event
    // An invitation is shown to whom it invites: its content is in their /sync already.
    if (event.type === 'm.room.member' && event.stateKey === userId) return event
    const history = (await historiesOf(q, userId, [roomId])).get(roomId)
    if (history && isVisible(visibleSpans(history), event.position)) return event
  }
  throw notFound('There is no such event, or you may not see it')
}

export type ContextRequest = { roomId: RoomId; eventId: EventId; limit: number; filter: RoomEventFilter }

/**
 * An event with what came just before and after it (`GET /rooms/{roomId}/context/{eventId}`). The limit is for both
 * sides together; the filter is not applied to the event itself.
 * @throws 404 M_NOT_FOUND when there is none, or the user may not see it; 403 M_FORBIDDEN as for `messages`
 */
export async function eventContext(q: Queries, reader: Reader, request: ContextRequest): Promise<JsonObject> {
  const { roomId, filter } = request
  const access = await accessTo(q, reader.viewer.userId, roomId)
  const event = await visibleEvent(q, reader.viewer.userId, request)
  const shared = { roomId, spans: access.spans, filter }
  const half = Math.floor(request.limit / 2)
  const before = await scanTimeline(q, {
    ...shared,
    from: 0,
    to: event.position - 1,
    direction: 'b',
    limit: request.limit - half,
  })
  const after = await scanTimeline(q, {
    ...shared,
    from: event.position + 1,
    to: Number.MAX_SAFE_INTEGER,
    direction: 'f',
    limit: half,
  })
  const last = after.events.at(-1) ?? event
  const state = await contextState(q, access, last, {
    ...request,
    events: [...before.events, event, ...after.events],
  })
  return {
    start: pageToken((before.events.at(-1) ?? event).position - 1),
    end: pageToken(last.position),
    event: (await clientEvents(q, [event], reader))[0] as JsonObject,
    events_before: await clientEvents(q, before.events, reader),
    events_after: await clientEvents(q, after.events, reader),
    state: await clientEvents(q, state, reader),
  }
}

async function contextState(
  q: Queries,
  access: RoomAccess,
  last: StoredEvent,
  request: ContextRequest & { events: readonly StoredEvent[] },
): Promise<StoredEvent[]> {
  const { roomId, filter } = request
  const position = Math.min(last.position, access.stateAt ?? last.position)
  const lazy = filter.lazyLoadMembers
  const state = await stateUpTo(q, { roomId, position, members: !lazy })
  if (lazy) state.push(...(await sendersOf(q, roomId, request.events, position)))
  return state.filter((event) => matchesRoomEvent(filter, roomId, event))
}

/** The member events of those who sent the events, as they were at `position` (the latest of the events). */
async function sendersOf(
  q: Queries,
  roomId: RoomId,
  events: readonly StoredEvent[],
  position = Math.max(0, ...events.map((event) => event.position)),
): Promise<StoredEvent[]> {
  const userIds = [...new Set(events.map((event) => event.sender))]
  return membersAt(q, { roomId, userIds, position })
}
