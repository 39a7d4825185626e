import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import type { Log } from '../lib/log.ts'
import { type Database, SAFE_SQLITE, StorageError } from './database.ts'
import { type ColumnTypes, migrate } from './migrate.ts'
import { compileQuery, type Params, type Queries, type Query, type SqlValue, sqliteDialect } from './query.ts'
import type { Schema } from './schema.ts'
import { createWriter, type WriteConnection } from './writer.ts'

const TYPES: ColumnTypes = {
  int: 'integer',
  serial: 'integer primary key autoincrement',
  keyed: 'strict, without rowid',
  plain: 'strict',
  keysIn: (text, name) => `json_each(${text}, '$.${name}') as listed`,
}

/** Compiles, and never runs, what Kysely builds. */
export const sqliteBuilder = new Kysely<Schema>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
})

/** Another process may hold the write lock for a moment (`belfry user add` beside a running server). */
const BUSY_TIMEOUT_MS = 5_000
const BUSY_RETRY_MS = 10
const CHECKPOINT_EVERY_MS = 5_000
const SQLITE_BUSY = 5

/** Opens, and where needed creates and migrates, the file at `path`. */
export async function openSqlite(path: string, log: Log): Promise<Database> {
  const connection = openFile(path)
  try {
    await migrate(migrationTarget(connection), Date.now())
  } catch (error) {
    connection.close()
    throw described(path, error)
  }
  const version = sqliteVersion(connection)
  if (isOlder(version, SAFE_SQLITE)) {
    log.warn(
      { version, wanted: SAFE_SQLITE },
      'this SQLite can damage a database when it crashes; use a newer Node',
    )
  }
  return useSqlite(path, connection, log)
}

function useSqlite(path: string, writing: DatabaseSync, log: Log): Database {
  const write = writeConnection(writing)
  const writer = createWriter(write, log)
  const reading = openReader(path)
  const read = queriesOf(reading)
  const snapshots = snapshotPool(() => openReader(path))
  const checkpoint = setInterval(() => checkpointNow(writing, write, log), CHECKPOINT_EVERY_MS)
  checkpoint.unref()
  let closing: Promise<void> | undefined
  const close = async () => {
    clearInterval(checkpoint)
    await writer.close()
    await snapshots.close()
    reading.close()
    writing.close()
  }
  return {
    dialect: 'sqlite',
    ...read,
    transaction: (work) => writer.transaction(work),
    snapshot: (work) => snapshots.use(work),
    [Symbol.asyncDispose]: () => (closing ??= close()),
  }
}

function openFile(path: string): DatabaseSync {
  try {
    mkdirSync(dirname(path), { recursive: true })
    const connection = new DatabaseSync(path)
    connection.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`)
    connection.exec('pragma journal_mode = wal')
    connection.exec('pragma synchronous = full')
    // Checkpoints run from a timer, so that no single write has to wait for one.
    connection.exec('pragma wal_autocheckpoint = 10000')
    connection.exec('pragma cache_size = -65536')
    connection.prepare('select count(*) from sqlite_master').get()
    connection.exec('pragma busy_timeout = 0')
    return connection
  } catch (error) {
    throw described(path, error)
  }
}

/** Begins again and again while another connection writes; SQLite's own waiting would stop the event loop. */
async function patiently<T>(begin: () => T): Promise<T> {
  for (let waited = 0; ; waited += BUSY_RETRY_MS) {
    try {
      return begin()
    } catch (error) {
      if (errorCode(error) !== SQLITE_BUSY || waited >= BUSY_TIMEOUT_MS) throw error
      await setTimeout(BUSY_RETRY_MS)
    }
  }
}

function openReader(path: string): DatabaseSync {
  const connection = new DatabaseSync(path, { readOnly: true })
  connection.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`)
  return connection
}

function described(path: string, error: unknown): StorageError {
  if (error instanceof StorageError && !error.cause) return error
  const code = errorCode(error) ?? errorCode((error as Error).cause)
  const reason =
    code === 11 || code === 26
      ? 'it is damaged, or not a SQLite database. Restore it from a backup'
      : String(error)
  return new StorageError(`Cannot open the database ${path}: ${reason}`, { cause: error })
}

function errorCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | undefined)?.errcode
  return typeof code === 'number' ? code & 0xff : undefined
}

function sqliteVersion(connection: DatabaseSync): string {
  return String(connection.prepare('select sqlite_version() as version').get()?.['version'])
}

