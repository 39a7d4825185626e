import { limitExceeded, MatrixError } from '../lib/errors.ts'
import type { Acceptance } from './accept.ts'
import type { Notification } from './notification.ts'

/** The retry time for an address that has reached its queue limit. */
const REFUSED_FOR_MS = 60_000

/**
 * The response to a call, from the results of its devices in their order.
 *
 * @returns the pushkeys that the home server must remove
 * @throws {MatrixError} 503 if a device could not be accepted; 429 if the queue limit of the caller is reached
 */
export function responseOf(
  notification: Notification,
  acceptances: readonly Acceptance[],
): { rejected: string[] } {
  if (acceptances.includes('failed'))
    throw new MatrixError(503, 'M_UNKNOWN', 'The notification could not be accepted now; send it again')
  if (acceptances.includes('refused')) throw limitExceeded(REFUSED_FOR_MS)
  const rejected = notification.devices.filter((_device, index) => acceptances[index] === 'rejected')
  return { rejected: [...new Set(rejected.map((device) => device.pushkey))] }
}
