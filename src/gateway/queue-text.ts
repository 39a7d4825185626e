import { isJsonObject, type JsonObject } from '../lib/json.ts'
import { cutText } from './message-forms.ts'
import type { Notification, NotificationDevice } from './notification.ts'
import { trimContent } from './trim-content.ts'

/** Four times the limit of providers: text that is cut here would not reach the device either. */
export const MAX_QUEUED_TEXT_BYTES = 16 * 1024
const MAX_NAME_BYTES = 1024

/**
 * The JSON of a notification for one device, as it is stored: whole, shortened, or without content, whichever
 * fits first. Undefined: even its ids and the device are too long, and no provider would accept it.
 */
export function queueText(notification: Notification, device: NotificationDevice): string | undefined {
  const forms = [
    () => notification,
    () => cut(notification),
    () => ({ ...cut(notification), content: undefined }),
  ]
  for (const form of forms) {
    const text = JSON.stringify({ ...form(), devices: [device] })
    if (Buffer.byteLength(text) <= MAX_QUEUED_TEXT_BYTES) return text
  }
  return undefined
}

/** With short names and content, and without unknown fields. */
function cut(notification: Notification): Partial<Notification> {
  const { event_id, room_id, type, prio, counts, user_is_target, content, membership } = notification
  const { sender, sender_display_name, room_name, room_alias } = notification
  const names = { sender, sender_display_name, room_name, room_alias, membership }
  const shortNames = Object.fromEntries(
    Object.entries(names).map(([key, name]) => [
      key,
      typeof name === 'string' ? cutText(name, MAX_NAME_BYTES) : undefined,
    ]),
  )
  return {
    event_id,
    room_id,
    type,
    prio,
    counts: counts && { unread: counts.unread, missed_calls: counts.missed_calls },
    user_is_target,
    ...shortNames,
    ...(isJsonObject(content) && { content: trimContent(content as JsonObject, () => 0) }),
  }
}

/** The JSON of the counts of a notification; undefined: it has none. */
export function countsOf({ counts }: Notification): string | undefined {
  if (counts === undefined || counts === null) return undefined
  // Unknown fields are left out: they may be as large as the whole body.
  return JSON.stringify({ unread: counts.unread, missed_calls: counts.missed_calls })
}
