import { BoundedMap } from './bounded-map.ts'
import type { Clock } from './clock.ts'
import { limitExceeded } from './errors.ts'

export type Rate = { perSecond: number; burst: number }

export type TokenBuckets = {
  /**
   * Takes `count` tokens, by default 1, and at most the size of a bucket. Returns 0 on success. Otherwise takes none
   * and returns the milliseconds until enough tokens are available.
   */
  take(key: string, count?: number): number
  /** Puts one token back. */
  giveBack(key: string): void
  readonly size: number
}

const MAX_KEYS = 50_000
// Prevents a wait of a whole number of milliseconds from being rounded up because of an error in the last bit.
const ROUNDING = 1e-6

/** Token buckets in memory, at most `maxKeys` of them. An evicted bucket starts full again. */
export function createTokenBuckets(options: { rate: Rate; clock: Clock; maxKeys?: number }): TokenBuckets {
  const { rate, clock, maxKeys = MAX_KEYS } = options
  const perMs = rate.perSecond / 1000
  const buckets = new BoundedMap<string, { tokens: number; at: number }>({ limit: maxKeys })

  const refill = (key: string) => {
    const now = clock.now()
    const bucket = buckets.getOrInsertComputed(key, () => ({ tokens: rate.burst, at: now }))
    bucket.tokens = Math.min(rate.burst, bucket.tokens + Math.max(0, now - bucket.at) * perMs)
    bucket.at = now
    return bucket
  }

  return {
    take(key, count = 1) {
      const bucket = refill(key)
      const wanted = Math.min(count, rate.burst)
      if (bucket.tokens < wanted - ROUNDING) return Math.ceil((wanted - ROUNDING - bucket.tokens) / perMs)
      bucket.tokens = Math.max(0, bucket.tokens - wanted)
      return 0
    },
    giveBack(key) {
      const bucket = refill(key)
      bucket.tokens = Math.min(rate.burst, bucket.tokens + 1)
    },
    get size() {
      return buckets.size
    },
  }
}

/** @throws MatrixError 429 with the time until enough tokens are available */
export function takeOrRefuse(buckets: TokenBuckets, key: string, count = 1): void {
  const waitMs = buckets.take(key, count)
  if (waitMs > 0) throw limitExceeded(waitMs)
}
