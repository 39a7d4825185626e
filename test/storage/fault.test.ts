import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, suite, test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { type Database, StorageError } from '../../src/storage/database.ts'
import { lockFreeLanes, lockLanes, makeLane } from '../../src/sending/lane-changes.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { asStorageError, faultOf } from '../../src/storage/fault.ts'
import { query } from '../../src/storage/query.ts'
import { checkWritable } from '../../src/storage/stream.ts'
import { afterTest } from '../support/after-test.ts'
import { damage } from '../support/damage-database.ts'
import { clusterUrl, newPostgresUrl, openTestSqlite, newDataFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'
import { smallDisk } from '../support/small-disk.ts'

const addFilter = query<{ id: string; filter: string }>()((db, p) =>
  db.insertInto('filters').values({ user_id: '@a:test' as never, filter_id: p.id, definition: p.filter }),
)
const setFilter = query<{ id: string; filter: string }>()((db, p) =>
  db.updateTable('filters').set({ definition: p.filter }).where('filter_id', '=', p.id),
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

suite('a SQLite database on a full disk', () => {
  test('rolls back a transaction that does not fit, and accepts it when there is space again', async (t) => {
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
    assert.equal(await rowsOf(db), 1, 'no partial write, and reads work')
    disk.makeRoom()
    await db.transaction((tx) => tx.run(addFilter, { id: 'large', filter: LARGE }))
    assert.equal(await rowsOf(db), 2)
  })

  test('each transaction of a shared commit is either stored or refused', async (t) => {
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
    assert.equal(announced.length, kept, 'onCommit runs for stored transactions only')
    assert.ok(kept < 40)
    disk.makeRoom()
    await db.transaction((tx) => tx.run(addFilter, { id: 'next', filter: LARGE }))
  })
})

suite('check() of a SQLite database', () => {
  test('fails after a full disk, despite small writes that fit, until a large write fits', async (t) => {
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
    assert.deepEqual(await db.all(probes, {}), [], 'the probe is removed')
    await db.check()
  })

  test('fails after a damaged page was read', async (t) => {
    const path = join(newDataFolder(t), 'belfry.db')
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

  test('succeeds again when a write succeeds after another failure', async (t) => {
    const db = await openTestSqlite(t)
    const failing = Object.assign(new Error('disk I/O error'), { errcode: 10, code: 'ERR_SQLITE_ERROR' })
    await assert.rejects(
      db.transaction(() => Promise.reject(failing)),
      isUnavailable,
    )
    await db.check()
    await assert.rejects(
      db.transaction(() => Promise.reject(new Error('a bug'))),
      /a bug/,
    )
    await db.check()
  })
})

const cluster = clusterUrl()

describe(
  'a PostgreSQL database with faults',
  { skip: typeof cluster === 'string' ? false : cluster.missing },
  () => {
    async function setUp(t: TestContext) {
      const url = await newPostgresUrl(cluster as string)
      const db = await openDatabase(url, silentLog)
      afterTest(t, () => db[Symbol.asyncDispose]())
      const admin = new Client({ connectionString: cluster as string })
      await admin.connect()
      afterTest(t, () => admin.end())
      const name = /\/(test_\w+)\?/.exec(url)?.[1] ?? ''
      const endConnections = () =>
        admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name])
      return { db, url, admin, name, endConnections }
    }

    test('a lost connection rolls back its transaction, and the next transaction uses a new connection', async (t) => {
      const { db, endConnections } = await setUp(t)
      await assert.rejects(
        db.transaction(async (tx) => {
          await tx.run(addFilter, { id: 'half', filter: 'small' })
          await endConnections()
          await tx.run(addFilter, { id: 'other', filter: 'small' })
        }),
        isUnavailable,
      )
      await db.transaction((tx) => tx.run(addFilter, { id: 'next', filter: 'small' }))
      assert.equal(await eventually(() => rowsOf(db).catch(() => undefined)), 1)
    })

    test('a lost connection fails the snapshot that uses it, and the next snapshot uses a new connection', async (t) => {
      const { db, admin, name, endConnections } = await setUp(t)
      await assert.rejects(
        db.snapshot(async (read) => {
          await read.first(countFilters, {})
          // The connection ends while no statement waits for its result.
          await endConnections()
          const count = `select count(*)::int as open from pg_stat_activity where datname = $1`
          await eventually(
            async () => (await admin.query<{ open: number }>(count, [name])).rows[0]?.open === 0,
          )
          await read.first(countFilters, {})
        }),
        isUnavailable,
      )
      assert.equal(await eventually(() => db.snapshot(() => rowsOf(db)).catch(() => undefined)), 0)
    })

    test('a read-only database is reported, and accepts writes when it is writable again', async (t) => {
      const { db, admin, name, endConnections } = await setUp(t)
      await admin.query(`alter database ${name} set default_transaction_read_only = on`)
      await endConnections()
      await eventually(() =>
        checkWritable(db).then(
          () => false,
          (error: unknown) => isUnavailable(error) && /is read-only/.test((error as Error).message),
        ),
      )
      await admin.query(`alter database ${name} reset default_transaction_read_only`)
      await endConnections()
      await eventually(() =>
        checkWritable(db).then(
          () => true,
          () => false,
        ),
      )
    })

    test('a repeatable transaction that deadlocks with another process runs again, and any other gets 503', async (t) => {
      const { admin, name, url } = await setUp(t)
      await admin.query(`alter database ${name} set deadlock_timeout = '20ms'`)
      // The setting applies to new connections.
      const [db, other] = [await openDatabase(url, silentLog), await openDatabase(url, silentLog)]
      afterTest(t, () => other[Symbol.asyncDispose]())
      afterTest(t, () => db[Symbol.asyncDispose]())
      for (const id of ['1', '2']) await db.transaction((tx) => tx.run(addFilter, { id, filter: '0' }))
      let runs = 0
      const lockBoth = async (repeatable: boolean) => {
        const locked = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
        const run = (on: Database, ids: string[], own: number) =>
          on.transaction(
            async (tx) => {
              runs++
              for (const id of ids) {
                await tx.run(setFilter, { id, filter: 'x' })
                locked[own]?.resolve()
                await locked[1 - own]?.promise
              }
            },
            { repeatable },
          )
        return Promise.allSettled([run(db, ['1', '2'], 0), run(other, ['2', '1'], 1)])
      }
      const refused = (await lockBoth(false)).flatMap((one) =>
        one.status === 'rejected' ? [one.reason] : [],
      )
      assert.equal(refused.length, 1)
      assert.ok(isUnavailable(refused[0]))
      assert.equal(runs, 2)
      assert.ok((await lockBoth(true)).every(({ status }) => status === 'fulfilled'))
      assert.ok(runs > 4)
    })

    test('a repeatable transaction does not wait for a locked row but runs again, 20 times, and then waits', async (t) => {
      const { db, url } = await setUp(t)
      const laneId = await db.transaction((tx) =>
        makeLane(tx, { kind: 'poke', destination: 'http://a.test' }),
      )
      const other = new Client({ connectionString: url })
      await other.connect()
      afterTest(t, () => other.end())
      const lockFrom = async (unlockAfter: number) => {
        await other.query('begin')
        await other.query('select from lanes where lane_id = $1 for update', [laneId])
        const waits: boolean[] = []
        await db.transaction(
          async (tx) => {
            waits.push(tx.waits)
            if (waits.length === unlockAfter) await other.query('commit')
            await tx.all(tx.waits ? lockLanes : lockFreeLanes, { laneIds: [laneId] })
          },
          { repeatable: true },
        )
        return waits
      }
      assert.deepEqual(await lockFrom(3), [false, false, false])
      assert.deepEqual(await lockFrom(21), [...Array.from({ length: 20 }, () => false), true])
      assert.equal(await db.transaction(async (tx) => tx.waits), true)
    })
  },
)

suite('faultOf', () => {
  const sqlite = (errcode: number) =>
    Object.assign(new Error('sqlite'), { errcode, code: 'ERR_SQLITE_ERROR' })
  const postgres = (code: string) => Object.assign(new Error('postgres'), { code })

  test('classifies the codes of SQLite, including extended codes', () => {
    const FULL = 13
    const IOERR_WRITE = 10 | (3 << 8)
    const READONLY_DBMOVED = 8 | (4 << 8)
    const codes = [FULL, IOERR_WRITE, READONLY_DBMOVED, 5, 11, 14, 26]
    assert.deepEqual(
      codes.map((code) => faultOf(sqlite(code))),
      ['full', 'failing', 'read-only', 'busy', 'damaged', 'failing', 'damaged'],
    )
  })

  test('classifies SQLSTATE codes, their classes, and errors of the driver without a code', () => {
    const codes = ['53100', '53300', '25006', '08006', '57P01', '57P03', '58030', 'XX001', '40P01']
    assert.deepEqual(
      codes.map((code) => faultOf(postgres(code))),
      ['full', 'busy', 'read-only', 'lost', 'lost', 'lost', 'failing', 'damaged', 'busy'],
    )
    assert.equal(faultOf(postgres('ECONNREFUSED')), 'lost')
    assert.equal(faultOf(new Error('Connection terminated unexpectedly')), 'lost')
  })

  test('returns undefined for errors of queries and other errors', () => {
    for (const error of [sqlite(1), sqlite(19), postgres('23505'), postgres('42601'), postgres('22P02')])
      assert.equal(faultOf(error), undefined)
    for (const error of [new Error('lost'), 'full', undefined, null, { errcode: 13 }])
      assert.equal(asStorageError(error), error)
    const own = new StorageError('unchanged')
    assert.equal(asStorageError(own), own)
  })
})
