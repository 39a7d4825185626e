import { faultOf } from './fault.ts'
import { type Done, runTransaction, type WaitingWork } from './group-transaction.ts'
import type { WriteConnection } from './write-connection.ts'

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
  for (const part of partsOf(group, connection.isPipelined)) {
    const failures: Failure[] = []
    await Promise.all(part.map((chain) => runChain(connection, chain, { done, failures })))
    for (const { error } of failures) if (!connection.inTransaction() || isOfAll(error)) throw error
    for (const { waiting, error, hasWritten } of failures) {
      // On PostgreSQL the failed statement can be a write of another transaction, whose result nothing has waited for.
      if (connection.hasFailed?.() || hasWritten) return again()
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

/** Transactions that run one after the other. */
type Chain = WaitingWork[]

/** The chains of a part run at the same time, and the parts one after the other. Transactions with the same key are in one chain, in the order of their arrival. */
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
  { done, failures }: { done: Done[]; failures: Failure[] },
): Promise<void> {
  for (const waiting of chain) {
    const { run, hasWritten } = runTransaction(connection, waiting)
    try {
      done.push(await run)
    } catch (error) {
      failures.push({ waiting, error, hasWritten: hasWritten() })
      if (hasWritten() || connection.hasFailed?.()) return
    }
  }
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
    const ran = await runTransaction(connection, waiting).run
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
