import type { Log } from '../lib/log.ts'
import { StorageError, type Transaction, type TransactionOptions } from './database.ts'
import { type Done, runGroup, type Waiting, type WriteConnection } from './write-group.ts'

/** The most transactions that share one commit: it bounds how long the first of them waits for the last. */
const GROUP_LIMIT = 256

type Writer = {
  readonly connection: WriteConnection
  readonly log: Log
  readonly disk: Disk
  queue: Waiting[]
  writing: Promise<void> | undefined
  hardening: Promise<void>
  /** Something is committed that could still be lost. */
  isSoft: boolean
  closed: boolean
}

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
  const disk = trustedDisk(log)
  const writer: Writer = {
    connection,
    log,
    disk,
    queue: [],
    writing: undefined,
    hardening: Promise.resolve(),
    isSoft: false,
    closed: false,
  }
  return {
    transaction<T>(
      work: (tx: Transaction) => Promise<T>,
      { durably = true, repeatable = false }: TransactionOptions = {},
    ): Promise<T> {
      if (disk.failure) return Promise.reject(disk.failure)
      if (writer.closed) return Promise.reject(new StorageError('The database is closed'))
      return new Promise<T>((resolve, reject) => {
        writer.queue.push({ work, durably, repeatable, resolve: resolve as (value: unknown) => void, reject })
        writer.writing ??= writeAll(writer)
      })
    },
    /** No transaction is open, and nothing is committed that could still be lost: the connection sees what everybody may see. */
    isQuiet: () => !connection.inTransaction() && !writer.isSoft,
    /** Resolves when nothing is committed that could still be lost. */
    async hardened(): Promise<void> {
      // Again, since the next group may have been committed by whoever was waiting before us.
      while (writer.isSoft && !disk.failure) await writer.hardening
    },
    giveUp: (error: unknown) => disk.giveUp(error),
    /** Refuses what comes from here on, and resolves when what came before is durable. */
    async close(): Promise<void> {
      writer.closed = true
      while (writer.writing) await writer.writing
      await writer.hardening
    },
  }
}

async function writeAll(writer: Writer): Promise<void> {
  await new Promise((turn) => setImmediate(turn))
  while (writer.queue.length > 0) {
    const group = writer.queue.slice(0, GROUP_LIMIT)
    writer.queue = writer.queue.slice(GROUP_LIMIT)
    await writeGroup(writer, group)
    // Lets the requests that came in meanwhile join the next group.
    await new Promise((turn) => setImmediate(turn))
  }
  writer.writing = undefined
}

async function writeGroup(writer: Writer, group: readonly Waiting[]): Promise<void> {
  const { connection, disk } = writer
  try {
    if (connection.isUntidy()) {
      await writer.hardening
      await connection.tidy().catch((error: unknown) => disk.giveUp(error))
    }
    disk.check()
    await connection.control('begin')
    const done = await runGroup(connection, group)
    await writer.hardening
    disk.check()
    const durably = done.some(({ waiting }) => waiting.durably)
    writer.isSoft = durably
    await connection.commit(done.length, durably)
    writer.hardening = harden(writer, done, durably)
  } catch (error) {
    writer.isSoft = false
    await rollback(writer)
    for (const waiting of group) waiting.reject(error)
  }
}

async function harden(writer: Writer, done: readonly Done[], durably: boolean): Promise<void> {
  try {
    await writer.connection.harden(durably)
  } catch (error) {
    writer.disk.giveUp(error)
    for (const { waiting } of done) waiting.reject(writer.disk.failure)
    return
  }
  writer.isSoft = false
  for (const { waiting, hooks, value } of done) {
    for (const hook of hooks) runHook(hook, writer.log)
    waiting.resolve(value)
  }
}

async function rollback({ connection, log }: Writer): Promise<void> {
  try {
    if (connection.inTransaction()) await connection.control('rollback')
  } catch (error) {
    log.error({ err: error }, 'rollback failed')
  }
}

function runHook(hook: () => void, log: Log): void {
  try {
    hook()
  } catch (error) {
    log.error({ err: error }, 'a hook after commit threw')
  }
}

type Disk = {
  /** Why nothing more is accepted. */
  readonly failure: StorageError | undefined
  /** Whether the disk has what was written is unknown, and stays so: writing on could acknowledge what is already lost. */
  giveUp(error: unknown): void
  check(): void
}

function trustedDisk(log: Log): Disk {
  let failure: StorageError | undefined
  return {
    get failure() {
      return failure
    },
    giveUp(error) {
      if (failure) return
      if (error instanceof StorageError) {
        failure = error
        log.fatal({ err: error.cause }, `${error.message}; nothing more is accepted`)
        return
      }
      failure = new StorageError('The disk failed to store what was written; restart the server', {
        cause: error,
      })
      log.fatal({ err: error }, 'the disk failed to store what was written; nothing more is accepted')
    },
    check() {
      if (failure) throw failure
    },
  }
}
