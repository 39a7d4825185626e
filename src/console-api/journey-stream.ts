import type { ServerEvent } from '../http/event-stream.ts'
import type { Clock } from '../lib/clock.ts'
import type { UserId } from '../lib/ids.ts'
import type { Database } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import { currentPoint } from '../storage/stream.ts'
import {
  covers,
  coversPoint,
  highest,
  isSamePoint,
  lowest,
  parsePoint,
  POINT_FORM,
  pointText,
  positionsBetween,
  type StreamPoint,
} from '../storage/stream-point.ts'
import { journeysAt } from './journey-list.ts'
import { eventsConcerning } from './journey-list-store.ts'
import { knownPushers } from './journey-pushers.ts'
import type { JourneyFilter } from './journey-scan.ts'
import { entriesAfter, newestArrivals, newestEntries } from './journey-stream-store.ts'

// The stream looks at the database once a second, so it also shows what another process does. A look without
// news reads a few rows.

const LOOK_MS = 1000
/** Proxies close connections that are silent for a minute. */
const HEARTBEAT_MS = 15_000
/** If a reader is further behind, it reads the list again. */
const MAX_ENTRIES = 5000
const MAX_POSITIONS = 5000
const MAX_EVENTS = 200
const MAX_JOURNEYS = 500
const NEWEST_ENTRIES = 100
/**
 * A row with a lower number can become visible later than a row with a higher one, if another process writes
 * it, but not after this time.
 */
const SETTLED_MS = 10_000
const ARRIVALS = 20
/** Fetches are stored in batches, some time after they happened. */
const ARRIVAL_DELAY_MS = 5000

/** What a reader has: the events up to a point, the steps up to a row, the arrivals up to a time. */
export type JourneyCursor = { position: StreamPoint; entry: number; at: number }

const CURSOR = new RegExp(String.raw`^(${POINT_FORM})-(\d{1,15})-(\d{1,15})$`)

/** The cursor in the id of an event of the stream; undefined: it is malformed. */
export function parseCursor(id: string): JourneyCursor | undefined {
  const [, point, entry, at] = CURSOR.exec(id) ?? []
  const position = point === undefined ? undefined : parsePoint(point)
  return position && { position, entry: Number(entry), at: Number(at) }
}

export const cursorText = ({ position, entry, at }: JourneyCursor): string =>
  `${pointText(position)}-${entry}-${at}`

/** The cursor of a reader that has everything that `q` sees. */
export async function presentCursor(q: Queries, now: number): Promise<JourneyCursor> {
  const newest = await q.all(newestEntries, { limit: NEWEST_ENTRIES })
  return { position: await currentPoint(q), entry: settledEntry(newest, now), at: now }
}

/** The last row before which no row is missing that can still become visible. `newest`: rows in descending order. */
export function settledEntry(newest: readonly { entry_id: number; at: number }[], now: number): number {
  let settled = newest[0]?.entry_id ?? 0
  for (const [at, row] of newest.entries()) {
    const before = newest[at + 1]
    if (before === undefined || row.at < now - SETTLED_MS) break
    if (row.entry_id - before.entry_id > 1) settled = before.entry_id
  }
  return settled
}

export type JourneyStreamDeps = { db: Database; clock: Clock }

export type JourneyWatch = {
  userId: UserId
  filter: Omit<JourneyFilter, 'since'>
  /** Undefined: only what happens from now on. */
  after: JourneyCursor | undefined
  /** Asked at each look. */
  isAllowed: (q: Queries) => Promise<boolean>
  signal: AbortSignal
}

/**
 * Yields the journeys of a user that begin or change, each with its present state, oldest first (`journey`);
 * the ids of events that have changed and do not match the filter (`removed`); `reset` if there is more than
 * it can read; and a heartbeat after 15 s. It ends when the signal aborts, or the reader is no longer allowed
 * to read. The last event of each look has the id to resume with.
 */
