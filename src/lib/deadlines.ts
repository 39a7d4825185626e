import type { Clock } from './clock.ts'

/** Timeouts of equal length. They end in the order in which they began, so one timer serves all of them. */
export type Deadlines = Disposable & {
  /** Calls `expire` after the common time, unless the returned function is called before. */
  add(expire: () => void): () => void
  /** Ends all current timeouts, and every later one, at once. */
  endNow(): void
}

export function createDeadlines(clock: Clock, ms: number): Deadlines {
  const waiting = new Set<{ at: number; expire: () => void }>()
  const ending = new AbortController()
  let isRunning = false
  let isOver = false

  async function run(): Promise<void> {
    isRunning = true
    for (;;) {
      const [first] = waiting
      if (first === undefined || ending.signal.aborted) break
      const left = first.at - clock.now()
      // Setting the system clock back must not make a timeout longer.
      if (left > 0) await clock.sleep(Math.min(left, ms), ending.signal)
      const now = clock.now()
      for (const one of waiting) {
        if (one.at > now) break
        waiting.delete(one)
        one.expire()
      }
    }
    isRunning = false
  }

  return {
    add(expire) {
      const one = { at: clock.now() + ms, expire }
      if (isOver) {
        queueMicrotask(expire)
        return () => undefined
      }
      waiting.add(one)
      if (!isRunning) void run()
      return () => void waiting.delete(one)
    },
    endNow() {
      isOver = true
      const all = [...waiting]
      waiting.clear()
      for (const { expire } of all) expire()
    },
    [Symbol.dispose]() {
      ending.abort()
      waiting.clear()
    },
  }
}
