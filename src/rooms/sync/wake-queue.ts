import type { Database } from '../../storage/database.ts'

/** The queue of woken polls, and how many wait to be woken. */
export type Wakes = {
  /** The number of polls that sleep. Each poll counts itself. */
  asleep: number
  /**
   * Runs `work` when its turn comes, in a snapshot that it shares with the other polls of its turn. It began
   * directly before `work`.
   */
  inTurn<T>(work: () => Promise<T>): Promise<T>
}

/** The maximum number of parallel snapshots. On PostgreSQL each takes a connection that other requests could use. */
const MAX_PARALLEL = 4
/** The maximum number of polls in one turn. */
const MAX_TOGETHER = 8

type Waiting = { run: () => Promise<void>; reject: (error: unknown) => void }

/**
 * One message can wake thousands of polls. They read in the order in which they were woken, a few at a time,
 * with a turn of the event loop between them. So the response of each poll is sent right after its read, and
 * other requests are served in between.
 */
export function createWakes(db: Pick<Database, 'snapshot'>): Wakes {
  const waiting: Waiting[] = []
  let running = 0

  async function runSome(): Promise<void> {
    const some = waiting.splice(0, MAX_TOGETHER)
    try {
      await db.snapshot(() => Promise.all(some.map(({ run }) => run())), { isBrief: true })
    } catch (error) {
      for (const { reject } of some) reject(error)
    }
    if (waiting.length > 0) setImmediate(() => void runSome())
    else running--
  }

  return {
    asleep: 0,
    inTurn: (work) =>
      new Promise((resolve, reject) => {
        waiting.push({ run: () => work().then(resolve, reject), reject })
        if (running === MAX_PARALLEL) return
        running++
        void runSome()
      }),
  }
}
