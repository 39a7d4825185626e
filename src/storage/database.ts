import { MatrixError } from '../lib/errors.ts'
import type { Queries } from './query.ts'

/**
 * A transaction shares its commit with others that were waiting at the same moment (group commit), each behind a
 * savepoint of its own. Inside, await nothing but its own queries: everybody else's writes are waiting behind it.
 */
export interface Transaction extends Queries {
  /** Runs after the commit, when everything written here is durable. It must not throw. */
  onCommit(then: () => void): void
}

export type TransactionOptions = {
  /** `false`: it outlives the process but perhaps not a power cut. For what may then happen again or be forgotten. */
  durably?: boolean
  /**
   * The work may be run once more from its beginning, when what it wrote the first time was taken back: it changes nothing but
   * through its transaction and in `onCommit`. Such transactions are cheaper where many share a commit.
   */
  repeatable?: boolean
}

export interface Database extends Queries, AsyncDisposable {
  readonly dialect: 'sqlite' | 'postgres'
  /** No other process serves this database, so leases that are found at the start belong to processes that are dead. */
  readonly isServedAlone: boolean
  /**
   * Resolves when everything that `work` wrote is durable; rejects, with nothing written, when it throws.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>
  /**
   * Resolves when the database takes what is written; rejects with a `StorageError` when it does not, or when work that failed has
   * shown that it does not. It writes: callers bound how often it is asked.
   */
  check(): Promise<void>
  /** Reads from one moment: all queries see the same committed state. Keep it short. */
  snapshot<T>(work: (read: Queries) => Promise<T>): Promise<T>
}

/** The database cannot be opened or used; the message says what to do. To a client it is a 503. */
export class StorageError extends MatrixError {
  override name = 'StorageError'

  constructor(
    message: string,
    more: { cause?: unknown; errcode?: string; extra?: Record<string, unknown> } = {},
  ) {
    const { errcode = 'ORG.BELFRY.STORAGE_UNAVAILABLE', ...rest } = more
    super(503, errcode, { message, ...rest })
  }
}

/** SQLite's WAL-reset fix; before it a crash at the wrong moment could corrupt the file. */
export const SAFE_SQLITE = '3.51.3'

export type OpenOptions = {
  /** Serves the database for as long as it is open, and refuses to open it when another process does. For servers, not for commands. */
  alone?: boolean
}

/** One of the two databases by itself; `tellingFaults` (`fault.ts`) adds what its faults mean. */
export type Engine = Omit<Database, 'check'>
