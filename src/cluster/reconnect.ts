import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5000

/**
 * The wait before the next attempt to connect, in milliseconds: about 0.1 s, doubled after each failure up to
 * 5 s. With jitter, so that the processes of a cluster do not connect together.
 */
export function pauseMs(failures: number, random: Random): number {
  const most = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures)
  return most / 2 + random.below(Math.floor(most / 2) + 1)
}

/** Calls `connect` until it succeeds or the signal aborts. `connect` resolves to whether it succeeded. */
export async function connectAgain(
  { clock, random }: { clock: Clock; random: Random },
  signal: AbortSignal,
  connect: () => Promise<boolean>,
): Promise<void> {
  const isOver = () => signal.aborted
  for (let failures = 0; !isOver(); failures++) {
    await clock.sleep(pauseMs(failures, random), signal)
    if (isOver() || (await connect())) return
  }
}
