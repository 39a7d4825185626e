import type { RoomId } from '../../lib/ids.ts'
import type { Event } from '../../lib/matrix-event.ts'
import type { Queries } from '../../storage/query.ts'
import type { EventsOfRange } from '../events-of-range.ts'
import { type Scanned, scanLatest } from '../scan-timeline.ts'
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

/** The maximum number of events in the timeline of a room. */
export function timelineLimit({ limit = DEFAULT_LIMIT }: Pick<RoomEventFilter, 'limit'>): number {
  return Math.min(limit, MAX_LIMIT)
}

/**
 * The latest events of each room. They never reach back over an event that the user may not see: the user
 * does not know the state before it, so the timeline starts after it.
 * @param recent events that were read already
 */
export async function timelinesOf(
  q: Queries,
  requests: readonly TimelineRequest[],
  recent?: EventsOfRange,
): Promise<SyncTimeline[]> {
  const ranges = requests.map(rangeOf)
  const scans = requests.map(({ roomId, upTo, filter, pageBytes }, at) => {
    const from = (ranges[at]?.after ?? upTo) + 1
    const limit = timelineLimit(filter)
    return { roomId, spans: [{ from, to: upTo }], from, to: upTo, limit, pageBytes, filter }
  })
  const scanned = await scanLatest(q, scans, recent)
  return requests.map((request, at) =>
    timelineOf(request, ranges[at]?.after ?? request.upTo, scanned[at] ?? NOTHING),
  )
}

const NOTHING: Scanned = { events: [], next: undefined, hidden: false }

/** The positions that the timeline of a room can contain: those after `after`, up to `upTo`. */
export function rangeOf({ spans, after, upTo }: Pick<TimelineRequest, 'spans' | 'after' | 'upTo'>): {
  after: number
  upTo: number
} {
  const span = spans.find(({ from, to }) => from <= upTo && upTo <= to)
  return { after: Math.max(after, (span?.from ?? upTo) - 1), upTo }
}

function timelineOf(request: TimelineRequest, after: number, scanned: Scanned): SyncTimeline {
  const events = scanned.events.toReversed()
  const start = events[0] ? events[0].position - 1 : (scanned.next ?? request.upTo)
  return {
    events,
    limited: scanned.next !== undefined || after > request.after,
    prevBatch: scanned.next ?? (events.length > 0 ? start : after),
    start,
    hidden: scanned.hidden,
  }
}
