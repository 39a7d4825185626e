import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import * as signing from '../../src/keys/cross-signing-store.ts'
import * as devices from '../../src/keys/device-keys-store.ts'
import * as lists from '../../src/keys/device-lists-store.ts'
import * as oneTime from '../../src/keys/one-time-keys-store.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { compileQuery, type Query, sqliteDialect } from '../../src/storage/query.ts'
import { sqliteBuilder } from '../../src/storage/sqlite-queries.ts'
import { afterTest } from '../support/after-test.ts'
import { newDataFolder } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'

/** Parameters, and the results of other steps of the same query. */
const SMALL = /SCAN (jsonb?_each|r|picked|k)\b/

test('no query of keys scans a table, and device lists start from the memberships that changed', async (t) => {
  const path = join(newDataFolder(t), 'belfry.db')
  await (await openDatabase(`sqlite:${path}`, silentLog))[Symbol.asyncDispose]()
  const database = new DatabaseSync(path)
  afterTest(t, () => database.close())
  const planOf = (query: Query<never, unknown>) =>
    database
      .prepare(`explain query plan ${compileQuery(sqliteBuilder, sqliteDialect, query).sql}`)
      .all()
      .map((row) => String(row['detail']))
  const exported: unknown[] = [signing, devices, lists, oneTime].flatMap(Object.values)
  const queries = exported.filter(isQuery)
  assert.ok(queries.length > 20)
  for (const query of queries) {
    const scans = planOf(query).filter((step) => step.startsWith('SCAN') && !SMALL.test(step))
    assert.deepEqual(scans, [])
  }
  const plan = planOf(lists.listChanges)
  assert.ok(plan.includes('MATERIALIZE recent'), plan.join('\n'))
  const range =
    'SEARCH memberships USING INDEX memberships_by_sharing (sharing_position>? AND sharing_position<?)'
  assert.ok(plan.includes(range), plan.join('\n'))
})

function isQuery(value: unknown): value is Query<never, unknown> {
  return typeof value === 'object' && value !== null && 'build' in value
}
