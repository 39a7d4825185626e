import type { Log } from '../lib/log.ts'
import { StorageError, type Transaction, type TransactionOptions } from './database.ts'
import type { Queries } from './query.ts'

/** The one connection that writes: what the group commit needs of a driver. */
export interface WriteConnection extends Queries {
  /** Runs one statement of transaction control. */
  control(statement: 'begin' | 'rollback' | 'savepoint w' | 'release w' | 'rollback to w'): Promise<void>
  /** There is something to do before the next transaction begins… */
  isUntidy(): boolean
  /** …to be called with no transaction open and nothing hardening. Rejects when the disk has failed. */
  tidy(): Promise<void>
  /**
   * Commits a group of so many transactions, so that it outlives the process. If it is to be durable, nobody outside sees it
   * before `harden` has ended.
   */
  commit(transactions: number, durably: boolean): Promise<void>
  /** Resolves when what was committed is seen, and, if `durably`, outlives a power cut as well. */
  harden(durably: boolean): Promise<void>
  /**
   * How many statements have been run that may have written. Absent where an error ends the whole transaction, so that each
   * part of one needs a savepoint.
   */
  writes?(): number
  /** False when an error has already ended the transaction (disk full, connection lost). */
  inTransaction(): boolean
}

type Waiting = {
  work: (tx: Transaction) => Promise<unknown>
  durably: boolean
  repeatable: boolean
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}
type Done = { waiting: Waiting; hooks: (() => void)[]; value: unknown }

/** The most transactions that share one commit: it bounds how long the first of them waits for the last. */
const GROUP_LIMIT = 256

/**
 * Group commit. States: idle → (first write) gathering → (one turn of the event loop later) writing → committed →
 * hardened, or gathering again when more have come meanwhile. All transactions of a group become durable together; one
 * that throws is rolled back to its savepoint and leaves the others alone. A group of nothing but repeatable ones does without
 * savepoints, which cost SQLite a copy of each page that is changed; should one throw that has written, all of them begin anew.
 *
 * The disk works beside the event loop: while one group hardens, the statements of the next one run. It is committed
 * when the one before is hardened, so that nothing is seen that could still be lost.
 */
export function createWriter(connection: WriteConnection, log: Log) {
  let queue: Waiting[] = []
  let writing: Promise<void> | undefined
  let hardening: Promise<void> = Promise.resolve()
  /** Something is committed that could still be lost. */
  let isSoft = false
  let closed = false
  const broken: { reason?: StorageError } = {}

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
      if (connection.isUntidy()) {
        await hardening
        await connection.tidy().catch(giveUp)
      }
      checkDisk()
      await connection.control('begin')
      await runGroup(group, done)
      await hardening
      checkDisk()
      const durably = done.some(({ waiting }) => waiting.durably)
      isSoft = durably
      await connection.commit(done.length, durably)
      hardening = harden(done, durably)
    } catch (error) {
      isSoft = false
      await rollback()
      for (const waiting of group) waiting.reject(error)
    }
  }

  async function harden(done: Done[], durably: boolean): Promise<void> {
    try {
      await connection.harden(durably)
    } catch (error) {
      giveUp(error)
      for (const { waiting } of done) waiting.reject(broken.reason)
      return
    }
    isSoft = false
    for (const { waiting, hooks, value } of done) {
      for (const hook of hooks) runHook(hook)
      waiting.resolve(value)
    }
  }

  async function runGroup(group: readonly Waiting[], done: Done[]): Promise<void> {
    const isRepeatable = connection.writes !== undefined && group.every(({ repeatable }) => repeatable)
    if (isRepeatable && group.length > 1) {
      const again = await runBare(group, done)
      if (again.length === 0) return
      done.length = 0
      await connection.control('rollback')
      await connection.control('begin')
      for (const waiting of again) await writeOne(waiting, done, again.length === 1)
      return
    }
    for (const waiting of group) await writeOne(waiting, done, group.length === 1)
  }

  /** Runs a group without savepoints. Resolves to those that must be run again: none, or all that have not been rejected. */
  async function runBare(group: readonly Waiting[], done: Done[]): Promise<readonly Waiting[]> {
    const rejected = new Set<Waiting>()
    for (const waiting of group) {
      const before = connection.writes?.()
      try {
        done.push(await run(waiting))
      } catch (error) {
        if (!connection.inTransaction()) throw error
        if (connection.writes?.() !== before) return group.filter((one) => !rejected.has(one))
        rejected.add(waiting)
        waiting.reject(error)
      }
    }
    return []
  }

  async function run(waiting: Waiting): Promise<Done> {
    const hooks: (() => void)[] = []
    const { tx, end } = openTransaction(connection, hooks)
    try {
      return { waiting, hooks, value: await waiting.work(tx) }
    } finally {
      end()
    }
  }

  async function writeOne(waiting: Waiting, done: Done[], alone: boolean): Promise<void> {
    if (!alone) await connection.control('savepoint w')
    try {
      const ran = await run(waiting)
      if (!alone) await connection.control('release w')
      done.push(ran)
    } catch (error) {
      // With the whole transaction gone, what the others of the group wrote before is gone as well.
      if (alone || !connection.inTransaction()) throw error
      await connection.control('rollback to w')
      await connection.control('release w')
      waiting.reject(error)
    }
  }

  /** Whether the disk has what was written is unknown, and stays so: writing on could acknowledge what is already lost. */
  function giveUp(error: unknown): void {
    if (broken.reason) return
    if (error instanceof StorageError) {
      broken.reason = error
      log.fatal({ err: error.cause }, `${error.message}; nothing more is accepted`)
      return
    }
    broken.reason = new StorageError('The disk failed to store what was written; restart the server', {
      cause: error,
    })
    log.fatal({ err: error }, 'the disk failed to store what was written; nothing more is accepted')
  }

  function checkDisk(): void {
    if (broken.reason) throw broken.reason
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
    transaction<T>(
      work: (tx: Transaction) => Promise<T>,
      { durably = true, repeatable = false }: TransactionOptions = {},
    ): Promise<T> {
      if (broken.reason) return Promise.reject(broken.reason)
      if (closed) return Promise.reject(new StorageError('The database is closed'))
      return new Promise<T>((resolve, reject) => {
        queue.push({ work, durably, repeatable, resolve: resolve as (value: unknown) => void, reject })
        writing ??= writeAll()
      })
    },
    /** No transaction is open, and nothing is committed that could still be lost: the connection sees what everybody may see. */
    isQuiet: () => !connection.inTransaction() && !isSoft,
    /** Resolves when nothing is committed that could still be lost. */
    async hardened(): Promise<void> {
      // Again, since the next group may have been committed by whoever was waiting before us.
      while (isSoft && !broken.reason) await hardening
    },
    giveUp,
    /** Refuses what comes from here on, and resolves when what came before is durable. */
    async close(): Promise<void> {
      closed = true
      while (writing) await writing
      await hardening
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
