import type { Config } from '../../config/schema.ts'
import type { Metrics } from '../../lib/metrics.ts'
import { startSweeper } from '../../lib/sweeper.ts'
import { setBlindUntil } from './arrival-store.ts'
import { createFetches, type FetchDeps, type Fetches, NO_FETCHES } from './fetches.ts'
import { CHECKED_AT_ONCE, judgePokes } from './judge.ts'
import { type ArrivalHealth, createShareWatch } from './share-watch.ts'

const JUDGE_EVERY_MS = 10_000

export type Arrivals = Fetches & {
  /** Whether a fetch by this device would prove that a push arrived: it does not sync now. */
  canProve: FetchDeps['isActive']
  /** For `/health`; undefined: arrivals are not recorded. */
  health(): ArrivalHealth | undefined
  /**
   * Starts to look for pokes without a fetch. No conclusions are drawn about pokes from before the start:
   * devices could not fetch events while the server was down, and a killed process has lost the fetches in
   * its memory.
   */
  start(): Promise<AsyncDisposable[]>
}

/** With `trace.enabled` or `trace.arrivals` off, it does nothing. */
export function createArrivals(
  deps: FetchDeps & { metrics: Metrics; config: Pick<Config, 'trace'> },
): Arrivals {
  const { db, clock } = deps
  const { trace } = deps.config
  const watch = createShareWatch(deps)
  if (!(trace.enabled && trace.arrivals))
    return { ...NO_FETCHES, canProve: () => false, health: () => undefined, start: async () => [] }
  return {
    ...createFetches(deps),
    canProve: (device) => !deps.isActive(device),
    health: watch.health,
    async start() {
      await db.transaction((tx) => tx.run(setBlindUntil, { at: clock.now() }), { durably: false })
      const judging = startSweeper(deps, {
        of: 'pokes without a fetch',
        everyMs: JUDGE_EVERY_MS,
        atOnce: CHECKED_AT_ONCE,
        isRoutine: true,
        sweep: () => judgePokes(deps),
      })
      return [judging, watch.start()]
    },
  }
}
