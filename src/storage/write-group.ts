import { StorageError } from './database.ts'
import { faultOf } from './fault.ts'
import type { Again } from './group-queue.ts'
import {
  type Done,
  type HeldShards,
  runTransaction,
  ShardNotFree,
  type WaitingWork,
} from './group-transaction.ts'
import type { WriteConnection } from './write-connection.ts'

type Ends = {
  /** Begins the transaction of the database. `held`: for a group of several shards. */
  begin: () => Promise<{ held: HeldShards | undefined }>
  commit: (done: readonly Done[]) => Promise<void>
}

type Ran = { done: Done[]; again?: Again | undefined }

/**
 * Runs the transactions of a group inside one transaction of the database. A transaction that throws is
 * rolled back to its savepoint and rejected; the others continue. Rejects when nothing is committed.
 *
 * A group of several shards has no savepoints. Its transactions whose shard another group holds run again in
 * another group, and so do all of them when one throws after a write.
 */
export async function runGroup(
  connection: WriteConnection,
  group: readonly WaitingWork[],
  ends: Ends,
): Promise<Ran> {
  const { held } = await ends.begin()
  let rest = group
  if (held || (group.length > 1 && group.every(({ repeatable }) => repeatable))) {
    const { done, again } = await runWithoutSavepoints(connection, group, { ...ends, held })
    if (done.length > 0 || !again) return { done, again }
    await connection.control('rollback')
    if (held) return { done, again }
    rest = again.works
    await ends.begin()
  }
  const done = await runWithSavepoints(connection, rest)
  await ends.commit(done)
  return { done }
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
 * Runs and commits a group without savepoints, which cost PostgreSQL a round trip and SQLite a copy of each
 * changed page. `again` and none is done: nothing is committed, and the transaction of the database is open,
 * because one of them failed after a write, or all shards are held by other groups.
 */
async function runWithoutSavepoints(
  connection: WriteConnection,
  group: readonly WaitingWork[],
  { commit, held }: Pick<Ends, 'commit'> & { held: HeldShards | undefined },
): Promise<Ran> {
  const done: Done[] = []
  const rejected = new Set<WaitingWork>()
  const notFree = new Set<WaitingWork>()
  const allAgain = (because: Again['because']): Ran => ({
    done: [],
    again: { works: group.filter((one) => !rejected.has(one)), because },
  })
  for (const part of partsOf(group, connection.isPipelined)) {
    const failures: Failure[] = []
    await Promise.all(part.map((chain) => runChain(connection, chain, { done, failures, held })))
    const errors = failures.map(({ error }) => error)
    const ofAll = errors.find(isOfAll)
    if (ofAll !== undefined) throw ofAll
    if (errors.length > 0 && !connection.inTransaction()) throw faultOfEnded(errors)
    for (const { waiting, error, hasWritten } of failures) {
      // On PostgreSQL the failed statement can be a write of another transaction, whose result nothing has waited for.
      if (connection.hasFailed?.() || hasWritten) return allAgain('failed')
      if (error instanceof ShardNotFree) notFree.add(waiting)
      else {
        rejected.add(waiting)
        waiting.reject(error)
      }
    }
  }
  if (done.length === 0 && notFree.size > 0) return allAgain('held')
  try {
    await commit(done)
  } catch (error) {
    if (!connection.hasFailed?.() || !connection.inTransaction() || isOfAll(error)) throw error
    return allAgain('failed')
  }
  if (notFree.size === 0) return { done }
  return { done, again: { works: group.filter((one) => notFree.has(one)), because: 'held' } }
}

/** Transactions that run one after the other. */
type Chain = WaitingWork[]

/**
 * The chains of a part run at the same time, and the parts one after the other. Transactions with the same
 * key are in one chain, in the order of their arrival.
 */
function partsOf(group: readonly WaitingWork[], isPipelined: boolean): Chain[][] {
  const parts: Chain[][] = []
  let chains = new Map<string, Chain>()
  let part: Chain[] | undefined
  for (const waiting of group) {
    if (!isPipelined || waiting.key === undefined) {
      parts.push([[waiting]])
      part = undefined
      continue
    }
    if (part === undefined) {
      chains = new Map()
      parts.push((part = []))
    }
    const chain = chains.get(waiting.key)
    if (chain) chain.push(waiting)
    else {
      const first = [waiting]
      chains.set(waiting.key, first)
      part.push(first)
    }
  }
  return parts
}

type Failure = { waiting: WaitingWork; error: unknown; hasWritten: boolean }

/** A transaction that throws after a write ends its chain: all of the group run again. */
async function runChain(
  connection: WriteConnection,
  chain: Chain,
  { done, failures, held }: { done: Done[]; failures: Failure[]; held: HeldShards | undefined },
): Promise<void> {
  for (const [at, waiting] of chain.entries()) {
    const { run, hasWritten } = runTransaction(connection, waiting, held)
    try {
      done.push(await run)
    } catch (error) {
      failures.push({ waiting, error, hasWritten: hasWritten() })
      if (hasWritten() || connection.hasFailed?.()) return
      if (!(error instanceof ShardNotFree)) continue
      // The others of the chain have the same shard.
      failures.push(...chain.slice(at + 1).map((other) => ({ waiting: other, error, hasWritten: false })))
      return
    }
  }
}

/**
 * A fault of the database or a deadlock concerns each transaction of the group. The callers run repeatable
 * ones again.
 */
const isOfAll = (error: unknown): boolean => faultOf(error) !== undefined

/**
 * What all transactions of a group get when that of the database has ended, as with a lost connection: the
 * error of one of them is no error of the others.
 */
const faultOfEnded = (errors: readonly unknown[]): unknown =>
  errors.find((error) => isOfAll(error) || error instanceof StorageError) ??
  new StorageError('The database has ended the transaction', { cause: errors[0] })

/** Undefined: the transaction threw and was rejected. */
async function runOne(
  connection: WriteConnection,
  waiting: WaitingWork,
  alone: boolean,
): Promise<Done | undefined> {
  if (!alone) await connection.control('savepoint w')
  try {
    const ran = await runTransaction(connection, waiting).run
    if (!alone) await connection.control('release w')
    return ran
  } catch (error) {
    // The whole transaction is rolled back, and with it the earlier writes of the group.
    if (alone) throw error
    if (!connection.inTransaction()) throw faultOfEnded([error])
    await connection.control('rollback to w')
    await connection.control('release w')
    waiting.reject(error)
    return undefined
  }
}
