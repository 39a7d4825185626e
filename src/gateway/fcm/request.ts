import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts'
import { roomCollapseId } from '../message-id.ts'
import type { Message } from '../provider.ts'

const MAX_TTL_S = 2_419_200

/**
 * The `message` of `messages:send`: the app's `fcm_options`, and over them what this notification is. Nothing of the options is
 * changed. There is no collapse key for each event, for FCM keeps four of them for a device; there is one for the room when the
 * pusher wants the last of each room alone.
 */
export function fcmMessage(
  message: Message,
  { base, data, now }: { base: JsonObject; data: Json; now: number },
): JsonObject {
  const { device, notification, expiresAt } = message
  const android = isJsonObject(base.android) ? base.android : {}
  const collapseKey = roomCollapseId(message)
  return {
    ...base,
    data,
    android: {
      ...android,
      priority: notification.prio === 'low' ? 'NORMAL' : 'HIGH',
      ttl: `${ttlSeconds(android.ttl, expiresAt - now)}s`,
      ...(collapseKey !== undefined && { collapse_key: collapseKey }),
    },
    token: device.pushkey,
  }
}

/** As long as the message is worth something, or as long as the operator lets it live if that is shorter. */
function ttlSeconds(configured: Json | undefined, leftMs: number): number {
  const own = typeof configured === 'string' ? /^(\d{1,9})(?:\.\d+)?s$/.exec(configured)?.[1] : undefined
  const left = Math.max(0, Math.floor(leftMs / 1000))
  return Math.min(left, own === undefined ? MAX_TTL_S : Number(own), MAX_TTL_S)
}
