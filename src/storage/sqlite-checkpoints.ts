import { DatabaseSync } from 'node:sqlite'
import type { Log } from '../lib/log.ts'
import { errorCode, SQLITE_BUSY } from './sqlite-codes.ts'

/** So many transactions make a checkpoint due. A message takes up to 64 KiB of the log. */
const TRANSACTIONS = 1000

export type Checkpoints = {
  /** So many transactions more are in the log. */
  committed(transactions: number): void
  /** What is in the log is to go into the database, however little it is. Returns whether there is anything. */
  askFor(): boolean
  isDue(): boolean
  /**
   * Copies the write-ahead log into the database. To be called when no transaction is open and no reader held: the log begins
   * anew with the next commit then, and not if anybody has begun to read before. Rejects when the disk fails.
   */
  run(): Promise<void>
  close(): void
}

export type Disk = {
  /** Resolve when all that was written to the file is on the disk. */
  syncLog(): Promise<void>
  syncDatabase(): Promise<void>
}

/**
 * Checkpoints that never stop the event loop for the disk. SQLite's own would: it syncs the log, copies pages, syncs the
 * database. Here it only copies (`synchronous = off`), and the disk is waited for before and after. In that order a power
 * cut finds the whole log on the disk for as long as the database may not have all of it.
 *
 * They run between commits. One beside them could not finish under load: somebody reads nearly all the time then, the log could
 * never begin anew and would grow, and SQLite would try again with each commit.
 */
export function createCheckpoints(path: string, disk: Disk, log: Log): Checkpoints {
  const connection = new DatabaseSync(path)
  connection.exec('pragma synchronous = off')
  const copy = connection.prepare('pragma wal_checkpoint(passive)')
  let transactions = 0
  let isAskedFor = false
  return {
    committed(count) {
      transactions += count
    },
    askFor() {
      isAskedFor = transactions > 0
      return isAskedFor
    },
    isDue: () => isAskedFor || transactions >= TRANSACTIONS,
    async run() {
      isAskedFor = false
      transactions = 0
      await disk.syncLog()
      try {
        copy.get()
      } catch (error) {
        // No space, say: the log keeps all that it has, and the next checkpoint tries again. Busy: another process
        // (`belfry user add`) is at it.
        if (errorCode(error) !== SQLITE_BUSY) log.error({ err: error }, 'checkpoint failed')
        return
      }
      await disk.syncDatabase()
    },
    close: () => connection.close(),
  }
}
