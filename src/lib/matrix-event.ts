import type { DeviceId, EventId, RoomId, UserId } from './ids.ts'
import type { JsonObject } from './json.ts'

// The one type of a Matrix event, and its projections for each kind of reader. All other event types in this server
// are a `Pick` of `Event`. Formats are those of the specification; each projection names its section.

/** The thread of events that belong to no thread (client-server API, "Threading"). */
export const MAIN_THREAD = 'main'

/** An event as it is stored. `rooms/event-row.ts` reads and writes its row. */
export type Event = {
  /** Position in the stream of the server: unique, and higher than that of all earlier events. */
  position: number
  eventId: EventId
  roomId: RoomId
  type: string
  /** null: not a state event. */
  stateKey: string | null
  sender: UserId
  /** Milliseconds since the Unix epoch. */
  originServerTs: number
  /** After a redaction only the keys that the room version keeps. */
  content: JsonObject
  /** `MAIN_THREAD`, or the event id of the thread's root. */
  threadId: string
  /** State events: the event of the same type and state key that this one replaced. */
  replacesEventId: EventId | null
  /** For a redaction: the redacted event. */
  redacts: EventId | null
  /** For a redacted event: the redaction. */
  redactedBy: EventId | null
  senderDevice: DeviceId | null
  /** The transaction id of the request that sent it (client-server API, "Transaction identifiers"). */
  txnId: string | null
}

/** Makes sending an event idempotent for one device (client-server API, "Transaction identifiers"). */
export type ClientTransaction = { deviceId: DeviceId; txnId: string }

/** An event that a user wants to send: not authorised yet, and without a position. */
export type EventDraft = Pick<Event, 'roomId' | 'sender' | 'type' | 'content'> & {
  /** Present: a state event. */
  stateKey?: string | undefined
  redacts?: EventId
  transaction?: ClientTransaction | undefined
  /** Default: random. The id of a create event determines the id of its room (room version 12). */
  eventId?: EventId
}

/** Identifies one piece of a room's state (client-server API, "Types of room events"). */
export type StateKey = Pick<Event, 'roomId' | 'type'> & { stateKey: string }

/** The reader of an event. Only the device that sent an event sees its transaction id. */
export type Viewer = { userId: UserId; deviceId: DeviceId | null; tokenHash?: string | undefined }

export type ClientEventOptions = {
  viewer: Viewer
  /** The time that `unsigned.age` counts up to. Milliseconds since the Unix epoch. */
  now: number
  /** The content of the state event that this one replaced. */
  prevContent?: JsonObject | undefined
  /** The redaction of this event. */
  redactedBecause?: Event | undefined
  /** `unsigned.m.relations`. */
  aggregations?: Aggregations | undefined
}

/**
 * What the events that relate to an event add up to, for one viewer (client-server API, "Aggregations of
 * child events").
 */
export type Aggregations = {
  /** `m.replace`: the newest valid edit. */
  replacement?: Event
  /** `m.thread`, of the root of a thread. */
  thread?: ThreadSummary
  /** `m.reference`. */
  references?: EventId[]
}

export type ThreadSummary = {
  latest: Event
  /** The aggregations of the latest reply. */
  ofLatest: Aggregations | undefined
  /** The number of replies. */
  replies: number
  /** Whether the viewer has sent one of the replies. */
  participated: boolean
}

/** An event for clients: `ClientEvent` (client-server API, "Room event format"). */
export function clientEvent(event: Event, options: ClientEventOptions): JsonObject {
  return formatted(event, options, { room_id: event.roomId })
}

/**
 * An event in a section of one room: `ClientEventWithoutRoomID` (client-server API, `GET /sync` and `GET
 * /notifications`). The room id is given outside the event.
 */
export function syncEvent(event: Event, options: ClientEventOptions): JsonObject {
  return formatted(event, options, undefined)
}

