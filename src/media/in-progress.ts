import { BoundedMap } from '../lib/bounded-map.ts'
import type { Clock } from '../lib/clock.ts'
import { MatrixError } from '../lib/errors.ts'

/** How long a failure is remembered. */
const FAILURE_MS = 600_000
const MAX_FAILURES = 1000

/**
 * Work under a name: calls at the same time share one run, and an error of the request (400, 413) is
 * remembered for ten minutes.
 */
export type InProgress = { once<R>(name: string, work: () => Promise<R>): Promise<R> }

export function createInProgress({ clock }: { clock: Clock }): InProgress {
  const running = new Map<string, Promise<unknown>>()
  const failures = new BoundedMap<string, { error: MatrixError; at: number }>({ limit: MAX_FAILURES })
  return {
    async once<R>(name: string, work: () => Promise<R>): Promise<R> {
      const failed = failures.get(name)
      const age = failed === undefined ? Infinity : clock.now() - failed.at
      if (failed !== undefined && age >= 0 && age < FAILURE_MS) throw failed.error
      const found = running.get(name)
      if (found !== undefined) return found as Promise<R>
      const run = work()
        .catch((error: unknown) => {
          if (error instanceof MatrixError && (error.status === 400 || error.status === 413))
            failures.set(name, { error, at: clock.now() })
          throw error
        })
        .finally(() => running.delete(name))
      running.set(name, run)
      return run
    },
  }
}
