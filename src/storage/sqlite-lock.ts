import { statSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { DatabaseSync } from 'node:sqlite'
import { StorageError } from './database.ts'
import { faultOf } from './fault.ts'
import { errorCode, SQLITE_BUSY } from './sqlite-codes.ts'
import { makePrivate } from './sqlite-files.ts'

// A lock for the life of a process, on a file of its own beside the database. SQLite locks it as it locks every database, with
// a lock of the operating system: it ends with the process, whatever ends that, and needs no process ids. The file itself stays.
// It is empty until the database beside it is whole, and so tells later starts that there was one.

/** A predecessor that was told to stop may still be closing. */
const PATIENCE_MS = 3_000
const RETRY_MS = 50

export type FileLock = {
  /** Notes that the database is whole. */
  mark(): void
  release(): void
}

export const lockPath = (database: string) => `${database}.lock`

/** A process has served the database at this path before. */
export function wasServed(database: string): boolean {
  return (statSync(lockPath(database), { throwIfNoEntry: false })?.size ?? 0) > 0
}

/** @throws StorageError when another process serves the database */
export async function lockDatabase(database: string): Promise<FileLock> {
  makePrivate(lockPath(database))
  const connection = new DatabaseSync(lockPath(database))
  try {
    connection.exec('pragma busy_timeout = 0')
    // What is locked once stays so until the connection is closed.
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

/** A power cut in the middle of the first start. */
const damaged = (database: string, cause: unknown) =>
  new StorageError(
    `Cannot lock the database ${database}: ${lockPath(database)} is damaged. Delete that file; it holds no data`,
    { cause: new Error(String(cause)) },
  )

async function lock(connection: DatabaseSync, database: string): Promise<void> {
  for (let waited = 0; ; waited += RETRY_MS) {
    try {
      // No file that comes and goes beside this one.
      connection.exec('pragma journal_mode = memory')
      connection.exec('begin exclusive')
      // Not a commit, which would write the first page.
      connection.exec('rollback')
      return
    } catch (error) {
      if (errorCode(error) !== SQLITE_BUSY) throw error
      if (waited >= PATIENCE_MS)
        throw new StorageError(
          `Another process serves the database ${database}, and one alone can: stop it, or give this one another --data or --database`,
        )
      await setTimeout(RETRY_MS)
    }
  }
}
