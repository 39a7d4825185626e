import type { Clock } from '../lib/clock.ts'
import type { Database } from '../storage/database.ts'
import { claimPushers, type Lease } from './pusher-state-store.ts'

const LEASE_MS = 60_000

/** What a power cut takes back is done once more: a lease is nobody's then, and a poke has the same event id. */
export const AFTER_A_POWER_CUT_AGAIN = { durably: false }

/** The same, for work that may be run once more. */
export const AS_OFTEN_AS_NEEDED = { ...AFTER_A_POWER_CUT_AGAIN, repeatable: true }

/** Leased pushers and their URLs. */
export type Claimed = ReadonlyMap<number, string | null>

/** The leases of one worker. A lease outlives the longest exchange by far and is renewed with each outcome. */
export function createLeases({ db, clock }: { db: Database; clock: Clock }, owner: string) {
  function lease(): Lease {
    const now = clock.now()
    return { owner, until: now + LEASE_MS, now }
  }
  return {
    owner,
    /** A lease that begins now. */
    lease,
    /** Leases pushers. Resolves to the URLs of those that it got. */
    claim(pusherIds: readonly number[]): Promise<Claimed> {
      const until = lease()
      return db.transaction((tx) => claimPushers(tx, pusherIds, until), AS_OFTEN_AS_NEEDED)
    },
  }
}

export type Leases = ReturnType<typeof createLeases>
