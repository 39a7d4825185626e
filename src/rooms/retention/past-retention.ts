import type { RetentionSettings } from '../../config/retention-schema.ts'
import type { DeliveryQueries } from '../../delivery/next-poke.ts'
import type { Clock } from '../../lib/clock.ts'
import type { RoomId } from '../../lib/ids.ts'
import { parseStored } from '../../lib/json.ts'
import type { Queries } from '../../storage/query.ts'
import { lifetimeOf, shortestLifetime } from './policy.ts'
import { policyOfRoom } from './retention-store.ts'

/**
 * Creates the function by which delivery does not send what the next sweep removes: an event can wait for
 * days for its push gateway. Most events are younger than any room may remove them, and cost no query.
 */
export function createPastRetention(
  clock: Pick<Clock, 'now'>,
  settings: RetentionSettings,
): DeliveryQueries['isPastRetention'] {
  if (!settings.enabled) return undefined
  const shortest = shortestLifetime(settings)
  const isPast = async (q: Queries, of: { roomId: RoomId; position: number; age: number }) => {
    const { policy = null, newest } = (await q.first(policyOfRoom, of)) ?? {}
    const lifetime = lifetimeOf(policy === null ? undefined : parseStored(policy), settings)
    return lifetime !== undefined && of.age > lifetime && of.position < (newest ?? 0)
  }
  return (q, { roomId, position, sentAt }) => {
    const age = clock.now() - sentAt
    return age > shortest && isPast(q, { roomId, position, age })
  }
}
