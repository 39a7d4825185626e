import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sql } from 'kysely'
import type { Database } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { query } from '../../src/storage/query.ts'
import { clusterUrl, newPostgresUrl, newSqliteUrl } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'

const statement = (text: string) => query()((db) => ({ compile: () => sql.raw(text).compile(db) }))

/** Rows as the version before the migration wrote them. */
const STEPS = [
  [1, [[7, 'failed', 'status 503', 503, 4]]],
  [
    1,
    [
      [7, 'dropped', 'status 400', 400, 4],
      [8, 'sent', null, 200, 5],
      [9, 'skipped', 'read'],
    ],
  ],
  [2, [[7, 'skipped', 'suppressed by a device rule']]],
  [3, [[7, 'cleared', 'pusher removed']]],
] as const

async function writeEarlierVersion(db: Database): Promise<void> {
  const values = STEPS.map(([position, steps]) => `(${position}, 5, '${JSON.stringify(steps)}')`)
  await db.transaction(async (tx) => {
    for (const text of [
      'drop index trace_steps_of_pushers',
      'alter table trace_steps drop column pusher_id',
      'delete from schema_migrations where id = 45',
      `insert into trace_steps (position, at, steps) values ${values.join()}`,
    ])
      await tx.run(statement(text), {})
  })
}

const rows = query()((db) =>
  db.selectFrom('trace_steps').select(['position', 'at', 'pusher_id', 'steps']).orderBy('entry_id'),
)

async function upgrade(url: string): Promise<void> {
  {
    await using db = await openDatabase(url, silentLog)
    await writeEarlierVersion(db)
  }
  await using db = await openDatabase(url, silentLog)
  const found = (await db.all(rows, {})).map((row) => [
    row.position,
    row.at,
    row.pusher_id,
    JSON.parse(row.steps) as unknown,
  ])
  assert.deepEqual(found, [
    [1, 5, null, [[7, 'failed', 'status 503', 503, 4]]],
    [1, 5, null, [[8, 'sent', null, 200, 5]]],
    [2, 5, null, [[7, 'skipped', 'suppressed by a device rule']]],
    [1, 5, 7, [[7, 'dropped', 'status 400', 400, 4]]],
    [1, 5, 9, [[9, 'skipped', 'read']]],
    [3, 5, 7, [[7, 'cleared', 'pusher removed']]],
  ])
}

describe('the upgrade moves the last step of each event that was not sent into a row with its pusher', () => {
  test('on sqlite', (t) => upgrade(newSqliteUrl(t)))
  const cluster = clusterUrl()
  const skip = typeof cluster === 'string' ? false : cluster.missing
  test('on postgres', { skip }, async () => upgrade(await newPostgresUrl(cluster as string)))
})
