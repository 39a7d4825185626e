import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { test } from 'node:test'
import * as outbox from '../../src/delivery/outbox-store.ts'
import * as badges from '../../src/notifications/badge-store.ts'
import * as cohorts from '../../src/notifications/cohort-store.ts'
import * as counts from '../../src/notifications/counts-store.ts'
import * as ignoring from '../../src/notifications/ignoring-store.ts'
import * as lists from '../../src/notifications/list-store.ts'
import * as restoring from '../../src/notifications/restoring-store.ts'
import * as outcomes from '../../src/notifications/outcome-store.ts'
import * as people from '../../src/notifications/named-members-store.ts'
import * as readings from '../../src/notifications/read-positions-store.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { compileQuery, type Query, sqliteDialect } from '../../src/storage/query.ts'
import { sqliteBuilder } from '../../src/storage/sqlite-queries.ts'
import { afterTest } from '../support/after-test.ts'
import { newDataFolder } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'

// SQLite tends to search a table by the first columns of its primary key (all members of a room, or all its
// notifications) where another index leads to a few rows. Only the query plan shows this.

/** A search by room alone reads all members of the room. A search by room and cohort reads its history. */
const SCANS = [
  /SCAN (?!k\b|r\b|s\b|jsonb?_each|CONSTANT)/,
  /memberships USING PRIMARY KEY \(room_id=\?\)$/,
  /\b[im] USING PRIMARY KEY \(room_id=\?\)$/,
  /\b[p] USING PRIMARY KEY/,
  /o USING PRIMARY KEY \(room_id=\? AND cohort=\? AND position>\?\)$/,
]

const SCANNING_QUERY = `select displayname from memberships where room_id = ? and name_key in (select value from json_each(?))`

test('no query of notifications scans the members or the history of a room', async (t) => {
  const path = join(newDataFolder(t), 'belfry.db')
  await (await openDatabase(`sqlite:${path}`, silentLog))[Symbol.asyncDispose]()
  const database = new DatabaseSync(path)
  afterTest(t, () => database.close())
  const scansOf = (sql: string) =>
    database
      .prepare(`explain query plan ${sql}`)
      .all()
      .map((row) => String(row['detail']))
      .filter((step) => SCANS.some((scan) => scan.test(step)))
  assert.equal(scansOf(SCANNING_QUERY).length, 1, 'a query that scans is detected')
  const exported: unknown[] = [
    outbox,
    badges,
    cohorts,
    counts,
    ignoring,
    lists,
    outcomes,
    restoring,
    people,
    readings,
  ].flatMap(Object.values)
  const queries = exported.filter(isQuery)
  assert.ok(queries.length > 30)
  for (const query of queries) {
    const { sql } = compileQuery(sqliteBuilder, sqliteDialect, query)
    assert.deepEqual(scansOf(sql), [], sql)
  }
})

function isQuery(value: unknown): value is Query<never, unknown> {
  return typeof value === 'object' && value !== null && 'build' in value
}
