import type { Clock } from '../../src/lib/clock.ts'

export type ManualClock = Clock & {
  /** Moves the time on; whoever slept up to then wakes. */
  advance(ms: number): void
}

/** A clock that stands still until it is told to move. */
export function createManualClock(start = 1_800_000_000_000): ManualClock {
  let now = start
  const sleepers = new Set<{ until: number; wake: () => void }>()
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const wake = () => {
          sleepers.delete(sleeper)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        const sleeper = { until: now + ms, wake }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', wake, { once: true })
      }),
    advance(ms) {
      now += ms
      for (const { until, wake } of sleepers) if (until <= now) wake()
    },
  }
}
