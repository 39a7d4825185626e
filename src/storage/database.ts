import { randomBytes } from 'node:crypto'
import { MatrixError } from '../lib/errors.ts'
import type { RoomId, UserId } from '../lib/ids.ts'
import type { Queries, Query } from './query.ts'

/**
 * A part of the stream. Positions become visible in their order within a shard. `number`: from 0. `shards`:
 * how many there are.
 */
export type StreamShard = { readonly number: number; readonly shards: number }

/** A query that locks the rows of its users in one order. */
export type LastQuery<R> = Query<{ userIds: readonly UserId[] }, R>

/**
 * A transaction shares its commit with other transactions that wait at the same moment (group commit). Each has its own
 * savepoint. Inside a transaction, await only its own queries: all other writes wait for it.
 */
export interface Transaction extends Queries {
  /** The shard of the stream in which it takes positions. Undefined: it takes none. */
  readonly shard: StreamShard | undefined
  /** No transaction of another room or user runs meanwhile (`needAllShards`). */
  readonly inAllShards: boolean
  /**
   * False in the first runs of a repeatable transaction: it can fail instead of waiting for a locked row
   * (`for update nowait`), and then runs again.
   */
  readonly waits: boolean
  /**
   * Runs a query without waiting for its result, which saves a round trip to PostgreSQL. Queries run in the
   * order of the calls. If this one fails, the transaction fails: on SQLite at once, on PostgreSQL with its
   * next query or at its end. `onCommit`: a hook that gets the rows.
   */
  write<P, R>(query: Query<P, R>, params: P, onCommit?: (rows: R[]) => void): void
  /**
   * Writes rows of users that transactions of several shards write, such as the state of their pushers. It
   * runs at the end of the group, once for all its transactions with the ids of all, so two groups lock the
   * rows in one order, and no transaction of the group may depend on it. `onCommit`: a hook that gets all
   * rows, called once for the group.
   */
  writeLast<R>(query: LastQuery<R>, userIds: readonly UserId[], onCommit: (rows: R[]) => void): void
  /**
   * Uses the position that a read of this transaction has reserved (`reservedPosition`), for a row that it
   * writes. The group moves each of its shards at its end, once for all its transactions.
   */
  usePosition(position: number): void
  /** The hook runs after the commit, when the writes of the transaction are durable. It must not throw. */
  onCommit(then: () => void): void
}

export type TransactionOptions = {
  /**
   * `false`: the commit survives a crash of the process, but maybe not a power cut. For writes that may
   * repeat or get lost.
   */
  durably?: boolean
  /**
   * The work may run again from its start after a rollback of its writes. It must have no effects except
   * through its transaction and `onCommit`. Such transactions cost less when many share a commit, and run
   * again after a deadlock with another process.
   */
  repeatable?: boolean
  /**
   * The room or the user whose changes it writes. Needed by a transaction that takes positions of the stream:
   * PostgreSQL runs it while it holds the shard of this key (`shardOf`), so all that it reads is read after
   * the other transactions of the shard. SQLite runs all transactions one after the other.
   */
  orderedBy?: RoomId | UserId
  /**
   * PostgreSQL runs it while it holds all shards of the stream. For rare changes that concern all rooms of a
   * user, such as the ignore list: no event is then written meanwhile with the state before the change. A
   * transaction that needs this in rare cases only calls `needAllShards`.
   */
  inAllShards?: boolean
  /**
   * PostgreSQL does not commit it together with others. For transactions that wait for rows which other
   * groups lock, such as lanes: a transaction of the same group before it could hold rows for which those
   * groups wait.
   */
  inOwnGroup?: boolean
  /**
   * PostgreSQL runs it on a connection that only such transactions use, so it waits for no other transaction
   * of this process. For the heartbeat: the others take a process without one for dead.
   */
  isApart?: boolean
  /**
   * With `repeatable` and `orderedBy`: transactions of other rooms or users may run at the same time in its
   * group. PostgreSQL gets their statements together, so a group costs no more round trips than one of them.
   * It awaits a read before it writes (otherwise it fails): by then it is known whether its shard is free. It
   * must not read a row that such a transaction writes and then write what depends on it: inside a group no
   * lock of a row holds it back.
   */
  isIndependent?: boolean
  /** Set by the database, for `Transaction.waits`. Default: true. */
  waits?: boolean
}

export type SnapshotOptions = {
  /**
   * `work` awaits nothing that waits for a transaction, for the disk or for the network: the next transaction
   * may wait for its end. In return SQLite reads on the connection that writes, if that is idle: its cached
   * pages are valid, and the other connections drop theirs after each commit.
   */
  isBrief?: boolean
}

export interface Database extends Queries, AsyncDisposable {
  readonly dialect: 'sqlite' | 'postgres'
  /** True on SQLite: no other process serves this database, so leases found at the start belong to dead processes. */
  readonly isServedAlone: boolean
  /** The number of shards of the stream, fixed when the database is created. 1 on SQLite. */
  readonly shards: number
  /** The id of this opening, of 12 characters: the owner of leases, and the key of `processes`. */
  readonly processId: string
  /**
   * Resolves when all writes of `work` are durable. Rejects, with nothing written, when `work` throws.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>
  /**
   * Resolves when the database accepts writes. Rejects with a `StorageError` when it does not, or when a
   * failed write or read has shown that it does not. It writes, so callers must limit how often they call it.
   */
  check(): Promise<void>
  /** Runs all queries of the reader on the same committed state. Keep it short. */
  snapshot<T>(work: (read: Queries) => Promise<T>, options?: SnapshotOptions): Promise<T>
}

/** The database cannot be opened or used. The message says what to do. A client gets a 503. */
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

/**
 * The first version with SQLite's WAL-reset fix. In earlier versions a crash at a certain moment can corrupt
 * the file.
 */
export const SAFE_SQLITE = '3.51.3'

export type OpenOptions = {
  /**
   * SQLite: locks the database while it is open, and refuses to open it when another process holds the lock.
   * For servers, not for commands. Several processes can share a PostgreSQL database.
   */
  alone?: boolean
  /**
   * The number of shards of the stream of a new PostgreSQL database. An existing one keeps its number, and a
   * warning is logged if it differs.
   */
  shards?: number | undefined
  /**
   * PostgreSQL: for the command that fills the database (`filling-postgres.ts`). Others refuse a database
   * that is incomplete.
   */
  isBeingFilled?: boolean
}

/** One of the two databases. `withStorageErrors` (`fault.ts`) adds the translation of its faults. */
export type DatabaseEngine = Omit<Database, 'check'>

export const newProcessId = (): string => randomBytes(9).toString('base64url')
