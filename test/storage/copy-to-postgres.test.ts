import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { Client } from 'pg'
import { silentLog } from '../support/log.ts'
import { clusterUrl, emptyPostgresUrl, newPostgresUrl, newSqliteUrl } from '../support/databases.ts'
import { afterTest } from '../support/after-test.ts'
import { tablesToCopy } from '../../src/storage/copy-to-postgres.ts'
import { startFilling } from '../../src/storage/filling-postgres.ts'
import { openDatabase } from '../../src/storage/open-database.ts'

const cluster = clusterUrl()
const skip = typeof cluster === 'string' ? false : cluster.missing
const NOT_COPIED = ['leader', 'processes', 'schema_migrations', 'stream', 'stream_timeline']

test(
  'each table of SQLite is in PostgreSQL with the same columns, and is copied or named as an exception',
  { skip },
  async (t) => {
    const path = newSqliteUrl(t).slice('sqlite:'.length)
    await (await openDatabase(`sqlite:${path}`, silentLog))[Symbol.asyncDispose]()
    const source = new DatabaseSync(path)
    afterTest(t, () => source.close())
    const client = new Client({ connectionString: await newPostgresUrl(cluster as string) })
    await client.connect()
    afterTest(t, () => client.end())
    const copied = (await tablesToCopy(source, client)).map(({ table }) => table)
    const { rows } = await client.query<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = current_schema()`,
    )
    assert.deepEqual(
      rows
        .map(({ name }) => name)
        .filter((name) => !copied.includes(name))
        .toSorted(),
      NOT_COPIED,
    )
    // A column that one of them lacks.
    source.exec('alter table users add column extra text')
    await assert.rejects(tablesToCopy(source, client), /schemas of the two databases differ: users.extra$/)
  },
)

test(
  'a database that is being filled is refused by a server, and by a second command',
  { skip },
  async () => {
    const url = await emptyPostgresUrl(cluster as string)
    await using filling = await startFilling(url, 'belfry restore')
    await assert.rejects(
      openDatabase(url, silentLog),
      /incomplete: belfry restore has not finished\. Run it again/,
    )
    await assert.rejects(startFilling(url, 'belfry restore'), /Another command is filling/)
    await filling.complete()
    await (await openDatabase(url, silentLog))[Symbol.asyncDispose]()
  },
)

test('a database with a table of another program is refused and stays as it is', { skip }, async () => {
  const url = await emptyPostgresUrl(cluster as string)
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('create table theirs (id integer)')
  await assert.rejects(startFilling(url, 'belfry restore'), /is not empty: create a new one/)
  await client.query('select id from theirs')
  await client.end()
})
