import { hash } from 'node:crypto'
import type { NotificationDevice } from './notification.ts'

/** A device, and for whom on it: `userId` is the user of this server, absent for a notification of another server. */
export type Recipient = { device: Pick<NotificationDevice, 'data'>; userId?: string | undefined }

/** 132 bits, enough that no two are the same. */
const CHARACTERS = 22

/**
 * Tells recipients on one device apart: accounts of an app have pushers with different `data` (`default_payload`), whatever the order of
 * its keys, and users of this server may set the same pusher (`append`). `undefined` where there is neither, so that those have the names
 * that they had before recipients were told apart.
 */
export function recipientKeyOf({ device: { data }, userId }: Recipient): string | undefined {
  const hasData = data !== undefined && data !== null && Object.keys(data).length > 0
  if (!hasData && userId === undefined) return undefined
  const text = JSON.stringify(hasData ? data : {}, inOrder)
  const whole = userId === undefined ? text : `${userId}\n${text}`
  return hash('sha256', whole, 'base64url').slice(0, CHARACTERS)
}

function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
