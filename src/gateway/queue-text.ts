import { isJsonObject, type JsonObject } from '../lib/json.ts'
import { cutText } from './ladder.ts'
import type { Notification, NotificationDevice } from './notification.ts'
import { trimContent } from './trim-content.ts'

/** Four times what the providers of phones and browsers take: what is cut here would not have reached the device either. */
export const MAX_QUEUED_TEXT_BYTES = 16 * 1024
const MAX_NAME_BYTES = 1024

/**
 * A notification for one device as it waits on the disk, in JSON: as it came, or cut, or without its content, whichever fits first.
 * Undefined: even its ids and the device are too long, and no provider would take it.
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

/** With shorter names and content, and without what this gateway knows nothing of. */
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

/** JSON of the counts that a device is told; undefined: none. */
export function countsOf({ counts }: Notification): string | undefined {
  if (counts === undefined || counts === null) return undefined
  // Nothing else of it is known, and it may be as large as the whole body.
  return JSON.stringify({ unread: counts.unread, missed_calls: counts.missed_calls })
}
