import { z } from 'zod'
import { named, uncheckedJson } from '../http/response.ts'
import { eventId, roomId, time, userId } from '../http/response-parts.ts'
import { jsonObject } from '../http/schema.ts'
import { once } from '../lib/once.ts'
import { presenceEvent } from './presence-response.ts'
import { filteredEventSchema, strippedEventSchema } from './event-response.ts'

// The response of `/sync` (client-server API, "Syncing"). `rooms/sync/` assembles it.

const accountDataEvent = uncheckedJson(
  named('AccountDataEvent', () => z.strictObject({ type: z.string(), content: jsonObject })),
)
const deviceMessage = named('DeviceMessage', () =>
  z.strictObject({ sender: userId(), type: z.string(), content: jsonObject }),
)
const accountData = once(() => z.strictObject({ events: z.array(accountDataEvent()) }))

const receiptTypes = once(() =>
  z.partialRecord(
    z.enum(['m.read', 'm.read.private']),
    z.record(
      userId(),
      z.strictObject({
        ts: time(),
        thread_id: z.string().describe('The event id of the thread root, or main').optional(),
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
    notification_count: z.int().min(0).describe('The number of unread notifications'),
    highlight_count: z.int().min(0).describe('The number of unread highlights'),
  }),
)

const timeline = named('Timeline', () =>
  z.strictObject({
    events: z.array(filteredEventSchema()),
    limited: z.boolean().describe('True: earlier events are omitted; prev_batch is the token to get them'),
    prev_batch: z.string().describe('A token for /messages'),
  }),
)
const state = once(() => z.strictObject({ events: z.array(filteredEventSchema()) }))
/** Exactly one of them is present. */
const stateSections = () => ({
  state: state().describe('The state at the start of the timeline').optional(),
  state_after: state().describe('With use_state_after: the state at the end of the timeline').optional(),
  'org.matrix.msc4222.state_after': state().describe('With org.matrix.msc4222.use_state_after').optional(),
})
const strippedState = once(() => z.strictObject({ events: z.array(strippedEventSchema()) }))

const summary = named('RoomSummary', () =>
  z.strictObject({
    'm.heroes': z.array(userId()).describe('For a room without name and alias: up to five other members'),
    'm.joined_member_count': z.int().min(0),
    'm.invited_member_count': z.int().min(0),
  }),
)

const joined = named('JoinedRoom', () =>
  z.strictObject({
    summary: summary().describe('Present when it has changed').optional(),
    ...stateSections(),
    timeline: timeline(),
    ephemeral: ephemeral(),
    account_data: accountData(),
    unread_notifications: unreadCounts().describe(
      'For the room; for its main timeline when the filter has unread_thread_notifications',
    ),
    unread_thread_notifications: z
      .record(eventId(), unreadCounts())
      .describe('By thread root, when the filter has unread_thread_notifications')
      .optional(),
  }),
)
const invited = named('InvitedRoom', () => z.strictObject({ invite_state: strippedState() }))
const knocked = named('KnockedRoom', () => z.strictObject({ knock_state: strippedState() }))
const left = named('LeftRoom', () =>
  z.strictObject({ ...stateSections(), timeline: timeline(), account_data: accountData() }),
)

/** `rooms/sync/` assembles the rooms as `JsonObject`s, without their exact types. */
const byRoom = (room: Parameters<typeof uncheckedJson>[0]) => z.record(roomId(), uncheckedJson(room)())

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
    presence: z.strictObject({
      events: z
        .array(uncheckedJson(presenceEvent)())
        .describe('Of users who share a room with you, and of yourself; at most 500'),
    }),
    to_device: z.strictObject({
      events: z.array(deviceMessage()).describe('In order of arrival; the rest is in the next responses'),
    }),
    device_lists: z.strictObject({
      changed: z
        .array(userId())
        .describe('Users whose devices or cross-signing keys changed, or who now share a room with you'),
      left: z.array(userId()).describe('Users who no longer share a room with you'),
    }),
    device_one_time_keys_count: z
      .record(z.string(), z.int().min(0))
      .describe('By algorithm: the one-time keys of this device that are not claimed yet'),
    device_unused_fallback_key_types: z
      .array(z.string())
      .describe('The algorithms of the unused fallback keys of this device'),
  }),
)
