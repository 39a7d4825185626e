import { isDeepStrictEqual } from 'node:util'
import { badJson, forbidden, invalidParam, userSuspended } from '../lib/errors.ts'
import { type EventId, isEventId, isUserId } from '../lib/ids.ts'
import type { ClientTransaction, EventDraft, StateKey } from '../lib/matrix-event.ts'
import type { Transaction } from '../storage/database.ts'
import type { Membership } from '../storage/rooms-schema.ts'
import { appendTo } from './append-event.ts'
import { requireAllowed } from './auth-state.ts'
import { authorise } from './authorise.ts'
import { checkCanonicalAlias } from './canonical-alias.ts'
import { changeMembership } from './change-membership.ts'
import type { RoomDeps } from './deps.ts'
import { redactIn } from './redact.ts'
import { viewToPlace } from './room-view.ts'

export type MessageRequest = Pick<EventDraft, 'roomId' | 'sender' | 'type' | 'content'> & {
  transaction: ClientTransaction
  /** The account of the sender is suspended: it may redact its own events, and send nothing else. */
  isSuspended?: boolean
}

/**
 * Sends an event that is not a state event. A repeat from the same device with the same transaction id gives
 * the event of the first request, even when both arrive at the same moment, because the read is part of the
 * serial write transaction.
 */
export function sendMessage(deps: RoomDeps, message: MessageRequest): Promise<EventId> {
  return deps.db.transaction((tx) => sendIn(deps, tx, message), {
    orderedBy: message.roomId,
    repeatable: true,
    isIndependent: message.type !== 'm.room.redaction',
  })
}

async function sendIn(deps: RoomDeps, tx: Transaction, message: MessageRequest): Promise<EventId> {
  if (message.type === 'm.room.redaction') return redactIn(deps, tx, redactionOf(message))
  if (message.isSuspended === true) throw userSuspended()
  const room = await viewToPlace(tx, message)
  if (!room) throw forbidden('You are not in this room')
  if (room.sentBefore) return room.sentBefore
  return (await appendTo(deps, tx, { draft: message, room })).eventId
}

/** A redaction sent as an ordinary event names its target in its content (room version 11 and later). */
function redactionOf(message: MessageRequest) {
  const { redacts, ...content } = message.content
  if (typeof redacts !== 'string' || !isEventId(redacts))
    throw invalidParam('A redaction must name its event in content.redacts')
  return { ...message, content, eventId: redacts }
}

export type StateChange = StateKey & Pick<EventDraft, 'sender' | 'content'>

/** Sends a state event. If the content is already set, resolves to the event that set it. */
export function sendState(deps: RoomDeps, change: StateChange): Promise<EventId> {
  return deps.db.transaction((tx) => setStateIn(deps, tx, change), { orderedBy: change.roomId })
}

export async function setStateIn(deps: RoomDeps, tx: Transaction, change: StateChange): Promise<EventId> {
  const { roomId, sender, type, stateKey, content } = change
  if (type === 'm.room.member') return changeMembership(deps, tx, memberChange(change))
  if (type === 'm.room.redaction') throw invalidParam('A redaction is not a state event')
  const room = await viewToPlace(tx, change)
  if (!room) throw forbidden('You are not in this room')
  requireAllowed(authorise(change, room))
  if (room.present?.sender === sender && isDeepStrictEqual(room.present.content, content))
    return room.present.eventId
  if (type === 'm.room.canonical_alias' && stateKey === '')
    await checkCanonicalAlias(tx, { roomId, before: room.present?.content ?? {}, after: content })
  return (await appendTo(deps, tx, { draft: change, room })).eventId
}

const MEMBERSHIPS: readonly unknown[] = ['invite', 'join', 'leave', 'ban', 'knock']

function memberChange({ roomId, sender, stateKey, content }: StateChange) {
  if (!isUserId(stateKey)) throw invalidParam('The state key of m.room.member must be a user id')
  const { membership } = content
  if (!MEMBERSHIPS.includes(membership)) throw badJson(`membership must be one of ${MEMBERSHIPS.join(', ')}`)
  return {
    roomId,
    sender,
    target: stateKey,
    content: { ...content, membership: membership as Membership },
  }
}
