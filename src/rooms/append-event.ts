import type { Event, EventDraft } from '../lib/matrix-event.ts'
import { mentionKey } from '../push-rules/index.ts'
import { forbidden } from '../lib/errors.ts'
import { type EventId, localpartOf, type UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import { memberInvitedAgain, memberJoined, memberLeft } from '../notifications/members.ts'
import { recordEvent } from '../notifications/record.ts'
import type { Transaction } from '../storage/database.ts'
import type { Membership } from '../storage/rooms-schema.ts'
import { nextPosition } from '../storage/stream.ts'
import { requireAllowed } from './auth-state.ts'
import { authorise } from './authorise.ts'
import type { RoomDeps } from './deps.ts'
import { rowOfEvent, type UnplacedEvent } from './event-row.ts'
import { addAtNextPosition, addEvent, isIndependent } from './event-store.ts'
import { moveCounters, setMembership } from './membership-store.ts'
import { type RelationWithTarget, relationWithTarget, threadOf } from './relation.ts'
import { checkAnnotation, recordRelation } from './relations/record-relation.ts'
import { indexAgain } from './search/index-events.ts'
import { summariseState } from './room-summary.ts'
import { type RoomView, viewRoom } from './room-view.ts'
import { countState } from './state-quota.ts'
import { setCurrentState } from './state-store.ts'
import { contentText } from './validate-event.ts'

/**
 * The only function that creates events. It checks the draft against the rules of its room, assigns a
 * position, and writes all effects in the same transaction: current state, memberships, counters,
 * notifications, and work for the pushers. Throws 403 `M_FORBIDDEN`, and the errors of `contentText`,
 * `checkAnnotation` and `countState`. The caller checks for an earlier event of the same transaction id.
 */
export async function appendEvent(deps: RoomDeps, tx: Transaction, draft: EventDraft): Promise<Event> {
  const room = await viewRoom(tx, draft)
  if (!room) throw forbidden('You are not in this room')
  return appendTo(deps, tx, { draft, room })
}

/** Like `appendEvent`, with the current view of the room, loaded for this draft. */
export async function appendTo(
  deps: RoomDeps,
  tx: Transaction,
  { draft, room }: { draft: EventDraft; room: RoomView },
): Promise<Event> {
  const content = contentText(draft)
  requireAllowed(authorise({ ...draft, stateKey: draft.stateKey }, room))
  checkEncryption(deps, draft)
  const relation = await relationWithTarget(tx, draft)
  const threadId = await threadOf(tx, { roomId: draft.roomId, relation })
  const isPlain = isPlainMessage(draft, relation)
  const position = await positionBefore(tx, { reserved: room.reserved, isPlain })
  await checkAndCount(deps, tx, { draft, room, relation, bytes: Buffer.byteLength(content) })
  const unplaced: UnplacedEvent = {
    eventId: draft.eventId ?? newEventId(deps),
    roomId: draft.roomId,
    type: draft.type,
    stateKey: draft.stateKey ?? null,
    sender: draft.sender,
    originServerTs: deps.clock.now(),
    content: draft.content,
    threadId,
    replacesEventId: room.present?.eventId ?? null,
    redacts: draft.redacts ?? null,
    redactedBy: null,
    senderDevice: draft.transaction?.deviceId ?? null,
    txnId: draft.transaction?.txnId ?? null,
  }
  const { event, joinedCount, rulesVersion } = await placeEvent(tx, unplaced, { position, room, content })
  const target = memberIn(event)
  const edited = recordRelation(tx, event, relation)
  if (edited !== undefined) await indexAgain(tx, { type: event.type, position: edited })
  if (event.stateKey !== null) {
    await setCurrentState(tx, { ...event, stateKey: event.stateKey })
    summariseState(tx, event)
  }
  const context = {
    memberCount: joinedCount,
    rulesVersion,
    membersVersion: target === undefined ? room.membersVersion : event.position,
    senderIgnored: room.senderIgnored,
    // The view is older than the membership that a member event sets.
    hasPushers: target !== undefined || room.hasPushers,
    isOnBadges: target === undefined && room.isOnBadges,
    senderOnBadge: room.senderOnBadge,
    naming: room.naming,
    powerLevels: room.powerLevels,
    creators: room.creators,
    roomVersion: room.version.id,
  }
  await recordEvent(deps.notifications, tx, { event, context })
  if (target !== undefined) await applyToCounts(deps, tx, { event, before: room.targetMembership })
  tx.onCommit(() => {
    deps.bus.publish(`room:${event.roomId}`)
    if (target !== undefined) deps.bus.publish(`user:${target}`)
  })
  return event
}

/**
 * A new event id: the time in base 36 with 9 digits, and 200 random bits; 43 characters after the `$`. Ids of
 * the same time are neighbours in the index, so a message does not write a page of the index of its own. Room
 * version 12 uses the id of the create event in the room id.
 */
export function newEventId({ clock, random }: Pick<RoomDeps, 'clock' | 'random'>): EventId {
  return `$${clock.now().toString(36).padStart(9, '0')}${random.token(25)}` as EventId
}

/** For servers whose operator wants rooms without encryption. A room cannot become unencrypted again. */
function checkEncryption({ allowEncryption }: RoomDeps, { type, stateKey }: EventDraft): void {
  if (allowEncryption || type !== 'm.room.encryption' || stateKey === undefined) return
  throw forbidden(
    'Encrypted rooms are disabled on this server. Leave m.room.encryption out. (The operator can allow it with rooms.allow_encryption.)',
  )
}

/** The user whose membership the event changes. */
const memberIn = ({ type, stateKey }: UnplacedEvent) =>
  type === 'm.room.member' && stateKey !== null ? stateKey : undefined

/** Whether the event takes its position with its row: no check and no write before it depends on the position. */
const isPlainMessage = ({ type, stateKey }: EventDraft, relation: RelationWithTarget | undefined): boolean =>
  isIndependent(type) && stateKey === undefined && relation?.type !== 'm.annotation'

/**
 * The reserved position of the event. Otherwise that of an event with checks that depend on other events, or
 * with writes to rows besides its own before it is inserted. Undefined: it is placed with its row.
 */
async function positionBefore(
  tx: Transaction,
  { reserved, isPlain }: { reserved: number | undefined; isPlain: boolean },
): Promise<number | undefined> {
  if (reserved === undefined) return isPlain ? undefined : nextPosition(tx)
  tx.usePosition(reserved)
  return reserved
}

type Checked = {
  draft: EventDraft
  room: RoomView
  relation: RelationWithTarget | undefined
  /** The size of the content. */
  bytes: number
}

async function checkAndCount(
  deps: RoomDeps,
  tx: Transaction,
  { draft, room, relation, bytes }: Checked,
): Promise<void> {
  await checkAnnotation(tx, draft, relation)
  const { roomId, type, stateKey } = draft
  if (stateKey !== undefined) await countState(deps, tx, { roomId, type, stateKey, bytes, room })
}

type Inserted = { event: Event; joinedCount: number; rulesVersion: number }

/**
 * Inserts the event at its position, or at the next one. The row of a member event contains the number of
 * members after it.
 */
async function placeEvent(
  tx: Transaction,
  unplaced: UnplacedEvent,
  { position, room, content }: { position: number | undefined; room: RoomView; content: string },
): Promise<Inserted> {
  const { joinedCount, rulesVersion } = room
  const row = rowOfEvent(unplaced, content)
  if (position === undefined) {
    const added = await addAtNextPosition(tx, row, joinedCount)
    return { event: { position: added, ...unplaced }, joinedCount, rulesVersion }
  }
  const event = { position, ...unplaced }
  const after =
    memberIn(event) === undefined ? { joinedCount, rulesVersion } : await applyMembership(tx, event)
  addEvent(tx, { position, ...row }, after.joinedCount)
  return { event, ...after }
}

/** Resolves to the number of joined members and to the version of the members' push rules after the event. */
async function applyMembership(
  tx: Transaction,
  event: Event,
): Promise<{ joinedCount: number; rulesVersion: number }> {
  const { roomId, position } = event
  const userId = event.stateKey as UserId
  const membership = event.content['membership'] as Membership
  const displayname = textIn(event.content, 'displayname')
  const counters = await moveCounters(tx, { roomId, userId, position, membership })
  await setMembership(tx, {
    roomId,
    userId,
    membership,
    eventId: event.eventId,
    position,
    displayname,
    avatarUrl: textIn(event.content, 'avatar_url'),
    nameKey: mentionKey(displayname ?? ''),
    localpartKey: mentionKey(localpartOf(userId)),
  })
  return counters
}

/**
 * Runs after the event itself was counted: a user who left has no counts, a joining user starts at zero, and
 * a new invitation replaces the earlier one.
 */
async function applyToCounts(
  deps: RoomDeps,
  tx: Transaction,
  { event, before }: { event: Event; before: Membership | undefined },
): Promise<void> {
  const userId = event.stateKey as UserId
  const { roomId, position } = event
  const membership = event.content['membership']
  if (membership === 'join') {
    if (before !== 'join') await memberJoined(deps.notifications, tx, { userId, roomId, position })
  } else if (membership === 'invite') {
    if (before === 'invite') await memberInvitedAgain(deps.notifications, tx, { userId, roomId, position })
  } else if (before === 'join' || before === 'invite') {
    await memberLeft(deps.notifications, tx, { userId, roomId })
  }
}

function textIn(content: JsonObject, name: string): string | null {
  const value = content[name]
  return typeof value === 'string' ? value : null
}
