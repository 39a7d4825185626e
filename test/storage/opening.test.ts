import assert from 'node:assert/strict'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import type { Log } from '../../src/lib/log.ts'
import { StorageError } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { migrate, MIGRATIONS } from '../../src/storage/migrate.ts'
import { TYPES } from '../../src/storage/sqlite.ts'
import { migrations } from '../support/migrations.ts'
import { query } from '../../src/storage/query.ts'
import { nextPositions } from '../../src/storage/stream.ts'
import { clusterUrl, emptyPostgresUrl, temporaryFolder } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'
import { smallDisk } from '../support/small-disk.ts'
import { someone, takePosition, valueOf } from '../support/take-position.ts'

const insertMigration = query<{ id: number }>()((db, p) =>
  db.insertInto('schema_migrations').values({ id: p.id, name: 'newer', applied_at: 0 }),
)
const applied = query()((db) => db.selectFrom('schema_migrations').select('id').orderBy('id'))

const cluster = clusterUrl()
const engines = [
  {
    name: 'sqlite',
    skip: false as const,
    url: (t: TestContext) => `sqlite:${join(temporaryFolder(t), 'new', 'belfry.db')}`,
  },
  {
    name: 'postgres',
    skip: typeof cluster === 'string' ? (false as const) : cluster.missing,
    url: () => emptyPostgresUrl(cluster as string),
  },
]

for (const { name, skip, url } of engines) {
  describe(`opening a database on ${name}`, { skip }, () => {
    test('data exists after opening again, and each migration runs once', async (t) => {
      const address = await url(t)
      const first = await openDatabase(address, silentLog)
      const taken = await first.transaction((tx) => nextPositions(tx, 3), { orderedBy: someone })
      assert.deepEqual(
        taken.map((position) => valueOf(first, position)),
        [1, 2, 3],
      )
      await first[Symbol.asyncDispose]()
      await using second = await openDatabase(address, silentLog)
      assert.equal(valueOf(second, await takePosition(second)), 4)
      const ids = (await second.all(applied, {})).map((row) => row.id)
      assert.deepEqual(
        ids,
        migrations.map((migration) => migration.id),
      )
    })

    test('two parallel openings succeed', async (t) => {
      const address = await url(t)
      const both = await Promise.all([openDatabase(address, silentLog), openDatabase(address, silentLog)])
      for (const database of both) await database[Symbol.asyncDispose]()
    })

    test('a database with a newer schema is refused', { skip: name === 'postgres' }, async (t) => {
      const address = await url(t)
      const database = await openDatabase(address, silentLog)
      await database.transaction((tx) => tx.run(insertMigration, { id: 9_999 }))
      await database[Symbol.asyncDispose]()
      await assert.rejects(
        openDatabase(address, silentLog),
        (error: Error) =>
          error instanceof StorageError && /schema 9999, written by a newer Belfry/.test(error.message),
      )
    })
  })
}

