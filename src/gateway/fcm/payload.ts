import { isJsonObject, type Json } from '../../lib/json.ts'
import { cutText, encodeJson, jsonTextBytes, shortenLongest, type Forms } from '../message-forms.ts'
import type { Message } from '../provider.ts'

// The `data` of a message is that of Sygnal, which existing apps expect. All values are strings.

export type FcmData = Record<string, string>

/** `nothing`: not about an event, and no counts. `malformed`: `default_payload` is not an object. */
export type FcmForms = { kind: 'forms'; forms: Forms } | { kind: 'nothing' } | { kind: 'malformed' }

const MAX_TEXT_BYTES = 1024

const FIELDS = [
  'event_id',
  'type',
  'sender',
  'room_name',
  'room_alias',
  'membership',
  'sender_display_name',
  'room_id',
] as const

/** FCM refuses messages with one of these keys. */
const RESERVED = /^(?:from|message_type|gcm.*|google.*)$/s

/** The texts that are cut when a message is too long. */
const IS_TEXT = /^(?:content_.*|room_name|sender_display_name)$/s

export function fcmForms({ device, notification }: Message, options: { sendBadgeCounts: boolean }): FcmForms {
  const given = device.data?.default_payload
  const isAbsent = given === undefined || given === null
  if (!isAbsent && !isJsonObject(given)) return { kind: 'malformed' }
  const counts = options.sendBadgeCounts ? countsIn(notification) : {}
  const isAboutNothing = !notification.room_id && !notification.event_id
  if (isAboutNothing && Object.keys(counts).length === 0) return { kind: 'nothing' }
  const base = stringsOf(isAbsent ? {} : given)
  const prio = notification.prio === 'low' ? 'normal' : 'high'
  const full = { ...base, ...fieldsIn(notification), ...contentIn(notification), prio, ...counts }
  return {
    kind: 'forms',
    forms: {
      full: () => full,
      trimmed: (maxBytes) => trimmed(full, maxBytes),
      eventIdOnly: () =>
        notification.event_id ? { ...base, ...idsIn(notification), prio, ...counts } : undefined,
    },
  }
}

/** FCM accepts only strings, also among the client's own values. */
function stringsOf(payload: Record<string, Json>): FcmData {
  const data: FcmData = {}
  for (const [key, value] of Object.entries(payload)) {
    if (value === null || RESERVED.test(key)) continue
    put(data, key, typeof value === 'string' ? value : JSON.stringify(value))
  }
  return data
}

function fieldsIn(notification: Message['notification']): FcmData {
  const data: FcmData = {}
  for (const field of FIELDS) {
    const value = notification[field]
    if (typeof value === 'string' && value !== '') data[field] = cutText(value, MAX_TEXT_BYTES)
  }
  return data
}

function idsIn({ event_id: eventId, room_id: roomId }: Message['notification']): FcmData {
  return { ...(eventId && { event_id: eventId }), ...(roomId && { room_id: roomId }) }
}

function contentIn({ content }: Message['notification']): FcmData {
  const data: FcmData = {}
  for (const [key, value] of Object.entries(content ?? {})) {
    if (typeof value === 'string') put(data, `content_${key}`, cutText(value, MAX_TEXT_BYTES))
  }
  return data
}

function countsIn({ counts }: Message['notification']): FcmData {
  const { unread, missed_calls: missedCalls } = counts ?? {}
  return {
    // Zero is sent if the home server sends it: apps remove their notifications then.
    ...(typeof unread === 'number' && { unread: String(unread) }),
    ...(typeof missedCalls === 'number' && { missed_calls: String(missedCalls) }),
  }
}

/** A client can use `__proto__` as a key. */
function put(data: FcmData, key: string, value: string): void {
  Object.defineProperty(data, key, { value, enumerable: true, configurable: true, writable: true })
}

/** Removes the texts that repeat the body, then cuts the longest texts. */
function trimmed(
  { content_formatted_body: _repeated, ...data }: FcmData,
  maxBytes: number,
): FcmData | undefined {
  const keys = Object.keys(data).filter((key) => IS_TEXT.test(key))
  const texts = keys.map((key) => data[key] ?? '')
  const ofTexts = texts.reduce((sum, text) => sum + jsonTextBytes(text), 0)
  const ofTheRest = Buffer.byteLength(encodeJson(data)) - ofTexts
  const cut = shortenLongest(texts, maxBytes - ofTheRest)
  if (cut === undefined) return undefined
  const shorter = { ...data }
  for (const [index, key] of keys.entries()) shorter[key] = cut[index] ?? ''
  return shorter
}
