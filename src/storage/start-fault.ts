import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseLocation as DatabaseSetting } from '../config/schema.ts'
import { StorageError } from './database.ts'
import { faultOf, type StorageFault } from './fault.ts'

/** Messages for the operator: the fault, and what to do before the next start. */
const REMEDIES: Readonly<Record<StorageFault, string>> = {
  full: 'there is no space left on its disk. Make room and start again',
  failing: 'its disk refuses to work. Check the disk and the log of the system',
  'read-only': 'it is read-only. Allow the user of this process to write to it and to its directory',
  busy: 'another process is using it. Stop that process, or start again when it has finished',
  lost: 'the connection to it was lost',
  damaged: 'it is damaged, or not a database of this kind. Restore it from a backup',
}

/** SQLite's result code. */
const CANTOPEN = 14
/** The maximum size by which SQLite extends its files at once. */
const LITTLE_BYTES = 65_536

/** The name of the database in messages. Never a URL, which may hold a password. */
export const labelOf = (database: DatabaseSetting) =>
  database.kind === 'sqlite' ? `the database ${database.path}` : 'the PostgreSQL database'

/** Turns an error of an unusable database into one line that says what to do. Returns other errors unchanged. */
export function startError(database: DatabaseSetting, error: unknown): unknown {
  const source = error instanceof StorageError && error.cause !== undefined ? error.cause : error
  const because = reasonOf(database, source)
  if (because === undefined) return error
  return new StorageError(`Cannot use ${labelOf(database)}: ${because}`, { cause: source })
}

function reasonOf(database: DatabaseSetting, error: unknown): string | undefined {
  const { errcode, syscall } = error as { errcode?: unknown; syscall?: unknown }
  const isFile = database.kind === 'sqlite'
  // The error of the file system names the problem: `EACCES: permission denied, mkdir '/var/lib/belfry'`.
  if (isFile && syscall !== undefined) return firstLine(error)
  if (typeof errcode === 'number' && (errcode & 0xff) === CANTOPEN)
    return 'it cannot be opened. It must be a file, in a directory where the user of this process may read and write'
  const fault = faultOf(error)
  // SQLite reports an I/O error when there is no space for the files beside the database.
  if (isFile && fault === 'failing' && isFull(dirname(database.path))) return REMEDIES.full
  if (fault === 'failing' || fault === 'lost') return `${REMEDIES[fault]} (${firstLine(error)})`
  return fault && REMEDIES[fault]
}

function isFull(directory: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(directory)
    return bavail * bsize < LITTLE_BYTES
  } catch {
    return false
  }
}

/** Runs a part of the start. A fault of the database becomes one line for the operator. */
export async function startingWith<T>(database: DatabaseSetting, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw startError(database, error)
  }
}

/** The first line of a message. An AggregateError, with one error for each address tried, has no message of its own. */
export function firstLine(error: unknown): string {
  const first: unknown = error instanceof AggregateError && error.message === '' ? error.errors[0] : error
  const text = first instanceof Error ? first.message : String(first)
  return text.split('\n', 1)[0] ?? ''
}
