import { z } from 'zod'
import { named, uncheckedJson } from '../http/response.ts'
import { eventId, roomId, time, userId } from '../http/response-parts.ts'
import { jsonObject } from '../http/schema.ts'
import { once } from '../lib/once.ts'

// Events in answers, as `lib/matrix-event.ts` makes them (client-server API, "Room event format", "Stripped state").

/** Milliseconds since the event was sent. */
const age = () => z.int().min(0).describe('Milliseconds since the event was sent')
const ownTransaction = () =>
  z.string().describe('Of the request that sent the event, for the device that sent it').optional()

const redaction = named('RedactionEvent', () =>
  z.strictObject({
    type: z.literal('m.room.redaction'),
    room_id: roomId(),
    sender: userId(),
    content: jsonObject,
    origin_server_ts: time(),
    unsigned: z.strictObject({ age: age(), transaction_id: ownTransaction() }),
    event_id: eventId(),
    redacts: eventId(),
  }),
)

const unsigned = named('UnsignedData', () =>
  z.strictObject({
    age: age(),
    transaction_id: ownTransaction(),
    replaces_state: eventId().describe('The state event that this one replaced').optional(),
    prev_content: jsonObject.describe('The content of the state event that this one replaced').optional(),
    redacted_because: redaction().describe('The redaction of the event').optional(),
  }),
)

const eventKeys = once(() => ({
  type: z.string(),
  sender: userId(),
  content: jsonObject.describe('By the type of the event'),
  state_key: z.string().describe('Of state events').optional(),
  origin_server_ts: time(),
  event_id: eventId(),
  redacts: eventId().describe('Of redactions: the event that is redacted').optional(),
}))

/** An event as `clientEvent` makes it. */
export const clientEventSchema = uncheckedJson(
  named('ClientEvent', () => z.strictObject({ room_id: roomId(), ...eventKeys(), unsigned: unsigned() })),
)

/** An event as `syncEvent` makes it. */
export const syncEventSchema = uncheckedJson(
  named('ClientEventWithoutRoomID', () => z.strictObject({ ...eventKeys(), unsigned: unsigned() })),
)

/** The same, of which `event_fields` of a filter may have left parts out. */
export const filteredEventSchema = uncheckedJson(
  named('FilteredEvent', () =>
    z.strictObject({
      ...eventKeys(),
      unsigned: unsigned()
        .extend({ redacted_because: redaction().partial().optional() })
        .partial()
        .describe('Without what event_fields of the filter leaves out')
        .optional(),
    }),
  ),
)

/** A state event as `strippedStateEvent` or `ownStrippedEvent` makes it. */
export const strippedEventSchema = uncheckedJson(
  named('StrippedStateEvent', () =>
    z.strictObject({
      type: z.string(),
      state_key: z.string(),
      sender: userId(),
      content: jsonObject.describe('By the type of the event'),
      event_id: eventId().describe('Of the own member event').optional(),
      origin_server_ts: time().describe('Of the own member event, in milliseconds').optional(),
    }),
  ),
)

/** The answer of an endpoint that sends an event. */
export const sentEvent = once(() => z.strictObject({ event_id: eventId() }))
