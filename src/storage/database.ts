import type { Log } from '../lib/log.ts'
import type { Queries } from './query.ts'

/**
 * A transaction shares its commit with others that were waiting at the same moment (group commit), each behind a
 * savepoint of its own. Inside, await nothing but its own queries: everybody else's writes are waiting behind it.
 */
export interface Transaction extends Queries {
  /** Runs after the commit, when everything written here is durable. It must not throw. */
  onCommit(then: () => void): void
}

export interface Database extends Queries, AsyncDisposable {
  readonly dialect: 'sqlite' | 'postgres'
  /**
   * Resolves when everything that `work` wrote is durable; rejects, with nothing written, when it throws.
   * `durably: false`: it outlives the process but perhaps not a power cut. For what may then happen again or be forgotten.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: { durably?: boolean }): Promise<T>
  /** Reads from one moment: all queries see the same committed state. Keep it short. */
  snapshot<T>(work: (read: Queries) => Promise<T>): Promise<T>
}

/** The database cannot be opened or used; the message says what to do. */
export class StorageError extends Error {
  override name = 'StorageError'
}

/** SQLite's WAL-reset fix; before it a crash at the wrong moment could corrupt the file. */
export const SAFE_SQLITE = '3.51.3'

/** @param url `sqlite:PATH` or `postgres://…` (also `postgresql://…`). */
export async function openDatabase(url: string, log: Log): Promise<Database> {
  if (url.startsWith('sqlite:')) {
    const { openSqlite } = await import('./sqlite.ts')
    return openSqlite(url.slice('sqlite:'.length), log)
  }
  if (/^postgres(ql)?:\/\//.test(url)) {
    const { openPostgres } = await import('./postgres.ts')
    return openPostgres(url, log)
  }
  throw new StorageError('The database must be sqlite:PATH or postgres://USER@HOST/NAME')
}
