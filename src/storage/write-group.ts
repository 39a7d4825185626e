import type { UserId } from '../lib/ids.ts'
import type { LastQuery, StreamShard, Transaction } from './database.ts'
import { faultOf } from './fault.ts'
import type { Queries, Query } from './query.ts'

/** The queries of the connection that writes. */
export interface QueriesOfWriter extends Queries {
  /**
   * Runs a query without waiting for its result. When it fails, it throws, or each later query and statement of control up to the end of
   * the transaction or savepoint rejects with its error. `onRows` is called before `release w` or `commit` resolves.
   */
  write<P, R>(query: Query<P, R>, params: P, onRows: (rows: R[]) => void): void
  /** The number of statements run so far that may have written. */
  writes(): number
}

/** The connection that writes: the part of a driver that group commit needs. */
export interface WriteConnection extends QueriesOfWriter {
  /** Runs one statement of transaction control. `release w` and `rollback` wait for the results of all earlier queries. */
  control(statement: 'begin' | 'rollback' | 'savepoint w' | 'release w' | 'rollback to w'): Promise<void>
  /** Whether `checkpoint` must run before the next transaction begins. */
  isCheckpointDue(): boolean
  /** Call it when no transaction is open and all commits are durable. Rejects when the disk has failed. */
  checkpoint(): Promise<void>
  /**
   * Commits a group of transactions, which then survive the end of the process. If the group is to be durable, no other connection
   * sees it before `makeDurable` has ended.
   */
  commit(durably: boolean): Promise<void>
  /** Resolves when the commits are visible, and, with `durably`, survive a power cut. */
  makeDurable(durably: boolean): Promise<void>
  /** Runs `work` in a read transaction. Call it when no transaction is open and all commits are durable. Absent where other connections read as fast. */
  snapshot?<T>(work: (read: Queries) => Promise<T>): Promise<T>
  /** False when an error has already ended the transaction (disk full, connection lost). */
  inTransaction(): boolean
  /** An error of a statement has made all later ones of the transaction fail. Absent where an error ends its own statement only. */
  hasFailed?(): boolean
}

/** A transaction that waits for its group. */
export type WaitingWork = {
  work: (tx: Transaction) => Promise<unknown>
  durably: boolean
  repeatable: boolean
  shard: StreamShard | undefined
  inAllShards: boolean
  inOwnGroup: boolean
  waits: boolean
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}
/** Of `Transaction.writeLast`. */
type LastWrite = {
  query: LastQuery<unknown>
  userIds: readonly UserId[]
  onCommit: (rows: unknown[]) => void
}
/** A transaction that has run. */
export type Done = { waiting: WaitingWork; hooks: (() => void)[]; last: LastWrite[]; value: unknown }

type Ends = {
  /** Begins the transaction of the database. */
  begin: () => Promise<void>
  commit: (done: readonly Done[]) => Promise<void>
}

/**
 * Runs the transactions of a group inside one transaction of the database. A transaction that throws is rolled back to its
 * savepoint and rejected; the others continue. Resolves to the successful ones. Rejects when nothing is committed.
 */
export async function runGroup(
  connection: WriteConnection,
  group: readonly WaitingWork[],
  ends: Ends,
): Promise<Done[]> {
  await ends.begin()
  let rest = group
  if (group.length > 1 && group.every(({ repeatable }) => repeatable)) {
    const { done, again } = await runWithoutSavepoints(connection, group, ends)
    if (again.length === 0) return done
    rest = again
    await connection.control('rollback')
    await ends.begin()
  }
  const done = await runWithSavepoints(connection, rest)
  await ends.commit(done)
  return done
}

/** Runs each transaction behind a savepoint, except one that is alone. */
async function runWithSavepoints(
  connection: WriteConnection,
  group: readonly WaitingWork[],
): Promise<Done[]> {
  const done: Done[] = []
  for (const waiting of group) {
    const ran = await runOne(connection, waiting, group.length === 1)
    if (ran !== undefined) done.push(ran)
  }
  return done
}

/**
 * Runs and commits a group without savepoints, which cost PostgreSQL a round trip and SQLite a copy of each changed page. `again`: nothing is committed, and these transactions must run
 * once more, behind savepoints, because one of them failed after a write.
 */
