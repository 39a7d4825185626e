import { statSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { DatabaseSync } from 'node:sqlite'
import { StorageError } from './database.ts'
import { faultOf } from './fault.ts'
import { errorCode, SQLITE_BUSY } from './sqlite-codes.ts'
import { makePrivate } from './sqlite-files.ts'

// A lock that lasts as long as the process, on a file of its own beside the database. SQLite locks it like
// any database, with a lock of the operating system, which ends with the process in every case and needs no
// process id. The file stays. It is empty until the database is complete, so it tells later starts whether
// there was a database.

/** An earlier process may still be closing after its stop signal. */
const LOCK_TIMEOUT_MS = 3_000
const RETRY_MS = 50

export type FileLock = {
  /** Records that the database is complete. */
  mark(): void
  release(): void
}

export const lockPath = (database: string) => `${database}.lock`

/** Whether a process has served the database at this path before. */
export function wasServed(database: string): boolean {
  return (statSync(lockPath(database), { throwIfNoEntry: false })?.size ?? 0) > 0
}

/**
 * Whether a process serves the database at this path now. A start that looks for the lock at this moment
 * tries again.
 */
export function isServedFile(database: string): boolean {
  if (!wasServed(database)) return false
  const connection = new DatabaseSync(lockPath(database), { readOnly: true })
  try {
    connection.exec('pragma busy_timeout = 0')
    connection.prepare('select count(*) from sqlite_master').get()
    return false
  } catch (error) {
    if (errorCode(error) === SQLITE_BUSY) return true
    throw error
  } finally {
    connection.close()
  }
}

/** @throws StorageError when another process serves the database */
export async function lockDatabase(database: string): Promise<FileLock> {
  makePrivate(lockPath(database))
  const connection = new DatabaseSync(lockPath(database))
  try {
    connection.exec('pragma busy_timeout = 0')
    // The lock then lasts until the connection is closed.
    connection.exec('pragma locking_mode = exclusive')
    await lock(connection, database)
  } catch (error) {
    connection.close()
    throw faultOf(error) === 'damaged' ? damaged(database, error) : error
  }
  return {
    mark() {
      if (!wasServed(database)) connection.exec('pragma user_version = 1')
    },
    release() {
      if (connection.isOpen) connection.close()
    },
  }
}

/** Happens after a power cut during the first start. */
const damaged = (database: string, cause: unknown) =>
  new StorageError(
    `Cannot lock the database ${database}: ${lockPath(database)} is damaged. Delete that file; it holds no data`,
    { cause: new Error(String(cause)) },
  )

async function lock(connection: DatabaseSync, database: string): Promise<void> {
  for (let waited = 0; ; waited += RETRY_MS) {
    try {
      // With the journal in memory, there is no temporary file beside this one.
      connection.exec('pragma journal_mode = memory')
      connection.exec('begin exclusive')
      // A rollback, because a commit would write the first page.
      connection.exec('rollback')
      return
    } catch (error) {
      if (errorCode(error) !== SQLITE_BUSY) throw error
      if (waited >= LOCK_TIMEOUT_MS)
        throw new StorageError(
          `Another process serves the database ${database}, and only one may. Stop it, or start this one with another --data or --database`,
        )
      await setTimeout(RETRY_MS)
    }
  }
}
