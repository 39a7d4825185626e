/** The source of time. Tests inject their own. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Resolves after `ms` milliseconds, or at once when the signal aborts (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Milliseconds of a monotonic clock. Default: the monotonic clock of the process. */
  steady?(): number
}

/**
 * For measuring ages, which must not change when the system clock is set. Compare only with other values of this
 * clock, never with `now()`.
 */
export const steadyNow = (clock: Clock): number => clock.steady?.() ?? performance.now()

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const done = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal?.addEventListener('abort', done, { once: true })
    }),
}

/** Waits for `work`, which must not reject, and at most for `ms` milliseconds. */
export async function waitAtMost(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController()
  void work.then(() => done.abort())
  await clock.sleep(ms, done.signal)
}
