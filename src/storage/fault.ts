import { setTimeout } from 'node:timers/promises'
import type { Log } from '../lib/log.ts'
import { type Database, type DatabaseEngine, StorageError, type TransactionOptions } from './database.ts'
import { checkSpace } from './space-probe.ts'
import { AllShardsNeeded, checkWritable } from './stream.ts'

// Translates the faults of the two databases that a client does not cause: no space, a failing disk, no
// connection. The client gets a 503 with one sentence, and the log gets one entry. The next request is tried
// as usual.

/** Why the database cannot do its work. */
export type StorageFault = 'full' | 'failing' | 'read-only' | 'busy' | 'lost' | 'damaged'

const SENTENCES: Readonly<Record<StorageFault, string>> = {
  full: 'The server has no space left to store this; its operator must free some. Try again later',
  failing: 'The disk of the server does not work correctly. Try again later',
  'read-only': 'The database of the server is read-only. Try again later',
  busy: 'The database of the server is busy. Try again in a moment',
  lost: 'The server has no connection to its database. Try again in a moment',
  damaged: 'The database of the server is damaged; its operator must restore it',
}

/** SQLite's primary result codes: BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB. */
const BY_RESULT_CODE: Readonly<Record<number, StorageFault>> = {
  5: 'busy',
  6: 'busy',
  7: 'failing',
  8: 'read-only',
  10: 'failing',
  11: 'damaged',
  13: 'full',
  14: 'failing',
  15: 'busy',
  26: 'damaged',
}

/** By SQLSTATE, or by its class (PostgreSQL, appendix "Error Codes"). */
const BY_SQLSTATE: Readonly<Record<string, StorageFault>> = {
  '08': 'lost',
  '25006': 'read-only',
  '40001': 'busy',
  '40P01': 'busy',
  '53100': 'full',
  '53': 'busy',
  '55P03': 'busy',
  '57P': 'lost',
  '57014': 'busy',
  '58': 'failing',
  XX001: 'damaged',
  XX002: 'damaged',
}

const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
])
/** Messages of the PostgreSQL driver for errors without a code. */
const LOST =
  /^(Connection terminated|timeout exceeded when trying to connect|Client (was closed|has encountered))/

/** The fault behind a driver's error; undefined for a mistake in a query, or an error that no driver raised. */
export function faultOf(error: unknown): StorageFault | undefined {
  if (!(error instanceof Error)) return undefined
  const { errcode, code } = error as { errcode?: unknown; code?: unknown }
  if (typeof errcode === 'number') return BY_RESULT_CODE[errcode & 0xff]
  if (typeof code !== 'string') return LOST.test(error.message) ? 'lost' : undefined
  if (NETWORK_CODES.has(code)) return 'lost'
  return BY_SQLSTATE[code] ?? BY_SQLSTATE[code.slice(0, 3)] ?? BY_SQLSTATE[code.slice(0, 2)]
}

const RETRY_AFTER_MS = 5000

/**
 * PostgreSQL's `serialization_failure`, `deadlock_detected` and `unique_violation`: the transaction was
 * rolled back because of another one, and can run again. It then sees the row that the other one has
 * inserted.
 */
const CONFLICTS = new Set<unknown>(['40001', '40P01', '23505'])
/**
 * `lock_not_available`: of `for update nowait`, and of a lock that was not free within `lock_timeout`, which
 * this function of PostgreSQL reports.
 */
const NOT_AVAILABLE = '55P03'
const TIMEOUTS = 'ProcessInterrupts'

type Conflict = 'locked row' | 'other'

function conflictOf(error: unknown): Conflict | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, routine } = error as { code?: unknown; routine?: unknown }
  if (CONFLICTS.has(code)) return 'other'
  return code === NOT_AVAILABLE && routine !== TIMEOUTS ? 'locked row' : undefined
}

/** How often a repeatable transaction runs at most. */
const MAX_RUNS = 5
/** The runs that do not wait for locked rows. They cost little. */
const RUNS_WITHOUT_WAITING = 20
/** The pause before the next run, in milliseconds, so that two processes do not conflict again. */
const PAUSE_MS = { least: 5, most: 50 }

