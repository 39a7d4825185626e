import { ignoredBy } from '../accounts/ignored-users.ts'
import { notFound } from '../lib/errors.ts'
import type { RoomId, UserId } from '../lib/ids.ts'
import { sizeOf } from '../lib/json-size.ts'
import type { JsonObject } from '../lib/json.ts'
import { type Event, isMemberEventOf, type Viewer } from '../lib/matrix-event.ts'
import type { Queries } from '../storage/query.ts'
import { accessTo, type RoomAccess } from './access.ts'
import { clientEvents, NO_USERS } from './client-events.ts'
import { historiesOf } from './history-store.ts'
import { lastPositionInRoom } from './room-position.ts'
import { EVENT_FRAME_BYTES, scanTimeline } from './scan-timeline.ts'
import { matchesRoomEvent, type RoomEventFilter, withoutIgnored } from './sync/filter.ts'
import { pageToken } from './sync/token.ts'
import { membersAt, stateUpTo } from './sync/state-store.ts'
import { eventWithMembership } from './timeline-store.ts'
import { isVisible, type Span, visibleSpans } from './visibility.ts'

/** The viewer, and the time of the request. */
export type Reader = { viewer: Viewer; now: number }
/** With the maximum bytes of events on a page. A page always has at least one event. */
export type PageReader = Reader & { pageBytes: number }

/** The longest prefix of the items that has at most the given number of bytes, and at least one item. */
export function withinBytes<T>(
  items: readonly T[],
  bytes: number,
  eventOf: (item: T) => Event | undefined,
): T[] {
  let left = bytes
  const end = items.findIndex((item, at) => {
    left -= sizeOf(eventOf(item)?.content) + EVENT_FRAME_BYTES
    return left < 0 && at > 0
  })
  return items.slice(0, end === -1 ? undefined : end)
}

export type MessagesRequest = {
  roomId: RoomId
  direction: 'b' | 'f'
  /**
   * The positions of the tokens. `from` absent: starts at the end of the room for b, at its beginning for f.
   * `to` absent: no bound.
   */
  from: number | undefined
  to: number | undefined
  limit: number
  filter: RoomEventFilter
}

/**
 * A page of a room's history (`GET /rooms/{roomId}/messages`). A page with events has `end`, also when there
 * is no more, as Synapse does: Nheko and FluffyChat drop a page without it, and would never show the
 * beginning of a room. The page after it is empty, without `end`.
 * @throws 403 M_FORBIDDEN when the user may not read the room
 */
export async function messages(
  q: Queries,
  reader: PageReader,
  request: MessagesRequest,
): Promise<JsonObject> {
  const { roomId, direction, limit } = request
  const access = await accessTo(q, reader.viewer.userId, roomId)
  const ignored = await ignoredBy(q, reader.viewer.userId)
  const from = request.from ?? (direction === 'b' ? await lastPositionInRoom(q, roomId) : 0)
  const range =
    direction === 'b'
      ? { from: (request.to ?? -1) + 1, to: from }
      : { from: from + 1, to: request.to ?? Number.MAX_SAFE_INTEGER }
  const { pageBytes } = reader
  const filter = withoutIgnored(request.filter, ignored)
  const scan = { roomId, spans: access.spans, ...range, direction, limit, pageBytes, filter }
  const page = await scanTimeline(q, scan)
  const state = filter.lazyLoadMembers ? await sendersOf(q, { roomId, events: page.events }) : []
  const last = page.events.at(-1)
  const afterLast = last && (direction === 'b' ? last.position - 1 : last.position)
  const end = page.next ?? afterLast
  return {
    chunk: await clientEvents(q, page.events, { ...reader, bundling: { spans: access.spans, ignored } }),
    start: pageToken(from),
    ...(end === undefined ? {} : { end: pageToken(end) }),
    ...(state.length === 0 ? {} : { state: await clientEvents(q, state, reader) }),
  }
}

/**
 * One event (`GET /rooms/{roomId}/event/{eventId}`). An app calls it after each poke that has only ids, so
 * for a member it is one query in the usual case.
 * @throws 404 M_NOT_FOUND when it does not exist, or the user may not see it
 */
export async function readEvent(
  q: Queries,
  reader: Reader,
  of: Pick<Event, 'roomId' | 'eventId'>,
): Promise<JsonObject> {
  const { event, spans, hasChildren } = await findVisible(q, reader.viewer.userId, of)
  const bundling = hasChildren ? { spans, ignored: await ignoredBy(q, reader.viewer.userId) } : undefined
  const [shown] = await clientEvents(q, [event], { ...reader, bundling })
  return shown as JsonObject
}

/**
 * The event, if this user may see it.
 * @throws 404 M_NOT_FOUND
 */
export async function visibleEvent(
  q: Queries,
  userId: UserId,
  of: Pick<Event, 'roomId' | 'eventId'>,
): Promise<Event> {
  return (await findVisible(q, userId, of)).event
}

/** An event that a user may see. `spans`: the part of its room's history that the user may see, from the event on. */
export type VisibleEvent = { event: Event; spans: readonly Span[]; hasChildren: boolean }

/**
 * Like `visibleEvent`, with what else the user may see there.
 * @throws 404 M_NOT_FOUND
 */
