import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { type Database, StorageError } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { nextPosition } from '../../src/storage/stream.ts'
import { afterTest } from '../support/after-test.ts'
import { clusterUrl, newPostgresUrl, temporaryFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'

const WRITER = fileURLToPath(new URL('writer-process.ts', import.meta.url))
const cluster = clusterUrl()
const engines = [
  {
    name: 'sqlite',
    skip: false as const,
    url: async (t: TestContext) => `sqlite:${join(temporaryFolder(t), 'belfry.db')}`,
  },
  {
    name: 'postgres',
    skip: typeof cluster === 'string' ? (false as const) : cluster.missing,
    url: () => newPostgresUrl(cluster as string),
  },
]

const serve = async (t: TestContext, url: string): Promise<Database> => {
  const db = await openDatabase(url, silentLog, { alone: true })
  afterTest(t, () => db[Symbol.asyncDispose]())
  return db
}
const write = (db: Database) => db.transaction((tx) => nextPosition(tx))

const isServedByOther = (error: unknown) =>
  error instanceof StorageError && /^Another process serves the [^\n]*database/.test(error.message)

for (const { name, skip, url } of engines) {
  describe(`the lock of the server on ${name}`, { skip }, () => {
    test('a second server is refused until the first has closed', async (t) => {
      const address = await url(t)
      const first = await serve(t, address)
      await assert.rejects(openDatabase(address, silentLog, { alone: true }), isServedByOther)
      assert.equal(await write(first), 1, 'the first server still writes')
      await first[Symbol.asyncDispose]()
      assert.equal(await write(await serve(t, address)), 2)
    })

    test('a command can write while a server runs', async (t) => {
      const address = await url(t)
      const server = await serve(t, address)
      await using command = await openDatabase(address, silentLog)
      assert.deepEqual([await write(server), await write(command), await write(server)], [1, 2, 3])
    })

    test('a server can start after the process of the last one was killed', async (t) => {
      const address = await url(t)
      const killed = spawn(process.execPath, [WRITER, address, 'alone'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      afterTest(t, () => killed.kill('SIGKILL'))
      const ended = once(killed, 'exit')
      await once(createInterface({ input: killed.stdout }), 'line')
      await assert.rejects(openDatabase(address, silentLog, { alone: true }), isServedByOther)
      killed.kill('SIGKILL')
      await ended
      assert.ok((await write(await serve(t, address))) > 1)
    })
  })
}

describe('the lock on SQLite', () => {
  test('is a file with mode 600 that stays after the server stopped', async (t) => {
    const path = join(temporaryFolder(t), 'belfry.db')
    await (await openDatabase(`sqlite:${path}`, silentLog))[Symbol.asyncDispose]()
    assert.equal(existsSync(`${path}.lock`), false, 'a command takes no lock')
    const server = await serve(t, `sqlite:${path}`)
    const { mode, size } = statSync(`${path}.lock`)
    assert.equal(mode & 0o777, 0o600)
    assert.ok(size > 0)
    await server[Symbol.asyncDispose]()
    assert.equal(statSync(`${path}.lock`).size, size)
  })
})

describe('the lock on PostgreSQL', { skip: typeof cluster === 'string' ? false : cluster.missing }, () => {
  async function setUp(t: TestContext) {
    const url = await newPostgresUrl(cluster as string)
    const admin = new Client({ connectionString: url })
    await admin.connect()
    afterTest(t, () => admin.end())
    const endConnections = () =>
      admin.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
      )
    const locks = async () => {
      const { rows } = await admin.query<{ held: number }>(
        `select count(*)::int as held from pg_locks where locktype = 'advisory' and classid = 8008 and objid = 1 and granted`,
      )
      return rows[0]?.held
    }
    return { url, endConnections, locks }
  }

  test('is taken again with a new connection after a lost one', async (t) => {
    const { url, endConnections, locks } = await setUp(t)
    const server = await serve(t, url)
    await write(server)
    await endConnections()
    await eventually(async () => (await locks()) === 0)
    await eventually(() => write(server).catch(() => undefined))
    assert.equal(await locks(), 1)
    await assert.rejects(openDatabase(url, silentLog, { alone: true }), isServedByOther)
  })

  test('that another process takes during a lost connection ends the writes of the first', async (t) => {
    const { url, endConnections, locks } = await setUp(t)
    const first = await serve(t, url)
    await write(first)
    await endConnections()
    await eventually(async () => (await locks()) === 0)
    const second = await serve(t, url)
    await eventually(() => write(first).then(() => assert.fail('both processes write'), isServedByOther))
    assert.equal(await write(second), 2)
  })

  test('is taken from a dead connection of the same process', async (t) => {
    const { url, locks } = await setUp(t)
    const dead = new Client({ connectionString: url })
    dead.on('error', () => undefined)
    const server = await serve(t, url)
    const admin = new Client({ connectionString: url })
    await admin.connect()
    afterTest(t, () => admin.end())
    const { rows } = await admin.query<{ application_name: string; pid: number }>(
      `select a.application_name, a.pid from pg_locks l join pg_stat_activity a on a.pid = l.pid
        where l.locktype = 'advisory' and l.classid = 8008 and l.objid = 1`,
    )
    const [holder] = rows
    assert.ok(holder)
    // Another session with the name of this process takes the lock while the first connection is lost.
    await dead.connect()
    await dead.query('select set_config($1, $2, false)', ['application_name', holder.application_name])
    const waiting = dead.query('select pg_advisory_lock(8008, 1)')
    await admin.query('select pg_terminate_backend($1)', [holder.pid])
    await waiting
    assert.equal(await locks(), 1)
    assert.ok(await eventually(() => write(server).catch(() => undefined)))
    assert.equal(await locks(), 1)
    await dead.end().catch(() => undefined)
  })
})
