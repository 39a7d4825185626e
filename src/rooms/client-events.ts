import type { EventId } from '../lib/ids.ts'
import { sizeOf } from '../lib/json-size.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Queries } from '../storage/query.ts'
import { findEvents } from './event-store.ts'
import { clientEvent, type StoredEvent, type Viewer } from './event.ts'

/** What other events add to a page is bounded by itself: a small event can have taken the place of a large one. */
const MOST_BYTES_OF_OTHERS = 1_048_576
const READ_AT_ONCE = 200

/**
 * Events in the format of the client-server API, with what their `unsigned` tells of other events: the content that a
 * state event replaced, and the redaction of a redacted one. One query in the usual case. Where those are more than 1 MiB together, the rest of the
 * events go without the content that they replaced, and with their redactions without content.
 */
export async function clientEvents(
  q: Queries,
  events: readonly StoredEvent[],
  options: { viewer: Viewer; now: number; withoutRoomId?: boolean },
): Promise<JsonObject[]> {
  const others = await othersOf(q, events)
  return events.map((event) =>
    clientEvent(event, {
      ...options,
      prevContent: event.replacesEventId === null ? undefined : others.get(event.replacesEventId)?.content,
      redactedBecause: event.redactedBy === null ? undefined : others.get(event.redactedBy),
    }),
  )
}

async function othersOf(q: Queries, events: readonly StoredEvent[]): Promise<Map<EventId, StoredEvent>> {
  const replaced = new Set<EventId>()
  const redactions = new Set<EventId>()
  for (const { replacesEventId, redactedBy } of events) {
    if (replacesEventId !== null) replaced.add(replacesEventId)
    if (redactedBy !== null) redactions.add(redactedBy)
  }
  // A client must learn that an event was redacted; what it replaced is only good to know.
  const wanted = [...redactions, ...replaced]
  const others = new Map<EventId, StoredEvent>()
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
