import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { Client } from 'pg'
import type { ColumnTypes } from '../../src/storage/migration.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { TYPES as POSTGRES } from '../../src/storage/postgres.ts'
import { type Queries, query } from '../../src/storage/query.ts'
import { TYPES as SQLITE } from '../../src/storage/sqlite.ts'
import { afterTest } from '../support/after-test.ts'
import { clusterUrl, emptyPostgresUrl, temporaryFolder } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'
import { migrations } from '../support/migrations.ts'

// The migration reads the relations of the events that are already stored.

function firstVersion(types: ColumnTypes): string[] {
  const [first] = migrations
  assert.ok(first)
  return [
    `create table schema_migrations (id integer primary key, name text not null, applied_at bigint not null)`,
    ...first.statements(types),
    `insert into schema_migrations (id, name, applied_at) values (1, 'first', 0)`,
    `insert into rooms (room_id, version, creator, created_at) values ('!room', '11', '@alice:x', 0)`,
    ...relatedEvents(),
  ]
}

/** Events 21 to 30: a message, and events that relate to it or to each other. */
function relatedEvents(): string[] {
  const relating = (type: string, to: number, more: object = {}) => ({
    ...more,
    'm.relates_to': { rel_type: type, event_id: `$${to}` },
  })
  const contents = [
    { body: 'root' },
    relating('m.thread', 21),
    relating('m.replace', 22, { 'm.new_content': { body: "it's" } }),
    relating('m.replace', 22),
    { 'm.relates_to': { rel_type: 'm.annotation', event_id: '$22', key: '👍' } },
    relating('m.thread', 21),
    relating('m.reference', 99),
    relating('x'.repeat(256), 21),
    { 'm.relates_to': 'text', body: '"m.relates_to"' },
    relating('m.reference', 25),
  ]
  return contents.map(
    (content, at) =>
      `insert into events (position, event_id, room_id, type, sender, origin_server_ts, content, thread_id)
        values (${at + 21}, '$${at + 21}', '!room', 'org.example.text', '@alice:x', 0,
          '${JSON.stringify(content).replaceAll("'", "''")}', 'main')`,
  )
}

const relations = query()((db) =>
  db.selectFrom('relations').selectAll().orderBy('position').orderBy('parent'),
)
const edits = query()((db) => db.selectFrom('edits').selectAll())
const participants = query()((db) => db.selectFrom('thread_participants').selectAll())

/** The relations of `relatedEvents`. */
async function assertRelated(database: Queries): Promise<void> {
  const rows = await database.all(relations, {})
  assert.deepEqual(
    rows.map((row) => [row.parent, row.position, row.depth, row.rel_type, row.annotation_key]),
    [
      [21, 22, 1, 'm.thread', null],
      [21, 23, 2, 'm.replace', null],
      [22, 23, 1, 'm.replace', null],
      [21, 24, 2, 'm.replace', null],
      [22, 24, 1, 'm.replace', null],
      [21, 25, 2, 'm.annotation', null],
      [22, 25, 1, 'm.annotation', '👍'],
      [21, 26, 1, 'm.thread', null],
      [21, 30, 3, 'm.reference', null],
      [22, 30, 2, 'm.reference', null],
      [25, 30, 1, 'm.reference', null],
    ],
  )
  assert.deepEqual(
    (await database.all(edits, {})).map((row) => [row.position, row.edit_position]),
    [[22, 23]],
  )
  assert.deepEqual(
    (await database.all(participants, {})).map((row) => ({ ...row })),
    [{ root: 21, user_id: '@alice:x', room_id: '!room', replies: 2, last_position: 26 }],
  )
}

async function assertMigrated(t: TestContext, url: string): Promise<void> {
  const database = await openDatabase(url, silentLog)
  afterTest(t, () => database[Symbol.asyncDispose]())
  await assertRelated(database)
}

test('a database of the first version on sqlite gets relations, edits and threads from its events', async (t) => {
  const path = join(temporaryFolder(t), 'belfry.db')
  const old = new DatabaseSync(path)
  for (const statement of firstVersion(SQLITE)) old.exec(statement)
  old.close()
  await assertMigrated(t, `sqlite:${path}`)
})

const cluster = clusterUrl()

test(
  'a database of the first version on postgres gets relations, edits and threads from its events',
  { skip: typeof cluster === 'string' ? false : cluster.missing },
  async (t) => {
    const url = await emptyPostgresUrl(cluster as string)
    const old = new Client({ connectionString: url })
    await old.connect()
    for (const statement of firstVersion(POSTGRES)) await old.query(statement)
    await old.end()
    await assertMigrated(t, url)
  },
)
