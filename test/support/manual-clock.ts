import type { Clock } from '../../src/lib/clock.ts'
import { clockAdvanced } from './eventually.ts'

export type ManualClock = Required<Omit<Clock, 'timer'>> & {
  /** Advances the time and wakes sleepers whose time has come. */
  advance(ms: number): void
  /** Sets the clock, like an operator or NTP: no time passes, and sleepers continue to sleep. */
  step(ms: number): void
  /** The number of callers that sleep for this time. */
  sleeping(ms: number): number
}

/** A clock that only moves when the test calls `advance` or `step`. */
export function createManualClock(start = 1_800_000_000_000): ManualClock {
  let now = start
  let steady = 0
  const sleepers = new Set<{ ms: number; until: number; wake: () => void }>()
  return {
    now: () => now,
    steady: () => steady,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const wake = () => {
          sleepers.delete(sleeper)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        const sleeper = { ms, until: now + ms, wake }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', wake, { once: true })
      }),
    advance(ms) {
      clockAdvanced()
      now += ms
      steady += Math.max(0, ms)
      for (const { until, wake } of sleepers) if (until <= now) wake()
    },
    step(ms) {
      now += ms
      for (const sleeper of sleepers) sleeper.until += ms
    },
    sleeping: (wanted) => [...sleepers].filter(({ ms }) => ms === wanted).length,
  }
}
