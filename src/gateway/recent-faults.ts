import type { Clock } from '../lib/clock.ts'

/** Configuration errors that pause nothing, because other devices of the app can be reached. `/health` shows them. */
export type RecentFaults = {
  /** `reason`: a word of the provider, or one of the gateway. */
  note(reason: string): void
  /** Called when a delivery has ended a pause. Remaining errors are noted again. */
  clear(): void
  /** The errors of the last hour, which is the longest wait between two attempts. */
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
