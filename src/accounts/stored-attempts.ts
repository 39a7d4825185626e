import type { Clock } from '../lib/clock.ts'
import type { Transaction } from '../storage/database.ts'
import { attemptsFullAt, deleteFull, giveAttemptBack, limitFullAt, takeAttempt } from './attempts-store.ts'
import type { Sign } from './server-secret.ts'

/** Counts attempts in the database, for all processes. Use it for attempts that are rare: each costs a write. */
export type StoredAttempts = {
  /** Takes one attempt. Resolves to 0, or to the milliseconds until there is one. */
  take(tx: Transaction, key: string): Promise<number>
  giveBack(tx: Transaction, key: string): void
}

/**
 * A token bucket for each key, which refills in `periodMs`. The row has only the time at which the bucket is
 * full, and a full bucket has no row. Keys are addresses and account names, so the row has their HMAC.
 */
export function createStoredAttempts(
  deps: { clock: Clock; sign: Sign },
  of: { name: string; count: number; periodMs: number },
): StoredAttempts {
  const { clock, sign } = deps
  const step = Math.max(1, Math.round(of.periodMs / of.count))
  const hashOf = (key: string) => sign('attempts', of.name, key).toString('base64url')
  return {
    async take(tx, key) {
      const now = clock.now()
      const keyHash = hashOf(key)
      const latest = now + step * (of.count - 1)
      if ((await tx.run(takeAttempt, { keyHash, now, step, latest })) > 0) return 0
      const most = latest + step
      const fullAt = (await tx.first(attemptsFullAt, { keyHash }))?.full_at ?? now
      // The clock of another process is ahead, or this one was set back.
      if (fullAt > most) tx.write(limitFullAt, { keyHash, most })
      return Math.max(1, Math.min(fullAt, most) - latest)
    },
    giveBack(tx, key) {
      const keyHash = hashOf(key)
      tx.write(giveAttemptBack, { keyHash, step })
      tx.write(deleteFull, { keyHash, now: clock.now() })
    },
  }
}
