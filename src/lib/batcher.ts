/** An item that waits for its batch. */
type Waiting<T, R> = { item: T; resolve: (value: R) => void; reject: (error: unknown) => void }

/**
 * Combines many small calls into few large ones: items that arrive in the same turn of the event loop, or while a
 * batch is running, form the next batch. One batch runs at a time. `run` returns results in the order of its items.
 * When it rejects, all of its items reject.
 */
export function createBatcher<T, R>(
  run: (items: readonly T[]) => Promise<readonly R[]>,
  limit = 256,
): (item: T) => Promise<R> {
  let waiting: Waiting<T, R>[] = []
  let isRunning = false

  async function runAll(): Promise<void> {
    isRunning = true
    while (waiting.length > 0) {
      await new Promise((turn) => setImmediate(turn))
      const batch = waiting.slice(0, limit)
      waiting = waiting.slice(limit)
      await runBatch(run, batch)
    }
    isRunning = false
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (!isRunning) void runAll()
    })
}

async function runBatch<T, R>(
  run: (items: readonly T[]) => Promise<readonly R[]>,
  batch: readonly Waiting<T, R>[],
): Promise<void> {
  try {
    const results = await run(batch.map(({ item }) => item))
    batch.forEach(({ resolve }, at) => resolve(results[at] as R))
  } catch (error) {
    for (const { reject } of batch) reject(error)
  }
}
