import type { UserId } from '../lib/ids.ts'
import type { LastQuery, StreamShard, Transaction } from './database.ts'
import type { Query } from './query.ts'
import { advanceTo } from './stream.ts'
import type { QueriesOfWriter } from './write-connection.ts'

/** A transaction that waits for its group. */
export type WaitingWork = {
  work: (tx: Transaction) => Promise<unknown>
  durably: boolean
  repeatable: boolean
  shard: StreamShard | undefined
  inAllShards: boolean
  inOwnGroup: boolean
  /** It can run at the same time as transactions with other keys. Undefined: it runs alone. */
  key: string | undefined
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
/** A transaction that has run. `used`: the reserved positions that it has used. */
export type Done = {
  waiting: WaitingWork
  hooks: (() => void)[]
  last: LastWrite[]
  used: number[]
  value: unknown
}

/**
 * The shards that a group of several has locked, of those that it wanted. It is known before the result of
 * any other statement of the group.
 */
export type HeldShards = Promise<ReadonlySet<number>>

/** Another group holds the shard of this transaction, which runs again in another group. */
export class ShardNotFree extends Error {
  override name = 'ShardNotFree'
}

/**
 * Runs the work of a transaction. `hasWritten`: whether it has sent a statement that may write.
 *
 * @param held in a group that holds only the free ones of its shards: in another shard, the first result of
 *   the transaction is a `ShardNotFree`
 */
export function runTransaction(
  connection: QueriesOfWriter,
  waiting: WaitingWork,
  held?: HeldShards,
): { run: Promise<Done>; hasWritten: () => boolean } {
  const hooks: (() => void)[] = []
  const last: LastWrite[] = []
  const used: number[] = []
  const { tx, end, hasWritten, check } = openTransaction(connection, waiting, { hooks, last, used, held })
  const run = async (): Promise<Done> => {
    try {
      const value = await waiting.work(tx)
      check()
      return { waiting, hooks, last, used, value }
    } finally {
      end()
    }
  }
  return { run: run(), hasWritten }
}

/** The writes at the end of a group: one statement for each query, and one for each shard that moves. */
export function writeLastOf(connection: QueriesOfWriter, done: readonly Done[]): void {
  moveShards(connection, done)
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

/** Each update of the row of a shard writes a new version of it, so a group updates each of its shards once. */
function moveShards(connection: QueriesOfWriter, done: readonly Done[]): void {
  const last = new Map<number, number>()
  for (const { waiting, used } of done)
    for (const position of used) {
      const shard = waiting.shard?.number ?? 0
      last.set(shard, Math.max(position, last.get(shard) ?? 0))
    }
  for (const [shard, position] of last) connection.write(advanceTo, { shard, position }, () => undefined)
}

const WRITES_FIRST =
  'an independent transaction wrote before it had the result of a read, so it could not know whether its shard is held: read first'

function openTransaction(
  connection: QueriesOfWriter,
  { shard, inAllShards, waits, key }: Pick<WaitingWork, 'shard' | 'inAllShards' | 'waits' | 'key'>,
  { hooks, last, used, held }: Pick<Done, 'hooks' | 'last' | 'used'> & { held: HeldShards | undefined },
): { tx: Transaction; end: () => void; hasWritten: () => boolean; check: () => void } {
  let open = true
  let hasWritten = false
  let hasResult = false
  let wroteFirst = false
  let notFree: ShardNotFree | undefined
  const check = () => {
    if (!open) throw new Error('a query was run after the end of its transaction')
    if (notFree) throw notFree
    if (wroteFirst) throw new Error(WRITES_FIRST)
  }
  /** A statement counts when it is sent, so those that other transactions send meanwhile do not count here. */
  function send<T>(statement: () => T): T {
    check()
    const before = connection.writes()
    try {
      return statement()
    } finally {
      hasWritten ||= connection.writes() !== before
      wroteFirst ||= key !== undefined && hasWritten && !hasResult
    }
  }
  async function result<T>(statement: () => Promise<T>): Promise<T> {
    const value = await send(statement)
    hasResult = true
    if (held && shard && !(await held).has(shard.number))
      notFree = new ShardNotFree('another group holds the shard of this transaction')
    if (notFree) throw notFree
    return value
  }
  const tx: Transaction = {
    shard,
    inAllShards,
    waits,
    all: (query, params) => result(() => connection.all(query, params)),
    first: (query, params) => result(() => connection.first(query, params)),
    run: (query, params) => result(() => connection.run(query, params)),
    write<P, R>(query: Query<P, R>, params: P, onCommit?: (rows: R[]) => void) {
      let rows: R[] = []
      send(() => connection.write<P, R>(query, params, (written) => (rows = written)))
      if (onCommit) hooks.push(() => onCommit(rows))
    },
    writeLast<R>(query: LastQuery<R>, userIds: readonly UserId[], onCommit: (rows: R[]) => void) {
      check()
      last.push({ query, userIds, onCommit: (rows) => onCommit(rows as R[]) })
    },
    usePosition(position) {
      check()
      used.push(position)
    },
    onCommit(hook) {
      check()
      hooks.push(hook)
    },
  }
  return { tx, end: () => (open = false), hasWritten: () => hasWritten, check }
}
