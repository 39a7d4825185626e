import type { RetentionSettings } from '../../config/retention-schema.ts'
import type { JsonObject } from '../../lib/json.ts'
import { DAY_MS } from '../../lib/sweeper.ts'

/** The type of the state event with the policy of a room (MSC1763). */
export const RETENTION = 'm.room.retention'

/** The limits of the server. */
export type RetentionLimits = Pick<RetentionSettings, 'default_days' | 'least_days' | 'most_days'>

/**
 * How long the messages of a room are kept, in milliseconds; undefined: for ever. A policy that contradicts
 * itself counts as none. `min_lifetime` lengthens the default of the server. The limits of the server come
 * last.
 * @param policy the content of its `m.room.retention`
 */
export function lifetimeOf(policy: JsonObject | undefined, limits: RetentionLimits): number | undefined {
  const { least, most } = asked(policy)
  const wanted = most ?? inMs(limits.default_days)
  if (wanted === undefined) return undefined
  const atMost = inMs(limits.most_days) ?? Infinity
  return Math.min(Math.max(wanted, least, limits.least_days * DAY_MS), atMost)
}

/** The shortest time for which a room can keep its messages, in milliseconds. */
export const shortestLifetime = ({ least_days: least, most_days: most }: RetentionLimits): number =>
  Math.min(least, most ?? Infinity) * DAY_MS

const inMs = (days: number | undefined) => (days === undefined ? undefined : days * DAY_MS)

function asked(policy: JsonObject | undefined): { least: number; most: number | undefined } {
  const least = duration(policy?.['min_lifetime']) ?? 0
  const most = duration(policy?.['max_lifetime'])
  return most !== undefined && least > most ? { least: 0, most: undefined } : { least, most }
}

const duration = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
