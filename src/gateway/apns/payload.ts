import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import type { Forms } from '../message-forms.ts'
import { encodeJson, jsonTextBytes, shortenLongest } from '../message-forms.ts'
import type { Message } from '../provider.ts'
import type { NotificationText } from '../notification-text.ts'
import { type Alert, alertOf } from './alert.ts'

// The payloads are those of Sygnal, which existing apps expect.

/** `nothing`: no text and no badge, so there is nothing to send. `malformed`: `default_payload` is not an object. */
export type ApnsForms = { kind: 'forms'; forms: Forms } | { kind: 'nothing' } | { kind: 'malformed' }

export type PayloadOptions = {
  sendBadgeCounts: boolean
  /** Whether `tweaks.sound` selects a sound even if `default_payload` has no `aps`. */
  tweakSound: boolean
  /** The words of the alert, instead of keys of the app's translations. */
  text?: NotificationText | undefined
}

export function apnsForms({ device, notification }: Message, options: PayloadOptions): ApnsForms {
  const given = device.data?.default_payload
  const isAbsent = given === undefined || given === null
  if (!isAbsent && !isJsonObject(given)) return { kind: 'malformed' }
  const base = isAbsent ? {} : given
  const input: Input = { notification, base, sound: soundOf(device, base, options), ...options }
  if (notification.event_id && !notification.type) {
    const idOnly = idOnlyPayload(input)
    return { kind: 'forms', forms: { full: () => idOnly, trimmed: (maxBytes) => trimmed(idOnly, maxBytes) } }
  }
  const full = fullPayload(input)
  if (full === undefined) return { kind: 'nothing' }
  return {
    kind: 'forms',
    forms: {
      full: () => full,
      trimmed: (maxBytes) => trimmed(full, maxBytes),
      eventIdOnly: () => (notification.event_id ? shortPayload(input) : undefined),
    },
  }
}

type Input = PayloadOptions & {
  notification: Message['notification']
  base: JsonObject
  sound: string | undefined
}

const MAX_SOUND_BYTES = 128

/**
 * The sound that the user's push rules ask for, for an app with an `aps` in its `default_payload`. Apple
 * plays the default sound for `default` and for files that the app does not have.
 */
function soundOf(
  { tweaks }: Message['device'],
  base: JsonObject,
  { tweakSound }: PayloadOptions,
): string | undefined {
  const sound = tweaks?.sound
  if (typeof sound !== 'string' || sound === '') return undefined
  if (!tweakSound && !isJsonObject(base.aps)) return undefined
  return Buffer.byteLength(sound) <= MAX_SOUND_BYTES ? sound : 'default'
}

/** Keeps the sound of a full payload that was too long, if the app shows a text of its own. */
function shortPayload(input: Input): JsonObject {
  const { base, sound } = input
  const payload = idOnlyPayload(input)
  if (sound === undefined || !isJsonObject(base.aps) || base.aps.alert === undefined) return payload
  return { ...payload, aps: { sound, ...base.aps } }
}

function idOnlyPayload({ notification, base, sendBadgeCounts, text }: Input): JsonObject {
  const { room_id: roomId, event_id: eventId, counts } = notification
  const aps = isJsonObject(base.aps) ? base.aps : {}
  // An app that sends an alert of its own in `default_payload` has words.
  const isWordless = text !== undefined && aps.alert === undefined
  return {
    ...base,
    ...(isWordless && { aps: { ...aps, alert: { title: text.title, body: text.body } } }),
    ...(roomId && { room_id: roomId }),
    ...(eventId && { event_id: eventId }),
    ...(sendBadgeCounts && isCount(counts?.unread) && { unread_count: counts.unread }),
    ...(sendBadgeCounts && isCount(counts?.missed_calls) && { missed_calls: counts.missed_calls }),
  }
}

function fullPayload({ notification, base, sound, sendBadgeCounts, text }: Input): JsonObject | undefined {
  const alert = alertOf(notification)
  const badge = sendBadgeCounts ? badgeOf(notification.counts) : undefined
  if (alert === undefined && badge === undefined) return undefined
  // A payload for the badge alone is not about an event, and shows no text of the app.
  const under = notification.type ? base : {}
  const aps = isJsonObject(under.aps) ? under.aps : {}
  const { room_id: roomId, event_id: eventId } = notification
  return {
    ...under,
    aps: {
      // A sound from `default_payload` takes precedence over the sound of the push rules.
      ...(alert && sound !== undefined && { sound }),
      ...aps,
      ...(alert && { alert: shown(alertIn(aps), alert, text) }),
      ...(badge !== undefined && { badge }),
    },
    ...(alert && roomId && { room_id: roomId }),
    ...(alert && eventId && { event_id: eventId }),
  }
}

/** The alert on top of that of `default_payload`. Keys of translations would take precedence over a text. */
function shown(under: JsonObject, alert: Alert, text: NotificationText | undefined): JsonObject {
  if (text === undefined) return { ...under, 'loc-key': alert.key, 'loc-args': alert.args }
  const others = Object.entries(under).filter(([key]) => !key.includes('loc-'))
  return { ...Object.fromEntries(others), title: text.title, body: text.body }
}

/** A plain text as `alert` is a short form of its `body`. */
function alertIn({ alert }: JsonObject): JsonObject {
  if (typeof alert === 'string') return { body: alert }
  return isJsonObject(alert) ? alert : {}
}

const isCount = (count: number | null | undefined) => typeof count === 'number'

function badgeOf(counts: Message['notification']['counts']): number | undefined {
  if (!isCount(counts?.unread) && !isCount(counts?.missed_calls)) return undefined
  return (counts.unread ?? 0) + (counts.missed_calls ?? 0)
}

/** Cuts the longest of the texts that a phone shows: `alert`, `alert.body` and each of `alert.loc-args`. */
function trimmed(payload: JsonObject, maxBytes: number): JsonObject | undefined {
  const aps = isJsonObject(payload.aps) ? payload.aps : {}
  const { alert } = aps
  const withAlert = (changed: JsonObject | string) => ({ ...payload, aps: { ...aps, alert: changed } })
  if (typeof alert === 'string') {
    const [cut] = cutTo([alert], payload, maxBytes) ?? []
    return cut === undefined ? undefined : withAlert(cut)
  }
  if (!isJsonObject(alert)) return undefined
  const args = Array.isArray(alert['loc-args']) ? alert['loc-args'] : []
  const texts = [alert.body, ...args].map((text) => (typeof text === 'string' ? text : ''))
  const cut = cutTo(texts, payload, maxBytes)
  if (cut === undefined) return undefined
  const [body, ...cutArgs] = cut
  return withAlert({
    ...alert,
    ...(typeof alert.body === 'string' && body !== undefined && { body }),
    ...(args.length > 0 && {
      'loc-args': args.map((arg, index) => (typeof arg === 'string' ? (cutArgs[index] ?? arg) : arg)),
    }),
  })
}

function cutTo(texts: string[], payload: JsonObject, maxBytes: number): string[] | undefined {
  const ofTexts = texts.reduce((sum, text) => sum + jsonTextBytes(text), 0)
  const ofTheRest = Buffer.byteLength(encodeJson(payload)) - ofTexts
  return shortenLongest(texts, maxBytes - ofTheRest)
}
