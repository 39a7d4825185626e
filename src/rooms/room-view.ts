import type { EventId, RoomId, UserId } from '../lib/ids.ts'
import { parseStored } from '../lib/json.ts'
import type { Event, EventDraft } from '../lib/matrix-event.ts'
import type { RoomNaming } from '../notifications/room-context.ts'
import type { Transaction } from '../storage/database.ts'
import type { Queries, Query } from '../storage/query.ts'
import type { Membership } from '../storage/rooms-schema.ts'
import { reservingIn, type ReservingParams } from '../storage/stream.ts'
import type { AuthState } from './auth-state.ts'
import { storedCreators } from './creators.ts'
import { predecessorIn } from './predecessor.ts'
import { viewForMessage, viewForState } from './room-store.ts'
import { storedVersion } from './room-versions.ts'

/** The data of a room that the authorisation of an event needs. */
export type RoomView = AuthState & {
  roomId: RoomId
  joinedCount: number
  /** The version of the members' push rules: `rooms.rules_version`. */
  rulesVersion: number
  /** The version of the members' names: `rooms.members_version`. */
  membersVersion: number
  /** Whether any user ignores the sender. */
  senderIgnored: boolean
  /** Whether a joined member other than the sender has pushers. */
  hasPushers: boolean
  /** Whether every such member has the room on the badge. */
  isOnBadges: boolean
  /** Whether the sender has the room on the badge. */
  senderOnBadge: boolean
  /** The names for pokes. */
  naming: RoomNaming
  /** The earlier event of the same device with the same transaction id. */
  sentBefore: EventId | undefined
  /** The current event of the type and state key in the request. */
  present: (Pick<Event, 'eventId' | 'sender' | 'content'> & { bytes: number }) | undefined
  /** The current state without members: the number of events, and the bytes of their contents. */
  stateUsage: { events: number; bytes: number }
  /** On PostgreSQL the position of the event, if the view was loaded by `viewToPlace`. */
  reserved: number | undefined
  /** For member events: the room that this room replaces, according to its create event. */
  predecessor: RoomId | undefined
}

type Row = typeof viewForMessage extends Query<infer _P, infer R> ? R : never

export type ViewRequest = Pick<EventDraft, 'roomId' | 'sender' | 'type' | 'stateKey' | 'transaction'>

/**
 * Loads the view of a room for an event that the transaction of this room writes next. PostgreSQL reserves
 * its position.
 */
export const viewToPlace = (tx: Transaction, request: ViewRequest): Promise<RoomView | undefined> =>
  loadView(tx, request, reservingIn(tx))

/** Loads the view of a room; undefined: the room does not exist. One query; two for state events. */
export const viewRoom = (q: Queries, request: ViewRequest): Promise<RoomView | undefined> =>
  loadView(q, request, reservingIn({ shard: undefined }))

async function loadView(
  q: Queries,
  request: ViewRequest,
  reserving: ReservingParams,
): Promise<RoomView | undefined> {
  const { roomId, sender, type, stateKey, transaction } = request
  const row = await q.first(viewForMessage, {
    roomId,
    sender,
    type,
    senderDevice: transaction?.deviceId ?? '',
    txnId: transaction?.txnId ?? '',
    ...reserving,
  })
  if (!row) return undefined
  const powerLevels = row.power_levels === null ? undefined : parseStored(row.power_levels)
  const state = stateKey === undefined ? NO_STATE : await viewState(q, { ...request, stateKey })
  return {
    roomId,
    version: storedVersion(row.version),
    creator: row.creator,
    creators: storedCreators(row),
    created: row.create_content !== null,
    powerLevels,
    onlyCreated: powerLevels === undefined && row.joined_count === 0 && row.sender_membership === null,
    senderMembership: row.sender_membership ?? undefined,
    joinedCount: row.joined_count,
    rulesVersion: row.rules_version,
    membersVersion: row.members_version,
    senderIgnored: row.sender_ignored !== null,
    hasPushers: row.has_pushers !== null,
    isOnBadges: row.lacks_badge === null,
    senderOnBadge: row.sender_on_badge !== null,
    naming: namingOf(row),
    sentBefore: row.sent_event_id ?? undefined,
    ...state,
    reserved: row.reserved ?? undefined,
    predecessor: type === 'm.room.member' ? predecessorIn(row.create_content) : undefined,
  }
}

function namingOf(row: Row): RoomNaming {
  const { name, canonical_alias: canonicalAlias, sender_displayname: senderDisplayName } = row
  return {
    name: name ?? undefined,
    canonicalAlias: canonicalAlias ?? undefined,
    memberCount: row.joined_count + row.invited_count,
    ...(senderDisplayName && { senderDisplayName }),
  }
}

type StateOfView = Pick<
  RoomView,
  'joinRules' | 'targetMembership' | 'authoriserJoined' | 'present' | 'stateUsage'
>

const NO_STATE: StateOfView = {
  joinRules: undefined,
  targetMembership: undefined,
  authoriserJoined: false,
  present: undefined,
  stateUsage: { events: 0, bytes: 0 },
}

async function viewState(q: Queries, request: ViewRequest & { stateKey: string }): Promise<StateOfView> {
  const { roomId, type, stateKey } = request
  const row = await q.first(viewForState, {
    roomId,
    type,
    stateKey,
    target: type === 'm.room.member' ? (stateKey as UserId) : '',
  })
  if (!row) return NO_STATE
  const { present_event_id: eventId, present_sender: sender, present_content: present } = row
  return {
    joinRules: row.join_rules === null ? undefined : parseStored(row.join_rules),
    targetMembership: (row.target_membership ?? undefined) as Membership | undefined,
    authoriserJoined: false,
    present:
      eventId === null || sender === null || present === null
        ? undefined
        : { eventId, sender, content: parseStored(present), bytes: Buffer.byteLength(present) },
    stateUsage: { events: row.state_events, bytes: row.state_bytes },
  }
}
