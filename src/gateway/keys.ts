import { hash } from 'node:crypto'
import { dedupeKeyOf, furtherParts } from './message-id.ts'
import type { Notification, NotificationDevice } from './notification.ts'

// The database has hashes of devices and notifications, because pushkeys are secrets.

/** 132 bits, which makes a collision practically impossible. */
const CHARACTERS = 22

const keyOf = (...parts: string[]) => hash('sha256', JSON.stringify(parts), 'base64url').slice(0, CHARACTERS)

export const deviceKeyOf = ({ app_id, pushkey }: Pick<NotificationDevice, 'app_id' | 'pushkey'>) =>
  keyOf(app_id, pushkey)

/** `undefined`: never a repeat. Two users of this server are two recipients, even on one device. */
export function messageKeyOf(
  device: NotificationDevice,
  notification: Notification,
  userId?: string,
): string | undefined {
  const key = dedupeKeyOf({ device, notification, userId })
  if (key === undefined) return undefined
  return keyOf(key.appId, key.pushkey, key.eventId, ...furtherParts(key))
}
