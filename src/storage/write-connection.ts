import type { Queries, Query } from './query.ts'

/** The queries of the connection that writes. */
export interface QueriesOfWriter extends Queries {
  /**
   * Runs a query without waiting for its result. When it fails, it throws, or each later query and statement
   * of control up to the end of the transaction or savepoint rejects with its error. `onRows` is called
   * before `release w` or `commit` resolves.
   */
  write<P, R>(query: Query<P, R>, params: P, onRows: (rows: R[]) => void): void
  /** The number of statements run so far that may have written. */
  writes(): number
}

/** The connection that writes: the part of a driver that group commit needs. */
export interface WriteConnection extends QueriesOfWriter {
  /**
   * Runs one statement of transaction control. `release w` and `rollback` wait for the results of all earlier
   * queries.
   */
  control(statement: 'begin' | 'rollback' | 'savepoint w' | 'release w' | 'rollback to w'): Promise<void>
  /** Whether `checkpoint` must run before the next transaction begins. */
  isCheckpointDue(): boolean
  /** Call it when no transaction is open and all commits are durable. Rejects when the disk has failed. */
  checkpoint(): Promise<void>
  /**
   * Commits a group of transactions, which then survive the end of the process. If the group is to be
   * durable, no other connection sees it before `makeDurable` has ended.
   */
  commit(durably: boolean): Promise<void>
  /** Resolves when the commits are visible, and, with `durably`, survive a power cut. */
  makeDurable(durably: boolean): Promise<void>
  /**
   * Runs `work` in a read transaction. Call it when no transaction is open and all commits are durable.
   * Absent where other connections read as fast.
   */
  snapshot?<T>(work: (read: Queries) => Promise<T>): Promise<T>
  /** False when an error has already ended the transaction (disk full, connection lost). */
  inTransaction(): boolean
  /**
   * An error of a statement has made all later ones of the transaction fail. Absent where an error ends its
   * own statement only.
   */
  hasFailed?(): boolean
  /**
   * Statements are sent without waiting for the results of earlier ones, so transactions that run at the same
   * time share round trips.
   */
  readonly isPipelined: boolean
}
