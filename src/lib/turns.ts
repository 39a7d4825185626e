export type TurnOptions = {
  atOnce: number
  /** How many may wait for their turn. */
  waiting: number
  /** What one more is told. */
  onFull: () => Error
}

/** Runs at most `atOnce` pieces of work at a time; the rest wait in order, and beyond `waiting` are turned away. */
export function createTurns({ atOnce, waiting, onFull }: TurnOptions) {
  const queue: (() => void)[] = []
  let running = 0
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running < atOnce) running++
    else if (queue.length >= waiting) throw onFull()
    // Whoever finishes hands its place over, so the number running stays as it is.
    else await new Promise<void>((resolve) => queue.push(resolve))
    try {
      return await work()
    } finally {
      const next = queue.shift()
      if (next) next()
      else running--
    }
  }
}
