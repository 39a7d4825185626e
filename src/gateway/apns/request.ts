import { isJsonObject, type Json } from '../../lib/json.ts'
import { dedupeKeyOf, messageId, roomCollapseId } from '../message-id.ts'
import type { Message } from '../provider.ts'
import type { PushType } from './options.ts'

export type ApnsHeaders = Record<string, string>

const MAX_STORED_MS = 30 * 24 * 3_600_000

// Apple has a separate topic for each kind of push that is not shown.
const TOPIC_SUFFIX: Partial<Record<PushType, string>> = {
  voip: '.voip',
  complication: '.complication',
  fileprovider: '.pushkit.fileprovider',
}

export function topicFor(topic: string, type: PushType | undefined): string {
  const suffix = type === undefined ? undefined : TOPIC_SUFFIX[type]
  return suffix === undefined || topic.endsWith(suffix) ? topic : topic + suffix
}

export type HeaderOptions = {
  path: string
  topic: string | undefined
  pushType: PushType | undefined
  now: number
}

/** All headers of Apple's "Sending notification requests to APNs" except the token. */
export function apnsHeaders(message: Message, payload: Json, options: HeaderOptions): ApnsHeaders {
  const { notification, expiresAt } = message
  const key = dedupeKeyOf(message)
  const id = key && messageId(key)
  // A repeat replaces the earlier push, or the last push of the room does if the pusher asks for that.
  const collapse = roomCollapseId(message) ?? id
  const type = pushTypeFor(payload, options.pushType)
  const headers: ApnsHeaders = {
    ':method': 'POST',
    ':path': options.path,
    'apns-priority': type === 'background' || notification.prio === 'low' ? '5' : '10',
    'apns-expiration': expirationAt(expiresAt, options.now),
  }
  if (options.topic !== undefined) headers['apns-topic'] = topicFor(options.topic, options.pushType)
  if (type !== undefined) headers['apns-push-type'] = type
  if (id !== undefined) headers['apns-id'] = id
  if (collapse !== undefined) headers['apns-collapse-id'] = collapse
  return headers
}

/** Seconds since the Unix epoch, at most 30 days ahead; 0: one attempt, nothing is stored. */
function expirationAt(expiresAt: number, now: number): string {
  const seconds = Math.floor(Math.min(expiresAt, now + MAX_STORED_MS) / 1000)
  return seconds * 1000 <= now ? '0' : String(seconds)
}

/**
 * The push type from the configuration, else the one that fits the payload: APNs delays or drops pushes with
 * a wrong type or without one. A payload that shows nothing is always `background`, because APNs refuses it
 * as an alert.
 */
function pushTypeFor(payload: Json, configured: PushType | undefined): PushType | undefined {
  if (configured !== undefined && configured !== 'alert') return configured
  const aps = isJsonObject(payload) && isJsonObject(payload.aps) ? payload.aps : {}
  if (['alert', 'badge', 'sound'].some((key) => aps[key] !== undefined)) return 'alert'
  return aps['content-available'] === 1 ? 'background' : configured
}
