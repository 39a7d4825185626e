import { hash } from 'node:crypto'
import { recipientKeyOf, RESENT } from './recipient-key.ts'
import type { Message } from './provider.ts'

// Home servers send a notification again when they have not received the response, and the gateway retries
// after a failure of a provider. These ids are the same each time, so that a phone or a push service can
// recognise a repeat.

/** The event id that clients use to test their own pusher. Each test is new. */
export const LOOP_BACK_EVENT_ID = '$THIS_IS_A_FAKE_EVENT_ID'

/**
 * Identifies a notification for a device. With two accounts of one app on one phone (`recipientKey`), an
 * event for one account is not a repeat of the same event for the other.
 */
export type DedupeKey = {
  appId: string
  pushkey: string
  eventId: string
  recipientKey?: string
  /** The mark of a notification that a user has sent again: it is no repeat, and replaces the earlier one. */
  resent?: string
}

/** What identifies a notification besides the device and the event. */
export const furtherParts = ({ recipientKey, resent }: DedupeKey): string[] => [
  ...(recipientKey === undefined ? [] : [recipientKey]),
  ...(resent === undefined ? [] : [RESENT, resent]),
]

type About = Pick<Message, 'device' | 'notification' | 'userId'>

/** `undefined` for counts alone and for the test of a pusher: these are never repeats. */
export function dedupeKeyOf(message: About): DedupeKey | undefined {
  const { device, notification } = message
  const eventId = notification.event_id
  if (!eventId || eventId === LOOP_BACK_EVENT_ID) return undefined
  const recipientKey = recipientKeyOf(message)
  const mark = device.data?.[RESENT]
  const resent = typeof mark === 'string' ? { resent: mark } : {}
  const ofDevice = { appId: device.app_id, pushkey: device.pushkey, eventId, ...resent }
  return recipientKey === undefined ? ofDevice : { ...ofDevice, recipientKey }
}

/** Generated for this purpose. */
const NAMESPACE = Buffer.from('5f0c3a1d8f474c7b9a6e2b7d41c0e95a', 'hex')

/** UUID of version 5 (RFC 9562, section 5.5) of a dedupe key, in lower case: `apns-id`. */
export function messageId(key: DedupeKey): string {
  return uuidV5(NAMESPACE, JSON.stringify([key.appId, key.pushkey, key.eventId, ...furtherParts(key)]))
}

/** `namespace`: 16 bytes. */
export function uuidV5(namespace: Uint8Array, name: string): string {
  const hex = hash('sha1', Buffer.concat([namespace, Buffer.from(name)]), 'hex')
  const variant = '89ab'.charAt(Number.parseInt(hex.charAt(16), 16) & 3)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/**
 * A later notification with the same id replaces an earlier one that is still in transit or on the screen.
 * The id is that of the event, so that only a repeat replaces it; or that of the room, for a pusher with
 * `data.only_last_per_room: true`. 32 characters of base64url, as the `Topic` of Web Push allows (RFC 8030,
 * section 5.4). `undefined`: replaces nothing.
 *
 * The hash includes the device and the recipient: a provider cannot tell which devices share a room, and of
 * two accounts on one phone neither replaces the notifications of the other.
 */
export function collapseId(message: About): string | undefined {
  const key = dedupeKeyOf(message)
  return roomCollapseId(message) ?? (key && collapseHash(message, 'event', key.eventId))
}

/** By room, for a pusher that asks for it; `undefined` for all others. */
export function roomCollapseId(message: About): string | undefined {
  const roomId = message.notification.room_id
  if (message.device.data?.only_last_per_room !== true || !roomId) return undefined
  return collapseHash(message, 'room', roomId)
}

/** Newer counts of an account replace older ones that were not fetched yet. */
export const countsCollapseId = (message: Pick<Message, 'device' | 'userId'>) =>
  collapseHash(message, 'counts', '')

/** 24 bytes. */
const COLLAPSE_CHARS = 32

function collapseHash(
  message: Pick<Message, 'device' | 'userId'>,
  kind: 'event' | 'room' | 'counts',
  id: string,
): string {
  const { app_id: appId, pushkey } = message.device
  const recipientKey = recipientKeyOf(message)
  const name = JSON.stringify([
    appId,
    pushkey,
    kind,
    id,
    ...(recipientKey === undefined ? [] : [recipientKey]),
  ])
  return hash('sha256', name, 'base64url').slice(0, COLLAPSE_CHARS)
}
