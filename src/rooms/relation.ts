import { type EventId, isEventId } from '../lib/ids.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'

/** How an event relates to another: `m.relates_to` with a type (client-server API, "Forming relationships between events"). */
export type Relation = { type: string; eventId: EventId }

/** undefined: none, or one without a type or without an event, such as a plain reply. */
export function relationOf(content: JsonObject): Relation | undefined {
  const relation = content['m.relates_to']
  if (!isJsonObject(relation)) return undefined
  const { rel_type: type, event_id: eventId } = relation
  if (typeof type !== 'string' || typeof eventId !== 'string' || !isEventId(eventId)) return undefined
  return { type, eventId }
}
