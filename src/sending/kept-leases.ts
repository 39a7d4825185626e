import { BoundedMap } from '../lib/bounded-map.ts'
import type { Claimed } from './lane-store.ts'

/**
 * The maximum number of kept leases. An evicted lease ends by itself, and its owner can claim the lane again
 * before.
 */
const LIMIT = 10_000

export type KeptLeases = {
  /** Keeps the lease of a lane that has nothing left to send. It was renewed just before. */
  keep(lane: Claimed, now: number): void
  /** Takes the lease out. `isFresh`: at least half of it is left. Otherwise it must be claimed again. */
  take(laneId: number, now: number): { lane: Claimed; isFresh: boolean } | undefined
  has(laneId: number): boolean
  laneIds(): number[]
}

/**
 * The leases that this process keeps although the lanes have nothing to send. The next item of such a lane
 * needs no claim. The state and the destination of a kept lane can be older than the stored ones: only a look
 * reads the present ones.
 */
export function createKeptLeases(leaseMs: number): KeptLeases {
  const kept = new BoundedMap<number, { lane: Claimed; since: number }>({ limit: LIMIT })
  return {
    keep(lane, now) {
      kept.set(lane.laneId, { lane, since: now })
    },
    take(laneId, now) {
      const found = kept.peek(laneId)
      if (found === undefined) return undefined
      kept.delete(laneId)
      const age = now - found.since
      // A negative age: the clock was set back.
      return { lane: found.lane, isFresh: age >= 0 && age <= leaseMs / 2 }
    },
    has: (laneId) => kept.peek(laneId) !== undefined,
    laneIds: () => Array.from(kept, ([laneId]) => laneId),
  }
}
