import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, suite, test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { type Database, StorageError } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { asStorageError, faultOf } from '../../src/storage/fault.ts'
import { query } from '../../src/storage/query.ts'
import { checkWritable } from '../../src/storage/stream.ts'
import { damage } from '../support/damage-database.ts'
import { clusterUrl, newPostgresUrl, openTestSqlite, temporaryFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'
import { smallDisk } from '../support/small-disk.ts'

const addFilter = query<{ id: string; filter: string }>()((db, p) =>
  db.insertInto('filters').values({ user_id: '@a:test' as never, filter_id: p.id, definition: p.filter }),
)
const countFilters = query()((db) =>
  db.selectFrom('filters').select((eb) => eb.fn.countAll<number>().as('rows')),
)
const probes = query()((db) =>
  db.selectFrom('server_keys').select('name').where('name', '=', 'storage-probe'),
)
const rowsOf = async (db: Database) => (await db.first(countFilters, {}))?.rows
const LARGE = 'x'.repeat(100_000)
const isFull = (error: unknown) =>
  error instanceof StorageError && error.status === 503 && error.errcode === 'ORG.BELFRY.STORAGE_FULL'
const isUnavailable = (error: unknown) =>
  error instanceof StorageError && error.status === 503 && error.errcode === 'ORG.BELFRY.STORAGE_UNAVAILABLE'

suite('a SQLite database without space', () => {
  test('refuses what does not fit, whole, and takes it when there is room again', async (t) => {
    const disk = smallDisk(t)
    const db = await openTestSqlite(t)
    await db.transaction((tx) => tx.run(addFilter, { id: 'before', filter: 'small' }))
    disk.fill()
    await assert.rejects(
      db.transaction(async (tx) => {
        await tx.run(addFilter, { id: 'half', filter: 'small' })
        await tx.run(addFilter, { id: 'large', filter: LARGE })
      }),
      isFull,
    )
    assert.equal(await rowsOf(db), 1, 'nothing half-written, and reading works')
    disk.makeRoom()
    await db.transaction((tx) => tx.run(addFilter, { id: 'large', filter: LARGE }))
    assert.equal(await rowsOf(db), 2)
  })

  test('each of a group that shares a commit is either there or was refused', async (t) => {
    const disk = smallDisk(t)
    const db = await openTestSqlite(t)
    disk.fill()
    const announced: string[] = []
    const results = await Promise.allSettled(
      Array.from({ length: 40 }, (_, n) =>
        db.transaction(async (tx) => {
          tx.onCommit(() => announced.push(`f${n}`))
          await tx.run(addFilter, { id: `f${n}`, filter: n % 2 === 0 ? 'small' : LARGE })
        }),
      ),
    )
    const kept = results.filter(({ status }) => status === 'fulfilled').length
    assert.ok(results.every((one) => one.status === 'fulfilled' || isFull(one.reason)))
    assert.equal(await rowsOf(db), kept)
    assert.equal(announced.length, kept, 'nobody hears of what is not there')
    assert.ok(kept < 40)
    disk.makeRoom()
    await db.transaction((tx) => tx.run(addFilter, { id: 'next', filter: LARGE }))
  })
})

suite('what check() remembers of a SQLite database', () => {
  test('a full disk: small writes that still fit do not hide it, room for a large one ends it', async (t) => {
    const disk = smallDisk(t)
    const db = await openTestSqlite(t)
    await db.check()
    disk.fill()
    await assert.rejects(
      db.transaction((tx) => tx.run(addFilter, { id: 'large', filter: LARGE })),
      isFull,
    )
    await checkWritable(db)
    await assert.rejects(db.check(), isFull)
    await assert.rejects(db.check(), isFull)
    disk.makeRoom()
    await db.check()
    assert.deepEqual(await db.all(probes, {}), [], 'what was written to find out is gone')
    await db.check()
  })

  test('a damaged page that somebody has read, until the next start', async (t) => {
    const path = join(temporaryFolder(t), 'belfry.db')
    {
      await using whole = await openDatabase(`sqlite:${path}`, silentLog)
      await whole.transaction((tx) => tx.run(addFilter, { id: 'one', filter: 'small' }))
    }
    damage(path, 'filters')
    await using db = await openDatabase(`sqlite:${path}`, silentLog)
    await db.check()
    await assert.rejects(
      rowsOf(db),
      (error) => isUnavailable(error) && /damaged/.test((error as Error).message),
    )
    await checkWritable(db)
    await assert.rejects(db.check(), isUnavailable)
  })

  test('another failure, until something is written again', async (t) => {
    const db = await openTestSqlite(t)
    const failing = Object.assign(new Error('disk I/O error'), { errcode: 10, code: 'ERR_SQLITE_ERROR' })
    await assert.rejects(
      db.transaction(() => Promise.reject(failing)),
      isUnavailable,
    )
    await db.check()
    await assert.rejects(
      db.transaction(() => Promise.reject(new Error('a mistake of ours'))),
      /mistake/,
    )
    await db.check()
  })
})

const cluster = clusterUrl()

describe(
  'a PostgreSQL database in trouble',
  { skip: typeof cluster === 'string' ? false : cluster.missing },
  () => {
    async function setUp(t: TestContext) {
      const url = await newPostgresUrl(cluster as string)
      const db = await openDatabase(url, silentLog)
      t.after(() => db[Symbol.asyncDispose]())
      const admin = new Client({ connectionString: cluster as string })
      await admin.connect()
      t.after(() => admin.end())
      const name = /\/(test_\w+)\?/.exec(url)?.[1] ?? ''
      const cutOff = () =>
        admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name])
      return { db, admin, name, cutOff }
    }

    test('a connection that is lost in the middle fails what was under way, whole; the next one is taken', async (t) => {
      const { db, cutOff } = await setUp(t)
      await assert.rejects(
        db.transaction(async (tx) => {
          await tx.run(addFilter, { id: 'half', filter: 'small' })
          await cutOff()
          await tx.run(addFilter, { id: 'other', filter: 'small' })
        }),
        isUnavailable,
      )
      await db.transaction((tx) => tx.run(addFilter, { id: 'next', filter: 'small' }))
      assert.equal(await eventually(() => rowsOf(db).catch(() => undefined)), 1)
    })

    test('one that may only be read says so, and is written again when it may be', async (t) => {
      const { db, admin, name, cutOff } = await setUp(t)
      await admin.query(`alter database ${name} set default_transaction_read_only = on`)
      await cutOff()
      await eventually(() =>
        checkWritable(db).then(
          () => false,
          (error: unknown) => isUnavailable(error) && /is read-only/.test((error as Error).message),
        ),
      )
      await admin.query(`alter database ${name} reset default_transaction_read_only`)
      await cutOff()
      await eventually(() =>
        checkWritable(db).then(
          () => true,
          () => false,
        ),
      )
    })
  },
)

