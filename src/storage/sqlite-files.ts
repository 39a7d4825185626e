import { closeSync, existsSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { StorageError } from './database.ts'

// Checks of the files of a SQLite database, before they are opened and while they are open.

const size = (path: string) => statSync(path, { throwIfNoEntry: false })?.size

/**
 * Refuses to create a new database where an old one was lost. SQLite takes a missing or empty file for a new
 * database and deletes the write-ahead log beside it.
 * @param wasServed whether a process has served a database at this path before
 * @throws StorageError
 */
export function refuseLostDatabase(path: string, wasServed: boolean): void {
  const found = size(path)
  if (found !== undefined && found > 0) return
  const state = found === undefined ? 'its file is gone' : 'its file is empty'
  const remedy = `Restore a backup, or move all files ${path}* away to start with an empty database`
  if ((size(`${path}-wal`) ?? 0) > 0)
    throw new StorageError(
      `Cannot use the database ${path}: ${state}, and its write-ahead log (-wal) is still there. ${remedy}`,
    )
  if (wasServed)
    throw new StorageError(
      `Cannot use the database ${path}: ${state}, and there was one before (${basename(path)}.lock). ${remedy}`,
    )
}

/** The path without symbolic links. SQLite derives the names of the other files from it. The directory must exist. */
export function realPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path))
}

/**
 * Creates the directory and its parents. Node's `recursive` option never returns where every call fails with
 * ENOENT, as below `/proc`.
 */
export function makeDirectory(path: string): void {
  if (existsSync(path)) return
  if (path !== dirname(path)) makeDirectory(dirname(path))
  try {
    mkdirSync(path)
  } catch (error) {
    // Another process may have created it first.
    if (!existsSync(path)) throw error
  }
}

/**
 * Creates a new file that only its owner can read, because the database holds keys and messages. SQLite gives
 * the files beside it the same mode. Does not open an existing file: closing it would end the locks of other
 * connections of this process.
 */
export function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch {
    // The file exists, or SQLite will report the problem.
  }
}

export type OpenFiles = {
  /**
   * Writes to a file that was deleted, moved or replaced succeed, but are lost when the process ends. The
   * check costs three calls of `stat`, 5 µs in total on an idle core.
   * @throws StorageError when the files at the path are not the open files
   */
  assertInPlace(): void
}

/** Call it when all files are open. */
export function watchFiles(path: string): OpenFiles {
  const files = ['', '-wal', '-shm'].map((suffix) => ({
    path: path + suffix,
    opened: statSync(path + suffix),
  }))
  let largest = statSync(path).size
  return {
    assertInPlace() {
      for (const file of files) {
        const found = statSync(file.path, { throwIfNoEntry: false })
        if (found === undefined) throw lost(`${file.path} is gone`)
        if (found.ino !== file.opened.ino || found.dev !== file.opened.dev)
          throw lost(`${file.path} is not the file that was opened`)
        if (file.path !== path) continue
        // Without `vacuum`, a database never shrinks.
        if (found.size < largest) throw lost(`${path} shrank from ${largest} to ${found.size} bytes`)
        largest = found.size
      }
    },
  }
}

const lost = (reason: string) =>
  new StorageError(
    'The database of the server was deleted, moved or replaced while it ran; its operator must restore it and restart the server',
    { cause: new Error(reason) },
  )
