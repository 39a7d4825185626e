import type { Clock } from './clock.ts'
import type { Log } from './log.ts'

export const DAY_MS = 24 * 60 * 60_000

export type Sweep = {
  /** What is swept, for the log: "removed pushers". */
  of: string
  everyMs: number
  /** Takes away at most `atOnce` and resolves to how many it found; it is called again until it finds fewer. */
  sweep(): Promise<number>
  atOnce: number
}

/** Sweeps until nothing is left. A sweep of little at once keeps no other transaction waiting. Resolves to the number swept. */
export async function sweepAll({ sweep, atOnce }: Pick<Sweep, 'sweep' | 'atOnce'>): Promise<number> {
  let swept = 0
  for (;;) {
    const found = await sweep()
    swept += found
    if (found < atOnce) return swept
  }
}

/** Sweeps now and then again and again, until it is disposed of. A sweep that fails is logged, and the next one comes. */
export function startSweeper({ clock, log }: { clock: Clock; log: Log }, work: Sweep): AsyncDisposable {
  const ending = new AbortController()
  const sweepOn = async () => {
    while (!ending.signal.aborted) {
      try {
        const swept = await sweepAll(work)
        if (swept > 0) log.info({ swept, of: work.of }, 'swept')
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
