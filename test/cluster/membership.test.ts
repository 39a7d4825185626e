import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { createLocalBus } from '../../src/cluster/bus.ts'
import { createDatabaseClock } from '../../src/cluster/database-clock.ts'
import { createMembership, type ClusterMember } from '../../src/cluster/membership.ts'
import { databaseTime } from '../../src/cluster/processes-store.ts'
import { ROLES } from '../../src/config/roles.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { type Database, StorageError } from '../../src/storage/database.ts'
import { KNOWN_SCHEMA } from '../../src/storage/migrate.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { afterTest } from '../support/after-test.ts'
import { clusterUrl, newPostgresUrl, openTestSqlite } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'
import { createManualClock } from '../support/manual-clock.ts'

const cluster = clusterUrl()
const skip = typeof cluster === 'string' ? false : cluster.missing

type Options = Partial<Parameters<typeof createMembership>[0]> & { wrap?: (db: Database) => Database }

/** Calls `onResult` in each transaction for each result that it waits for, before it gets it. */
function withResults(db: Database, onResult: () => Promise<void>): Database {
  return {
    ...db,
    transaction: (work, options) =>
      db.transaction((tx) => {
        const after = async <R>(result: Promise<R>): Promise<R> => {
          const value = await result
          await onResult()
          return value
        }
        return work({
          ...tx,
          all: (query, params) => after(tx.all(query, params)),
          first: (query, params) => after(tx.first(query, params)),
          run: (query, params) => after(tx.run(query, params)),
        })
      }, options),
  }
}

async function setUp(t: TestContext) {
  const url = await newPostgresUrl(cluster as string)
  const admin = new Client({ connectionString: url })
  await admin.connect()
  afterTest(t, () => admin.end())
  let ended = 0
  const join = async ({ wrap = (db) => db, ...options }: Options = {}) => {
    const db = await openDatabase(url, silentLog)
    const membership = createMembership({
      db: wrap(db),
      clock: systemClock,
      log: silentLog,
      roles: ROLES,
      tasks: ['sweep'],
      configHash: 'same',
      endDead: async () => void ended++,
      heartbeatMs: 20,
      ...options,
    })
    afterTest(t, () => db[Symbol.asyncDispose]())
    afterTest(t, () => membership[Symbol.asyncDispose]())
    await membership.start()
    return { membership, db }
  }
  const sql = async (text: string, values: unknown[] = []) => (await admin.query(text, values)).rows
  return { url, join, sql, ended: () => ended }
}

const DEAD_PROCESS = `insert into processes (process_id, roles, host, pid, version, known_schema, config_hash, state, started_at, seen_at)
  values ('dead', 'gateway', 'elsewhere', 1, '0', 0, 'same', 'null', 0, 0)`

/** It is dead in half a second. */
const SILENT_PROCESS = DEAD_PROCESS.replace(/0\)$/, 'extract(epoch from clock_timestamp()) * 1000 - 9500)')

const ids = (membership: ClusterMember) => membership.live().map(({ id }) => id)
const sorted = (...members: ClusterMember[]) => members.map(({ id }) => id).toSorted()

