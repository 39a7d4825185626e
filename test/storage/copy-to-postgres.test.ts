import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { Client } from 'pg'
import { silentLog } from '../support/log.ts'
import {
  clusterUrl,
  emptyPostgresUrl,
  newPostgresUrl,
  newSqliteUrl,
  temporaryFolder,
} from '../support/databases.ts'
import { runHere } from '../support/run-command.ts'
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

const RELEASE = new URL('../vectors/releases/0.1.0/sqlite.gz', import.meta.url)

test(
  'a copy of a database with work in every queue has the same rows in each table, gives no id again, and has no fault',
  { skip },
  async (t) => {
    const data = temporaryFolder(t)
    const path = join(data, 'belfry.db')
    writeFileSync(path, gunzipSync(readFileSync(RELEASE)))
    const url = await emptyPostgresUrl(cluster as string)
    const copied = await runHere(['database', 'copy', url, '--json', '--data', data])
    assert.equal(copied.code, 0, copied.err)
    const source = new DatabaseSync(path)
    afterTest(t, () => source.close())
    const client = new Client({ connectionString: url })
    await client.connect()
    afterTest(t, () => client.end())
    let total = 0
    for (const { table, columns } of await tablesToCopy(source, client)) {
      const here = source
        .prepare(`select ${columns.map(({ name }) => `"${name}"`).join(', ')} from "${table}"`)
        .all() as Record<string, Value>[]
      const there = columns.map(({ name, type }) =>
        type === 'tsvector' ? `array_to_string(tsvector_to_array("${name}"), ' ') as "${name}"` : `"${name}"`,
      )
      const { rows } = await client.query<Record<string, Value>>(`select ${there.join(', ')} from "${table}"`)
      const asText = (row: Record<string, Value>) =>
        JSON.stringify(columns.map(({ name, type }) => textOf(row[name] ?? null, type)))
      assert.deepEqual(rows.map(asText).toSorted(), here.map(asText).toSorted(), table)
      total += here.length
      for (const { name } of columns.filter((column) => column.is_identity)) {
        const { rows: next } = await client.query<{ next: string }>(
          `select nextval(pg_get_serial_sequence('${table}', '${name}')) as next`,
        )
        const used = here.map((row) => Number(row[name]))
        assert.ok(Number(next[0]?.next) > Math.max(0, ...used), `the next id of ${table}`)
      }
    }
    assert.deepEqual([total > 300, (JSON.parse(copied.out) as { rows: number }).rows], [true, total])
    const checked = await runHere(['verify', '--data', data, '--database', url])
    assert.ok(!/FAULT (?!files)/.test(checked.out), checked.out + checked.err)
  },
)

type Value = string | number | null

/** PostgreSQL sorts the words of a row. The driver returns large integers as texts. */
function textOf(value: Value, type: string): string | null {
  if (value === null) return null
  return type === 'tsvector' ? String(value).split(' ').toSorted().join(' ') : String(value)
}
