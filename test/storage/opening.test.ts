import assert from 'node:assert/strict'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { StorageError } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { migrations } from '../../src/storage/migrate.ts'
import { query } from '../../src/storage/query.ts'
import { nextPosition } from '../../src/storage/stream.ts'
import { clusterUrl, newPostgresUrl, temporaryFolder } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'
import { smallDisk } from '../support/small-disk.ts'

const fromTheFuture = query<{ id: number }>()((db, p) =>
  db.insertInto('schema_migrations').values({ id: p.id, name: 'from the future', applied_at: 0 }),
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
    url: () => newPostgresUrl(cluster as string),
  },
]

for (const { name, skip, url } of engines) {
  describe(`opening a database on ${name}`, { skip }, () => {
    test('what is written is there when it is opened again, and no migration runs twice', async (t) => {
      const address = await url(t)
      const first = await openDatabase(address, silentLog)
      assert.equal(await first.transaction((tx) => nextPosition(tx, 7)), 1)
      await first[Symbol.asyncDispose]()
      await using second = await openDatabase(address, silentLog)
      assert.equal(await second.transaction((tx) => nextPosition(tx)), 8)
      const ids = (await second.all(applied, {})).map((row) => row.id)
      assert.deepEqual(
        ids,
        migrations.map((migration) => migration.id),
      )
    })

    test('two that open it at the same moment both succeed', async (t) => {
      const address = await url(t)
      const both = await Promise.all([openDatabase(address, silentLog), openDatabase(address, silentLog)])
      for (const database of both) await database[Symbol.asyncDispose]()
    })

    test('one of a newer schema is refused, and left as it was', async (t) => {
      const address = await url(t)
      const database = await openDatabase(address, silentLog)
      await database.transaction((tx) => tx.run(fromTheFuture, { id: 9_999 }))
      await database[Symbol.asyncDispose]()
      await assert.rejects(
        openDatabase(address, silentLog),
        (error: Error) =>
          error instanceof StorageError && /schema 9999, written by a newer Belfry/.test(error.message),
      )
    })
  })
}

test('a new database file is readable by its owner alone, and so is what stands beside it', async (t) => {
  const path = join(temporaryFolder(t), 'belfry.db')
  await using _database = await openDatabase(`sqlite:${path}`, silentLog)
  const modes = ['', '-wal', '-shm'].map((suffix) => statSync(path + suffix).mode & 0o777)
  assert.deepEqual(modes, [0o600, 0o600, 0o600])
})

describe('a database that cannot be opened', () => {
  test('a damaged file gives one clear error', async (t) => {
    const path = join(temporaryFolder(t), 'belfry.db')
    writeFileSync(path, 'this is a shopping list, not a database\n'.repeat(200))
    await assert.rejects(
      openDatabase(`sqlite:${path}`, silentLog),
      (error: Error) =>
        error instanceof StorageError && error.message.includes(path) && /damaged/.test(error.message),
    )
  })

  test('a disk without space for the tables gives one clear error', async (t) => {
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

  test('a server that is not there gives one clear error', async () => {
    await assert.rejects(
      openDatabase('postgres://nobody@127.0.0.1:1/nothing', silentLog),
      (error: Error) =>
        error instanceof StorageError && /Cannot use the PostgreSQL database/.test(error.message),
    )
  })

  test('an address of another kind says which kinds there are', async () => {
    await assert.rejects(openDatabase('mysql://x', silentLog), /sqlite:PATH or postgres:/)
  })
})
