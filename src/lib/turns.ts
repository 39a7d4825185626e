export type TurnOptions = {
  atOnce: number
  /** The size of the queue. */
  waiting: number
  /** The error for work that the full queue refuses or evicts. */
  onFull: () => Error
}

type Waiter = { start: () => void; refuse: (reason: Error) => void }

/**
 * Runs at most `atOnce` tasks at the same time. The others wait: the tasks of one source in order, and the sources in
 * turn, so that a source with many tasks does not delay the others. When the queue is full, the source with the most
 * waiting tasks loses its newest one; a new task of that source is refused.
 */
export function createTurns({ atOnce, waiting, onFull }: TurnOptions) {
  // In the order of turns: a source moves to the end after its turn.
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
    // A finished task passes its place on, so the number of running tasks stays the same.
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
