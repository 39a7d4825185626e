import { ignoredBy } from '../../accounts/ignored-users.ts'
import { userById } from '../../accounts/users-store.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Ending } from '../../lib/ending.ts'
import { type Event, isInvitationOf, isMemberEventOf, type Viewer } from '../../lib/matrix-event.ts'
import type { Queries } from '../../storage/query.ts'
import { currentPoint } from '../../storage/stream.ts'
import { coversPoint, earlierOf, laterOf, type StreamPoint } from '../../storage/stream-point.ts'
import { clientEvents } from '../client-events.ts'
import { withinBytes } from '../timeline.ts'
import { isVisible } from '../visibility.ts'
import { eventsOfRooms } from './event-stream-store.ts'
import { NO_FILTER } from './filter.ts'
import { longPoll, type PollDeps } from './long-poll.ts'
import { planRooms } from './plan.ts'
import { markActive, type SyncDeps } from './sync.ts'
import { syncToken } from './token.ts'

const PAGE = 100

/** `pageBytes`: the maximum size of a response, in bytes of events. */
export type EventStreamDeps = PollDeps &
  Pick<SyncDeps, 'db' | 'maxTimeoutMs' | 'activity' | 'devicePresence'> & { pageBytes: number }

export type EventStreamRequest = {
  viewer: Viewer
  /** undefined: from now on. */
  from: StreamPoint | undefined
  timeoutMs: number
  signal: Ending
}

/**
 * The predecessor of /sync (`GET /events`): new events of all rooms of the user as one list. Waits for one up to the
 * time-out. Clients call again at once, so an early empty response would make them loop.
 */
export async function eventStream(deps: EventStreamDeps, request: EventStreamRequest): Promise<JsonObject> {
  const now = await currentPoint(deps.db)
  const from = earlierOf(now, request.from ?? now)
  const { viewer, signal } = request
  const timeoutMs = Math.min(request.timeoutMs, deps.maxTimeoutMs)
  const activity = markActive(deps, viewer, { presence: 'online', timeoutMs })
  const responseOf = (chunk: JsonObject[], end: StreamPoint) => ({
    start: syncToken({ position: from }),
    end: syncToken({ position: end }),
    chunk,
  })
  return longPoll<JsonObject, JsonObject>(deps, {
    viewer,
    timeoutMs,
    signal,
    topics: [],
    watches: () => true,
    attempt: () =>
      deps.db.snapshot(async (read) => {
        const { events, end, more } = await eventsSince(read, { viewer, from, pageBytes: deps.pageBytes })
        const chunk = await clientEvents(read, events, { viewer, now: deps.clock.now() })
        return { value: responseOf(chunk, end), news: events.length > 0 || more }
      }),
    respond: (found) => found ?? responseOf([], from),
    [Symbol.dispose]: () => activity?.[Symbol.dispose](),
  })
}

async function eventsSince(
  read: Queries,
  { viewer, from: since, pageBytes }: { viewer: Viewer; from: StreamPoint; pageBytes: number },
): Promise<{ events: Event[]; end: StreamPoint; more: boolean }> {
  const { userId } = viewer
  const position = await currentPoint(read)
  if (coversPoint(since, position)) return { events: [], end: since, more: false }
  const request = { userId, filter: NO_FILTER, since, fullState: false, position, alsoRooms: [] }
  const plans = new Map((await planRooms(read, request)).map((plan) => [plan.roomId, plan]))
  const page = { roomIds: [...plans.keys()], after: since, upTo: position, limit: PAGE }
  const all = await eventsOfRooms(read, page)
  const found = withinBytes(all, pageBytes, (event) => event)
  const last = found.length === all.length && all.length < PAGE ? undefined : found.at(-1)
  const ignored = await ignoredBy(read, userId)
  const blocksInvitations = (await read.first(userById, { userId }))?.blocks_invitations === 1
  const events = found.filter((event) => {
    if (event.stateKey === null && ignored.has(event.sender)) return false
    if ((blocksInvitations || ignored.has(event.sender)) && isInvitationOf(event, userId)) return false
    return isMemberEventOf(event, userId) || isVisible(plans.get(event.roomId)?.spans ?? [], event.position)
  })
  // A page of only invisible events is a response as well: the client asks for the events after it.
  // The page is in the order of all positions, so it has those up to its last one in each shard.
  const end = last ? laterOf(since, earlierOf(position, [last.position])) : position
  return { events, end, more: last !== undefined }
}
