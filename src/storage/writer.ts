import type { Log } from '../lib/log.ts'
import { StorageError, type Transaction } from './database.ts'
import type { Queries } from './query.ts'

/** The one connection that writes: what the group commit needs of a driver. */
export interface WriteConnection extends Queries {
  /** Runs one statement of transaction control, such as `begin`. */
  control(
    statement: 'begin' | 'commit' | 'rollback' | 'savepoint w' | 'release w' | 'rollback to w',
  ): Promise<void>
  /** False when an error has already ended the transaction (disk full, connection lost). */
  inTransaction(): boolean
}

type Waiting = {
  work: (tx: Transaction) => Promise<unknown>
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}
type Done = { hooks: (() => void)[]; settle: () => void; waiting: Waiting }

/** The most transactions that share one commit: it bounds how long the first of them waits for the last. */
const GROUP_LIMIT = 256

/**
 * Group commit. States: idle → (first write) gathering → (one turn of the event loop later) writing → idle, or
 * gathering again when more have come meanwhile. All transactions of a group become durable with one commit; one that
 * throws is rolled back to its savepoint and leaves the others alone.
 */
export function createWriter(connection: WriteConnection, log: Log) {
  let queue: Waiting[] = []
  let writing: Promise<void> | undefined
  let closed = false

  async function writeAll(): Promise<void> {
    await new Promise((turn) => setImmediate(turn))
    while (queue.length > 0) {
      const group = queue.slice(0, GROUP_LIMIT)
      queue = queue.slice(GROUP_LIMIT)
      await writeGroup(group)
      // Lets the requests that came in meanwhile join the next group.
      await new Promise((turn) => setImmediate(turn))
    }
    writing = undefined
  }

  async function writeGroup(group: Waiting[]): Promise<void> {
    const done: Done[] = []
    try {
      await connection.control('begin')
      for (const waiting of group) await writeOne(waiting, done, group.length === 1)
      await connection.control('commit')
    } catch (error) {
      await rollback()
      for (const waiting of group) waiting.reject(error)
      return
    }
    for (const { hooks, settle } of done) {
      for (const hook of hooks) runHook(hook)
      settle()
    }
  }

  async function writeOne(waiting: Waiting, done: Done[], alone: boolean): Promise<void> {
    const hooks: (() => void)[] = []
    const { tx, end } = openTransaction(connection, hooks)
    if (!alone) await connection.control('savepoint w')
    try {
      const value = await waiting.work(tx)
      end()
      if (!alone) await connection.control('release w')
      done.push({ hooks, settle: () => waiting.resolve(value), waiting })
    } catch (error) {
      end()
      // With the whole transaction gone, what the others of the group wrote before is gone as well.
      if (alone || !connection.inTransaction()) throw error
      await connection.control('rollback to w')
      await connection.control('release w')
      waiting.reject(error)
    }
  }

  async function rollback(): Promise<void> {
    try {
      if (connection.inTransaction()) await connection.control('rollback')
    } catch (error) {
      log.error({ err: error }, 'rollback failed')
    }
  }

  function runHook(hook: () => void): void {
    try {
      hook()
    } catch (error) {
      log.error({ err: error }, 'a hook after commit threw')
    }
  }

  return {
    transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
      if (closed) return Promise.reject(new StorageError('The database is closed'))
      return new Promise<T>((resolve, reject) => {
        queue.push({ work, resolve: resolve as (value: unknown) => void, reject })
        writing ??= writeAll()
      })
    },
    /** Refuses what comes from here on, and resolves when what came before is written. */
    async close(): Promise<void> {
      closed = true
      while (writing) await writing
    },
  }
}

function openTransaction(connection: Queries, hooks: (() => void)[]): { tx: Transaction; end: () => void } {
  let open = true
  const check = () => {
    if (!open) throw new Error('a query was made after the end of its transaction')
  }
  const tx: Transaction = {
    async all(query, params) {
      check()
      return connection.all(query, params)
    },
    async first(query, params) {
      check()
      return connection.first(query, params)
    },
    async run(query, params) {
      check()
      return connection.run(query, params)
    },
    onCommit(hook) {
      check()
      hooks.push(hook)
    },
  }
  return { tx, end: () => (open = false) }
}
