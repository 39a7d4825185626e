import { z } from 'zod'
import { named, uncheckedJson } from '../http/response.ts'
import { eventId, roomId, time, userId } from '../http/response-parts.ts'
import { jsonObject } from '../http/schema.ts'
import { once } from '../lib/once.ts'

// Events in responses: the forms of `lib/matrix-event.ts` (client-server API, "Room event format", "Stripped state").

const age = () => z.int().min(0).describe('Milliseconds since the event was sent')
const ownTransaction = () =>
  z
    .string()
    .describe('The transaction id of the request; shown only to the device that sent the event')
    .optional()

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

const ownUnsigned = once(() => ({
  age: age(),
  transaction_id: ownTransaction(),
  replaces_state: eventId().describe('The state event that this one replaced').optional(),
  prev_content: jsonObject.describe('The content of the state event that this one replaced').optional(),
  redacted_because: redaction().describe('The redaction of the event').optional(),
}))

const eventKeys = once(() => ({
  type: z.string(),
  sender: userId(),
  content: jsonObject.describe('Depends on the event type'),
  state_key: z.string().describe('Only in state events').optional(),
  origin_server_ts: time(),
  event_id: eventId(),
  redacts: eventId().describe('Only in redactions: the redacted event').optional(),
}))

// Events in aggregations, in the form of the event that has them.
const bundledKeys = once(() => ({ room_id: roomId().optional(), ...eventKeys() }))
const references = once(() => z.strictObject({ chunk: z.array(z.strictObject({ event_id: eventId() })) }))
const bundledEdit = named('BundledEdit', () =>
  z.strictObject({ ...bundledKeys(), unsigned: z.strictObject(ownUnsigned()) }),
)
const bundledReply = named('BundledReply', () => {
  const relations = z.strictObject({
    'm.replace': bundledEdit().optional(),
    'm.reference': references().optional(),
  })
  return z.strictObject({
    ...bundledKeys(),
    unsigned: z.strictObject({ ...ownUnsigned(), 'm.relations': relations.optional() }),
  })
})

/** The shape of `bundled` in `lib/matrix-event.ts` (client-server API, "Aggregations of child events"). */
const aggregations = named('Aggregations', () =>
  z.strictObject({
    'm.replace': bundledEdit().describe('The newest valid edit').optional(),
    'm.thread': z
      .strictObject({
        latest_event: bundledReply(),
        count: z.int().min(1).describe('The number of replies'),
        current_user_participated: z.boolean(),
      })
      .describe('The thread with this event as its root')
      .optional(),
    'm.reference': references().describe('The newest references, oldest first').optional(),
  }),
)

const unsigned = named('UnsignedData', () =>
  z.strictObject({
    ...ownUnsigned(),
    'm.relations': aggregations().describe('What the events that relate to it add up to').optional(),
  }),
)

/** The shape of `clientEvent`. */
export const clientEventSchema = uncheckedJson(
  named('ClientEvent', () => z.strictObject({ room_id: roomId(), ...eventKeys(), unsigned: unsigned() })),
)

/** The shape of `syncEvent`. */
export const syncEventSchema = uncheckedJson(
  named('ClientEventWithoutRoomID', () => z.strictObject({ ...eventKeys(), unsigned: unsigned() })),
)

/** The shape of `syncEvent` after the `event_fields` of a filter have removed parts. */
export const filteredEventSchema = uncheckedJson(
  named('FilteredEvent', () =>
    z.strictObject({
      ...eventKeys(),
      unsigned: unsigned()
        .extend({ redacted_because: redaction().partial().optional() })
        .partial()
        .describe('Without the fields that event_fields of the filter excludes')
        .optional(),
    }),
  ),
)

/** The shape of `strippedStateEvent` and `ownStrippedEvent`. */
export const strippedEventSchema = uncheckedJson(
  named('StrippedStateEvent', () =>
    z.strictObject({
      type: z.string(),
      state_key: z.string(),
      sender: userId(),
      content: jsonObject.describe('Depends on the event type'),
      event_id: eventId().describe('Only in the member event of the user').optional(),
      origin_server_ts: time().describe('Only in the member event of the user, in milliseconds').optional(),
    }),
  ),
)

/** The response of an endpoint that sends an event. */
export const sentEvent = once(() => z.strictObject({ event_id: eventId() }))
