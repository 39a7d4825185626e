import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Log } from '../lib/log.ts'
import { errorCode, SQLITE_BUSY } from './sqlite-codes.ts'

/**
 * The size of the log in bytes at which a checkpoint is due, and to which the log is shortened after it. A
 * log that keeps its size costs less than one that grows again with each commit. A group of transactions can
 * exceed it.
 */
export const LOG_BYTES = 8 * 1024 * 1024

export type Checkpoints = {
  /** Call it after each commit that has written. */
  committed(): void
  /** Makes a checkpoint due, even for a short log. Returns false when everything has been copied. */
  request(): boolean
  isDue(): boolean
  /**
   * Copies the write-ahead log into the database. Call it when no transaction is open and no reader is held:
   * only then does the next commit restart the log from its beginning. Rejects when the disk fails.
   */
  run(): Promise<void>
  close(): void
}

export type Disk = {
  /** Resolves when all writes to the file are on the disk. */
  syncLog(): Promise<void>
  syncDatabase(): Promise<void>
}

/**
 * Checkpoints that do not block the event loop while the disk syncs. SQLite's own checkpoints do: they sync
 * the log, copy pages, and sync the database. Here SQLite only copies (`synchronous = off`), and the syncs
 * run before and after, off the event loop. In that order, a power cut finds the whole log on the disk while
 * the database may be incomplete.
 *
 * They run between commits. A checkpoint in parallel could not finish under load: there is nearly always a
 * reader, so the log could never restart and would grow, and SQLite would try again at each commit.
 *
 * The next commit after a checkpoint restarts the log and shortens it (`journal_size_limit` of the writing
 * connection). Without a next commit, the log is emptied by the next requested checkpoint.
 */
export function createCheckpoints(path: string, disk: Disk, log: Log): Checkpoints {
  const connection = new DatabaseSync(path)
  connection.exec('pragma synchronous = off')
  const copy = connection.prepare('pragma wal_checkpoint(passive)')
  const file = `${path}-wal`
  let bytes = sizeOf(file)
  /** The size at which the next checkpoint is due. */
  let dueAt = nextAfter(0)
  let isCopied = bytes === 0
  let isRequested = false
  return {
    committed() {
      isCopied = false
      const before = bytes
      bytes = sizeOf(file)
      if (bytes < before) dueAt = nextAfter(0)
    },
    request() {
      isRequested = !isCopied
      return isRequested
    },
    isDue: () => isRequested || bytes > dueAt,
    async run() {
      const isEmptying = isRequested && bytes > LOG_BYTES
      isRequested = false
      isCopied = true
      dueAt = nextAfter(bytes)
      await disk.syncLog()
      try {
        copy.get()
      } catch (error) {
        // For example, there is no space: the log keeps its content, and the next checkpoint tries again. Busy: another
        // process (`belfry user add`) uses the database.
        isCopied = false
        if (errorCode(error) !== SQLITE_BUSY) log.error({ err: error }, 'checkpoint failed')
        return
      }
      await disk.syncDatabase()
      if (!isEmptying) return
      emptyLog(connection, log)
      bytes = sizeOf(file)
      dueAt = nextAfter(bytes)
    },
    close: () => connection.close(),
  }
}

const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0

/**
 * The size at which the next checkpoint is due. While a reader keeps a long log from restarting, checkpoints
 * are rare: one for each commit would cost more than it saves.
 */
const nextAfter = (bytes: number) => (bytes > LOG_BYTES ? bytes + LOG_BYTES : LOG_BYTES)

/** Call it when the database is on the disk. Does nothing while the log has a reader. */
function emptyLog(connection: DatabaseSync, log: Log): void {
  try {
    // Another process may have written since the copy: SQLite must sync that itself before it empties the log.
    connection.exec('pragma synchronous = normal')
    connection.exec('pragma wal_checkpoint(truncate)')
  } catch (error) {
    log.error({ err: error }, 'emptying the write-ahead log failed')
  } finally {
    connection.exec('pragma synchronous = off')
  }
}
