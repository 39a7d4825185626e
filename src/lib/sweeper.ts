import type { Clock } from './clock.ts'
import type { Log } from './log.ts'

export const DAY_MS = 24 * 60 * 60_000

export type Sweep = {
  /** The objects that are removed, for the log: "removed pushers". */
  of: string
  everyMs: number
  /**
   * Removes at most `atOnce` objects and resolves to the number removed. It is called again until it removes
   * fewer. `signal`: aborted when the sweeper is disposed of.
   */
  sweep(signal?: AbortSignal): Promise<number>
  atOnce: number
  /** Sweeps are so frequent that they are logged at the level debug. */
  isRoutine?: boolean
  /** The time before the first sweep. Default: 0. */
  firstAfterMs?: number
}

/**
 * Sweeps until nothing is left, or the signal is aborted. Small batches keep the transactions short. Resolves
 * to the number removed.
 */
export async function sweepAll(
  { sweep, atOnce }: Pick<Sweep, 'sweep' | 'atOnce'>,
  signal?: AbortSignal,
): Promise<number> {
  let swept = 0
  for (;;) {
    const found = await sweep(signal)
    swept += found
    if (found < atOnce || signal?.aborted === true) return swept
  }
}

/**
 * Sweeps at once, or after `firstAfterMs`, and then at intervals, until it is disposed of. A sweep that fails
 * is logged; the next one follows at its time.
 */
export function startSweeper({ clock, log }: { clock: Clock; log: Log }, work: Sweep): AsyncDisposable {
  const ending = new AbortController()
  const sweepOn = async () => {
    if (work.firstAfterMs !== undefined) await clock.sleep(work.firstAfterMs, ending.signal)
    while (!ending.signal.aborted) {
      try {
        const swept = await sweepAll(work, ending.signal)
        if (swept > 0) log[work.isRoutine === true ? 'debug' : 'info']({ swept, of: work.of }, 'swept')
      } catch (error) {
        log.error({ err: error, of: work.of }, 'could not sweep')
      }
      await clock.sleep(work.everyMs, ending.signal)
    }
  }
  const running = sweepOn()
  return {
    async [Symbol.asyncDispose]() {
      ending.abort()
      await running
    },
  }
}