export async function findVisible(
  q: Queries,
  userId: UserId,
  { roomId, eventId }: Pick<Event, 'roomId' | 'eventId'>,
): Promise<VisibleEvent> {
  const found = await eventWithMembership(q, { eventId, userId })
  if (found && found.event.roomId === roomId && !found.forgotten) {
    const { event, hasChildren } = found
    const { position } = event
    if (isOfPresentStay(found)) return { event, spans: spansFrom(position), hasChildren }
    // An invitation is visible to the invited user: its content is already in that user's /sync.
    if (isMemberEventOf(event, userId)) return { event, spans: [], hasChildren }
    const history = (await historiesOf(q, userId, [roomId])).get(roomId)
    const spans = history ? visibleSpans(history) : []
    if (isVisible(spans, position)) return { event, spans, hasChildren }
  }
  throw notFound('There is no such event, or you may not see it')
}

type FoundEvent = NonNullable<Awaited<ReturnType<typeof eventWithMembership>>>

/** Whether the user has been a member since the event, and so may see it. */
const isOfPresentStay = ({ event, membership, memberPosition }: FoundEvent): boolean =>
  membership === 'join' && event.position >= (memberPosition ?? Infinity)

const spansFrom = (position: number): readonly Span[] => [{ from: position, to: Number.MAX_SAFE_INTEGER }]

export type ContextRequest = Pick<Event, 'roomId' | 'eventId'> & { limit: number; filter: RoomEventFilter }

/**
 * An event with the events directly before and after it (`GET /rooms/{roomId}/context/{eventId}`). The limit
 * applies to both sides together; the filter does not apply to the event itself. Apps call it after a poke
 * with the limit 0: for a member it is then one query for the event and one or two for the state.
 * @throws 404 M_NOT_FOUND when it does not exist, or the user may not see it; 403 M_FORBIDDEN as for
 *   `messages`
 */
export async function eventContext(
  q: Queries,
  reader: PageReader,
  request: ContextRequest,
): Promise<JsonObject> {
  const { userId } = reader.viewer
  const known = request.limit === 0 ? await eventOfPresentStay(q, userId, request) : undefined
  const access = known === undefined ? await accessTo(q, userId, request.roomId) : PRESENT
  const { event, spans, hasChildren } = known ?? (await findVisible(q, userId, request))
  const isAlone = request.limit === 0 && !hasChildren
  const ignored = isAlone ? NO_USERS : await ignoredBy(q, userId)
  const { before, after } = await eventsAround(q, reader, { ...request, access, event, ignored })
  const last = after.at(-1) ?? event
  const state = await contextState(q, access, { last, ...request, events: [...before, event, ...after] })
  const bundling = isAlone ? undefined : { spans: known ? spans : access.spans, ignored }
  const [shown, ...others] = await clientEvents(q, [event, ...before, ...after], { ...reader, bundling })
  return {
    start: pageToken((before.at(-1) ?? event).position - 1),
    end: pageToken(last.position),
    event: shown as JsonObject,
    events_before: others.slice(0, before.length),
    events_after: others.slice(before.length),
    state: await clientEvents(q, state, reader),
  }
}

/** The access of a member to the state. */
const PRESENT: RoomAccess = { spans: [], stateAt: undefined }

async function eventOfPresentStay(
  q: Queries,
  userId: UserId,
  { roomId, eventId }: Pick<Event, 'roomId' | 'eventId'>,
): Promise<VisibleEvent | undefined> {
  const found = await eventWithMembership(q, { eventId, userId })
  if (found?.event.roomId !== roomId || !isOfPresentStay(found)) return undefined
  return { event: found.event, spans: spansFrom(found.event.position), hasChildren: found.hasChildren }
}

type Surroundings = { readonly before: readonly Event[]; readonly after: readonly Event[] }

async function eventsAround(
  q: Queries,
  reader: PageReader,
  request: ContextRequest & { access: RoomAccess; event: Event; ignored: ReadonlySet<string> },
): Promise<Surroundings> {
  if (request.limit === 0) return { before: [], after: [] }
  const { roomId, access, event } = request
  const filter = withoutIgnored(request.filter, request.ignored)
  const shared = { roomId, spans: access.spans, pageBytes: reader.pageBytes / 2, filter }
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
  return { before: before.events, after: after.events }
}

async function contextState(
  q: Queries,
  access: RoomAccess,
  request: ContextRequest & { last: Event; events: readonly Event[] },
): Promise<Event[]> {
  const { roomId, filter, last } = request
  const position = Math.min(last.position, access.stateAt ?? last.position)
  const lazy = filter.lazyLoadMembers
  const state = await stateUpTo(q, { roomId, position, members: !lazy })
  if (lazy) state.push(...(await sendersOf(q, { roomId, events: request.events, position })))
  return state.filter((event) => matchesRoomEvent(filter, roomId, event))
}

type SendersRequest = { roomId: RoomId; events: readonly Event[]; position?: number }

/** The member events of the senders, at `position` (the latest of the events). */
async function sendersOf(q: Queries, { roomId, events, ...at }: SendersRequest): Promise<Event[]> {
  const { position = Math.max(0, ...events.map((event) => event.position)) } = at
  const userIds = [...new Set(events.map((event) => event.sender))]
  return membersAt(q, { roomId, userIds, position })
}
