import type { Log } from '../lib/log.ts'
import type { BatchClient } from './batch-client.ts'
import { StorageError } from './database.ts'
import type { StatementResult } from './postgres-batch.ts'
import { queriesOf, type Statement, statementOf } from './postgres-queries.ts'
import type { WriteConnection } from './write-connection.ts'

// The connection that writes. It sends statements without waiting for the results of earlier ones
// (pipelining, PostgreSQL documentation, 55.2.4). PostgreSQL runs them in order, and after a failure it skips
// the rest of their batch and refuses all others up to the end of the transaction or savepoint, so a
// statement that was sent too early has no effect.

export type Reconnecting = {
  client(): Promise<BatchClient>
  /** The current connection; undefined after it was lost. */
  current(): BatchClient | undefined
  end(): Promise<void>
}

/** @param prepare called with each new connection before its first use; rejects to refuse the connection */
export function reconnecting(
  make: () => BatchClient,
  log: Log,
  prepare: (client: BatchClient) => Promise<void>,
): Reconnecting {
  let connected: BatchClient | undefined
  return {
    async client() {
      if (connected) return connected
      const client = make()
      client.on('error', (error) => {
        // The driver emits this more than once, and the last time may be after the next connection is in use.
        if (connected !== client) return
        log.error({ err: error }, 'the database connection was lost')
        connected = undefined
      })
      await client.connect()
      try {
        await prepare(client)
      } catch (error) {
        await client.end()
        throw error
      }
      connected = client
      return client
    },
    current: () => connected,
    async end() {
      const client = connected
      connected = undefined
      await client?.end()
    },
  }
}

/** The client must be in pipeline mode. */
export function writeConnection(writing: Reconnecting): WriteConnection {
  let transaction: Pipeline | undefined
  let writes = 0
  const counted = (statement: Statement): Statement => {
    if (!statement.reads) writes++
    return statement
  }
  const open = () => {
    if (transaction) return transaction
    throw new Error('a query was run outside of a transaction')
  }
  return {
    ...queriesOf(async (statement) => open().query(counted(statement))),
    write: (query, params, onRows) =>
      open().write(counted(statementOf(query, params)), (rows) => onRows(rows as never)),
    writes: () => writes,
    hasFailed: () => transaction?.hasFailed() ?? false,
    async control(statement) {
      if (statement === 'begin') transaction = beginOn(await writing.client(), writing)
      else await open().control(statement)
      if (statement === 'rollback') transaction = undefined
    },
    async commit() {
      await open().commit()
      transaction = undefined
    },
    isPipelined: true,
    isCheckpointDue: () => false,
    checkpoint: () => Promise.resolve(),
    // A commit of PostgreSQL is visible and durable when its response arrives.
    makeDurable: () => Promise.resolve(),
    // A transaction on a lost connection has ended.
    inTransaction: () => transaction !== undefined && writing.current() !== undefined,
  }
}

type Pipeline = {
  query(statement: Statement): Promise<StatementResult>
  write(statement: Statement, onRows: (rows: unknown[]) => void): void
  control(statement: 'rollback' | 'savepoint w' | 'release w' | 'rollback to w'): Promise<void>
  /** A statement has failed, and so do all later ones up to a rollback. */
  hasFailed(): boolean
  /**
   * Resolves when the transaction is committed. Rejects when any statement has failed: the transaction is
   * then rolled back.
   */
  commit(): Promise<void>
}

const nothing = () => undefined

/** PostgreSQL responds with ROLLBACK when a statement has failed. */
function assertCommitted({ command }: StatementResult): void {
  if (command !== 'COMMIT') throw new StorageError(`The database responded to a commit with ${command}`)
}

/** Begins a transaction on a client. Does not wait for the result of `begin`. */
function beginOn(client: BatchClient, writing: Pick<Reconnecting, 'current'>): Pipeline {
  /** The first is the cause: after it, an error only says that the transaction has failed. */
  const failures: unknown[] = []
  /** The statements that were sent since the last savepoint. */
  let sent: Promise<unknown>[] = []

  async function send(statement: Statement | string): Promise<StatementResult> {
    // Otherwise a write could be sent after a failed `begin`, and would be committed by itself.
    if (failures.length > 0) throw failures[0]
    try {
      // Inside a transaction, a lost connection must fail the group, because its writes are gone.
      if (writing.current() !== client) throw new StorageError('The connection to the database was lost')
      const result = await client.send(statement)
      if (failures.length === 0) return result
    } catch (error) {
      failures.push(error)
    }
    throw failures[0]
  }
  const noted = <T>(result: Promise<T>): Promise<T> => {
    sent.push(result)
    result.catch(nothing)
    return result
  }

  /** The database has the savepoint, and so an open transaction. */
  let hasSavepoint = false
  const onBegin = () => {
    began = undefined
  }
  /** Pending until the response of `begin`. */
  let began: Promise<unknown> | undefined = noted(send('begin'))
  /** Set when statements wait for the response of `begin`. */
  let waitsForBegin = false
  began.then(onBegin, onBegin)

  /**
   * Without a transaction, a statement that writes would be committed by itself. A read may be sent together
   * with `begin`.
   */
  function query(statement: Statement | string, reads: boolean): Promise<StatementResult> {
    if (began === undefined) return send(statement)
    waitsForBegin ||= !reads
    return waitsForBegin ? began.then(() => send(statement)) : send(statement)
  }

  /**
   * Waits for the results of all statements, because an error that comes later must not count for the next
   * savepoint.
   */
  async function settle(): Promise<void> {
    const results = sent
    sent = []
    await Promise.allSettled(results)
    if (failures.length > 0) throw failures[0]
  }

  return {
    query: (statement) => noted(query(statement, statement.reads)),
    write(statement, onRows) {
      void noted(query(statement, statement.reads).then(({ rows }) => onRows(rows)))
    },
    async control(statement) {
      if (statement === 'rollback' || statement === 'rollback to w') {
        await settle().catch(nothing)
        // Without the savepoint (`begin` or the lock of the shard has failed) the whole transaction fails,
        // with the first error.
        if (hasSavepoint || statement === 'rollback') failures.length = 0
      }
      if (statement === 'savepoint w') hasSavepoint = false
      const result = noted(query(statement, true))
      if (statement === 'savepoint w') result.then(() => (hasSavepoint = true), nothing)
      if (statement === 'rollback' || statement === 'release w') await settle()
    },
    hasFailed: () => failures.length > 0,
    async commit() {
      const committed = noted(query('commit', true))
      await settle()
      assertCommitted(await committed)
    },
  }
}
