import { setTimeout } from 'node:timers/promises'
import { DatabaseSync } from 'node:sqlite'
import type { Queries } from './query.ts'
import { queriesOf } from './sqlite-queries.ts'
import type { Checkpoints } from './sqlite-checkpoints.ts'
import { errorCode, SQLITE_BUSY } from './sqlite-codes.ts'
import type { WriteConnection } from './write-connection.ts'

/** Another process may hold the write lock for a moment (`belfry user add` beside a running server). */
export const BUSY_TIMEOUT_MS = 5_000
const BUSY_RETRY_MS = 10

export function openReader(path: string): DatabaseSync {
  const connection = new DatabaseSync(path, { readOnly: true })
  connection.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`)
  return connection
}

/** Retries while another connection writes. SQLite's own busy timeout would block the event loop. */
export async function retryWhileBusy<T>(begin: () => T): Promise<T> {
  for (let waited = 0; ; waited += BUSY_RETRY_MS) {
    try {
      return begin()
    } catch (error) {
      if (errorCode(error) !== SQLITE_BUSY || waited >= BUSY_TIMEOUT_MS) throw error
      await setTimeout(BUSY_RETRY_MS)
    }
  }
}

type ReadTransaction = { begin(): void; end(): void }
type Durability = {
  readers: ReadTransaction
  checkpoints: Pick<Checkpoints, 'committed' | 'isDue' | 'run'>
  /** Resolves when the whole write-ahead log is on the disk. */
  sync(): Promise<void>
}

/**
 * A commit becomes durable in two steps: `commit` hands the write-ahead log to the operating system, and
 * `makeDurable` waits off the event loop until the log is on the disk. In between, readers keep their state.
 * Together this is `synchronous = full`, which would block the whole process while the disk works.
 */
export function writeConnection(connection: DatabaseSync, durability: Durability): WriteConnection {
  const begin = connection.prepare('begin immediate')
  const commit = connection.prepare('commit')
  const control = {
    rollback: connection.prepare('rollback'),
    'savepoint w': connection.prepare('savepoint w'),
    'release w': connection.prepare('release w'),
    'rollback to w': connection.prepare('rollback to w'),
  }
  const queries = queriesOf(connection)
  const beginSnapshot = connection.prepare('begin')
  let counted = 0
  return {
    ...queries,
    control: async (statement) => {
      if (statement === 'begin') await retryWhileBusy(() => begin.run())
      else control[statement].run()
    },
    isPipelined: false,
    isCheckpointDue: () => durability.checkpoints.isDue(),
    checkpoint: () => durability.checkpoints.run(),
    commit: async (durably) => {
      if (durably) durability.readers.begin()
      try {
        commit.run()
        if (queries.writes() > counted) durability.checkpoints.committed()
        counted = queries.writes()
      } catch (error) {
        if (durably) durability.readers.end()
        throw error
      }
    },
    makeDurable: async (durably) => {
      if (!durably) return
      await durability.sync()
      durability.readers.end()
    },
    snapshot: async (work) => {
      const before = queries.writes()
      // Its first query fixes its state. Until its end, no transaction of this connection begins.
      beginSnapshot.run()
      let value
      try {
        value = await work(queries)
      } catch (error) {
        control.rollback.run()
        throw error
      }
      if (queries.writes() === before) commit.run()
      else {
        control.rollback.run()
        throw new Error('a query that writes was run in a snapshot')
      }
      return value
    },
    inTransaction: () => connection.isTransaction,
  }
}

/** A read transaction that keeps a connection at the state of its beginning. */
export function readTransactionOf(connection: DatabaseSync): ReadTransaction {
  const begin = connection.prepare('begin')
  // A read transaction fixes its state at its first query, not at `begin`.
  const firstQuery = connection.prepare('select position from stream')
  const end = connection.prepare('commit')
  return {
    begin() {
      begin.run()
      try {
        firstQuery.get()
      } catch (error) {
        end.run()
        throw error
      }
    },
    end: () => void end.run(),
  }
}

/**
 * Resolves at once for the first call in a turn of the event loop, and for each further one in a later turn,
 * in order. Several long readers would otherwise run one after the other before any other request.
 */
export function oneInEachTurn(): () => Promise<void> {
  const waiting: (() => void)[] = []
  let isTaken = false
  const next = () => {
    const start = waiting.shift()
    isTaken = start !== undefined
    if (start === undefined) return
    setImmediate(next)
    start()
  }
  return () => {
    if (isTaken) return new Promise((start) => waiting.push(start))
    isTaken = true
    setImmediate(next)
    return Promise.resolve()
  }
}

/** The maximum number of parallel snapshots. They share one thread anyway. */
export const MAX_SNAPSHOTS = 4

const nothing = () => undefined

type SnapshotReader = { connection: DatabaseSync; queries: Queries; readers: ReadTransaction }

/**
 * A pool of connections; each holds one read transaction at a time. They stay open, because a new connection
 * has to prepare every statement again. Further readers wait in order.
 *
 * @param mayBegin resolves when a read transaction may begin. It is called directly before.
 */
export function snapshotPool(open: () => DatabaseSync, mayBegin: () => Promise<void>) {
  const all = new Set<SnapshotReader>()
  const idle: SnapshotReader[] = []
  const waiting: ((reader: SnapshotReader | Promise<SnapshotReader>) => void)[] = []
  const busy = new Set<Promise<unknown>>()

  function make(): SnapshotReader {
    const connection = open()
    const reader = { connection, queries: queriesOf(connection), readers: readTransactionOf(connection) }
    all.add(reader)
    return reader
  }
  async function take(): Promise<SnapshotReader> {
    const free = idle.pop()
    if (free) return free
    return all.size < MAX_SNAPSHOTS ? make() : new Promise((given) => waiting.push(given))
  }
  function give(reader: SnapshotReader): void {
    const next = waiting.shift()
    if (next) next(reader)
    else idle.push(reader)
  }
  /** Beginning or ending its transaction failed. */
  function discard(reader: SnapshotReader): void {
    all.delete(reader)
    reader.connection.close()
    waiting.shift()?.(take())
  }
  async function use<T>(work: (read: Queries) => Promise<T>): Promise<T> {
    const reader = await take()
    let isSound = false
    try {
      await mayBegin()
      reader.readers.begin()
      try {
        return await work(reader.queries)
      } finally {
        reader.readers.end()
        isSound = true
      }
    } finally {
      if (isSound) give(reader)
      else discard(reader)
    }
  }
  return {
    use<T>(work: (read: Queries) => Promise<T>): Promise<T> {
      const running = use(work)
      const settled: Promise<void> = running.then(nothing, nothing).then(() => void busy.delete(settled))
      busy.add(settled)
      return running
    },
    async close() {
      await Promise.all(busy)
      for (const { connection } of all) connection.close()
      all.clear()
      idle.length = 0
    },
  }
}
