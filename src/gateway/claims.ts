import type { ClusterMember, Heartbeats } from '../cluster/membership.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Database, Transaction } from '../storage/database.ts'
import { claimMessages, endClaims } from './claims-store.ts'

// Several processes can get the same notification at the same moment: a home server repeats it, and a load
// balancer gives the repeat to another process. So a process claims a notification in the database before the
// first attempt. Within a process, `accept.ts` recognises repeats.
//
//   free ──claimed──▶ claimed ──result written, or given up──▶ free
//     ▲                  │
//     └── the process is dead, or CLAIM_MS have passed

/** The other processes that share the database. */
export type GatewayMembership = Pick<ClusterMember, 'live' | 'onChange'> & Heartbeats

/** Longer than the longest attempt. The claims of a dead process end with its leases, in seconds. */
const CLAIM_MS = 90_000
const NOT_DURABLE = { durably: false, repeatable: true }

export type Claims = {
  /** Other processes can get the same notifications. */
  areNeeded(): boolean
  /** Claims what no other process has claimed and what has no result. Resolves to the claimed keys. */
  take(tx: Transaction, messageKeys: readonly string[]): Promise<Set<string>>
  /** Ends the claims of this process with the transaction. Makes no statement when there are none. */
  end(tx: Transaction, messageKeys: readonly string[]): void
  /** Ends a claim whose notification got no record. Never rejects. */
  giveUp(messageKey: string): Promise<void>
}

type ClaimsDeps = { db: Database; clock: Clock; log: Log; membership: GatewayMembership }

export function createClaims({ db, clock, log, membership }: ClaimsDeps): Claims {
  const held = new Set<string>()
  const holder = db.processId

  function end(tx: Transaction, messageKeys: readonly string[]): void {
    const keys = messageKeys.filter((key) => held.has(key))
    if (keys.length === 0) return
    tx.write(endClaims, { keys, holder })
    tx.onCommit(() => keys.forEach((key) => held.delete(key)))
  }

  return {
    areNeeded: () => membership.live().length > 1,
    async take(tx, messageKeys) {
      const keys = messageKeys.toSorted().map((key) => ({ message_key: key }))
      const now = clock.now()
      const rows = await tx.all(claimMessages, { keys, holder, now, until: now + CLAIM_MS })
      const taken = new Set(rows.map((row) => row.message_key))
      tx.onCommit(() => taken.forEach((key) => held.add(key)))
      return taken
    },
    end,
    async giveUp(messageKey) {
      if (!held.has(messageKey)) return
      try {
        await db.transaction(async (tx) => end(tx, [messageKey]), NOT_DURABLE)
      } catch (error) {
        held.delete(messageKey)
        log.warn({ err: error }, 'the claim of a notification could not be ended; it ends by itself')
      }
    },
  }
}
