import type { Notification } from './notification.ts'

/** RFC 8030, section 5.3. */
export type Urgency = 'very-low' | 'low' | 'normal' | 'high'

/** `normal` for messages, `low` for notifications that can wait until the device is charged. */
export function urgencyOf({ event_id: eventId, prio }: Notification): Urgency {
  if (!eventId) return 'low'
  return prio === 'low' ? 'normal' : 'high'
}
