import { hash } from 'node:crypto'
import { MatrixError } from '../../lib/errors.ts'
import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import type { Event } from '../../lib/matrix-event.ts'
import type { Transaction } from '../../storage/database.ts'
import { deleteEdit, insertEdit } from '../edits-store.ts'
import { editedPosition, type RelationWithTarget, relationWithTarget } from '../relation.ts'
import { indexAgain } from '../search/index-events.ts'
import { MAX_KEY_BYTES } from '../validate-event.ts'
import {
  deleteRelationsOf,
  deleteRelationsThrough,
  insertRelation,
  sameAnnotation,
} from './relations-store.ts'
import { addReply, removeParticipantWithoutReplies, removeReply } from './threads-store.ts'

type Child = Pick<Event, 'sender' | 'type' | 'content'>

/**
 * Refuses a second annotation of an event by the same user, of the same type and with the same key (client-server API,
 * "Avoiding duplicate annotations").
 * @throws 400 M_DUPLICATE_ANNOTATION
 */
export async function checkAnnotation(
  tx: Transaction,
  { sender, type, content }: Child,
  relation: RelationWithTarget | undefined,
): Promise<void> {
  const annotationKey = relation === undefined ? null : annotationKeyOf(relation, content)
  if (!relation?.target || annotationKey === null) return
  const { position: parent } = relation.target
  if (await tx.first(sameAnnotation, { parent, sender, eventType: type, annotationKey }))
    throw new MatrixError(
      400,
      'M_DUPLICATE_ANNOTATION',
      'You have already sent this annotation (such as a reaction) to this event. Redact the earlier one first',
    )
}

/**
 * Writes the relation of a new event to the related event. An event without a related event in its room needs
 * no statement. Returns the position of the message that the event edits.
 */
export function recordRelation(
  tx: Transaction,
  event: Event,
  relation: RelationWithTarget | undefined,
): number | undefined {
  const { target } = relation ?? {}
  if (relation === undefined || target === undefined || !isStored(relation.type)) return undefined
  const { position, sender, roomId } = event
  tx.write(insertRelation, {
    parent: target.position,
    position,
    relType: relation.type,
    eventType: event.type,
    sender,
    annotationKey: annotationKeyOf(relation, event.content),
  })
  if (relation.type === 'm.thread')
    tx.write(addReply, { root: target.position, userId: sender, roomId, position })
  const edited = editedPosition({ ...event, stateKey: undefined }, relation)
  if (edited !== undefined) tx.write(insertEdit, { position: edited, editPosition: position })
  return edited
}

/**
 * Deletes the relation of an event that is redacted ("when a child event is redacted then the relationship is
 * broken"). The events that relate to it keep their relations to it. When an edit is redacted, the message
 * has the content of the previous edit, or its own.
 */
export async function removeRelation(tx: Transaction, redacted: Event): Promise<void> {
  const { stateKey, position, sender } = redacted
  const relation = await relationWithTarget(tx, { ...redacted, stateKey: stateKey ?? undefined })
  const target = relation?.target
  if (relation === undefined || target === undefined || !isStored(relation.type)) return
  await tx.run(deleteRelationsThrough, { position })
  await tx.run(deleteRelationsOf, { position })
  if (relation.type === 'm.replace') {
    await tx.run(deleteEdit, { position: target.position, editPosition: position })
    await indexAgain(tx, target)
  }
  if (relation.type !== 'm.thread') return
  const participant = { root: target.position, userId: sender }
  await tx.run(removeReply, participant)
  await tx.run(removeParticipantWithoutReplies, participant)
}

/** Types of relations are keys of an index, so their length is limited. */
const isStored = (relType: string) => relType !== '' && Buffer.byteLength(relType) <= MAX_KEY_BYTES

/** The key of an annotation, or the hash of a long key. null: the event is no annotation, or has no key. */
function annotationKeyOf({ type }: Pick<RelationWithTarget, 'type'>, content: JsonObject): string | null {
  const relation = content['m.relates_to']
  const key = type === 'm.annotation' && isJsonObject(relation) ? relation['key'] : undefined
  if (typeof key !== 'string') return null
  return Buffer.byteLength(key) <= MAX_KEY_BYTES ? key : `sha256:${hash('sha256', key)}`
}
