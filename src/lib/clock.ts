/** The source of time. Tests inject their own. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Resolves after `ms` milliseconds, or at once when the signal aborts (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Milliseconds of a monotonic clock. Default: the monotonic clock of the process. */
  steady?(): number
  /** As `startTimer`. Default: `sleep`, which takes more memory. */
  timer?(ms: number, onEnd: () => void): Disposable
}

/**
 * For measuring ages, which must not change when the system clock is set. Compare only with other values of this
 * clock, never with `now()`.
 */
export const steadyNow = (clock: Clock): number => clock.steady?.() ?? performance.now()

/** Calls `onEnd` after `ms` milliseconds, unless the result is disposed of before. */
export function startTimer(clock: Clock, ms: number, onEnd: () => void): Disposable {
  if (clock.timer) return clock.timer(ms, onEnd)
  const ending = new AbortController()
  void clock.sleep(ms, ending.signal).then(() => ending.signal.aborted || onEnd())
  return { [Symbol.dispose]: () => ending.abort() }
}

export const systemClock: Clock = {
  now: () => Date.now(),
  timer: (ms, onEnd) => setTimeout(onEnd, ms),
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
