import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import { encodeJson, type Forms } from '../message-forms.ts'
import type { Notification, NotificationDevice } from '../notification.ts'
import { type NotificationText, TEXT } from '../notification-text.ts'
import { trimContent } from '../trim-content.ts'

const TEXTS = [
  'room_id',
  'room_name',
  'room_alias',
  'membership',
  'event_id',
  'sender',
  'sender_display_name',
  'type',
] as const

/**
 * The object for a service worker: flat, on top of `default_payload` from the pusher's data (Sygnal's form of a Web
 * Push message). Absent and empty fields are left out. `text`: the words of the gateway, for an app that asks for them.
 */
export function webPushForms(
  notification: Notification,
  device: NotificationDevice,
  text?: NotificationText,
): Forms {
  const below = device.data?.['default_payload']
  const base = { ...(isJsonObject(below) && below), ...countsOf(notification) }
  const written = text === undefined ? {} : { [TEXT]: text }
  const full = () => ({ ...base, ...fieldsOf(notification), ...written })
  const { event_id: eventId, room_id: roomId } = notification
  return {
    full,
    trimmed: (maxBytes) => trim(full(), maxBytes),
    ...(eventId && {
      eventIdOnly: () => ({ ...base, event_id: eventId, ...(roomId && { room_id: roomId }) }),
    }),
  }
}

function fieldsOf(notification: Notification): JsonObject {
  const fields: JsonObject = {}
  for (const key of TEXTS) {
    const value = notification[key]
    if (typeof value === 'string' && value !== '') fields[key] = value
  }
  if (notification.user_is_target === true) fields['user_is_target'] = true
  if (isJsonObject(notification.content)) fields['content'] = notification.content
  return fields
}

function countsOf({ counts }: Notification): JsonObject {
  const { unread, missed_calls: missedCalls } = counts ?? {}
  return {
    ...(typeof unread === 'number' && { unread }),
    ...(typeof missedCalls === 'number' && { missed_calls: missedCalls }),
  }
}

function trim(payload: JsonObject, maxBytes: number): JsonObject | undefined {
  const { content } = payload
  if (!isJsonObject(content)) return undefined
  const surplusOf = (of: JsonObject) => Buffer.byteLength(encodeJson({ ...payload, content: of })) - maxBytes
  return { ...payload, content: trimContent(content, surplusOf) }
}
