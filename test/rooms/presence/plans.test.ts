import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { test } from 'node:test'
import { duePresence, observersOf } from '../../../src/rooms/presence/presence-store.ts'
import {
  changedPresence,
  newlySharedPresence,
  sharesRoom,
  shownPresence,
} from '../../../src/rooms/presence/seen-presence-store.ts'
import { openDatabase } from '../../../src/storage/open-database.ts'
import { compileQuery, type Query, sqliteDialect } from '../../../src/storage/query.ts'
import { sqliteBuilder } from '../../../src/storage/sqlite-queries.ts'
import { afterTest } from '../../support/after-test.ts'
import { newDataFolder } from '../../support/databases.ts'
import { silentLog } from '../../support/log.ts'

const BOTH_OF_MEMBER =
  /m USING (?:PRIMARY KEY \(room_id=\? AND user_id=\?\)|COVERING INDEX memberships_by_user \(user_id=\? AND membership=\? AND room_id=\?\))/

// A search by fewer columns than these reads the presence of all users, or all members of the server.
const ENOUGH: readonly [Query<never, unknown>, RegExp][] = [
  [duePresence, /presence_due \(due_at>\? AND due_at<\?\)/],
  [changedPresence, /p USING INDEX presence_in_order \(position>\? AND position<\?\)/],
  [changedPresence, /o USING (?:COVERING )?INDEX memberships_by_user \(user_id=\? AND membership=\?\)/],
  [changedPresence, BOTH_OF_MEMBER],
  [shownPresence, /p USING INDEX presence_shown/],
  [newlySharedPresence, /memberships_by_sharing \(sharing_position>\? AND sharing_position<\?\)/],
  [newlySharedPresence, BOTH_OF_MEMBER],
  [sharesRoom, BOTH_OF_MEMBER],
  [observersOf, /m USING (?:COVERING )?INDEX memberships_by_user \(user_id=\? AND membership=\?\)/],
]

test('queries of presence find their rows by all known columns', async (t) => {
  const path = join(newDataFolder(t), 'belfry.db')
  await (await openDatabase(`sqlite:${path}`, silentLog))[Symbol.asyncDispose]()
  const database = new DatabaseSync(path)
  afterTest(t, () => database.close())
  for (const [query, expected] of ENOUGH) {
    const { sql } = compileQuery(sqliteBuilder, sqliteDialect, query)
    const rows = database.prepare(`explain query plan ${sql}`).all()
    assert.match(rows.map((row) => String(row['detail'])).join('\n'), expected, sql)
  }
})