describe('the processes of a PostgreSQL database', { skip }, () => {
  test('see each other, and one of them has each task', async (t) => {
    const { join } = await setUp(t)
    const { membership: one } = await join()
    const { membership: two } = await join({ roles: ['http'], tasks: [] })
    await eventually(() => ids(one).length === 2)
    assert.deepEqual([ids(one), ids(two)], [sorted(one, two), sorted(one, two)])
    assert.deepEqual(two.live().find(({ id }) => id === two.id)?.roles, ['http'])
    assert.deepEqual(
      [one.has('sweep'), one.has('cluster'), two.has('sweep'), two.has('cluster')],
      [true, true, false, false],
    )
  })

  test('end what a dead one held, although that fails at first', async (t) => {
    const { join, sql } = await setUp(t)
    let [attempts, fails] = [0, false]
    const { membership: one } = await join({
      endDead: async () => {
        attempts++
        if (fails) throw new Error('no database')
      },
    })
    assert.equal(attempts, 1)
    fails = true
    await sql(DEAD_PROCESS)
    await eventually(() => attempts > 2)
    const failed = attempts
    fails = false
    await eventually(() => attempts > failed && ids(one).length === 1)
    assert.equal((await sql('select process_id from processes')).length, 1)
  })

  test('end it again for 10 s, because what it committed at its death can appear later', async (t) => {
    const { join } = await setUp(t)
    let [attempts, beats, steady] = [0, 0, 1_000]
    await join({
      clock: { ...systemClock, steady: () => steady },
      onTime: () => void beats++,
      endDead: async () => void attempts++,
    })
    const after = async (more: number) => {
      const wanted = beats + more
      await eventually(() => beats >= wanted)
      return attempts
    }
    steady += 9_999
    assert.ok((await after(3)) > 2)
    steady += 1
    // One heartbeat may have begun before.
    const last = await after(2)
    assert.equal(await after(3), last)
  })

  test('are told when what a dead one held has ended, also if they knew of its death', async (t) => {
    const { join, sql, ended } = await setUp(t)
    const bus = createLocalBus()
    const { membership: one } = await join({ bus, heartbeatMs: 3_600_000 })
    const { membership: two } = await join({ bus, heartbeatMs: 3_600_000 })
    await eventually(() => ids(one).length === 2)
    const endings: number[] = []
    two.onChange(() => endings.push(ended()))
    const before = ended()
    await sql(DEAD_PROCESS)
    bus.publish('processes')
    await eventually(() => endings.length > 0)
    assert.ok((endings[0] ?? 0) > before)
    assert.equal(ids(two).length, 2)
  })

  test('find one that is silent when its 10 s are over, and not with their next heartbeat', async (t) => {
    const { join, sql, ended } = await setUp(t)
    const bus = createLocalBus()
    const { membership: one } = await join({ bus, heartbeatMs: 3_600_000 })
    const before = ended()
    await sql(SILENT_PROCESS)
    bus.publish('processes')
    await eventually(() => ids(one).length === 2)
    await eventually(() => ids(one).length === 1 && ended() > before)
  })

  test('take over the tasks of one that leaves, at once', async (t) => {
    const { join, sql } = await setUp(t)
    const { membership: one } = await join()
    const { membership: two } = await join()
    assert.deepEqual([one.has('sweep'), two.has('sweep')], [true, false])
    await one[Symbol.asyncDispose]()
    await eventually(() => two.has('sweep') && two.has('cluster'))
    assert.deepEqual(ids(two), [two.id])
    assert.equal((await sql('select process_id from processes')).length, 1)
  })

  test('hear over the bus of one that comes, leaves or goes, before their next heartbeat', async (t) => {
    const { join } = await setUp(t)
    const quiet = { bus: createLocalBus(), heartbeatMs: 3_600_000 }
    const { membership: one } = await join(quiet)
    const { membership: two } = await join(quiet)
    await eventually(() => ids(one).length === 2)
    await one.leave()
    await eventually(() => two.live().some(({ id, roles }) => id === one.id && roles.length === 0))
    await eventually(() => two.has('sweep') && two.has('cluster'))
    assert.deepEqual([one.has('sweep'), one.has('cluster')], [false, false])
    await one[Symbol.asyncDispose]()
    await eventually(() => ids(two).length === 1)
  })

  test('take over from one whose database session has ended, and end what it held', async (t) => {
    const { join, sql, ended } = await setUp(t)
    // Its only heartbeat is the one at its start.
    const { membership: dead, db } = await join({ heartbeatMs: 3_600_000 })
    const { membership: alive } = await join()
    await eventually(() => ids(alive).length === 2)
    assert.equal(alive.has('cluster'), false)
    const before = ended()
    await db[Symbol.asyncDispose]()
    await eventually(() => alive.has('cluster') && ids(alive).length === 1)
    await eventually(() => ended() > before)
    assert.deepEqual(
      (await sql('select process_id from processes')).map((row) => row.process_id),
      [alive.id],
    )
    assert.equal(dead.has('cluster'), true, 'it does not know until its next heartbeat')
  })

  test('count one without a heartbeat for 10 s as dead, which registers again with its next heartbeat', async (t) => {
    const { join, sql } = await setUp(t)
    const { membership: one } = await join()
    const { membership: two } = await join({ heartbeatMs: 200 })
    await eventually(() => ids(one).length === 2)
    const late = '(extract(epoch from clock_timestamp()) * 1000)::bigint - 10001'
    const seen = new Set<number>()
    one.onChange(() => seen.add(ids(one).length))
    // Again if it has written a heartbeat before the other one has looked.
    await eventually(async () => {
      if (!seen.has(1)) await sql(`update processes set seen_at = ${late} where process_id = $1`, [two.id])
      return seen.has(1) && seen.has(2)
    })
  })

  test('one that is asked for a heartbeat writes it at once, and its silence ends', async (t) => {
    const { join } = await setUp(t)
    const clock = createManualClock()
    const { membership } = await join({ clock, heartbeatMs: 60_000 })
    clock.advance(9_000)
    assert.equal(membership.silentFor(), 9_000)
    await membership.nextHeartbeat(new AbortController().signal)
    assert.equal(membership.silentFor(), 0)
  })

  test('write their heartbeats although another transaction of the process waits', async (t) => {
    const { join } = await setUp(t)
    let beats = 0
    const { db } = await join({ onTime: () => void beats++ })
    const { promise: lock, resolve: unlock } = Promise.withResolvers<void>()
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
    const waiting = db.transaction(async (tx) => {
      await tx.first(databaseTime, {})
      begin()
      await lock
    })
    await begun
    // One may have begun before.
    const wanted = beats + 2
    try {
      await eventually(() => beats >= wanted)
    } finally {
      unlock()
    }
    await waiting
  })

  test('write their heartbeats although what a dead one held cannot be ended yet', async (t) => {
    const { join, sql } = await setUp(t)
    const { promise: lock, resolve: unlock } = Promise.withResolvers<void>()
    let [beats, endings] = [0, 0]
    const endDead = async () => {
      // The first is that of its start.
      if (++endings > 1) await lock
    }
    await join({ endDead, onTime: () => void beats++ })
    await sql(DEAD_PROCESS)
    await eventually(() => endings > 1)
    const wanted = beats + 2
    try {
      await eventually(() => beats >= wanted)
    } finally {
      unlock()
    }
  })

  test('one that stops between two round trips of its heartbeat holds no row that the others want', async (t) => {
    const { join, sql } = await setUp(t)
    const writing: string[] = []
    const onResult = async () => {
      const found = await sql(
        `select query from pg_stat_activity
          where datname = current_database() and backend_xid is not null and state = 'idle in transaction'`,
      )
      writing.push(...found.map((row) => String(row.query)))
    }
    let beats = 0
    await join({ wrap: (db) => withResults(db, onResult), onTime: () => void beats++ })
    await eventually(() => beats > 3)
    assert.deepEqual(writing, [])
  })

  test('do not need clocks that agree', async (t) => {
    const { join } = await setUp(t)
    const skewed = { ...systemClock, now: () => Date.now() + 600_000 }
    const shared = createDatabaseClock(skewed)
    assert.ok(shared.now() - Date.now() > 500_000, 'before the first heartbeat')
    const { membership: one } = await join({ clock: skewed, onTime: (now, at) => shared.set(now, at) })
    const { membership: two } = await join()
    assert.ok(Math.abs(shared.now() - Date.now()) < 5_000)
    await eventually(() => ids(one).length === 2 && ids(two).length === 2)
    assert.equal(one.has('sweep'), true)
  })

  test('one whose heartbeat cannot be written fails its check and has no task', async (t) => {
    // A whole number: with a fraction, 10 s later minus now can be less than 10 s.
    let steady = 1_000
    const { join } = await setUp(t)
    const clock = {
      ...systemClock,
      steady: () => steady,
      sleep: (_: number, signal?: AbortSignal) => systemClock.sleep(3_600_000, signal),
    }
    const { membership } = await join({ clock, heartbeatMs: 3_000 })
    await membership.check()
    assert.equal(membership.has('sweep'), true)
    steady += 10_000
    await assert.rejects(membership.check(), /no heartbeat was written for 10 s/)
    assert.equal(membership.has('sweep'), false)
  })
})

