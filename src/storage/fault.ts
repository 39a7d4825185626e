import type { Log } from '../lib/log.ts'
import { type Database, StorageError } from './database.ts'

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

/** The database, with faults of the drivers as `StorageError`s; the log has the beginning and the end of each trouble. */
export function tellingFaults(db: Database, log: Log): Database {
  let trouble: string | undefined
  const failed = (error: unknown): never => {
    const shown = asStorageError(error)
    if (shown instanceof StorageError && trouble !== shown.message) {
      trouble = shown.message
      log.error({ err: error }, `storage: ${shown.message}`)
    }
    throw shown
  }
  return {
    dialect: db.dialect,
    isServedAlone: db.isServedAlone,
    all: (query, params) => db.all(query, params).catch(failed),
    first: (query, params) => db.first(query, params).catch(failed),
    run: (query, params) => db.run(query, params).catch(failed),
    snapshot: (work) => db.snapshot(work).catch(failed),
    transaction: (work, options) =>
      db.transaction(work, options).then((value) => {
        if (trouble !== undefined) log.info('storage: writing works again')
        trouble = undefined
        return value
      }, failed),
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  }
}
