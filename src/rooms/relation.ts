import { MatrixError } from '../lib/errors.ts'
import { type EventId, isEventId, type RoomId } from '../lib/ids.ts'
import { isJsonObject, type JsonObject, parseStored } from '../lib/json.ts'
import { type EventDraft, MAIN_THREAD } from '../lib/matrix-event.ts'
import type { Queries } from '../storage/query.ts'
import { sweptTo } from './retention/retention-store.ts'
import { type RelationTarget, relationTarget } from './room-store.ts'

/**
 * The relation of an event to another: `m.relates_to` with a type (client-server API, "Forming relationships
 * between events").
 */
export type Relation = { type: string; eventId: EventId }

/** undefined: no relation, or one without a type or an event, such as a plain reply. */
export function relationOf(content: JsonObject): Relation | undefined {
  const relation = content['m.relates_to']
  if (!isJsonObject(relation)) return undefined
  const { rel_type: type, event_id: eventId } = relation
  if (typeof type !== 'string' || typeof eventId !== 'string' || !isEventId(eventId)) return undefined
  return { type, eventId }
}

const ENCRYPTED = 'm.room.encrypted'

type Relating = Pick<EventDraft, 'roomId' | 'sender' | 'type' | 'stateKey' | 'content'>

/** `target`: the related event, if it is in the same room. */
export type RelationWithTarget = Relation & { target: RelationTarget | undefined }

/** The relation of an event that is not a state event, and the related event. */
export async function relationWithTarget(
  q: Queries,
  { roomId, stateKey, content }: Relating,
): Promise<RelationWithTarget | undefined> {
  const relation = stateKey === undefined ? relationOf(content) : undefined
  return relation && { ...relation, target: await q.first(relationTarget, { ...relation, roomId }) }
}

/**
 * The thread of an event (client-server API, "Threading"): the one that `m.thread` names, or the thread of
 * the event that it annotates, replaces or otherwise relates to. In a room from which retention has removed
 * messages, the root of a thread may be one of them.
 * @throws MatrixError 400 for an invalid thread
 */
export async function threadOf(
  q: Queries,
  { roomId, relation }: { roomId: RoomId; relation: RelationWithTarget | undefined },
): Promise<string> {
  if (!relation) return MAIN_THREAD
  const { type, eventId, target } = relation
  if (type !== 'm.thread') return target?.thread_id ?? MAIN_THREAD
  if (!target) {
    if ((await q.first(sweptTo, { roomId })) !== undefined) return eventId
    throw new MatrixError(400, 'M_UNKNOWN', 'The root of the thread is not in this room')
  }
  const isRelated = target.thread_id !== MAIN_THREAD || hasRelation(parseStored(target.content))
  if (isRelated)
    throw new MatrixError(
      400,
      'M_UNKNOWN',
      'The root of a thread cannot be an event that relates to another event',
    )
  return eventId
}

/** The position of the message that an event edits, if the edit is valid ("Validity of replacement events"). */
export function editedPosition(
  event: Relating,
  relation: RelationWithTarget | undefined,
): number | undefined {
  const target = relation?.target
  if (relation?.type !== 'm.replace' || !target) return undefined
  // The new content of an encrypted edit is in the encrypted part.
  if (event.type !== ENCRYPTED && !isJsonObject(event.content['m.new_content'])) return undefined
  const isSame = target.sender === event.sender && target.type === event.type && target.state_key === null
  return isSame && relationOf(parseStored(target.content))?.type !== 'm.replace' ? target.position : undefined
}

function hasRelation(content: JsonObject): boolean {
  const relation = content['m.relates_to']
  return isJsonObject(relation) && typeof relation['rel_type'] === 'string'
}
