import type { EventId } from '../lib/ids.ts'
import { sizeOf } from '../lib/json-size.ts'
import type { JsonObject } from '../lib/json.ts'
import { clientEvent, type ClientEventOptions, type Event, syncEvent } from '../lib/matrix-event.ts'
import type { Queries } from '../storage/query.ts'
import { findEvents } from './event-store.ts'
import { type AggregationsByEvent, aggregationsOf } from './relations/aggregations.ts'
import type { Span } from './visibility.ts'

/** The limit for related events on a page is separate: a small event can have replaced a large one. */
const MAX_RELATED_BYTES = 1_048_576
/** The first read is small, because the size of the events is unknown before. */
const FIRST_BATCH = 200
const MAX_BATCH = 2000
const BATCH_BYTES = 2_097_152

type PageReader = Pick<ClientEventOptions, 'viewer' | 'now'>

/** A page of one room with aggregations (`unsigned.m.relations`) of the events that the viewer may see. */
export type Bundling = { spans: readonly Span[]; ignored: ReadonlySet<string> }
type BundlingReader = PageReader & { bundling?: Bundling | undefined }
/** `spans`: its events have aggregations, of the events in this part of the history. */
export type EventPage = { events: readonly Event[]; spans?: readonly Span[] | undefined }

/**
 * Events of one room in the format of `clientEvent`, with their aggregations if the reader asks for them, and
 * with the related events in their `unsigned`: the content that a state event replaced, and the redaction of
 * a redacted event. One query in the usual case. When the related events exceed 1 MiB in total, the remaining
 * events have no replaced content, and their redactions have no content.
 */
export async function clientEvents(
  q: Queries,
  events: readonly Event[],
  reader: BundlingReader,
): Promise<JsonObject[]> {
  const { bundling } = reader
  const [related = NONE] = await relatedEventsOf(q, [events])
  const aggregations = bundling
    ? await aggregationsOf(q, { ...reader, ...bundling }, [{ events, spans: bundling.spans }])
    : NO_AGGREGATIONS
  return events.map((event) => clientEvent(event, optionsFor(event, reader, { related, aggregations })))
}

/** Like `clientEvents`, in the format of `syncEvent`. */
export async function syncEvents(
  q: Queries,
  events: readonly Event[],
  reader: PageReader,
): Promise<JsonObject[]> {
  return (await syncEventsOfPages(q, [{ events }], reader))[0] ?? []
}

/**
 * Like `syncEvents`, of several pages. One query for all of them in the usual case. `ignored`: the users that
 * the viewer ignores; only for pages with aggregations.
 */
export async function syncEventsOfPages(
  q: Queries,
  pages: readonly EventPage[],
  reader: PageReader & { ignored?: ReadonlySet<string> | undefined },
): Promise<JsonObject[][]> {
  const lists = pages.map((page) => page.events)
  const related = lists.some(hasRelated) ? await relatedEventsOf(q, lists) : []
  const bundled = pages.flatMap(({ events, spans }) =>
    spans && events.length > 0 ? [{ events, spans }] : [],
  )
  const { viewer, ignored = NO_USERS } = reader
  const aggregations =
    bundled.length === 0 ? NO_AGGREGATIONS : await aggregationsOf(q, { viewer, ignored }, bundled)
  return lists.map((events, at) =>
    events.map((event) =>
      syncEvent(event, optionsFor(event, reader, { related: related[at] ?? NONE, aggregations })),
    ),
  )
}

const hasRelated = (page: readonly Event[]) =>
  page.some(({ replacesEventId, redactedBy }) => replacesEventId !== null || redactedBy !== null)

type RelatedEvents = ReadonlyMap<EventId, Event>

const NONE: RelatedEvents = new Map()
const NO_AGGREGATIONS: AggregationsByEvent = new Map()
export const NO_USERS: ReadonlySet<string> = new Set()

type Beside = { related: RelatedEvents; aggregations: AggregationsByEvent }

function optionsFor(
  event: Event,
  { viewer, now }: PageReader,
  { related, aggregations }: Beside,
): ClientEventOptions {
  return {
    aggregations: aggregations.get(event.position),
    viewer,
    now,
    prevContent: event.replacesEventId === null ? undefined : related.get(event.replacesEventId)?.content,
    redactedBecause: event.redactedBy === null ? undefined : related.get(event.redactedBy),
  }
}

/** The related events of each page. An event belongs to one room, so it is related to one page at most. */
async function relatedEventsOf(
  q: Queries,
  pages: readonly (readonly Event[])[],
): Promise<Map<EventId, Event>[]> {
  const wanted = pages.map(createRelated)
  const pageOf = new Map(wanted.flatMap((page) => page.ids.map((id) => [id, page] as const)))
  let ids = [...pageOf.keys()]
  let batch = FIRST_BATCH
  let read = 0
  let bytes = 0
  while (ids.length > 0) {
    const found = await findEvents(q, ids.slice(0, batch))
    for (const [id, event] of found) {
      pageOf.get(id)?.add(event)
      bytes += sizeOf(event.content)
    }
    read += Math.min(batch, ids.length)
    ids = ids.slice(batch).filter((id) => pageOf.get(id)?.needs(id))
    batch = Math.max(1, Math.min(MAX_BATCH, Math.floor((BATCH_BYTES * read) / Math.max(1, bytes))))
  }
  return wanted.map((page) => page.events)
}

/** The related events of one page, up to their limit. */
function createRelated(page: readonly Event[]) {
  const replaced = new Set<EventId>()
  const redactions = new Set<EventId>()
  for (const { replacesEventId, redactedBy } of page) {
    if (replacesEventId !== null) replaced.add(replacesEventId)
    if (redactedBy !== null) redactions.add(redactedBy)
  }
  const events = new Map<EventId, Event>()
  let left = MAX_RELATED_BYTES
  return {
    events,
    // A client must learn that an event was redacted; the replaced content is optional.
    ids: [...redactions, ...replaced],
    needs: (id: EventId) => left >= 0 || redactions.has(id),
    add(event: Event): void {
      left -= sizeOf(event.content)
      if (left >= 0) events.set(event.eventId, event)
      else if (redactions.has(event.eventId)) events.set(event.eventId, { ...event, content: {} })
    },
  }
}