async function runWithoutSavepoints(
  connection: WriteConnection,
  group: readonly WaitingWork[],
  { commit }: Ends,
): Promise<{ done: Done[]; again: readonly WaitingWork[] }> {
  const done: Done[] = []
  const rejected = new Set<WaitingWork>()
  const again = () => ({ done: [], again: group.filter((one) => !rejected.has(one)) })
  for (const waiting of group) {
    const before = connection.writes()
    try {
      done.push(await run(connection, waiting))
    } catch (error) {
      if (!connection.inTransaction() || isOfAll(error)) throw error
      // On PostgreSQL the failed statement can be a write of an earlier transaction, whose result nothing has waited for.
      if (connection.hasFailed?.() || connection.writes() !== before) return again()
      rejected.add(waiting)
      waiting.reject(error)
    }
  }
  try {
    await commit(done)
  } catch (error) {
    if (!connection.hasFailed?.() || !connection.inTransaction() || isOfAll(error)) throw error
    return again()
  }
  return { done, again: [] }
}

/** A fault of the database or a deadlock concerns each transaction of the group. The callers run repeatable ones again. */
const isOfAll = (error: unknown): boolean => faultOf(error) !== undefined

/** Undefined: the transaction threw and was rejected. */
async function runOne(
  connection: WriteConnection,
  waiting: WaitingWork,
  alone: boolean,
): Promise<Done | undefined> {
  if (!alone) await connection.control('savepoint w')
  try {
    const ran = await run(connection, waiting)
    if (!alone) await connection.control('release w')
    return ran
  } catch (error) {
    // The whole transaction is rolled back, and with it the earlier writes of the group.
    if (alone || !connection.inTransaction()) throw error
    await connection.control('rollback to w')
    await connection.control('release w')
    waiting.reject(error)
    return undefined
  }
}

async function run(connection: WriteConnection, waiting: WaitingWork): Promise<Done> {
  const hooks: (() => void)[] = []
  const last: LastWrite[] = []
  const { tx, end } = openTransaction(connection, waiting, { hooks, last })
  try {
    return { waiting, hooks, last, value: await waiting.work(tx) }
  } finally {
    end()
  }
}

/** The writes at the end of a group: one statement for each query. */
export function writeLastOf(connection: QueriesOfWriter, done: readonly Done[]): void {
  const merged = new Map<LastQuery<unknown>, { userIds: Set<UserId>; rows: unknown[] }>()
  for (const { last, hooks } of done)
    for (const { query, userIds, onCommit } of last) {
      const found = merged.get(query)
      if (found) {
        for (const userId of userIds) found.userIds.add(userId)
        continue
      }
      const first = { userIds: new Set(userIds), rows: [] as unknown[] }
      merged.set(query, first)
      hooks.push(() => onCommit(first.rows))
    }
  for (const [query, write] of merged)
    connection.write(query, { userIds: [...write.userIds] }, (rows) => (write.rows = rows))
}

function openTransaction(
  connection: QueriesOfWriter,
  { shard, inAllShards, waits }: Pick<WaitingWork, 'shard' | 'inAllShards' | 'waits'>,
  { hooks, last }: Pick<Done, 'hooks' | 'last'>,
): { tx: Transaction; end: () => void } {
  let open = true
  const check = () => {
    if (!open) throw new Error('a query was run after the end of its transaction')
  }
  const tx: Transaction = {
    shard,
    inAllShards,
    waits,
    async all(query, params) {
      check()
      return connection.all(query, params)
    },
    async first(query, params) {
      check()
      return connection.first(query, params)
    },
    async run(query, params) {
      check()
      return connection.run(query, params)
    },
    write<P, R>(query: Query<P, R>, params: P, onCommit?: (rows: R[]) => void) {
      check()
      let rows: R[] = []
      connection.write(query, params, (written) => (rows = written))
      if (onCommit) hooks.push(() => onCommit(rows))
    },
    writeLast<R>(query: LastQuery<R>, userIds: readonly UserId[], onCommit: (rows: R[]) => void) {
      check()
      last.push({ query, userIds, onCommit: (rows) => onCommit(rows as R[]) })
    },
    onCommit(hook) {
      check()
      hooks.push(hook)
    },
  }
  return { tx, end: () => (open = false) }
}
