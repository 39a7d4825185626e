import type { Log } from '../lib/log.ts'
import type { Queries } from './query.ts'
import { StorageError, type StreamShard, type Transaction, type TransactionOptions } from './database.ts'
import {
  type Again,
  createGroupQueue,
  type GroupQueue,
  type ShardLock,
  type WriteGroup,
} from './group-queue.ts'
import { locked, lockedAll, lockedIfFree, shardOf } from './stream.ts'
import { type Done, type HeldShards, type WaitingWork, writeLastOf } from './group-transaction.ts'
import type { WriteConnection } from './write-connection.ts'
import { runGroup } from './write-group.ts'

type State = {
  readonly connection: WriteConnection
  readonly log: Log
  readonly disk: Disk
  readonly queue: GroupQueue
  /** Undefined where all transactions run one after the other. */
  readonly shards: number | undefined
  writing: Promise<void> | undefined
  syncing: Promise<void>
  /** There are commits that are not durable yet. */
  hasPendingSync: boolean
  closed: boolean
  /** A group is being written, up to its commit. */
  isInGroup: boolean
  /** The snapshot on the connection, which the next group waits for. */
  snapshot: Promise<void> | undefined
}

export type Writer = ReturnType<typeof createWriter>

/**
 * Group commit. States: idle → (first write) gathering → (one turn of the event loop later) writing →
 * committed → durable, or gathering again when more transactions have arrived. All transactions of a group
 * become durable together. One that throws is rolled back to its savepoint, and the others continue. A group
 * of only repeatable transactions has no savepoints. If one of them throws after a write, all run again.
 *
 * The disk works in parallel to the event loop: while the commit of one group is synced, the statements of
 * the next group run. The next group commits after the previous one is durable, so that no reader sees a
 * state that can still be lost.
 *
 * @param options.shards the number of shards of the stream; absent where one writer runs all transactions one
 *   after the other
 * @param options.queue shared by several writers, each with a connection (`createShardWriters`)
 */
export function createWriter(
  connection: WriteConnection,
  log: Log,
  options: { shards?: number; queue?: GroupQueue } = {},
) {
  const writer = idleWriter(connection, log, options)
  const { disk } = writer
  return {
    transaction<T>(work: (tx: Transaction) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
      if (disk.failure) return Promise.reject(disk.failure)
      if (writer.closed) return Promise.reject(new StorageError('The database is closed'))
      return new Promise<T>((resolve, reject) => {
        const ends = { resolve: resolve as (value: unknown) => void, reject }
        writer.queue.push({ work, ...ends, ...placeIn(writer, options) })
        writer.writing ??= writeAll(writer)
      })
    },
    /** Takes a group from the queue, if one can run. */
    start(): void {
      writer.writing ??= writeAll(writer)
    },
    isWriting: () => writer.writing !== undefined,
    /** True when no transaction is open and every commit is durable: the connection then sees only durable state. */
    isIdle: () => !connection.inTransaction() && !writer.hasPendingSync,
    /**
     * Runs `work` in a snapshot on the connection. Undefined: the connection is in use, or a transaction
     * waits, so another connection must read.
     */
    snapshot<T>(work: (read: Queries) => Promise<T>): Promise<T> | undefined {
      const isFree = writer.queue.isEmpty() && !writer.isInGroup && !writer.snapshot && !writer.hasPendingSync
      if (!isFree || writer.closed || disk.failure) return undefined
      const reading = connection.snapshot?.(work)
      const ended = () => {
        writer.snapshot = undefined
      }
      writer.snapshot = reading?.then(ended, ended)
      return reading
    },
    /** Resolves when every commit is durable. */
    async whenDurable(): Promise<void> {
      // Check again: another waiting caller may have committed the next group.
      while (writer.hasPendingSync && !disk.failure) await writer.syncing
    },
    fail: (error: unknown) => disk.fail(error),
    /** Refuses new transactions, and resolves when the earlier ones are durable. */
    async close(): Promise<void> {
      writer.closed = true
      while (writer.writing) await writer.writing
      await writer.syncing
      await writer.snapshot
    },
  }
}

function idleWriter(
  connection: WriteConnection,
  log: Log,
  { shards, queue = createGroupQueue() }: { shards?: number; queue?: GroupQueue },
): State {
  return {
    connection,
    log,
    disk: createDisk(log),
    shards,
    queue,
    writing: undefined,
    syncing: Promise.resolve(),
    hasPendingSync: false,
    closed: false,
    isInGroup: false,
    snapshot: undefined,
  }
}

async function writeAll(writer: State): Promise<void> {
  await new Promise((turn) => setImmediate(turn))
  for (let group = writer.queue.next(); group !== undefined; group = writer.queue.next()) {
    writer.queue.ended(group, await writeGroup(writer, group))
    // Lets requests that have arrived meanwhile join the next group.
    await new Promise((turn) => setImmediate(turn))
  }
  writer.writing = undefined
}

