import type { Clock } from '../lib/clock.ts'

/** Configuration errors that pause nothing, because other devices of the app are reached. Operators see them in `/health`. */
export type RecentFaults = {
  /** `reason`: one of a provider's words, or of ours. */
  note(reason: string): void
  /** A pause has ended with a delivery. What is still wrong is noted again. */
  clear(): void
  /** Those of the last hour: the longest wait between two attempts. */
  list(): { reason: string; since: number }[]
}

const KEPT_MS = 3_600_000
const MOST_KEPT = 20

export function createRecentFaults(clock: Clock): RecentFaults {
  const faults = new Map<string, { since: number; last: number }>()
  const forgetOld = () => {
    const now = clock.now()
    for (const [reason, { last }] of faults) if (Math.abs(now - last) > KEPT_MS) faults.delete(reason)
  }
  return {
    note(reason) {
      forgetOld()
      const known = faults.get(reason)
      if (known === undefined && faults.size >= MOST_KEPT) return
      const now = clock.now()
      faults.set(reason, { since: known?.since ?? now, last: now })
    },
    clear: () => faults.clear(),
    list() {
      forgetOld()
      return Array.from(faults, ([reason, { since }]) => ({ reason, since }))
    },
  }
}
