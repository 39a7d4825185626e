import type { Clock } from './clock.ts'
import type { Log } from './log.ts'

export type Alarm = {
  /** The work, for the log. */
  of: string
  /** Does all work that is due. Resolves to the number of things done. */
  run(): Promise<number>
  /** The time of the next work, in milliseconds since the Unix epoch; undefined: there is none. */
  next(): Promise<number | undefined>
  /** Calls the function when the time of the next work may have changed. Returns the end of the subscription. */
  onChange(wake: () => void): () => void
}

/** The longest wait before the next look, for a change that was not reported and for a clock that was set. */
const LOOK_EVERY_MS = 30_000

/**
 * Does work that is stored with its time: at the start what is due, and then each at its time, until it is
 * disposed of.
 */
export function startAlarm({ clock, log }: { clock: Clock; log: Log }, alarm: Alarm): AsyncDisposable {
  let isEnding = false
  let waking = new AbortController()
  const unsubscribe = alarm.onChange(() => waking.abort())
  const run = async () => {
    while (!isEnding) {
      waking = new AbortController()
      const { signal } = waking
      let waitMs = LOOK_EVERY_MS
      try {
        const done = await alarm.run()
        if (done > 0) log.debug({ done, of: alarm.of }, 'done at its time')
        waitMs = Math.min(waitMs, Math.max(0, ((await alarm.next()) ?? Infinity) - clock.now()))
      } catch (error) {
        log.error({ err: error, of: alarm.of }, 'could not do work that is due')
      }
      if (waitMs > 0) await clock.sleep(waitMs, signal)
    }
  }
  const running = run()
  return {
    async [Symbol.asyncDispose]() {
      isEnding = true
      unsubscribe()
      waking.abort()
      await running
    },
  }
}
