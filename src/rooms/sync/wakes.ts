/** The turns of polls that have been woken. */
export type Wakes = {
  /** Runs `work` when it is its turn. */
  inTurn<T>(work: () => Promise<T>): Promise<T>
}

/** So many look at the same time: on PostgreSQL that is how many connections they take from everybody else. */
const AT_ONCE = 4

/**
 * One message may wake thousands of polls. They look in the order in which they were woken, a few at a time, and the event loop has a
 * turn between them: each is answered as soon as it has looked, and other requests are served meanwhile.
 */
export function createWakes(): Wakes {
  const waiting: (() => void)[] = []
  let running = 0
  return {
    async inTurn(work) {
      if (running < AT_ONCE) running++
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
