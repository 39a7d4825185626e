import type { DeviceId, EventId, RoomId, UserId } from '../lib/ids.ts'
import type { Filled } from './columns.ts'

// The tables of the timelines.

export type EventsTable = {
  position: number
  event_id: EventId
  room_id: RoomId
  type: string
  /** null for an event that is not a state event. */
  state_key: string | null
  sender: UserId
  origin_server_ts: number
  /** After a redaction, only the keys that the room version keeps. */
  content: string
  /** 'main', or the event id of the thread root (client-server API, "Threading"). */
  thread_id: string
  /** The previous event with the same type and state key. */
  replaces_event_id: EventId | null
  /** For a redaction: the event that it redacts. */
  redacts: EventId | null
  /** The redaction that removed the content of this event. */
  redacted_by: EventId | null
  sender_device: DeviceId | null
  /** Unique with sender, sender_device, room_id and type: makes a repeated send idempotent. */
  txn_id: string | null
  /** Joined members directly after the event; null for an event of a version that did not store it. */
  joined_count: Filled<number | null>
  /**
   * The position of the last event of the room, up to this one, whose type moves the room up in room lists
   * (`rooms/room-summary.ts`). null: not stored by an earlier version.
   */
  bump_position: Filled<number | null>
}

/**
 * Valid edits of messages (`m.replace`) that are not redacted. The edit with the highest position applies. In
 * an encrypted edit, only devices see the new content.
 */
export type EditsTable = {
  /** The position of the message. */
  position: number
  edit_position: number
}

export type EventsSchema = {
  events: EventsTable
  edits: EditsTable
}
