import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDatabase } from '../../../src/storage/open-database.ts'
import { compileQuery, type Query, sqliteDialect } from '../../../src/storage/query.ts'
import { sqliteBuilder } from '../../../src/storage/sqlite-queries.ts'
import * as arrivals from '../../../src/trace/arrival/arrival-store.ts'
import * as judging from '../../../src/trace/arrival/judge-store.ts'
import * as shares from '../../../src/trace/arrival/share-store.ts'
import { afterTest } from '../../support/after-test.ts'
import { newDataFolder } from '../../support/databases.ts'
import { silentLog } from '../../support/log.ts'

/** The lists of parameters, the only row of the progress, and the first row of an index. */
const ALLOWED = /SCAN (jsonb?_each|arrival_progress|arrivals USING COVERING INDEX arrivals_by_pusher$)/

test('no query of arrivals scans a table', async (t) => {
  const path = join(newDataFolder(t), 'belfry.db')
  await (await openDatabase(`sqlite:${path}`, silentLog))[Symbol.asyncDispose]()
  const database = new DatabaseSync(path)
  afterTest(t, () => database.close())
  const stores = { ...arrivals, ...judging, ...shares }
  const queries = Object.entries(stores).filter(([, value]) => typeof value === 'object')
  assert.ok(queries.length > 20)
  for (const [name, value] of queries) {
    const { sql } = compileQuery(sqliteBuilder, sqliteDialect, value as Query<unknown, unknown>)
    const parameters = Array.from({ length: sql.split('?').length - 1 }, () => '[]')
    const steps = database.prepare(`explain query plan ${sql}`).all(...parameters)
    for (const { detail } of steps as { detail: string }[])
      assert.ok(!detail.startsWith('SCAN') || ALLOWED.test(detail), `${name}: ${detail}`)
  }
})
