import { DatabaseSync } from 'node:sqlite'
import type { Log } from '../lib/log.ts'
import { errorCode, SQLITE_BUSY } from './sqlite-codes.ts'

/** The number of transactions after which a checkpoint is due. A message takes up to 64 KiB of the log. */
const TRANSACTIONS = 1000

export type Checkpoints = {
  /** Adds to the number of transactions in the log. */
  committed(transactions: number): void
  /** Makes a checkpoint due, even for a short log. Returns false when the log is empty. */
  request(): boolean
  isDue(): boolean
  /**
   * Copies the write-ahead log into the database. Call it when no transaction is open and no reader is held: only then does the
   * next commit restart the log from its beginning. Rejects when the disk fails.
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
 * Checkpoints that do not block the event loop while the disk syncs. SQLite's own checkpoints do: they sync the log, copy pages,
 * and sync the database. Here SQLite only copies (`synchronous = off`), and the syncs run before and after, off the event loop.
 * In that order, a power cut finds the whole log on the disk while the database may be incomplete.
 *
 * They run between commits. A checkpoint in parallel could not finish under load: there is nearly always a reader, so the log
 * could never restart and would grow, and SQLite would try again at each commit.
 */
export function createCheckpoints(path: string, disk: Disk, log: Log): Checkpoints {
  const connection = new DatabaseSync(path)
  connection.exec('pragma synchronous = off')
  const copy = connection.prepare('pragma wal_checkpoint(passive)')
  let transactions = 0
  let isRequested = false
  return {
    committed(count) {
      transactions += count
    },
    request() {
      isRequested = transactions > 0
      return isRequested
    },
    isDue: () => isRequested || transactions >= TRANSACTIONS,
    async run() {
      isRequested = false
      transactions = 0
      await disk.syncLog()
      try {
        copy.get()
      } catch (error) {
        // For example, there is no space: the log keeps its content, and the next checkpoint tries again. Busy: another
        // process (`belfry user add`) uses the database.
        if (errorCode(error) !== SQLITE_BUSY) log.error({ err: error }, 'checkpoint failed')
        return
      }
      await disk.syncDatabase()
    },
    close: () => connection.close(),
  }
}
