import type { Clock } from './clock.ts'

/**
 * The sleep of a loop that polls for work. Work that becomes due during a poll, or during the sleep, shortens
 * the sleep, and costs no poll before it is due:
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
  /** `earlier`: ends the sleep, which continues until the new time. */
  let round: { until: number; earlier: AbortController } | undefined
  return {
    startRound() {
      const current = { until: Infinity, earlier: new AbortController() }
      round = current
      return {
        async sleepUntil(at, signal) {
          current.until = Math.min(current.until, at)
          for (let isEarlier = true; isEarlier;) {
            current.earlier = new AbortController()
            const earlier = current.earlier.signal
            const pause = current.until - clock.now()
            if (pause > 0) await clock.sleep(pause, AbortSignal.any([earlier, signal]))
            isEarlier = earlier.aborted && !signal.aborted
          }
        },
      }
    },
    wakeBy(at) {
      if (round === undefined || at >= round.until) return
      round.until = at
      round.earlier.abort()
    },
  }
}
