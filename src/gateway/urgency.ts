import type { Notification } from './notification.ts'

/** RFC 8030, section 5.3. */
export type Urgency = 'very-low' | 'low' | 'normal' | 'high'

/** A message of a chat is `normal`, what may wait for the charger is `low`. */
export function urgencyOf({ event_id: eventId, prio }: Notification): Urgency {
  if (!eventId) return 'low'
  return prio === 'low' ? 'normal' : 'high'
}
