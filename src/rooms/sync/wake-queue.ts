/** The queue of woken polls, and how many wait to be woken. */
export type Wakes = {
  /** The number of polls that sleep. Each poll counts itself. */
  asleep: number
  /** Runs `work` when its turn comes. */
  inTurn<T>(work: () => Promise<T>): Promise<T>
}

/** The maximum number of parallel reads. On PostgreSQL each takes a connection that other requests could use. */
const MAX_PARALLEL = 4

/**
 * One message can wake thousands of polls. They read in the order in which they were woken, a few at a time, with a turn of the
 * event loop between them. So the response of each poll is sent right after its read, and other requests are served in between.
 */
export function createWakes(): Wakes {
  const waiting: (() => void)[] = []
  let running = 0
  return {
    asleep: 0,
    async inTurn(work) {
      if (running < MAX_PARALLEL) running++
      else await new Promise<void>((resolve) => waiting.push(resolve))
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next) setImmediate(next)
        else running--
      }
    },
  }
}