describe('migrate', () => {
  const ids = migrations.map(({ id }) => id)
  const named = migrations.map(({ id, name: of }) => ({ id, name: of }))

  test('runs the missing migrations, also one that is older than an applied one', async () => {
    const statements: string[] = []
    const execute = (statement: string) => Promise.resolve(statements.push(statement))
    const missing = ids.at(-2) ?? 0
    await migrate({ types: TYPES, execute, applied: async () => named.filter(({ id }) => id !== missing) }, 0)
    const rows = statements.filter((statement) => statement.startsWith('insert into schema_migrations'))
    assert.equal(rows.length, 1)
    assert.match(String(rows[0]), new RegExp(`values \\(${missing},`))
  })

  test('runs no statement for the migrations of an up-to-date database', async () => {
    const statements: string[] = []
    const execute = (statement: string) => Promise.resolve(statements.push(statement))
    await migrate({ types: TYPES, execute, applied: async () => named }, 0)
    assert.deepEqual(
      statements.map((statement) => statement.slice(0, 12)),
      ['create table'],
    )
  })

  test('does not run a migration that removes something while a process lives that needs it, and names the schemas', async () => {
    const statements: string[] = []
    const removes = { id: 9001, name: 'removes', oldest: 9000, statements: () => ['drop table old'] }
    const inUse = (schemas: number[]) =>
      migrate(
        {
          types: TYPES,
          execute: (statement: string) => Promise.resolve(statements.push(statement)),
          applied: async () => [],
          schemasInUse: async () => schemas,
        },
        0,
        { 9001: async () => removes },
      )
    await assert.rejects(inUse([9001, 8999, 8998]), (error) => {
      assert.ok(error instanceof StorageError)
      assert.match(
        error.message,
        /^Migration 9001 \(removes\) cannot run beside 2 older processes [^\n]* know schema 8998, and at least 9000 is needed\. Stop them first/,
      )
      return true
    })
    assert.ok(!statements.includes('drop table old'))
    await inUse([9001, 9000])
    assert.ok(statements.includes('drop table old'))
    assert.ok(statements.some((statement) => statement.includes("'removes (needs 9000)'")))
  })

  test('has each migration under its own id', () => {
    assert.deepEqual(Object.keys(MIGRATIONS).map(Number), ids)
  })
})

test('a new SQLite database and its other files have mode 600', async (t) => {
  const path = join(temporaryFolder(t), 'belfry.db')
  await using _database = await openDatabase(`sqlite:${path}`, silentLog)
  const modes = ['', '-wal', '-shm'].map((suffix) => statSync(path + suffix).mode & 0o777)
  assert.deepEqual(modes, [0o600, 0o600, 0o600])
})

describe('a database that cannot be opened', () => {
  test('a damaged file is reported with its path', async (t) => {
    const path = join(temporaryFolder(t), 'belfry.db')
    writeFileSync(path, 'this is not a database\n'.repeat(200))
    await assert.rejects(
      openDatabase(`sqlite:${path}`, silentLog),
      (error: Error) =>
        error instanceof StorageError && error.message.includes(path) && /damaged/.test(error.message),
    )
  })

  test('a disk without space for the tables is reported with the path', async (t) => {
    smallDisk(t).fill()
    const path = join(temporaryFolder(t), 'belfry.db')
    await assert.rejects(
      openDatabase(`sqlite:${path}`, silentLog),
      (error: Error) =>
        error instanceof StorageError &&
        error.message ===
          `Cannot use the database ${path}: there is no space left on its disk. Make room and start again`,
    )
  })

  test('an unreachable PostgreSQL server is reported', async () => {
    await assert.rejects(
      openDatabase('postgres://nobody@127.0.0.1:1/nothing', silentLog),
      (error: Error) =>
        error instanceof StorageError && /Cannot use the PostgreSQL database/.test(error.message),
    )
  })

  test('an unknown kind of address is refused with the known kinds', async () => {
    await assert.rejects(openDatabase('mysql://x', silentLog), /sqlite:PATH or postgres:/)
  })
})

describe('the shards of the stream of a PostgreSQL database', { skip: engines[1]?.skip ?? false }, () => {
  const recorded = () => {
    const warnings: string[] = []
    return {
      warnings,
      log: { ...silentLog, warn: (_: unknown, text: string) => void warnings.push(text) } as Log,
    }
  }

  test('are those of its creation: another number is reported and ignored, and no number is not', async () => {
    const url = await emptyPostgresUrl(cluster as string)
    const { warnings, log } = recorded()
    for (const [shards, expected] of [
      [4, []],
      [undefined, []],
      [4, []],
      [8, ['database_shards is 8, but this database was created with 4, which cannot change']],
    ] as const) {
      await using db = await openDatabase(url, log, { shards })
      assert.equal(db.shards, 4)
      assert.deepEqual(warnings, expected)
    }
  })
})