/** What the options of a transaction mean for its group. */
function placeIn(
  { shards }: Pick<State, 'shards'>,
  {
    durably = true,
    repeatable = false,
    orderedBy,
    inAllShards = false,
    inOwnGroup = false,
    isIndependent = false,
    waits = true,
  }: TransactionOptions,
): Omit<WaitingWork, 'work' | 'resolve' | 'reject'> {
  return {
    durably,
    repeatable,
    shard: shardOfWork(orderedBy, shards),
    inAllShards: inAllShards || shards === undefined || (shards === 1 && orderedBy !== undefined),
    // One writer locks no rows.
    inOwnGroup: inOwnGroup && shards !== undefined,
    key: isIndependent ? orderedBy : undefined,
    waits,
  }
}

const shardOfWork = (orderedBy: string | undefined, shards = 1): StreamShard | undefined =>
  orderedBy === undefined ? undefined : { number: shardOf(orderedBy, shards), shards }

/**
 * Locks the shards of the group until its commit. It is sent together with `begin` and the first read. So all
 * that the group reads is read after the commits of other processes to the shard, and no other row is locked
 * before the shard.
 */
function lockShards({ connection }: State, lock: ShardLock): HeldShards | undefined {
  if (typeof lock === 'object') return lockFree(connection, lock)
  if (lock === 'all') connection.write(lockedAll, {}, () => undefined)
  else if (lock !== undefined) connection.write(locked, { shard: lock }, () => undefined)
  return undefined
}

function lockFree(connection: WriteConnection, shards: readonly number[]): HeldShards {
  const ids = shards.map((shard) => shard + 1)
  const held = connection.all(lockedIfFree, { ids }).then((rows) => new Set(rows.map(({ id }) => id - 1)))
  // Each later statement fails with the same error.
  held.catch(() => undefined)
  return held
}

/** Resolves to the transactions that must run again in another group. */
async function writeGroup(writer: State, { works, lock }: WriteGroup): Promise<Again | undefined> {
  const { connection, disk } = writer
  writer.isInGroup = true
  try {
    await writer.snapshot
    if (connection.isCheckpointDue()) {
      await writer.syncing
      await connection.checkpoint().catch((error: unknown) => disk.fail(error))
    }
    disk.check()
    const isDurable = (done: readonly Done[]) => done.some(({ waiting }) => waiting.durably)
    const begin = async () => {
      await connection.control('begin')
      return { held: lockShards(writer, lock) }
    }
    const commit = async (done: readonly Done[]) => {
      writeLastOf(connection, done)
      await writer.syncing
      disk.check()
      writer.hasPendingSync = isDurable(done)
      await connection.commit(writer.hasPendingSync)
    }
    const { done, again } = await runGroup(connection, works, { begin, commit })
    writer.syncing = makeDurable(writer, done, isDurable(done))
    return again
  } catch (error) {
    writer.hasPendingSync = false
    await rollback(writer)
    for (const waiting of works) waiting.reject(error)
    return undefined
  } finally {
    writer.isInGroup = false
  }
}

async function makeDurable(writer: State, done: readonly Done[], durably: boolean): Promise<void> {
  try {
    await writer.connection.makeDurable(durably)
  } catch (error) {
    writer.disk.fail(error)
    for (const { waiting } of done) waiting.reject(writer.disk.failure)
    return
  }
  writer.hasPendingSync = false
  for (const { waiting, hooks, value } of done) {
    for (const hook of hooks) runHook(hook, writer.log)
    waiting.resolve(value)
  }
}

async function rollback({ connection, log }: State): Promise<void> {
  try {
    if (connection.inTransaction()) await connection.control('rollback')
  } catch (error) {
    log.error({ err: error }, 'rollback failed')
  }
}

function runHook(hook: () => void, log: Log): void {
  try {
    hook()
  } catch (error) {
    log.error({ err: error }, 'a hook after commit threw')
  }
}

type Disk = {
  /** The reason why the writer accepts nothing more. */
  readonly failure: StorageError | undefined
  /**
   * It is unknown, for good, whether the disk has the writes. Further writes could acknowledge data that is
   * already lost.
   */
  fail(error: unknown): void
  check(): void
}

function createDisk(log: Log): Disk {
  let failure: StorageError | undefined
  return {
    get failure() {
      return failure
    },
    fail(error) {
      if (failure) return
      if (error instanceof StorageError) {
        failure = error
        log.fatal({ err: error.cause }, `${error.message}; nothing more is accepted`)
        return
      }
      failure = new StorageError('The disk failed to store what was written; restart the server', {
        cause: error,
      })
      log.fatal({ err: error }, 'the disk failed to store what was written; nothing more is accepted')
    },
    check() {
      if (failure) throw failure
    },
  }
}
