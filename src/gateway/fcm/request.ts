import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts'
import { roomCollapseId } from '../message-id.ts'
import type { Message } from '../provider.ts'

const MAX_TTL_S = 2_419_200

/**
 * The `message` of `messages:send`: the app's `fcm_options`, overlaid with this notification. The options are
 * not changed. Events have no collapse key, because FCM keeps only four of them for a device. A room has one
 * if the pusher asks for the last notification of each room.
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

/** The time until the message expires, or the operator's limit if that is shorter. */
function ttlSeconds(configured: Json | undefined, leftMs: number): number {
  const own = typeof configured === 'string' ? /^(\d{1,9})(?:\.\d+)?s$/.exec(configured)?.[1] : undefined
  const left = Math.max(0, Math.floor(leftMs / 1000))
  return Math.min(left, own === undefined ? MAX_TTL_S : Number(own), MAX_TTL_S)
}
