import type { Selectable } from 'kysely'
import type { DeviceId, EventId, RoomId, UserId } from '../lib/ids.ts'
import { type JsonObject, parseStored } from '../lib/json.ts'
import type { EventsTable } from '../storage/schema.ts'

/** An event as it is kept: its place in the one order of the server, and what clients see of it. */
export type StoredEvent = {
  position: number
  eventId: EventId
  roomId: RoomId
  type: string
  /** null: not a state event. */
  stateKey: string | null
  sender: UserId
  /** Milliseconds since the Unix epoch. */
  originServerTs: number
  content: JsonObject
  /** 'main', or the event id of the thread's root. */
  threadId: string
  /** State events: the event that this one took the place of. */
  replacesEventId: EventId | null
  redacts: EventId | null
  redactedBy: EventId | null
  senderDevice: DeviceId | null
  txnId: string | null
}

/** `joined_count` is read where an old event is evaluated again, and nowhere else. */
export type EventRow = Omit<Selectable<EventsTable>, 'joined_count'>

/** The columns of `events`, for queries that join other tables. */
export const EVENT_COLUMNS = [
  'events.position',
  'events.event_id',
  'events.room_id',
  'events.type',
  'events.state_key',
  'events.sender',
  'events.origin_server_ts',
  'events.content',
  'events.thread_id',
  'events.replaces_event_id',
  'events.redacts',
  'events.redacted_by',
  'events.sender_device',
  'events.txn_id',
] as const

export function eventOfRow(row: EventRow): StoredEvent {
  return {
    position: row.position,
    eventId: row.event_id,
    roomId: row.room_id,
    type: row.type,
    stateKey: row.state_key,
    sender: row.sender,
    originServerTs: row.origin_server_ts,
    content: parseStored(row.content),
    threadId: row.thread_id,
    replacesEventId: row.replaces_event_id,
    redacts: row.redacts,
    redactedBy: row.redacted_by,
    senderDevice: row.sender_device,
    txnId: row.txn_id,
  }
}

/** Who looks at an event: only the device that sent it is told its transaction id. */
export type Viewer = { userId: UserId; deviceId: DeviceId | null }

export type ClientEventOptions = {
  viewer: Viewer
  /** The time that `unsigned.age` counts up to. */
  now: number
  /** /sync leaves the room id out: there it is the key of the room. */
  withoutRoomId?: boolean
  prevContent?: JsonObject | undefined
  redactedBecause?: StoredEvent | undefined
}

/** An event in the format of the client-server API ("Room Event Format"). */
export function clientEvent(event: StoredEvent, options: ClientEventOptions): JsonObject {
  const { viewer, now, withoutRoomId = false, prevContent, redactedBecause } = options
  const unsigned: JsonObject = { age: Math.max(0, now - event.originServerTs) }
  if (event.txnId !== null && event.sender === viewer.userId && event.senderDevice === viewer.deviceId)
    unsigned['transaction_id'] = event.txnId
  if (event.replacesEventId !== null) unsigned['replaces_state'] = event.replacesEventId
  if (prevContent) unsigned['prev_content'] = prevContent
  if (redactedBecause) unsigned['redacted_because'] = clientEvent(redactedBecause, { viewer, now })
  return {
    type: event.type,
    ...(withoutRoomId ? {} : { room_id: event.roomId }),
    sender: event.sender,
    content: contentFor(event),
    ...(event.stateKey === null ? {} : { state_key: event.stateKey }),
    origin_server_ts: event.originServerTs,
    unsigned,
    event_id: event.eventId,
    ...(event.redacts === null ? {} : { redacts: event.redacts }),
  }
}

/** Room versions differ in where `redacts` stands; clients are shown it in both places (room version 11). */
function contentFor({ content, redacts }: StoredEvent): JsonObject {
  return redacts === null || content['redacts'] !== undefined ? content : { ...content, redacts }
}

/** Stripped state, as invited users see it (client-server API, "Stripped state"). */
export function strippedEvent(event: StoredEvent): JsonObject {
  return { type: event.type, state_key: event.stateKey ?? '', sender: event.sender, content: event.content }
}
