import type { Log } from '../lib/log.ts'
import { type Database, type Engine, StorageError } from './database.ts'
import { proveSpace } from './space-probe.ts'
import { proveWritable } from './stream.ts'

// What the two databases say when they cannot work, for whatever is none of the asker's business: no space, no disk, no
// connection. A client hears of it as 503 with a sentence, the operator once in the log; the next one is tried as ever.

/** Why the database cannot do its work. */
export type StorageFault = 'full' | 'failing' | 'read-only' | 'busy' | 'lost' | 'damaged'

const SENTENCES: Readonly<Record<StorageFault, string>> = {
  full: 'The server has no space left to store this; its operator must make room. Try again later',
  failing: 'The disk of the server does not work as it should. Try again later',
  'read-only': 'The database of the server may only be read now. Try again later',
  busy: 'The database of the server is busy. Try again in a moment',
  lost: 'The server has lost its database. Try again in a moment',
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

/** By SQLSTATE, or its class (PostgreSQL, appendix "Error Codes"). */
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
/** What the PostgreSQL driver says without a code. */
const LOST =
  /^(Connection terminated|timeout exceeded when trying to connect|Client (was closed|has encountered))/

/** The fault that an error of a driver tells of; undefined: it is a mistake in a query, or none of a driver's. */
export function faultOf(error: unknown): StorageFault | undefined {
  if (!(error instanceof Error)) return undefined
  const { errcode, code } = error as { errcode?: unknown; code?: unknown }
  if (typeof errcode === 'number') return BY_RESULT_CODE[errcode & 0xff]
  if (typeof code !== 'string') return LOST.test(error.message) ? 'lost' : undefined
  if (NETWORK_CODES.has(code)) return 'lost'
  return BY_SQLSTATE[code] ?? BY_SQLSTATE[code.slice(0, 3)] ?? BY_SQLSTATE[code.slice(0, 2)]
}

const RETRY_AFTER_MS = 5000

/** The error as whoever asked is to see it. */
export function asStorageError(error: unknown): unknown {
  const fault = error instanceof StorageError ? undefined : faultOf(error)
  if (fault === undefined) return error
  return new StorageError(SENTENCES[fault], {
    cause: error,
    errcode: fault === 'full' ? 'ORG.BELFRY.STORAGE_FULL' : 'ORG.BELFRY.STORAGE_UNAVAILABLE',
    extra: { retry_after_ms: RETRY_AFTER_MS },
  })
}

/** Reading tells no more of the others than that a page, or a connection, was not to be had this time. */
const TOLD_BY_READING: ReadonlySet<StorageFault> = new Set(['damaged', 'failing', 'lost'])

/**
 * The database, with faults of the drivers as `StorageError`s. The log has the beginning and the end of each trouble, and `check`
 * remembers it: until the next write for most, until there is room for a large event after a full disk, and until the next
 * start for a damaged page, which no write elsewhere repairs.
 */
export function tellingFaults(engine: Engine, log: Log): Database {
  let logged: string | undefined
  let remembered: { fault: StorageFault | undefined; error: unknown } | undefined
  const noted = (error: unknown, isReading: boolean): unknown => {
    const shown = asStorageError(error)
    if (!(shown instanceof StorageError)) return shown
    const fault = faultOf(error)
    const isNews = !isReading || (fault !== undefined && TOLD_BY_READING.has(fault))
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
    all: (query, params) => engine.all(query, params).catch(reading),
    first: (query, params) => engine.first(query, params).catch(reading),
    run: (query, params) => engine.run(query, params).catch(reading),
    snapshot: (work) => engine.snapshot(work).catch(reading),
    transaction: (work, options) =>
      engine.transaction(work, options).then((value) => {
        written()
        return value
      }, writing),
    async check() {
      if (remembered?.fault === 'damaged') throw remembered.error
      if (remembered === undefined) await proveWritable(engine).catch(writing)
      else await proveSpace(engine).catch(writing)
      remembered = undefined
      written()
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  }
}
