export type TurnOptions = {
  atOnce: number
  /** How many may wait for their turn. */
  waiting: number
  /** The error for work that finds no place in the queue, or loses its place. */
  onFull: () => Error
}

type Waiter = { start: () => void; refuse: (reason: Error) => void }

/**
 * Runs at most `atOnce` pieces of work at a time. The rest wait: those of one source in order, and the sources in turn, so
 * that a source with a lot of work does not hold up the others. When `waiting` wait already, the source with the most of
 * them loses its newest, or is refused one more.
 */
export function createTurns({ atOnce, waiting, onFull }: TurnOptions) {
  // In the order of turns: a source that had one goes to the end.
  const queues = new Map<string, Waiter[]>()
  let queued = 0
  let running = 0

  function takeNext(): Waiter | undefined {
    for (const [source, queue] of queues) {
      const waiter = queue.shift()
      queues.delete(source)
      if (queue.length > 0) queues.set(source, queue)
      if (waiter) queued--
      return waiter
    }
    return undefined
  }

  function makeRoom(source: string): void {
    const own = queues.get(source)?.length ?? 0
    const longest = [...queues.values()].reduce<Waiter[]>(
      (most, queue) => (queue.length > most.length ? queue : most),
      [],
    )
    const loser = longest.length > own + 1 ? longest.pop() : undefined
    if (!loser) throw onFull()
    queued--
    loser.refuse(onFull())
  }

  function wait(source: string): Promise<void> {
    if (queued >= waiting) makeRoom(source)
    return new Promise((start, refuse) => {
      const queue = queues.get(source)
      if (queue) queue.push({ start, refuse })
      else queues.set(source, [{ start, refuse }])
      queued++
    })
  }

  return async <T>(work: () => Promise<T>, source = ''): Promise<T> => {
    if (running < atOnce) running++
    // Work that ends hands its place over, so the number running stays as it is.
    else await wait(source)
    try {
      return await work()
    } finally {
      const next = takeNext()
      if (next) next.start()
      else running--
    }
  }
}