export async function* watchJourneys(
  { db, clock }: JourneyStreamDeps,
  { userId, filter, after, isAllowed, signal }: JourneyWatch,
): AsyncGenerator<ServerEvent | undefined> {
  const start = after ?? (await db.snapshot((q) => presentCursor(q, clock.now())))
  const reader: Reader = { userId, filter, cursor: start, seen: new Set(), arrivals: undefined }
  yield { id: cursorText(start) }
  let lastOutput = clock.now()
  while (!signal.aborted) {
    const events = await db.snapshot(async (q) =>
      (await isAllowed(q)) ? readNews(q, reader, clock.now()) : undefined,
    )
    if (events === undefined) return
    const id = cursorText(reader.cursor)
    for (const [at, event] of events.entries()) yield at === events.length - 1 ? { id, ...event } : event
    if (events.length > 0) lastOutput = clock.now()
    else if (clock.now() - lastOutput >= HEARTBEAT_MS) {
      yield { id }
      lastOutput = clock.now()
    }
    await clock.sleep(LOOK_MS, signal)
  }
}

type Reader = {
  userId: UserId
  filter: Omit<JourneyFilter, 'since'>
  cursor: JourneyCursor
  /** Rows after the cursor that were read. */
  seen: ReadonlySet<number>
  /** The states of the newest arrivals, by pusher and position; undefined: not read yet. */
  arrivals: ReadonlyMap<string, string> | undefined
}

const RESET: ServerEvent[] = [{ event: 'reset', data: {} }]

/** Reads what is new for the reader, and moves its cursor. */
async function readNews(q: Queries, reader: Reader, now: number): Promise<ServerEvent[]> {
  const { userId, filter, cursor } = reader
  const newest = await q.all(newestEntries, { limit: NEWEST_ENTRIES })
  const last = newest[0]?.entry_id ?? 0
  const position = await currentPoint(q)
  const pushers = await knownPushers(q, userId)
  const pusherIds = pushers.map(({ pusherId }) => pusherId)
  const arrived = await changedArrivals(q, reader, pusherIds)
  reader.cursor = { position, entry: settledEntry(newest, now), at: now }
  // A cursor is ahead after the database was restored.
  const isAhead = !coversPoint(position, cursor.position)
  const behind = positionsBetween(cursor.position, position)
  if (last - cursor.entry > MAX_ENTRIES || behind > MAX_POSITIONS || isAhead) return reset(reader)
  const rows = last > cursor.entry ? await q.all(entriesAfter, { after: cursor.entry, pusherIds }) : []
  const stepped = rows.filter((row) => !reader.seen.has(row.entry_id)).map((row) => row.position)
  const { entry } = reader.cursor
  reader.seen = new Set(rows.map((row) => row.entry_id).filter((id) => id > entry))
  const low = lowest(cursor.position)
  const range = { userId, low, before: highest(position) + 1, limit: MAX_EVENTS + 1 }
  const found = isSamePoint(position, cursor.position) ? [] : await q.all(eventsConcerning, range)
  const added = found.filter((row) => !covers(cursor.position, row.position))
  const changed = new Set([...stepped, ...arrived])
  const positions = [...new Set([...added.map((row) => row.position), ...changed])].toSorted((a, b) => b - a)
  if (found.length > MAX_EVENTS || positions.length > MAX_JOURNEYS) return reset(reader)
  const shown = await journeysAt(q, { userId, filter: { ...filter, since: 0 }, pushers, positions })
  return [
    ...shown.others
      .filter((other) => changed.has(other.position))
      .map(({ eventId }) => ({ event: 'removed', data: { event_id: eventId } })),
    ...shown.journeys.toReversed().map((entry) => ({ event: 'journey', data: entry })),
  ]
}

function reset(reader: Reader): ServerEvent[] {
  reader.seen = new Set()
  return RESET
}

/**
 * The positions of events whose arrival changed since the last look, or since the time of the cursor at the
 * first one.
 */
async function changedArrivals(q: Queries, reader: Reader, pusherIds: readonly number[]): Promise<number[]> {
  const rows = await q.all(newestArrivals, { pusherIds, limit: ARRIVALS })
  const key = (row: (typeof rows)[number]) => `${row.pusher_id} ${row.position}`
  const { arrivals: before, cursor } = reader
  reader.arrivals = new Map(rows.map((row) => [key(row), row.state]))
  const isNew = (row: (typeof rows)[number]) =>
    before === undefined ? row.at > cursor.at - ARRIVAL_DELAY_MS : before.get(key(row)) !== row.state
  return rows.filter((row) => row.state !== 'waiting' && isNew(row)).map((row) => row.position)
}
