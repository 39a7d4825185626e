import type { Selectable } from 'kysely'
import { parseStored } from '../lib/json.ts'
import type { Event } from '../lib/matrix-event.ts'
import type { EventsTable } from '../storage/events-schema.ts'

/**
 * Without the two columns that few readers need: `joined_count` (an old event is evaluated again) and
 * `bump_position` (room lists).
 */
export type EventRow = Omit<Selectable<EventsTable>, 'joined_count' | 'bump_position'>

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

export function eventOfRow(row: EventRow): Event {
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

/** An event before it has a position. */
export type UnplacedEvent = Omit<Event, 'position'>
export type UnplacedRow = Omit<EventRow, 'position'>

/** `content`: the content of the event as JSON text. */
export function rowOfEvent(event: UnplacedEvent, content: string): UnplacedRow {
  return {
    event_id: event.eventId,
    room_id: event.roomId,
    type: event.type,
    state_key: event.stateKey,
    sender: event.sender,
    origin_server_ts: event.originServerTs,
    content,
    thread_id: event.threadId,
    replaces_event_id: event.replacesEventId,
    redacts: event.redacts,
    redacted_by: event.redactedBy,
    sender_device: event.senderDevice,
    txn_id: event.txnId,
  }
}
