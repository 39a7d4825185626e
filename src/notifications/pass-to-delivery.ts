import type { PokedEvent } from '../delivery/poked-event.ts'
import { needsMembers } from '../delivery/room-name.ts'
import type { Event } from '../lib/matrix-event.ts'
import type { Transaction } from '../storage/database.ts'
import type { Decision } from './decide.ts'
import type { NotificationDeps } from './deps.ts'
import type { RoomContext } from './room-context.ts'

/**
 * Passes a message with its prepared form to delivery after the commit. Left out, because delivery loads
 * them: state events, after which the names can differ, and messages in rooms that are named after their
 * members.
 */
export function passToDeliveryAfterCommit(
  { recentEvents }: Pick<NotificationDeps, 'recentEvents'>,
  tx: Transaction,
  { event, context, decision }: { event: Event; context: RoomContext; decision: Decision },
): void {
  const { senderDisplayName, ...room } = context.naming
  if (event.stateKey !== null || needsMembers(room)) return
  const { eventId, roomId, type, stateKey, sender, originServerTs, content } = event
  const pokeEvent = { eventId, roomId, type, stateKey, sender, originServerTs, content }
  const { memberCount, powerLevels, creators, roomVersion } = context
  const poked: PokedEvent = {
    position: event.position,
    event: { ...pokeEvent, ...(senderDisplayName !== undefined && { senderDisplayName }) },
    room: { ...room, members: [] },
    evaluated: decision.evaluated,
    context: { memberCount, powerLevels, creators, roomVersion },
  }
  tx.onCommit(() => recentEvents.add(poked))
}
