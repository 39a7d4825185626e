import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { openDatabase } from '../../src/storage/open-database.ts'
import { migrations } from '../support/migrations.ts'
import type { ColumnTypes } from '../../src/storage/migration.ts'
import { TYPES as POSTGRES } from '../../src/storage/postgres.ts'
import { query } from '../../src/storage/query.ts'
import { TYPES as SQLITE } from '../../src/storage/sqlite.ts'
import { afterTest } from '../support/after-test.ts'
import { clusterUrl, emptyPostgresUrl, temporaryFolder } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'

// Migration 0020 moves the queue of the gateway into lanes.

const MIGRATIONS_TABLE = `create table schema_migrations (id integer primary key, name text not null, applied_at bigint not null)`

type Entry = {
  device: string
  line?: string
  data?: string
  message?: string | null
  counts?: string
  user?: string
  attempts?: number
  due: number
}

const ENTRIES: Entry[] = [
  { device: 'a', due: 300, attempts: 2, message: 'm1', counts: '{"unread":4}' },
  { device: 'a', due: 100, attempts: 5, message: 'm2', user: `@o'"\\:x` },
  { device: 'a', due: 300, message: null, data: 'second' },
  { device: 'a', due: 50, line: 'app\nhttps://other.test' },
  { device: 'b', due: 200 },
]

const quoted = (text: string) => `'${text.replaceAll(`'`, `''`)}'`
const orNull = (text: string | null | undefined) =>
  text === null || text === undefined ? 'null' : quoted(text)

function insertOf(entry: Entry, at: number): string {
  const { device, line = 'app\nprovider', data = '', message = null, counts, user, attempts = 0, due } = entry
  const text = JSON.stringify({
    event_id: message,
    content: { body: `é\u0000'${at}` },
    devices: [{ app_id: 'app' }],
  })
  return `insert into gateway_queue (app_id, line, device_key, data_key, message_key, notification, counts, counts_only, own,
      user_id, source, bytes, attempts, queued_at, expires_at, next_attempt_at, leased_until)
    values ('app', ${quoted(line)}, '${device}', '${data}', ${orNull(message)}, ${quoted(text)}, ${orNull(counts)},
      ${message === null ? 1 : 0}, ${user === undefined ? 0 : 1}, ${orNull(user)}, '10.0.0.1', ${100 + at}, ${attempts},
      ${10 + at}, ${90_000 + at}, ${due}, 77)`
}

function* oldVersion(types: ColumnTypes): Generator<string> {
  yield MIGRATIONS_TABLE
  for (const { id, name, statements } of migrations.filter(({ id }) => id < 20)) {
    yield* statements(types)
    yield `insert into schema_migrations (id, name, applied_at) values (${id}, '${name}', 0)`
  }
  yield* ENTRIES.map(insertOf)
}

const lanes = query()((db) =>
  db
    .selectFrom('lanes')
    .where('kind', '=', 'push')
    .select(['lane_id', 'key', 'destination', 'attempts', 'failing_since', 'next_attempt_at'])
    .select(['lease_owner', 'last_position'])
    .orderBy('key'),
)
const items = query()((db) =>
  db
    .selectFrom('lane_items')
    .where('source', 'is not', null)
    .selectAll()
    .orderBy('lane_id')
    .orderBy('position'),
)

async function assertMoved(t: TestContext, url: string): Promise<void> {
  const database = await openDatabase(url, silentLog)
  afterTest(t, () => database[Symbol.asyncDispose]())
  const found = await database.all(lanes, {})
  assert.deepEqual(
    found.map((lane) => Object.values(lane).slice(1)),
    [
      ['a app\nhttps://other.test', 'app\nhttps://other.test', 0, null, 50, null, 1],
      ['a app\nprovider', 'app\nprovider', 5, 10, 100, null, 3],
      ['b app\nprovider', 'app\nprovider', 0, null, 200, null, 1],
    ],
  )
  const keys = new Map(found.map(({ lane_id: id, key }) => [id, key?.[0] ?? '']))
  const moved = (await database.all(items, {})).map((row) => {
    const payload = JSON.parse(row.payload ?? '') as Record<string, unknown> & {
      notification: { content: { body: string } }
    }
    const { notification, ...about } = payload
    const { content } = notification
    const { counts, bytes, created_at: at, expires_at: end, taken_until: taken } = row
    return [
      keys.get(row.lane_id),
      row.position,
      content.body,
      about,
      row.dedup_key,
      counts,
      bytes,
      at,
      end,
      taken,
    ]
  })
  const none = { message_key: null, own: 0, user_id: null, attempts: 0 }
  const first = { ...none, message_key: 'm1', attempts: 2 }
  const second = { message_key: 'm2', own: 1, user_id: `@o'"\\:x`, attempts: 5 }
  const body = (at: number) => `é\u0000'${at}`
  assert.deepEqual(
    moved.toSorted((a, b) => Number(a[7]) - Number(b[7])),
    [
      ['a', 2, body(0), first, 'event ', '{"unread":4}', 100, 10, 90_000, null],
      ['a', 1, body(1), second, 'event ', null, 101, 11, 90_001, null],
      ['a', 3, body(2), none, 'counts second', null, 102, 12, 90_002, null],
      ['a', 1, body(3), none, 'counts ', null, 103, 13, 90_003, null],
      ['b', 1, body(4), none, 'counts ', null, 104, 14, 90_004, null],
    ],
  )
}

test('on sqlite the queue of an older gateway is moved into lanes in the order of its due times', async (t) => {
  const path = join(temporaryFolder(t), 'belfry.db')
  const old = new DatabaseSync(path)
  for (const statement of oldVersion(SQLITE)) old.exec(statement)
  old.close()
  await assertMoved(t, `sqlite:${path}`)
})

const cluster = clusterUrl()

test(
  'on postgres the queue of an older gateway is moved into lanes in the order of its due times',
  { skip: typeof cluster === 'string' ? false : cluster.missing },
  async (t) => {
    const url = await emptyPostgresUrl(cluster as string)
    const old = new Client({ connectionString: url })
    await old.connect()
    for (const statement of oldVersion(POSTGRES)) await old.query(statement)
    await old.end()
    await assertMoved(t, url)
  },
)