function formatted(
  event: Event,
  { viewer, now, prevContent, redactedBecause, aggregations }: ClientEventOptions,
  room: { room_id: RoomId } | undefined,
): JsonObject {
  const unsigned: JsonObject = { age: Math.max(0, now - event.originServerTs) }
  if (event.txnId !== null && event.sender === viewer.userId && event.senderDevice === viewer.deviceId)
    unsigned['transaction_id'] = event.txnId
  if (event.replacesEventId !== null) unsigned['replaces_state'] = event.replacesEventId
  if (prevContent) unsigned['prev_content'] = prevContent
  if (redactedBecause) unsigned['redacted_because'] = clientEvent(redactedBecause, { viewer, now })
  if (aggregations) unsigned['m.relations'] = bundled(event, aggregations, { viewer, now, room })
  // Without spread parts, which take V8 longer than all the rest: a sync formats several events for each user.
  const formattedEvent: JsonObject = {
    type: event.type,
    sender: event.sender,
    content: contentForClients(event),
    origin_server_ts: event.originServerTs,
    unsigned,
    event_id: event.eventId,
  }
  if (room) formattedEvent['room_id'] = room.room_id
  if (event.stateKey !== null) formattedEvent['state_key'] = event.stateKey
  if (event.redacts !== null) formattedEvent['redacts'] = event.redacts
  return formattedEvent
}

/** The aggregations in the form of their event: with the room id, or without. */
function bundled(
  { sender }: Event,
  { replacement, thread, references }: Aggregations,
  {
    viewer,
    now,
    room,
  }: Pick<ClientEventOptions, 'viewer' | 'now'> & { room: { room_id: RoomId } | undefined },
): JsonObject {
  const isOwn = sender === viewer.userId
  return {
    ...(replacement && { 'm.replace': formatted(replacement, { viewer, now }, room) }),
    ...(thread && {
      'm.thread': {
        latest_event: formatted(thread.latest, { viewer, now, aggregations: thread.ofLatest }, room),
        count: thread.replies,
        current_user_participated: thread.participated || isOwn,
      },
    }),
    ...(references && { 'm.reference': { chunk: references.map((eventId) => ({ event_id: eventId })) } }),
  }
}

/** Room versions differ in the position of `redacts`; clients get both (client-server API, "m.room.redaction"). */
function contentForClients({ content, redacts }: Event): JsonObject {
  return redacts === null || content['redacts'] !== undefined ? content : { ...content, redacts }
}

/** A state event for users outside the room: `StrippedStateEvent` (client-server API, "Stripped state"). */
export function strippedStateEvent(
  event: Pick<Event, 'type' | 'stateKey' | 'sender' | 'content'>,
): JsonObject {
  return { type: event.type, state_key: event.stateKey ?? '', sender: event.sender, content: event.content }
}

/**
 * The user's own member event in the stripped state. The id and the time are not in the specification: clients use
 * them as the time of the invitation, and recognise the event by its id after joining.
 */
export function ownStrippedEvent(
  event: Pick<Event, 'type' | 'stateKey' | 'sender' | 'content' | 'eventId' | 'originServerTs'>,
): JsonObject {
  return { ...strippedStateEvent(event), event_id: event.eventId, origin_server_ts: event.originServerTs }
}

/** The event that push rules are evaluated on, for `prepareEvent` (client-server API, "Push Rules": conditions). */
export function ruleEvent(
  event: Pick<Event, 'type' | 'stateKey' | 'sender' | 'roomId' | 'eventId' | 'originServerTs' | 'content'>,
): JsonObject {
  return {
    type: event.type,
    ...(event.stateKey === null ? {} : { state_key: event.stateKey }),
    sender: event.sender,
    room_id: event.roomId,
    event_id: event.eventId,
    origin_server_ts: event.originServerTs,
    content: event.content,
  }
}

/**
 * The data about an event in pokes and mails, with the names at the time of the event (Push Gateway API,
 * `Notification`). `delivery/poke.ts` writes the notification.
 */
export type PokeEvent = Pick<Event, 'eventId' | 'roomId' | 'type' | 'stateKey' | 'sender' | 'content'> & {
  /** From the sender's member event. Default: the user id. */
  senderDisplayName?: string
  /** From `roomNameFor`. Absent: the room has no name. */
  roomName?: string
}

/** Identifies an event in responses of the console API (docs/journey.md), without its content. */
export function eventSummary(event: Pick<Event, 'eventId' | 'roomId' | 'type' | 'sender'>): JsonObject {
  return { event_id: event.eventId, room_id: event.roomId, type: event.type, sender: event.sender }
}

/** Whether it is a member event of the user (client-server API, "m.room.member"). */
export function isMemberEventOf(event: Pick<Event, 'type' | 'stateKey'>, userId: UserId): boolean {
  return event.type === 'm.room.member' && event.stateKey === userId
}

/** Whether it invites the user (client-server API, "m.room.member"). */
export function isInvitationOf(event: Pick<Event, 'type' | 'stateKey' | 'content'>, userId: UserId): boolean {
  return isMemberEventOf(event, userId) && event.content['membership'] === 'invite'
}
