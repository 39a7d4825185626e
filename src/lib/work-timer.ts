import type { Clock } from './clock.ts'

/**
 * The sleep of a loop that polls for work. Work that becomes due during a poll, or during the sleep, ends the sleep:
 *
 *     const round = timer.startRound()     // from here on every wakeBy counts
 *     const next = await look()
 *     await round.sleepUntil(next, signal)
 */
export type WorkTimer = {
  startRound(): { sleepUntil(at: number, signal: AbortSignal): Promise<void> }
  /** Work is due at this time (ms since the Unix epoch): the sleep ends by then at the latest. */
  wakeBy(at: number): void
}

export function createWorkTimer(clock: Clock): WorkTimer {
  let round: { until: number; wake: AbortController } | undefined
  return {
    startRound() {
      const current = { until: Infinity, wake: new AbortController() }
      round = current
      return {
        async sleepUntil(at, signal) {
          current.until = at
          const pause = at - clock.now()
          if (pause > 0) await clock.sleep(pause, AbortSignal.any([current.wake.signal, signal]))
        },
      }
    },
    wakeBy(at) {
      if (round && at < round.until) round.wake.abort()
    },
  }
}
