import { MatrixError } from '../lib/errors.ts'
import { type EventId, isEventId } from '../lib/ids.ts'
import { isJsonObject, type JsonObject, parseStored } from '../lib/json.ts'
import { type EventDraft, MAIN_THREAD } from '../lib/matrix-event.ts'
import type { Queries } from '../storage/query.ts'
import { type RelationTarget, relationTarget } from './room-store.ts'

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

type Relating = Pick<EventDraft, 'roomId' | 'sender' | 'type' | 'stateKey' | 'content'>

/** The relation of an event that is no state event, and the event of the same room that it relates to, if there is one. */
export async function relationWithTarget(
  q: Queries,
  { roomId, stateKey, content }: Relating,
): Promise<(Relation & { target: RelationTarget | undefined }) | undefined> {
  const relation = stateKey === undefined ? relationOf(content) : undefined
  return relation && { ...relation, target: await q.first(relationTarget, { ...relation, roomId }) }
}

/**
 * The thread that an event belongs to (client-server API, "Threading"): named by `m.thread`, or that of the event which
 * it annotates, replaces or otherwise relates to. Throws 400 for a thread that cannot be.
 */
export function threadOf(relation: Awaited<ReturnType<typeof relationWithTarget>>): string {
  if (!relation) return MAIN_THREAD
  const { type, eventId, target } = relation
  if (type !== 'm.thread') return target?.thread_id ?? MAIN_THREAD
  if (!target) throw new MatrixError(400, 'M_UNKNOWN', 'The root of the thread is not in this room')
  const isRelated = target.thread_id !== MAIN_THREAD || hasRelation(parseStored(target.content))
  if (isRelated)
    throw new MatrixError(400, 'M_UNKNOWN', 'A thread cannot begin at an event that relates to another')
  return eventId
}

/** The position of the message that an event edits, if the edit is valid ("Validity of replacement events"). */
export function editedPosition(
  event: Relating,
  relation: Awaited<ReturnType<typeof relationWithTarget>>,
): number | undefined {
  const target = relation?.target
  if (relation?.type !== 'm.replace' || !target || !isJsonObject(event.content['m.new_content']))
    return undefined
  const isSame = target.sender === event.sender && target.type === event.type && target.state_key === null
  return isSame && relationOf(parseStored(target.content))?.type !== 'm.replace' ? target.position : undefined
}

function hasRelation(content: JsonObject): boolean {
  const relation = content['m.relates_to']
  return isJsonObject(relation) && typeof relation['rel_type'] === 'string'
}
