import { z } from 'zod'
import { named, uncheckedJson } from '../http/response.ts'
import { eventId, roomId, time, userId } from '../http/response-parts.ts'
import { jsonObject } from '../http/schema.ts'
import { once } from '../lib/once.ts'
import type { Json, JsonObject } from '../lib/json.ts'
import type { RoomResult } from '../rooms/sync/sliding/room-result.ts'
import { strippedEventSchema, syncEventSchema } from './event-response.ts'
import { subscribedThreads, unsubscribedThreads } from './thread-subscriptions.ts'

// The two shapes of a response of sliding sync (MSC4186).

/** A room in the shape of `/v4/sync`. */
export function stableRoom(room: RoomResult): JsonObject {
  return asJson({
    ...sharedRoom(room),
    membership: room.membership,
    lists: room.lists.length > 0 ? room.lists : undefined,
    expanded_timeline: room.expandedTimeline,
    timeline_events: room.timeline,
    stripped_state: room.strippedState,
  })
}

/** A room in the earlier shape, for clients that call the unstable path. */
export function unstableRoom(room: RoomResult): JsonObject {
  return asJson({
    ...sharedRoom(room),
    unstable_expanded_timeline: room.expandedTimeline,
    timeline: room.timeline,
    invite_state: room.strippedState,
    notification_count: room.counts?.notifications,
    highlight_count: room.counts?.highlights,
  })
}

function sharedRoom(room: RoomResult) {
  return {
    initial: room.initial,
    bump_stamp: room.bumpStamp,
    name: room.name,
    avatar: room.avatar,
    heroes: room.heroes,
    is_dm: room.isDm,
    required_state: room.requiredState,
    prev_batch: room.prevBatch,
    limited: room.limited,
    num_live: room.numLive,
    joined_count: room.joinedCount,
    invited_count: room.invitedCount,
  }
}

/**
 * Absent keys stay undefined, and JSON leaves them out: after deleting a key, V8 reads and writes an object
 * many times slower.
 */
const asJson = (room: Record<string, Json | readonly Json[] | undefined>) => room as JsonObject

const events = once(() => z.array(syncEventSchema()))
const hero = once(() =>
  z.strictObject({
    user_id: userId(),
    displayname: z.string().optional(),
    avatar_url: z.string().optional(),
  }),
)

const sharedKeys = once(() => ({
  initial: z.boolean().describe('The client replaces everything that it has of the room').optional(),
  bump_stamp: z
    .int()
    .describe('Greater for a room with a later message; for a room that you are not in: your membership'),
  name: z.string().nullable().describe('null: removed').optional(),
  avatar: z.string().nullable().describe('null: removed').optional(),
  heroes: z.array(hero()).describe('For a room without name and alias: up to five other members').optional(),
  is_dm: z.boolean().optional(),
  required_state: events().optional(),
  prev_batch: z.string().describe('A token for /messages').optional(),
  limited: z.boolean().describe('There are earlier events that the client does not have').optional(),
  num_live: z
    .int()
    .min(0)
    .describe('The number of events at the end that came after the last response')
    .optional(),
  joined_count: z.int().min(0).optional(),
  invited_count: z.int().min(0).optional(),
}))
const expanded = () =>
  z.boolean().describe('The timeline has events from before the last response').optional()
const stripped = () => z.array(strippedEventSchema()).describe('For an invitation or a knock').optional()

const stableRoomSchema = named('SlidingRoom', () =>
  z.strictObject({
    ...sharedKeys(),
    membership: z.enum(['join', 'invite', 'knock', 'leave', 'ban']),
    lists: z.array(z.string()).describe('The lists that contain the room').optional(),
    expanded_timeline: expanded(),
    timeline_events: events().optional(),
    stripped_state: stripped(),
  }),
)
const unstableRoomSchema = named('UnstableSlidingRoom', () =>
  z.strictObject({
    ...sharedKeys(),
    unstable_expanded_timeline: expanded(),
    timeline: events().optional(),
    invite_state: stripped(),
    notification_count: z.int().min(0).optional(),
    highlight_count: z.int().min(0).optional(),
  }),
)

const accountDataEvents = once(() => z.array(z.strictObject({ type: z.string(), content: jsonObject })))
const receipt = once(() =>
  z.strictObject({
    type: z.literal('m.receipt'),
    content: z.record(
      eventId(),
      z.partialRecord(
        z.enum(['m.read', 'm.read.private']),
        z.record(userId(), z.strictObject({ ts: time(), thread_id: z.string().optional() })),
      ),
    ),
  }),
)
const extensions = named('SlidingExtensions', () =>
  z.strictObject({
    to_device: z
      .strictObject({
        next_batch: z.string().describe('The `since` of the next request'),
        events: z.array(z.strictObject({ sender: userId(), type: z.string(), content: jsonObject })),
      })
      .optional(),
    e2ee: z
      .strictObject({
        device_lists: z.strictObject({ changed: z.array(userId()), left: z.array(userId()) }).optional(),
        device_one_time_keys_count: z.record(z.string(), z.int().min(0)),
        device_unused_fallback_key_types: z.array(z.string()),
      })
      .optional(),
    account_data: z
      .strictObject({ global: accountDataEvents(), rooms: z.record(roomId(), accountDataEvents()) })
      .optional(),
    receipts: z.strictObject({ rooms: z.record(roomId(), receipt()) }).optional(),
    typing: z
      .strictObject({
        rooms: z.record(
          roomId(),
          z.strictObject({
            type: z.literal('m.typing'),
            content: z.strictObject({ user_ids: z.array(userId()) }),
          }),
        ),
      })
      .optional(),
    'io.element.msc4308.thread_subscriptions': z
      .strictObject({
        subscribed: subscribedThreads().optional(),
        unsubscribed: unsubscribedThreads().optional(),
        prev_batch: z.string().describe('The `from` for earlier changes').optional(),
      })
      .optional(),
  }),
)

/** The core assembles the rooms and extensions as `JsonObject`s, without their exact types. */
const response = (room: Parameters<typeof uncheckedJson>[0]) => ({
  pos: z.string().describe('The `pos` of the next request, and a token for /messages'),
  lists: z.record(
    z.string(),
    z.strictObject({ count: z.int().min(0).describe('The number of rooms in and outside the range') }),
  ),
  rooms: z.record(roomId(), uncheckedJson(room)()),
  extensions: uncheckedJson(extensions)(),
})

export const stableResponse = named('SlidingSyncResponse', () => z.strictObject(response(stableRoomSchema)))
export const unstableResponse = named('UnstableSlidingSyncResponse', () =>
  z.strictObject({
    ...response(unstableRoomSchema),
    txn_id: z.string().describe('That of the request').optional(),
  }),
)
