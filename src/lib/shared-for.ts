import type { Clock } from './clock.ts'

/**
 * Work that many ask for and that is done once: all calls within `ms` milliseconds share a result, and so do all calls while it is
 * under way, however long that takes.
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
    // A clock that was set back makes a result old, not young for hours.
    const age = last === undefined ? Infinity : clock.now() - last.at
    if (last === undefined || !(last.isRunning || (age >= 0 && age < ms))) last = begin()
    return last.result
  }
}
