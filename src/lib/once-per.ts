import { BoundedMap } from './bounded-map.ts'
import type { Clock } from './clock.ts'

const MAX_KEYS = 1000

/**
 * Limits repeated messages: true for the first call with a key, and again when `ms` milliseconds have passed since
 * the last true. At most 1000 keys are remembered, the most recent ones.
 */
export function oncePer(ms: number, clock: Clock): (key: string) => boolean {
  // Only read with `peek`: the key whose time ends first is evicted first.
  const lastAt = new BoundedMap<string, number>({ limit: MAX_KEYS })
  return (key) => {
    const now = clock.now()
    const age = now - (lastAt.peek(key) ?? -Infinity)
    // Setting the system clock back must not silence a key for longer.
    if (age >= 0 && age < ms) return false
    lastAt.set(key, now)
    return true
  }
}
