import type { UserId } from '../lib/ids.ts'
import type { LastQuery, StreamShard, Transaction } from './database.ts'
import type { Query } from './query.ts'
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
/** A transaction that has run. */
export type Done = { waiting: WaitingWork; hooks: (() => void)[]; last: LastWrite[]; value: unknown }

/** Runs the work of a transaction. `hasWritten`: whether it has sent a statement that may write. */
export function runTransaction(
  connection: QueriesOfWriter,
  waiting: WaitingWork,
): { run: Promise<Done>; hasWritten: () => boolean } {
  const hooks: (() => void)[] = []
  const last: LastWrite[] = []
  const { tx, end, hasWritten } = openTransaction(connection, waiting, { hooks, last })
  const run = async (): Promise<Done> => {
    try {
      return { waiting, hooks, last, value: await waiting.work(tx) }
    } finally {
      end()
    }
  }
  return { run: run(), hasWritten }
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
): { tx: Transaction; end: () => void; hasWritten: () => boolean } {
  let open = true
  let hasWritten = false
  const check = () => {
    if (!open) throw new Error('a query was run after the end of its transaction')
  }
  /** A statement counts when it is sent, so those that other transactions send meanwhile do not count here. */
  function send<T>(statement: () => T): T {
    check()
    const before = connection.writes()
    try {
      return statement()
    } finally {
      hasWritten ||= connection.writes() !== before
    }
  }
  const tx: Transaction = {
    shard,
    inAllShards,
    waits,
    all: async (query, params) => send(() => connection.all(query, params)),
    first: async (query, params) => send(() => connection.first(query, params)),
    run: async (query, params) => send(() => connection.run(query, params)),
    write<P, R>(query: Query<P, R>, params: P, onCommit?: (rows: R[]) => void) {
      let rows: R[] = []
      send(() => connection.write<P, R>(query, params, (written) => (rows = written)))
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
  return { tx, end: () => (open = false), hasWritten: () => hasWritten }
}
