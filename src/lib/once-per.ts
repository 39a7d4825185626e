import { BoundedMap } from './bounded-map.ts'
import type { Clock } from './clock.ts'

const MOST_KEYS = 1000

/**
 * For what is worth saying, but not each time that it happens: true for a key at its first call, and again when `ms` milliseconds have passed
 * since the last true. The keys that were true last are remembered, at most 1000 of them.
 */
export function oncePer(ms: number, clock: Clock): (key: string) => boolean {
  // Only ever read with `peek`: the key whose time ends first is evicted first.
  const lastAt = new BoundedMap<string, number>({ limit: MOST_KEYS })
  return (key) => {
    const now = clock.now()
    const age = now - (lastAt.peek(key) ?? -Infinity)
    // A clock that was set back does not silence a key for longer.
    if (age >= 0 && age < ms) return false
    lastAt.set(key, now)
    return true
  }
}
