/** Where the time comes from. Tests hand in a clock of their own. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Resolves after `ms` milliseconds, or at once when the signal aborts (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Milliseconds of a clock that only runs forward and is never set. Absent: the process has one. */
  steady?(): number
}

/** For ages that must not change when the system's clock is set. Not to be compared with `now()`, but for their difference. */
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
