import type { RoomId } from '../../lib/ids.ts'
import type { Event } from '../../lib/matrix-event.ts'
import type { Queries } from '../../storage/query.ts'
import { scanTimeline } from '../timeline.ts'
import type { Span } from '../visibility.ts'
import type { RoomEventFilter } from './filter.ts'

/** The part of a room's timeline for one response. */
export type TimelineRequest = {
  roomId: RoomId
  spans: readonly Span[]
  /** Events after this position are new to the client. */
  after: number
  upTo: number
  filter: RoomEventFilter
  /** As in `Reader`. */
  pageBytes: number
}

export type SyncTimeline = {
  /** In stream order, without a gap. */
  events: Event[]
  limited: boolean
  prevBatch: number
  /** The timeline starts from the state at this position. */
  start: number
  /** There were events that the filter hides. */
  hidden: boolean
}

const DEFAULT_LIMIT = 10
const MAX_LIMIT = 1000

/**
 * The latest events. They never reach back over an event that the user may not see: the user does not know the state before
 * it, so the timeline starts after it.
 */
export async function timelineOf(q: Queries, request: TimelineRequest): Promise<SyncTimeline> {
  const { roomId, filter, upTo } = request
  const span = request.spans.find(({ from, to }) => from <= upTo && upTo <= to)
  const after = Math.max(request.after, (span?.from ?? upTo) - 1)
  const scanned = await scanTimeline(q, {
    roomId,
    spans: [{ from: after + 1, to: upTo }],
    from: after + 1,
    to: upTo,
    direction: 'b',
    limit: Math.min(filter.limit ?? DEFAULT_LIMIT, MAX_LIMIT),
    pageBytes: request.pageBytes,
    filter,
  })
  const events = scanned.events.toReversed()
  const start = events[0] ? events[0].position - 1 : (scanned.next ?? upTo)
  return {
    events,
    limited: scanned.next !== undefined || after > request.after,
    prevBatch: scanned.next ?? (events.length > 0 ? start : after),
    start,
    hidden: scanned.hidden,
  }
}
