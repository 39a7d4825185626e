import { z } from 'zod'
import { named, uncheckedJson } from '../http/response.ts'
import { eventId, roomId, time, userId } from '../http/response-parts.ts'
import { jsonObject } from '../http/schema.ts'
import { once } from '../lib/once.ts'
import { filteredEventSchema, strippedEventSchema } from './event-response.ts'

// What `/sync` answers (client-server API, "Syncing"): the shape that `rooms/sync/` puts together.

const accountDataEvent = uncheckedJson(
  named('AccountDataEvent', () => z.strictObject({ type: z.string(), content: jsonObject })),
)
const accountData = once(() => z.strictObject({ events: z.array(accountDataEvent()) }))

const receiptTypes = once(() =>
  z.partialRecord(
    z.enum(['m.read', 'm.read.private']),
    z.record(
      userId(),
      z.strictObject({
        ts: time(),
        thread_id: z.string().describe('The root of the thread, or main').optional(),
      }),
    ),
  ),
)
const ephemeral = once(() =>
  z.strictObject({
    events: z.array(
      z.discriminatedUnion('type', [
        z.strictObject({
          type: z.literal('m.receipt'),
          content: z.record(eventId(), receiptTypes()),
        }),
        z.strictObject({
          type: z.literal('m.typing'),
          content: z.strictObject({ user_ids: z.array(userId()) }),
        }),
      ]),
    ),
  }),
)

const unreadCounts = named('UnreadCounts', () =>
  z.strictObject({
    notification_count: z.int().min(0).describe('Unread events that notified'),
    highlight_count: z.int().min(0).describe('Those of them that are highlights'),
  }),
)

const timeline = named('Timeline', () =>
  z.strictObject({
    events: z.array(filteredEventSchema()),
    limited: z.boolean().describe('Earlier events are left out; prev_batch leads to them'),
    prev_batch: z.string().describe('A token for /messages'),
  }),
)
const state = once(() => z.strictObject({ events: z.array(filteredEventSchema()) }))
const strippedState = once(() => z.strictObject({ events: z.array(strippedEventSchema()) }))

const summary = named('RoomSummary', () =>
  z.strictObject({
    'm.heroes': z.array(userId()).describe('Of a room without name and alias: up to five others in it'),
    'm.joined_member_count': z.int().min(0),
    'm.invited_member_count': z.int().min(0),
  }),
)

const joined = named('JoinedRoom', () =>
  z.strictObject({
    summary: summary().describe('When it has changed').optional(),
    state: state(),
    timeline: timeline(),
    ephemeral: ephemeral(),
    account_data: accountData(),
    unread_notifications: unreadCounts().describe(
      'Of the room; of its main timeline, where the filter asks for unread_thread_notifications',
    ),
    unread_thread_notifications: z
      .record(eventId(), unreadCounts())
      .describe('By the root of the thread, where the filter asks for it')
      .optional(),
  }),
)
const invited = named('InvitedRoom', () => z.strictObject({ invite_state: strippedState() }))
const knocked = named('KnockedRoom', () => z.strictObject({ knock_state: strippedState() }))
const left = named('LeftRoom', () =>
  z.strictObject({ state: state(), timeline: timeline(), account_data: accountData() }),
)

/** The rooms are assembled as `JsonObject`s. */
const byRoom = (room: Parameters<typeof uncheckedJson>[0]) => z.record(roomId(), uncheckedJson(room)())
const NOT_SERVED = 'Always empty: this server has none'
const noEvents = () => z.array(accountDataEvent()).max(0).describe(NOT_SERVED)

export const syncResponse = named('SyncResponse', () =>
  z.strictObject({
    next_batch: z.string().describe('The `since` of the next request'),
    rooms: z.strictObject({
      join: byRoom(joined),
      invite: byRoom(invited),
      knock: byRoom(knocked),
      leave: byRoom(left),
    }),
    account_data: accountData(),
    presence: z.strictObject({ events: noEvents() }),
    to_device: z.strictObject({ events: noEvents() }),
    device_lists: z.strictObject({
      changed: z.array(userId()).max(0).describe(NOT_SERVED),
      left: z.array(userId()).max(0).describe(NOT_SERVED),
    }),
    device_one_time_keys_count: z.strictObject({}).describe(NOT_SERVED),
  }),
)
