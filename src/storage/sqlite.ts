import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Log } from '../lib/log.ts'
import { type DatabaseEngine, newProcessId, type OpenOptions, SAFE_SQLITE, StorageError } from './database.ts'
import { migrate } from './migrate.ts'
import type { ColumnTypes } from './migration.ts'
import { createCheckpoints, LOG_BYTES } from './sqlite-checkpoints.ts'
import {
  BUSY_TIMEOUT_MS,
  oneInEachTurn,
  readTransactionOf,
  openReader,
  retryWhileBusy,
  snapshotPool,
  writeConnection,
} from './sqlite-connections.ts'
import { makeDirectory, makePrivate, realPath, refuseLostDatabase, watchFiles } from './sqlite-files.ts'
import { type FileLock, lockDatabase, wasServed } from './sqlite-lock.ts'
import type { Queries } from './query.ts'
import { nestable } from './snapshots.ts'
import { queriesOf } from './sqlite-queries.ts'
import { firstLine, startError } from './start-fault.ts'
import { createWriter, type Writer } from './writer.ts'

export const TYPES: ColumnTypes = {
  int: 'integer',
  ordered: 'text',
  serial: 'integer primary key autoincrement',
  growing: 'integer primary key',
  keyed: 'strict, without rowid',
  plain: 'strict',
  keysIn: (text, name) => `json_each(${text}, '$.${name}') as listed`,
  itemsIn: (text) => `json_each(${text}) as item`,
  textIn: (column, name) =>
    `case when json_type(${column}, '$.${name}') = 'text' then ${column} ->> '$.${name}' end`,
  jsonText: (column) => `json_quote(${column})`,
  jsonAt: (column, keys) => `(${column} ->> '$${keys.map((key) => `."${key}"`).join('')}')`,
  originOf: (url) =>
    `coalesce(substr(${url}, 1, instr(${url}, '://') + 1 + instr(substr(${url}, instr(${url}, '://') + 3) || '/', '/')), '')`,
  // The tokenizer `ascii` takes every character above 127 as a part of a word, so it never divides a word.
  // Not `contentless_delete`: its rows have ids above 2^53, with which every later statement of the
  // connection fails in node:sqlite.
  wordIndex: (table) => [
    `create virtual table ${table} using fts5(words, detail=none, prefix='3', tokenize='ascii')`,
  ],
  continueIds: (from, to) => [
    `delete from sqlite_sequence where name = '${to.table}'`,
    `insert into sqlite_sequence (name, seq) select '${to.table}', seq from sqlite_sequence where name = '${from.table}'`,
  ],
  shards: undefined,
}

const CHECKPOINT_EVERY_MS = 5_000
/** The interval of the check of the files. Each durable commit checks them as well. */
const FILE_CHECK_EVERY_MS = 1_000

/** Opens the file at `path`. Creates it and applies migrations where needed. */
export async function openSqlite(
  given: string,
  log: Log,
  { alone = false }: OpenOptions = {},
): Promise<DatabaseEngine> {
  await using opening = new AsyncDisposableStack()
  try {
    makeDirectory(dirname(given))
    const path = realPath(given)
    const lock = alone ? await lockDatabase(path) : undefined
    if (lock) opening.defer(() => lock.release())
    refuseLostDatabase(path, wasServed(path))
    const connection = opening.adopt(openFile(path), (opened) => void (opened.isOpen && opened.close()))
    await migrate(migrationTarget(connection), Date.now())
    warnOfOldSqlite(connection, log)
    const engine = opening.use(await useSqlite(path, connection, log))
    lock?.mark()
    opening.move()
    return lock ? { ...engine, [Symbol.asyncDispose]: () => closeBoth(engine, lock) } : engine
  } catch (error) {
    throw described(given, error)
  }
}

async function closeBoth(engine: DatabaseEngine, lock: FileLock): Promise<void> {
  await engine[Symbol.asyncDispose]()
  lock.release()
}

function warnOfOldSqlite(connection: DatabaseSync, log: Log): void {
  const version = sqliteVersion(connection)
  if (!isOlder(version, SAFE_SQLITE)) return
  log.warn(
    { version, wanted: SAFE_SQLITE },
    'this SQLite version can corrupt a database in a crash; use a newer Node',
  )
}

