import { hash } from 'node:crypto'
import type { NotificationDevice } from './notification.ts'

/** A device and its user. `userId`: the user of this server; absent for a notification of another server. */
export type Recipient = { device: Pick<NotificationDevice, 'data'>; userId?: string | undefined }

/**
 * The key in `data` with the mark of a notification that a user has sent again
 * (`POST /_belfry/v1/journeys/{eventId}/resend`). It makes the notification no repeat, and changes no
 * recipient.
 */
export const RESENT = 'org.belfry.resent'

/** 132 bits, which makes a collision practically impossible. */
const CHARACTERS = 22

/**
 * Distinguishes recipients on one device: accounts of an app have pushers with different `data`
 * (`default_payload`), and users of this server may set the same pusher (`append`). The order of keys in
 * `data` does not matter. `undefined` without `data` and user: such recipients keep the hashes that they had
 * before recipients were distinguished.
 */
export function recipientKeyOf({ device: { data }, userId }: Recipient): string | undefined {
  if (data !== undefined && data !== null && Object.hasOwn(data, RESENT)) {
    const { [RESENT]: _mark, ...own } = data
    return recipientKeyOf({ device: { data: own }, userId })
  }
  const hasData = data !== undefined && data !== null && Object.keys(data).length > 0
  if (!hasData) return userId === undefined ? undefined : hashOf({}, userId)
  const last = computed.get(data)
  if (last !== undefined && last.userId === userId) return last.key
  const key = hashOf(data, userId)
  computed.set(data, { userId, key })
  return key
}

/** Each notification needs its key several times. Its data never changes. */
const computed = new WeakMap<object, { userId: string | undefined; key: string }>()

function hashOf(data: object, userId: string | undefined): string {
  const text = JSON.stringify(data, inOrder)
  const whole = userId === undefined ? text : `${userId}\n${text}`
  return hash('sha256', whole, 'base64url').slice(0, CHARACTERS)
}

function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