describe('two versions on a PostgreSQL database', { skip }, () => {
  const newer = KNOWN_SCHEMA + 1
  const apply = `insert into schema_migrations (id, name, applied_at) values (${newer}, $1, 0)`

  test('a process runs beside a newer one whose migrations only add', async (t) => {
    const { join, sql } = await setUp(t)
    await sql(apply, ['adds'])
    const { membership } = await join()
    assert.equal(ids(membership).length, 1)
  })

  test('a process runs on a database whose newer migration needs a schema that it knows', async (t) => {
    const { join, sql } = await setUp(t)
    await sql(apply, [`removes (needs ${KNOWN_SCHEMA})`])
    assert.equal(ids((await join()).membership).length, 1)
  })

  test('a process does not start on a database whose newer migration needs a newer schema', async (t) => {
    const { join, sql } = await setUp(t)
    await sql(apply, [`removes (needs ${newer})`])
    await assert.rejects(
      join(),
      (error) =>
        error instanceof StorageError &&
        error.message ===
          `The database has schema ${newer}, written by a newer Belfry; this one knows schemas up to ${KNOWN_SCHEMA}. Start the newer version.`,
    )
  })
})

test('on SQLite a process is the only one and has every task', async (t) => {
  const membership = createMembership({
    db: await openTestSqlite(t),
    clock: systemClock,
    log: silentLog,
    roles: ROLES,
    tasks: ['sweep'],
    configHash: '',
    endDead: async () => undefined,
  })
  await membership.start()
  assert.deepEqual([ids(membership), membership.has('sweep')], [[membership.id], true])
})