function isOlder(version: string, than: string): boolean {
  return version.localeCompare(than, 'en', { numeric: true }) < 0
}

function migrationTarget(connection: DatabaseSync) {
  return {
    types: TYPES,
    execute: async (statement: string) => {
      const prepared = connection.prepare(statement === 'begin' ? 'begin immediate' : statement)
      if (statement === 'begin') return patiently(() => Number(prepared.run().changes))
      return Number(prepared.run().changes)
    },
    applied: async () => {
      const rows = connection.prepare('select id from schema_migrations order by id').all()
      return rows.map((row) => Number(row['id']))
    },
  }
}

type Prepared = { bind: (params: Params) => SqlValue[]; statement: StatementSync; columns: string[] }

/** Runs queries on one connection; each is prepared the first time. */
function queriesOf(connection: DatabaseSync): Queries {
  const prepared = new Map<Query<never, unknown>, Prepared>()
  const prepare = (query: Query<never, unknown>): Prepared => {
    const found = prepared.get(query)
    if (found) return found
    const { sql, bind } = compileQuery(sqliteBuilder, sqliteDialect, query)
    const statement = connection.prepare(sql)
    statement.setReturnArrays(true)
    const columns = statement.columns().map((column) => column.name)
    const made = { bind, statement, columns }
    prepared.set(query, made)
    return made
  }
  const all = <P, R>(query: Query<P, R>, params: P): R[] => {
    const { bind, statement, columns } = prepare(query as Query<never, unknown>)
    const rows = statement.all(...bind(params as Params)) as unknown as SqlValue[][]
    return rows.map((row) => rowOf(columns, row) as R)
  }
  return {
    all: async (query, params) => all(query, params),
    first: async (query, params) => all(query, params)[0],
    run: async (query, params) => {
      const { bind, statement } = prepare(query as Query<never, unknown>)
      return Number(statement.run(...bind(params as Params)).changes)
    },
  }
}

/** Rows get an ordinary prototype, as the PostgreSQL driver gives them; the one of node:sqlite's objects is null. */
function rowOf(columns: readonly string[], values: readonly SqlValue[]): Record<string, SqlValue> {
  const row: Record<string, SqlValue> = {}
  for (let at = 0; at < columns.length; at++) row[columns[at] as string] = values[at] as SqlValue
  return row
}

function writeConnection(connection: DatabaseSync): WriteConnection {
  const begin = connection.prepare('begin immediate')
  const control = {
    commit: connection.prepare('commit'),
    rollback: connection.prepare('rollback'),
    'savepoint w': connection.prepare('savepoint w'),
    'release w': connection.prepare('release w'),
    'rollback to w': connection.prepare('rollback to w'),
  }
  return {
    ...queriesOf(connection),
    control: async (statement) => {
      if (statement === 'begin') await patiently(() => begin.run())
      else control[statement].run()
    },
    inTransaction: () => connection.isTransaction,
  }
}

function checkpointNow(connection: DatabaseSync, write: WriteConnection, log: Log): void {
  if (write.inTransaction()) return
  try {
    connection.exec('pragma wal_checkpoint(passive)')
  } catch (error) {
    if (errorCode(error) !== SQLITE_BUSY) log.error({ err: error }, 'checkpoint failed')
  }
}

const nothing = () => undefined

/** Connections that each hold one read transaction at a time; as many as there are readers at once. */
function snapshotPool(open: () => DatabaseSync) {
  const idle: { connection: DatabaseSync; queries: Queries }[] = []
  const busy = new Set<Promise<unknown>>()
  const IDLE_LIMIT = 4

  async function use<T>(work: (read: Queries) => Promise<T>): Promise<T> {
    const held = idle.pop() ?? make()
    held.connection.exec('begin')
    try {
      return await work(held.queries)
    } finally {
      held.connection.exec('commit')
      if (idle.length < IDLE_LIMIT) idle.push(held)
      else held.connection.close()
    }
  }
  function make() {
    const connection = open()
    return { connection, queries: queriesOf(connection) }
  }
  return {
    use<T>(work: (read: Queries) => Promise<T>): Promise<T> {
      const running = use(work)
      const settled: Promise<void> = running.then(nothing, nothing).then(() => void busy.delete(settled))
      busy.add(settled)
      return running
    },
    async close() {
      await Promise.all(busy)
      for (const held of idle) held.connection.close()
      idle.length = 0
    },
  }
}
