import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Database } from '../storage/database.ts'
import { forgetRemoved } from './removed-store.ts'

const DAY_MS = 24 * 60 * 60_000
/** How long it can be seen that a pusher was removed, and why. */
export const REMOVED_FOR_MS = 30 * DAY_MS
/** A transaction that deletes no more than this keeps nobody waiting. */
const AT_ONCE = 500

export type SweepDeps = { db: Database; clock: Clock }

/** Forgets pushers that were removed more than 30 days ago. Resolves to their number. */
export async function sweepRemoved({ db, clock }: SweepDeps): Promise<number> {
  const before = clock.now() - REMOVED_FOR_MS
  let swept = 0
  for (;;) {
    const found = await db.transaction((tx) => tx.run(forgetRemoved, { before, limit: AT_ONCE }))
    swept += found
    if (found < AT_ONCE) return swept
  }
}

/** Sweeps now and then once a day, until it is disposed of. */
export function startRemovedSweeper(deps: SweepDeps & { log: Log }): AsyncDisposable {
  const ending = new AbortController()
  const sweepDaily = async () => {
    while (!ending.signal.aborted) {
      try {
        await sweepRemoved(deps)
      } catch (error) {
        deps.log.error({ err: error }, 'removed pushers could not be forgotten')
      }
      await deps.clock.sleep(DAY_MS, ending.signal)
    }
  }
  const running = sweepDaily()
  return {
    async [Symbol.asyncDispose]() {
      ending.abort()
      await running
    },
  }
}
