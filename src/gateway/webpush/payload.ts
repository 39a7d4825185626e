import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import { cutJsonText, ELLIPSIS, encodeJson, type Forms, jsonTextBytes } from '../ladder.ts'
import type { Notification, NotificationDevice } from '../notification.ts'

/** As Sygnal cuts, so that service workers find what they found there. */
const MAX_BODY_CHARS = 1000
const MAX_CIPHERTEXT_CHARS = 2000

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
 * What a service worker is given: one flat object, `default_payload` of the pusher's data under it (Sygnal's form of a Web
 * Push message). Absent and empty fields are left out.
 */
export function webPushForms(notification: Notification, device: NotificationDevice): Forms {
  const below = device.data?.['default_payload']
  const base = { ...(isJsonObject(below) && below), ...countsOf(notification) }
  const full = () => ({ ...base, ...fieldsOf(notification) })
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
  if (!isJsonObject(payload['content'])) return undefined
  const { formatted_body: _html, ciphertext, body, ...content } = payload['content']
  const isCipherKept = typeof ciphertext !== 'string' || ciphertext.length <= MAX_CIPHERTEXT_CHARS
  const trimmed: JsonObject = {
    ...payload,
    content: {
      ...content,
      ...(ciphertext !== undefined && isCipherKept && { ciphertext }),
      ...(body !== undefined && { body: typeof body === 'string' ? firstOf(body, MAX_BODY_CHARS) : body }),
    },
  }
  return cutToFit(trimmed, maxBytes)
}

/** A thousand characters may still be four thousand bytes. */
function cutToFit(payload: JsonObject, maxBytes: number): JsonObject {
  const surplus = Buffer.byteLength(encodeJson(payload)) - maxBytes
  const { content } = payload
  if (surplus <= 0 || !isJsonObject(content) || typeof content['body'] !== 'string') return payload
  const body = cutJsonText(content['body'], Math.max(0, jsonTextBytes(content['body']) - surplus))
  return { ...payload, content: { ...content, body } }
}

/** At most so many code points, the last of them "…" when some are missing. */
function firstOf(text: string, chars: number): string {
  if (text.length <= chars) return text
  let count = 0
  let end = 0
  for (const char of text) {
    count++
    if (count > chars) return text.slice(0, end) + ELLIPSIS
    if (count < chars) end += char.length
  }
  return text
}
