import type { EventId, RoomAlias, RoomId, UserId } from '../lib/ids.ts'
import type { Filled, Flag } from './columns.ts'

// The tables of rooms, their state and their members.

export type RoomsTable = {
  room_id: RoomId
  version: string
  creator: UserId
  created_at: number
  /** The number of joined members; written in the transaction of the member event. */
  joined_count: number
  invited_count: number
  /**
   * The position of the last change of the members, their names or their own push rules. Cached rules of the
   * members with an earlier version are invalid.
   */
  rules_version: Filled<number>
  /** The position of the last change of a membership, a display name or an avatar. */
  members_version: Filled<number>
  /** The number of current state events and the bytes of their contents, without members. For the quotas. */
  state_events: Filled<number>
  state_bytes: Filled<number>
  /** Whether the room is in the public room list. */
  is_public: Filled<Flag>
  // The summary: from the current state, in the transaction of the state event. null: the state has none, or
  // an empty text.
  name: Filled<string | null>
  canonical_alias: Filled<string | null>
  avatar_url: Filled<string | null>
  /** The type in the create event. */
  room_type: Filled<string | null>
  /** Whether the state has `m.room.encryption`. A redaction of that event changes nothing. */
  is_encrypted: Filled<Flag>
  join_rule: Filled<string | null>
  history_visibility: Filled<string | null>
  /** null: the room is open. */
  removal: Filled<RoomRemoval | null>
}

/** The state of a room that an administrator has closed (`rooms/removal/remove-room.ts`). */
export type RoomRemoval = 'shutting down' | 'shut down' | 'purging'

export type RoomAliasesTable = { alias: RoomAlias; room_id: RoomId; created_by: UserId; created_at: number }

export type CurrentStateTable = {
  room_id: RoomId
  type: string
  state_key: string
  event_id: EventId
  position: number
}

export type Membership = 'invite' | 'join' | 'leave' | 'ban' | 'knock'

export type MembershipsTable = {
  room_id: RoomId
  user_id: UserId
  membership: Membership
  event_id: EventId
  position: number
  displayname: string | null
  avatar_url: string | null
  /**
   * The keys under which a mention of the display name, and of the localpart, is looked up
   * (`push-rules/mention-index.ts`).
   */
  name_key: string
  localpart_key: string
  /**
   * Whether the user has a pusher. The cost of a message grows with the members that have 1 here, not with
   * the size of the room.
   */
  has_pushers: Flag
  forgotten: Flag
  /** Whether the user has push rules of their own (global or device rules), or has changed a default rule. */
  has_rules: Filled<Flag>
  /**
   * The position at which the user last began or ended to be joined: then they share the room, or no longer
   * share it. 0: never.
   */
  sharing_position: Filled<number>
}

export type ReceiptsTable = {
  room_id: RoomId
  user_id: UserId
  receipt_type: 'm.read' | 'm.read.private'
  /** '' for a receipt without a thread, else 'main' or the event id of the thread root. */
  thread_id: string
  event_id: EventId
  event_position: number
  ts: number
  position: number
}

export type RoomsSchema = {
  rooms: RoomsTable
  room_aliases: RoomAliasesTable
  current_state: CurrentStateTable
  memberships: MembershipsTable
  receipts: ReceiptsTable
}
