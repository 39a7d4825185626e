import type { EventId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Queries } from '../storage/query.ts'
import { findEvents } from './event-store.ts'
import { clientEvent, type StoredEvent, type Viewer } from './event.ts'

/**
 * Events in the format of the client-server API, with what their `unsigned` tells of other events: the content that a
 * state event replaced, and the redaction of a redacted one. One query at most, whatever their number.
 */
export async function clientEvents(
  q: Queries,
  events: readonly StoredEvent[],
  options: { viewer: Viewer; now: number; withoutRoomId?: boolean },
): Promise<JsonObject[]> {
  const wanted = new Set<EventId>()
  for (const { replacesEventId, redactedBy } of events) {
    if (replacesEventId !== null) wanted.add(replacesEventId)
    if (redactedBy !== null) wanted.add(redactedBy)
  }
  const others = await findEvents(q, [...wanted])
  return events.map((event) =>
    clientEvent(event, {
      ...options,
      prevContent: event.replacesEventId === null ? undefined : others.get(event.replacesEventId)?.content,
      redactedBecause: event.redactedBy === null ? undefined : others.get(event.redactedBy),
    }),
  )
}
