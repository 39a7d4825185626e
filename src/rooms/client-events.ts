import type { EventId } from '../lib/ids.ts'
import { sizeOf } from '../lib/json-size.ts'
import type { JsonObject } from '../lib/json.ts'
import { clientEvent, type ClientEventOptions, type Event, syncEvent } from '../lib/matrix-event.ts'
import type { Queries } from '../storage/query.ts'
import { findEvents } from './event-store.ts'

/** The limit for related events on a page is separate: a small event can have replaced a large one. */
const MOST_BYTES_OF_OTHERS = 1_048_576
const READ_AT_ONCE = 200

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
  return withOthers(q, events, (event, others) => clientEvent(event, optionsFor(event, reader, others)))
}

/** Like `clientEvents`, in the format of `syncEvent`. */
export function syncEvents(q: Queries, events: readonly Event[], reader: PageReader): Promise<JsonObject[]> {
  return withOthers(q, events, (event, others) => syncEvent(event, optionsFor(event, reader, others)))
}

type Others = ReadonlyMap<EventId, Event>

async function withOthers(
  q: Queries,
  events: readonly Event[],
  format: (event: Event, others: Others) => JsonObject,
): Promise<JsonObject[]> {
  const others = await othersOf(q, events)
  return events.map((event) => format(event, others))
}

function optionsFor(event: Event, { viewer, now }: PageReader, others: Others): ClientEventOptions {
  return {
    viewer,
    now,
    prevContent: event.replacesEventId === null ? undefined : others.get(event.replacesEventId)?.content,
    redactedBecause: event.redactedBy === null ? undefined : others.get(event.redactedBy),
  }
}

async function othersOf(q: Queries, events: readonly Event[]): Promise<Map<EventId, Event>> {
  const replaced = new Set<EventId>()
  const redactions = new Set<EventId>()
  for (const { replacesEventId, redactedBy } of events) {
    if (replacesEventId !== null) replaced.add(replacesEventId)
    if (redactedBy !== null) redactions.add(redactedBy)
  }
  // A client must learn that an event was redacted; the replaced content is optional.
  const wanted = [...redactions, ...replaced]
  const others = new Map<EventId, Event>()
  let left = MOST_BYTES_OF_OTHERS
  for (let at = 0; at < wanted.length; at += READ_AT_ONCE) {
    if (left < 0 && at >= redactions.size) break
    for (const [id, event] of await findEvents(q, wanted.slice(at, at + READ_AT_ONCE))) {
      left -= sizeOf(event.content)
      if (left >= 0) others.set(id, event)
      else if (redactions.has(id)) others.set(id, { ...event, content: {} })
    }
  }
  return others
}