/**
 * Runs a repeatable transaction again when it conflicts with a transaction of another process, and any
 * transaction that needs all shards with all shards.
 */
async function repeated<T>(
  run: (options: TransactionOptions) => Promise<T>,
  given: TransactionOptions,
  random: () => number,
) {
  const { repeatable = false } = given
  let options = given
  let conflicts = 0
  for (let runs = 1; ; runs++) {
    try {
      const waits = !repeatable || runs > RUNS_WITHOUT_WAITING
      return await run(repeatable && waits ? { ...options, waits, inOwnGroup: true } : { ...options, waits })
    } catch (error) {
      if (error instanceof AllShardsNeeded && options.inAllShards !== true) {
        options = { ...given, inAllShards: true }
        continue
      }
      const conflict = conflictOf(error)
      if (conflict === 'other') conflicts++
      if (!repeatable || conflict === undefined || conflicts === MAX_RUNS) throw error
      await setTimeout(PAUSE_MS.least + random() * (PAUSE_MS.most - PAUSE_MS.least))
    }
  }
}

/** The error that a request gets: a `StorageError` for a fault of the database, any other error unchanged. */
export function asStorageError(error: unknown): unknown {
  const fault = error instanceof StorageError ? undefined : faultOf(error)
  if (fault === undefined) return error
  return new StorageError(SENTENCES[fault], {
    cause: error,
    errcode: fault === 'full' ? 'ORG.BELFRY.STORAGE_FULL' : 'ORG.BELFRY.STORAGE_UNAVAILABLE',
    extra: { retry_after_ms: RETRY_AFTER_MS },
  })
}

/** The faults that a read reports for the database as a whole. Any other fault of a read says nothing about writes. */
const REPORTED_BY_READS: ReadonlySet<StorageFault> = new Set(['damaged', 'failing', 'lost'])

/**
 * Translates the faults of the drivers into `StorageError`s. The log gets the start and the end of each
 * fault. `check` remembers a fault until the next write; a full disk until there is room for a large event;
 * and a damaged page until the next start, because no write elsewhere repairs it.
 */
export function withStorageErrors(engine: DatabaseEngine, log: Log, random = Math.random): Database {
  let logged: string | undefined
  let remembered: { fault: StorageFault | undefined; error: unknown } | undefined
  const noted = (error: unknown, isReading: boolean): unknown => {
    const shown = asStorageError(error)
    if (!(shown instanceof StorageError)) return shown
    const fault = faultOf(error)
    const isNews = !isReading || (fault !== undefined && REPORTED_BY_READS.has(fault))
    if (isNews && remembered?.fault !== 'damaged') remembered = { fault, error: shown }
    if (logged !== shown.message) {
      logged = shown.message
      log.error({ err: error }, `storage: ${shown.message}`)
    }
    return shown
  }
  const reading = (error: unknown): never => {
    throw noted(error, true)
  }
  const writing = (error: unknown): never => {
    throw noted(error, false)
  }
  const written = () => {
    if (logged !== undefined) log.info('storage: writing works again')
    logged = undefined
    if (remembered?.fault !== 'full' && remembered?.fault !== 'damaged') remembered = undefined
  }
  return {
    dialect: engine.dialect,
    isServedAlone: engine.isServedAlone,
    shards: engine.shards,
    processId: engine.processId,
    all: (query, params) => engine.all(query, params).catch(reading),
    first: (query, params) => engine.first(query, params).catch(reading),
    run: (query, params) => engine.run(query, params).catch(reading),
    snapshot: (work, options) => engine.snapshot(work, options).catch(reading),
    transaction: (work, options = {}) =>
      repeated((so) => engine.transaction(work, so), options, random).then((value) => {
        written()
        return value
      }, writing),
    async check() {
      if (remembered?.fault === 'damaged') throw remembered.error
      if (remembered === undefined) await checkWritable(engine).catch(writing)
      else await checkSpace(engine).catch(writing)
      remembered = undefined
      written()
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  }
}
