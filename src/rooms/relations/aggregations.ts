import { sizeOf } from '../../lib/json-size.ts'
import type { Aggregations, Event, Viewer } from '../../lib/matrix-event.ts'
import type { Queries } from '../../storage/query.ts'
import { eventOfRow } from '../event-row.ts'
import type { Span } from '../visibility.ts'
import { type AggregateRow, aggregatesInSpans, aggregatesOf, eventsAt } from './aggregations-store.ts'

/** The events of a room for which a reader wants aggregations. */
export type PageOfRoom = {
  events: readonly Event[]
  /** The part of the room's history that the viewer may see, in ascending order. */
  spans: readonly Span[]
}
/** The viewer, and the users that the viewer ignores: their events are in no aggregation. */
export type AggregationReader = { viewer: Viewer; ignored: ReadonlySet<string> }
/** By position of the parent. An event without aggregations is absent. */
export type AggregationsByEvent = ReadonlyMap<number, Aggregations>

/**
 * The maximum size of all edits and replies that are bundled with the events of one response. Further ones
 * are left out.
 */
const MAX_BUNDLED_BYTES = 4_194_304
/** The number of events that one statement reads. */
const BATCH = 200
/** The number of references of an event that are listed, the newest. It is lower where a response has many events. */
const MAX_REFERENCES = 1000
const MIN_REFERENCES = 10
const MAX_REFERENCES_OF_ALL = 10_000
/**
 * The number of visible spans in which children are read, for all events of a response. For each event the
 * newest are read.
 */
const MAX_SPANS = 10_000

const NONE: AggregationsByEvent = new Map()

/**
 * The aggregations of events (client-server API, "Aggregations of child events"): the newest edit, the
 * thread, and references. The number of statements does not depend on the number of events: one for events
 * without children, three in the usual case for events with children, one more where a part of the later
 * history is hidden from the viewer, and one more for each further 200 edits and replies. State events have
 * no aggregations.
 */
export async function aggregationsOf(
  q: Queries,
  reader: AggregationReader,
  pages: readonly PageOfRoom[],
): Promise<AggregationsByEvent> {
  const parents = parentsOf(pages)
  const rows = withoutEditsOf(await readRows(q, reader, parents), pages, reader.ignored)
  if (rows.length === 0) return NONE
  // The latest reply of a thread has aggregations as well.
  const latest = rows
    .filter(({ kind }) => kind === 'thread')
    .map(({ position, parent }) => ({ position, parent }))
  const spansOf = new Map(parents.map(({ position, spans }) => [position, spans]))
  const ofLatest = await readRows(
    q,
    reader,
    latest.map(({ position, parent }) => ({ position, spans: spansOf.get(parent) })),
  )
  const events = await readEvents(q, [...rows, ...ofLatest])
  return composed(rows, events, composed(ofLatest, events, NONE))
}

/** `spans`: the visible parts of the later history; undefined: all of it is visible. */
type Parent = { position: number; spans: readonly Span[] | undefined }

function parentsOf(pages: readonly PageOfRoom[]): Parent[] {
  return pages.flatMap(({ events, spans }) => {
    const last = spans.at(-1)
    const seesAllFrom = last?.to === Number.MAX_SAFE_INTEGER ? last.from : Number.MAX_SAFE_INTEGER
    return events
      .filter(({ stateKey }) => stateKey === null)
      .map(({ position }) => ({ position, spans: position >= seesAllFrom ? undefined : spans }))
  })
}

/** A redacted event has no edit. The edit of an event by an ignored user is by that user as well. */
function withoutEditsOf(
  rows: readonly AggregateRow[],
  pages: readonly PageOfRoom[],
  ignored: ReadonlySet<string>,
): readonly AggregateRow[] {
  const unedited = new Set<number>()
  for (const { events } of pages)
    for (const { position, redactedBy, sender } of events)
      if (redactedBy !== null || ignored.has(sender)) unedited.add(position)
  return rows.filter(({ kind, parent }) => kind !== 'edit' || !unedited.has(parent))
}

async function readRows(
  q: Queries,
  { viewer, ignored }: AggregationReader,
  parents: readonly Parent[],
): Promise<AggregateRow[]> {
  if (parents.length === 0) return []
  const perEvent = Math.floor(MAX_REFERENCES_OF_ALL / parents.length)
  const skip = Math.min(MAX_REFERENCES, Math.max(MIN_REFERENCES, perEvent)) - 1
  const shared = { viewer: viewer.userId, ignored: [...ignored], skip }
  const open = parents.filter(({ spans }) => spans === undefined).map(({ position }) => position)
  const spansEach = Math.max(1, Math.floor(MAX_SPANS / parents.length))
  // The children of an event are after it.
  const spans = parents.flatMap(({ position, spans: of }) =>
    (of ?? [])
      .slice(-spansEach)
      .filter(({ to }) => to >= position)
      .map(({ from, to }) => ({ parent: position, low: from, high: to })),
  )
  const rows = open.length === 0 ? [] : await q.all(aggregatesOf, { ...shared, parents: open })
  return spans.length === 0 ? rows : [...rows, ...(await q.all(aggregatesInSpans, { ...shared, spans }))]
}

/** The newest edits and latest replies, by position, up to their maximum size. */
async function readEvents(q: Queries, rows: readonly AggregateRow[]): Promise<Map<number, Event>> {
  const wanted = rows.filter(({ kind }) => kind !== 'reference').map(({ position }) => position)
  const events = new Map<number, Event>()
  let left = MAX_BUNDLED_BYTES
  for (let at = 0; at < wanted.length && left > 0; at += BATCH) {
    for (const row of await q.all(eventsAt, { positions: wanted.slice(at, at + BATCH) })) {
      const event = eventOfRow(row)
      left -= sizeOf(event.content)
      if (left > 0) events.set(event.position, event)
    }
  }
  return events
}

/** @param inner the aggregations of the latest replies */
function composed(
  rows: readonly AggregateRow[],
  events: ReadonlyMap<number, Event>,
  inner: AggregationsByEvent,
): AggregationsByEvent {
  const found = new Map<number, Aggregations>()
  for (const row of rows.toSorted((a, b) => a.position - b.position)) {
    const aggregations = found.get(row.parent) ?? {}
    const event = events.get(row.position)
    if (row.kind === 'reference') {
      if (row.event_id !== null) (aggregations.references ??= []).push(row.event_id)
    } else if (event && row.kind === 'edit') aggregations.replacement = event
    else if (event) {
      const { replies, participated } = row
      aggregations.thread = {
        latest: event,
        ofLatest: inner.get(row.position),
        replies,
        participated: participated === 1,
      }
    } else continue
    found.set(row.parent, aggregations)
  }
  return found
}
