import type { RoomId } from '../lib/ids.ts'
import type { Event } from '../lib/matrix-event.ts'
import type { Queries } from '../storage/query.ts'
import { type EventRow, eventOfRow } from './event-row.ts'
import type { EventsOfRange } from './events-of-range.ts'
import { excludesAll, matchesRoomEvent, type RoomEventFilter } from './sync/filter.ts'
import { earliestEvents, latestEvents, latestOfRooms } from './timeline-store.ts'
import type { Span } from './visibility.ts'

export type Scan = {
  roomId: RoomId
  spans: readonly Span[]
  /** The first and the last position to read. */
  from: number
  to: number
  direction: 'b' | 'f'
  limit: number
  /** The page ends before the event that would exceed this size. */
  pageBytes: number
  filter: RoomEventFilter
}

export type Scanned = {
  /** In the order of reading. */
  events: Event[]
  /**
   * A token position when there may be more in the range; undefined: there is no more. Backwards continues at
   * it, forwards directly after it.
   */
  next: number | undefined
  /** The filter hid some events. */
  hidden: boolean
}

/** Bounds the reads of one request when its filter hides nearly all. The client continues from `next`. */
const MAX_SCANNED = 2000
const MAX_BYTES_SCANNED = 8_388_608
/** The first read is small, because the size of the events is unknown before. */
const FIRST_CHUNK = 21
const CHUNK = 200
/** The bytes to read at once when events are large. */
const CHUNK_BYTES = 2_097_152
/** The bytes that the client format adds to the content of an event. */
export const EVENT_FRAME_BYTES = 300

/** Reads a room in either direction, without the events that the user may not see or that the filter hides. */
export async function scanTimeline(q: Queries, scan: Scan): Promise<Scanned> {
  const read = scan.direction === 'b' ? latestEvents : earliestEvents
  const steps = scanSteps(scan)
  let step = steps.next()
  while (!step.done) step = steps.next(await read(q, step.value))
  return step.value
}

/**
 * Reads several rooms backwards, with one statement for all of them in the usual case. A filter that hides
 * events costs further statements, each for the rooms that are not complete yet.
 * @param recent events that were read already
 */
export async function scanLatest(
  q: Queries,
  scans: readonly Omit<Scan, 'direction'>[],
  recent?: EventsOfRange,
): Promise<Scanned[]> {
  const results: Scanned[] = []
  let open = scans.map((scan, place) => {
    const steps = scanSteps({ ...scan, direction: 'b' })
    return { place, steps, step: steps.next() }
  })
  for (;;) {
    const reading = []
    for (const { place, steps, step } of open)
      if (step.done) results[place] = step.value
      else reading.push({ place, steps, range: step.value })
    if (reading.length === 0) return results
    open = []
    for (const group of groupsOf(reading)) {
      const ranges = group.map(({ range }) => range)
      const rows = recent?.latest(ranges) ?? (await latestOfRooms(q, ranges))
      for (const [at, { place, steps }] of group.entries())
        open.push({ place, steps, step: steps.next(rows[at] ?? []) })
    }
  }
}

/**
 * The maximum number of events that one statement reads after the first chunks. The sizes of first chunks are
 * known before.
 */
const MAX_ROWS = 4000

/** Splits the rooms so that the later chunks of one statement are limited together. */
function groupsOf<Reading extends { range: Chunk }>(readings: readonly Reading[]): Reading[][] {
  const groups: Reading[][] = []
  // In ascending order, because one statement reads the same number of events from each room.
  for (const reading of readings.toSorted((a, b) => a.range.limit - b.range.limit)) {
    const group = groups.at(-1)
    const { limit } = reading.range
    if (group && (limit <= FIRST_CHUNK || (group.length + 1) * limit <= MAX_ROWS)) group.push(reading)
    else groups.push([reading])
  }
  return groups
}

type Chunk = { roomId: RoomId; from: number; to: number; limit: number }

/** The scan as a coroutine: it yields the next chunk to read, receives its rows, and returns the result. */
function* scanSteps(scan: Scan): Generator<Chunk, Scanned, readonly EventRow[]> {
  const result: Scanned = { events: [], next: undefined, hidden: false }
  const backwards = scan.direction === 'b'
  const hidesAll = excludesAll(scan.filter)
  const left = { events: MAX_SCANNED, bytes: MAX_BYTES_SCANNED }
  let pageBytes = scan.pageBytes
  // The limit is enough unless some events are hidden. One more event shows whether there is more.
  let wanted = hidesAll ? 1 : Math.min(scan.limit + 1, FIRST_CHUNK)
  for (const span of backwards ? scan.spans.toReversed() : scan.spans) {
    let from = Math.max(span.from, scan.from)
    let to = Math.min(span.to, scan.to)
    while (from <= to) {
      const chunk = yield { roomId: scan.roomId, from, to, limit: wanted }
      for (const row of chunk) {
        const event = eventOfRow(row)
        const bytes = row.content.length + EVENT_FRAME_BYTES
        const matches = matchesRoomEvent(scan.filter, scan.roomId, event)
        // The page is incomplete only if it leaves out an event that would have been visible.
        const full =
          matches && (result.events.length === scan.limit || (pageBytes < bytes && result.events.length > 0))
        const stop = full || left.events === 0 || left.bytes <= 0
        if (stop) return { ...result, next: backwards ? event.position : event.position - 1 }
        left.events -= 1
        left.bytes -= bytes
        if (matches) {
          result.events.push(event)
          pageBytes -= bytes
        } else result.hidden = true
        if (backwards) to = event.position - 1
        else from = event.position + 1
      }
      if (chunk.length < wanted || hidesAll) break
      const missing = result.hidden ? CHUNK : scan.limit + 1 - result.events.length
      const bytesOfOne = (MAX_BYTES_SCANNED - left.bytes) / (MAX_SCANNED - left.events)
      wanted = Math.max(1, Math.min(missing, Math.floor(CHUNK_BYTES / bytesOfOne)))
    }
    if (hidesAll && result.hidden) break
  }
  return result
}
