import { closeSync, existsSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { StorageError } from './database.ts'

// The files of a SQLite database: what is checked before they are opened, and while they are open.

const size = (path: string) => statSync(path, { throwIfNoEntry: false })?.size

/**
 * Refuses to begin a new database where one was lost. SQLite would: it takes a file that is missing or empty for a new database,
 * and deletes the write-ahead log beside it.
 * @param wasServed a process has served a database here before
 * @throws StorageError
 */
export function refuseLostDatabase(path: string, wasServed: boolean): void {
  const found = size(path)
  if (found !== undefined && found > 0) return
  const state = found === undefined ? 'its file is gone' : 'its file is empty'
  const remedy = `Restore a backup; to begin anew, move all files ${path}* away`
  if ((size(`${path}-wal`) ?? 0) > 0)
    throw new StorageError(
      `Cannot use the database ${path}: ${state}, and its write-ahead log (-wal) is still there. ${remedy}`,
    )
  if (wasServed)
    throw new StorageError(
      `Cannot use the database ${path}: ${state}, and there was one before (${basename(path)}.lock). ${remedy}`,
    )
}

/** The path without links, as SQLite names the files beside it. The directory must exist. */
export function realPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path))
}

/** With its parents. Node's own `recursive` never returns where the system answers ENOENT for good, as below `/proc`. */
export function makeDirectory(path: string): void {
  if (existsSync(path)) return
  if (path !== dirname(path)) makeDirectory(dirname(path))
  try {
    mkdirSync(path)
  } catch (error) {
    // Another process may have been first.
    if (!existsSync(path)) throw error
  }
}

/**
 * A new file is its owner's alone, and SQLite gives those beside it the same mode: keys and messages are in there. One that exists is
 * not touched: to close it would end the locks of other connections of this process.
 */
export function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch {
    // It is there, or SQLite will say what is wrong.
  }
}

export type OpenFiles = {
  /**
   * What is written to a file that was deleted, moved or replaced is lost with the process, though every write succeeds. It costs
   * three calls of `stat`, 5 µs in all on an idle core.
   * @throws StorageError when the files at the path are not those that were opened
   */
  assertInPlace(): void
}

/** To be called when all of them are open. */
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
          throw lost(`${file.path} is another file than the one that was opened`)
        if (file.path !== path) continue
        // Without `vacuum` a database never shrinks.
        if (found.size < largest) throw lost(`${path} was cut from ${largest} to ${found.size} bytes`)
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
