import { forbidden, notFound, userSuspended } from '../lib/errors.ts'
import type { EventId, UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import type { ClientTransaction, Event, EventDraft } from '../lib/matrix-event.ts'
import { retractEvent } from '../notifications/retract.ts'
import type { Transaction } from '../storage/database.ts'
import { appendTo } from './append-event.ts'
import type { RoomDeps } from './deps.ts'
import { findEventOfRoom, pruneEvent } from './event-store.ts'
import { clearMemberProfile, moveCounters } from './membership-store.ts'
import { levelOf, levelToAct } from './power-levels.ts'
import { prunedContent } from './prune.ts'
import { removeRelation } from './relations/record-relation.ts'
import { indexAgain } from './search/index-events.ts'
import { summariseState } from './room-summary.ts'
import { type RoomView, viewRoom } from './room-view.ts'
import { countPruned } from './state-quota.ts'

export type Redaction = Pick<EventDraft, 'roomId' | 'sender'> & {
  /** The event to redact. */
  eventId: EventId
  /** `reason`, and other keys from the client. */
  content: JsonObject
  transaction: ClientTransaction
  /** The account of the sender is suspended: it may redact its own events only. */
  isSuspended?: boolean
}

/**
 * Removes the content of an event for good. Idempotent like `sendMessage`. Throws 403 `M_FORBIDDEN` without the needed
 * power level, or `M_USER_SUSPENDED`, 404 when the room has no such event.
 */
export function redactEvent(deps: RoomDeps, redaction: Redaction): Promise<EventId> {
  return deps.db.transaction((tx) => redactIn(deps, tx, redaction), { orderedBy: redaction.roomId })
}

export async function redactIn(deps: RoomDeps, tx: Transaction, redaction: Redaction): Promise<EventId> {
  const { roomId, sender, eventId, transaction } = redaction
  const type = 'm.room.redaction'
  const room = await viewRoom(tx, { roomId, sender, type, transaction })
  if (room?.senderMembership !== 'join') throw forbidden('You are not in this room')
  if (room.sentBefore) return room.sentBefore
  const redacted = await findEventOfRoom(tx, roomId, eventId)
  if (!redacted) throw notFound('There is no such event in this room')
  if (redaction.isSuspended === true && redacted.sender !== sender) throw userSuspended()
  checkMayRedact(redacted, sender, room)
  const content = room.version.redactsInContent
    ? { ...redaction.content, redacts: eventId }
    : redaction.content
  const draft = { roomId, sender, type, content, redacts: eventId, transaction }
  const event = await appendTo(deps, tx, { draft, room })
  // Read again: another process may have redacted it before this one took its position.
  const present = await findEventOfRoom(tx, roomId, eventId)
  if (present?.redactedBy === null) await applyRedaction(deps, tx, { redacted: present, room, by: event })
  return event.eventId
}

function checkMayRedact(redacted: Event, sender: UserId, room: RoomView): void {
  if (redacted.type === 'm.room.create') throw forbidden('The create event of a room cannot be redacted')
  const needed = levelToAct(room, 'redact')
  if (redacted.sender !== sender && levelOf(room, sender) < needed)
    throw forbidden(`You need power level ${needed} to redact the events of others in this room`)
}

async function applyRedaction(
  deps: RoomDeps,
  tx: Transaction,
  { redacted, room, by }: { redacted: Event; room: RoomView; by: Event },
): Promise<void> {
  const { roomId, eventId, position, type, stateKey } = redacted
  const kept = prunedContent(room.version, type, redacted.content)
  const content = JSON.stringify(kept)
  await removeRelation(tx, redacted)
  // Before the event is pruned, because the totals of the room contain its current size.
  const bytes = Buffer.byteLength(JSON.stringify(redacted.content)) - Buffer.byteLength(content)
  await countPruned(tx, redacted, bytes)
  await pruneEvent(tx, { eventId, content, redactedBy: by.eventId })
  await indexAgain(tx, redacted)
  summariseState(tx, { ...redacted, content: kept })
  if (type === 'm.room.member' && stateKey !== null) {
    const userId = stateKey as UserId
    await clearMemberProfile(tx, { roomId, eventId, userId })
    await moveCounters(tx, { roomId, userId, position: by.position, membership: null })
  }
  await retractEvent(deps.notifications, tx, { roomId, position })
}
