import type { Clock } from './clock.ts'

/**
 * The sleep of a loop that looks for work:
 *
 *     const nap = alarm.begin()            // from here on no riseBy is missed
 *     const next = await look()
 *     await nap.until(next, signal)
 */
export type Alarm = {
  begin(): { until(at: number, signal: AbortSignal): Promise<void> }
  /** Something is due at that time, earlier perhaps than all that is known of. */
  riseBy(at: number): void
}

export function createAlarm(clock: Clock): Alarm {
  let nap: { until: number; rise: AbortController } | undefined
  return {
    begin() {
      const current = { until: Infinity, rise: new AbortController() }
      nap = current
      return {
        async until(at, signal) {
          current.until = at
          const pause = at - clock.now()
          if (pause > 0) await clock.sleep(pause, AbortSignal.any([current.rise.signal, signal]))
        },
      }
    },
    riseBy(at) {
      if (nap && at < nap.until) nap.rise.abort()
    },
  }
}
