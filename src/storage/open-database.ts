import type { Log } from '../lib/log.ts'
import { type Database, type OpenOptions, StorageError } from './database.ts'

/** @param url `sqlite:PATH` or `postgres://…` (also `postgresql://…`). */
export async function openDatabase(url: string, log: Log, options: OpenOptions = {}): Promise<Database> {
  const { withStorageErrors } = await import('./fault.ts')
  if (url.startsWith('sqlite:')) {
    const { openSqlite } = await import('./sqlite.ts')
    return withStorageErrors(await openSqlite(url.slice('sqlite:'.length), log, options), log)
  }
  if (/^postgres(ql)?:\/\//.test(url)) {
    const { openPostgres } = await import('./postgres.ts')
    return withStorageErrors(await openPostgres(url, log, options), log)
  }
  throw new StorageError('The database must be sqlite:PATH or postgres://USER@HOST/NAME')
}
