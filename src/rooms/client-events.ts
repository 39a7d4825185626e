import type { EventId } from '../lib/ids.ts'
import { sizeOf } from '../lib/json-size.ts'
import type { JsonObject } from '../lib/json.ts'
import { clientEvent, type ClientEventOptions, type Event, syncEvent } from '../lib/matrix-event.ts'
import type { Queries } from '../storage/query.ts'
import { findEvents } from './event-store.ts'

/** The limit for related events on a page is separate: a small event can have replaced a large one. */
const MAX_RELATED_BYTES = 1_048_576
const RELATED_BATCH = 200

type PageReader = Pick<ClientEventOptions, 'viewer' | 'now'>

/**
 * Events in the format of `clientEvent`, with the related events in their `unsigned`: the content that a state event replaced, and
 * the redaction of a redacted event. One query in the usual case. When the related events exceed 1 MiB in total, the remaining
 * events have no replaced content, and their redactions have no content.
 */
export function clientEvents(
  q: Queries,
  events: readonly Event[],
  reader: PageReader,
): Promise<JsonObject[]> {
  return formatWithRelated(q, events, (event, related) =>
    clientEvent(event, optionsFor(event, reader, related)),
  )
}

/** Like `clientEvents`, in the format of `syncEvent`. */
export function syncEvents(q: Queries, events: readonly Event[], reader: PageReader): Promise<JsonObject[]> {
  return formatWithRelated(q, events, (event, related) =>
    syncEvent(event, optionsFor(event, reader, related)),
  )
}

type RelatedEvents = ReadonlyMap<EventId, Event>

async function formatWithRelated(
  q: Queries,
  events: readonly Event[],
  format: (event: Event, related: RelatedEvents) => JsonObject,
): Promise<JsonObject[]> {
  const related = await relatedEventsOf(q, events)
  return events.map((event) => format(event, related))
}

function optionsFor(event: Event, { viewer, now }: PageReader, related: RelatedEvents): ClientEventOptions {
  return {
    viewer,
    now,
    prevContent: event.replacesEventId === null ? undefined : related.get(event.replacesEventId)?.content,
    redactedBecause: event.redactedBy === null ? undefined : related.get(event.redactedBy),
  }
}

async function relatedEventsOf(q: Queries, events: readonly Event[]): Promise<Map<EventId, Event>> {
  const replaced = new Set<EventId>()
  const redactions = new Set<EventId>()
  for (const { replacesEventId, redactedBy } of events) {
    if (replacesEventId !== null) replaced.add(replacesEventId)
    if (redactedBy !== null) redactions.add(redactedBy)
  }
  // A client must learn that an event was redacted; the replaced content is optional.
  const ids = [...redactions, ...replaced]
  const related = new Map<EventId, Event>()
  let left = MAX_RELATED_BYTES
  for (let at = 0; at < ids.length; at += RELATED_BATCH) {
    if (left < 0 && at >= redactions.size) break
    for (const [id, event] of await findEvents(q, ids.slice(at, at + RELATED_BATCH))) {
      left -= sizeOf(event.content)
      if (left >= 0) related.set(id, event)
      else if (redactions.has(id)) related.set(id, { ...event, content: {} })
    }
  }
  return related
}