suite('faults of the drivers', () => {
  const sqlite = (errcode: number) =>
    Object.assign(new Error('sqlite'), { errcode, code: 'ERR_SQLITE_ERROR' })
  const postgres = (code: string) => Object.assign(new Error('postgres'), { code })

  test('by SQLite’s codes, the extended ones too', () => {
    const FULL = 13
    const IOERR_WRITE = 10 | (3 << 8)
    const READONLY_DBMOVED = 8 | (4 << 8)
    const codes = [FULL, IOERR_WRITE, READONLY_DBMOVED, 5, 11, 14, 26]
    assert.deepEqual(
      codes.map((code) => faultOf(sqlite(code))),
      ['full', 'failing', 'read-only', 'busy', 'damaged', 'failing', 'damaged'],
    )
  })

  test('by SQLSTATE and its class, and what the driver says without one', () => {
    const codes = ['53100', '53300', '25006', '08006', '57P01', '57P03', '58030', 'XX001', '40P01']
    assert.deepEqual(
      codes.map((code) => faultOf(postgres(code))),
      ['full', 'busy', 'read-only', 'lost', 'lost', 'lost', 'failing', 'damaged', 'busy'],
    )
    assert.equal(faultOf(postgres('ECONNREFUSED')), 'lost')
    assert.equal(faultOf(new Error('Connection terminated unexpectedly')), 'lost')
  })

  test('a mistake in a query is none, and neither is anything else', () => {
    for (const error of [sqlite(1), sqlite(19), postgres('23505'), postgres('42601'), postgres('22P02')])
      assert.equal(faultOf(error), undefined)
    for (const error of [new Error('lost'), 'full', undefined, null, { errcode: 13 }])
      assert.equal(asStorageError(error), error)
    const own = new StorageError('as it is')
    assert.equal(asStorageError(own), own)
  })
})
