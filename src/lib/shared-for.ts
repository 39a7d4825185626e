import type { Clock } from './clock.ts'

/**
 * Runs work once for many callers: all calls within `ms` milliseconds share a result, and so do all calls while the
 * work is running, however long it takes.
 */
export function sharedFor<T>(
  work: () => Promise<T>,
  { ms, clock }: { ms: number; clock: Clock },
): () => Promise<T> {
  let last: { at: number; isRunning: boolean; result: Promise<T> } | undefined
  const begin = () => {
    const run = { at: clock.now(), isRunning: true, result: work() }
    const settled = () => void (run.isRunning = false)
    run.result.then(settled, settled)
    return run
  }
  return () => {
    // When the system clock was set back, the result counts as old; otherwise it would stay valid for hours.
    const age = last === undefined ? Infinity : clock.now() - last.at
    if (last === undefined || !(last.isRunning || (age >= 0 && age < ms))) last = begin()
    return last.result
  }
}