async function useSqlite(path: string, writing: DatabaseSync, log: Log): Promise<DatabaseEngine> {
  const reading = openReader(path)
  const wal = await open(`${path}-wal`)
  // Close it last: closing any handle of the file would end SQLite's locks on it.
  const file = await open(path)
  const disk = { syncLog: () => wal.datasync(), syncDatabase: () => file.datasync() }
  const checkpoints = createCheckpoints(path, disk, log)
  const files = watchFiles(path)
  const sync = async () => {
    await wal.datasync()
    files.assertInPlace()
  }
  const durability = { readers: readTransactionOf(reading), checkpoints, sync }
  const connection = writeConnection(writing, durability)
  const writer = createWriter(connection, log)
  const held = queriesOf(reading)
  // A connection drops its page cache when another connection writes, so the write connection is the better
  // one to read from whenever it sees only durable state.
  const read = () => (writer.isIdle() ? connection : held)
  const openSnapshotReader = () => {
    files.assertInPlace()
    return openReader(path)
  }
  const snapshots = createSnapshots(openSnapshotReader, writer)
  const checkpoint = setInterval(() => {
    if (checkpoints.request())
      writer.transaction(async () => undefined, { durably: false }).catch(() => undefined)
  }, CHECKPOINT_EVERY_MS)
  checkpoint.unref()
  const fileCheck = setInterval(() => {
    try {
      files.assertInPlace()
    } catch (error) {
      writer.fail(error)
    }
  }, FILE_CHECK_EVERY_MS)
  fileCheck.unref()
  let closing: Promise<void> | undefined
  const close = async () => {
    clearInterval(checkpoint)
    clearInterval(fileCheck)
    await writer.close()
    await snapshots.close()
    checkpoints.close()
    reading.close()
    await wal.close()
    writing.close()
    await file.close()
  }
  return {
    dialect: 'sqlite',
    shards: 1,
    isServedAlone: true,
    processId: newProcessId(),
    all: (query, params) => read().all(query, params),
    first: (query, params) => read().first(query, params),
    run: (query, params) => held.run(query, params),
    transaction: (work, options) => writer.transaction(work, options),
    snapshot: snapshots.use,
    [Symbol.asyncDispose]: () => (closing ??= close()),
  }
}

function createSnapshots(open: () => DatabaseSync, writer: Writer) {
  const nextTurn = oneInEachTurn()
  const pool = snapshotPool(open, async () => {
    await nextTurn()
    await writer.whenDurable()
  })
  const briefly = async <T>(work: (read: Queries) => Promise<T>): Promise<T> => {
    await nextTurn()
    return writer.snapshot(work) ?? pool.use(work)
  }
  return {
    use: nestable((work, options) => (options?.isBrief ? briefly(work) : pool.use(work))),
    close: () => pool.close(),
  }
}

function openFile(path: string): DatabaseSync {
  makePrivate(path)
  const connection = new DatabaseSync(path)
  try {
    connection.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`)
    connection.exec('pragma journal_mode = wal')
    // With `normal`, a commit is in the file system, not on the disk. The writer syncs it off the event loop.
    connection.exec('pragma synchronous = normal')
    connection.exec('pragma wal_autocheckpoint = 0')
    connection.exec(`pragma journal_size_limit = ${LOG_BYTES}`)
    // In KiB. A larger cache saves no time: pages come from the cache of the operating system
    // (docs/measurements.md, "Memory").
    connection.exec('pragma cache_size = -8192')
    // Otherwise each commit creates and deletes journal files for its savepoints.
    connection.exec('pragma temp_store = memory')
    connection.prepare('select count(*) from sqlite_master').get()
    connection.exec('pragma busy_timeout = 0')
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

function described(path: string, error: unknown): unknown {
  const known = startError({ kind: 'sqlite', path }, error)
  if (known instanceof StorageError) return known
  return new StorageError(`Cannot use the database ${path}: ${firstLine(error)}`, { cause: error })
}

function sqliteVersion(connection: DatabaseSync): string {
  return String(connection.prepare('select sqlite_version() as version').get()?.['version'])
}

function isOlder(version: string, than: string): boolean {
  const wanted = than.split('.').map(Number)
  const found = version.split('.').map(Number)
  const at = wanted.findIndex((part, place) => part !== (found[place] ?? 0))
  return at !== -1 && (found[at] ?? 0) < (wanted[at] ?? 0)
}

function migrationTarget(connection: DatabaseSync) {
  return {
    types: TYPES,
    execute: async (statement: string) => {
      const prepared = connection.prepare(statement === 'begin' ? 'begin immediate' : statement)
      if (statement === 'begin') return retryWhileBusy(() => Number(prepared.run().changes))
      return Number(prepared.run().changes)
    },
    applied: async () => {
      const rows = connection.prepare('select id, name from schema_migrations order by id').all()
      return rows.map((row) => ({ id: Number(row['id']), name: String(row['name']) }))
    },
  }
}
