import type { RetentionSettings } from '../../config/retention-schema.ts'
import type { RoomId, UserId } from '../../lib/ids.ts'
import { parseStored } from '../../lib/json.ts'
import { DAY_MS } from '../../lib/sweeper.ts'
import type { Database } from '../../storage/database.ts'
import { lifetimeOf } from './policy.ts'
import { policiesOfUser } from './retention-store.ts'

/** Times are in milliseconds (MSC1763, "Server-defined retention"). */
export type RetentionConfiguration = {
  /** By room; `*`: all rooms that are not named. */
  policies: Record<string, { max_lifetime: number }>
  limits: { max_lifetime: { min: number; max?: number } }
}

/** The content of a state event has up to 64 KiB. */
const ROOMS_AT_ONCE = 100

/**
 * How long messages are kept: by default, and in each joined room of the user that has a policy of its own.
 * The policies of rooms are those that this server applies, after its limits, so clients have nothing to
 * compute.
 */
export async function retentionConfiguration(
  { db, settings }: { db: Database; settings: RetentionSettings },
  userId: UserId,
): Promise<RetentionConfiguration> {
  const { least_days: least, most_days: most } = settings
  const policies = new Map<string, { max_lifetime: number }>()
  const add = (room: RoomId | '*', lifetime: number | undefined) => {
    if (lifetime !== undefined) policies.set(room, { max_lifetime: lifetime })
  }
  add('*', lifetimeOf(undefined, settings))
  for (let after = ''; ;) {
    const page = await db.all(policiesOfUser, { userId, after, limit: ROOMS_AT_ONCE })
    for (const { room_id: roomId, policy } of page) add(roomId, lifetimeOf(parseStored(policy), settings))
    if (page.length < ROOMS_AT_ONCE) break
    after = page.at(-1)?.room_id ?? after
  }
  return {
    policies: Object.fromEntries(policies),
    limits: {
      max_lifetime: { min: least * DAY_MS, ...(most !== undefined && { max: most * DAY_MS }) },
    },
  }
}
