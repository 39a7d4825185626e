import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { test } from 'node:test'
import { keysAt } from '../../src/accounts/key-backup/keys-store.ts'
import {
  deleteExcess,
  deleteMessagesUpTo,
  insertMessages,
  messagesOfDevice,
  oldestMessage,
} from '../../src/accounts/to-device/device-messages-store.ts'
import { factsOfViewer } from '../../src/accounts/viewer.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { compileQuery, type Query, sqliteDialect } from '../../src/storage/query.ts'
import { sqliteBuilder } from '../../src/storage/sqlite-queries.ts'
import { afterTest } from '../support/after-test.ts'
import { newDataFolder } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'

// A device can have many waiting messages, and a backup many keys. A search by fewer columns than these reads
// all of them.
const ENOUGH: readonly [Query<never, unknown>, RegExp][] = [
  [insertMessages, /m USING PRIMARY KEY \(user_id=\? AND device_id=\? AND sender=\?\)/],
  [deleteExcess, /m USING PRIMARY KEY \(user_id=\? AND device_id=\? AND sender=\?\)/],
  [messagesOfDevice, /device_messages_in_order \(user_id=\? AND device_id=\?\)/],
  [oldestMessage, /device_messages_in_order \(user_id=\? AND device_id=\? AND position<\?\)/],
  [deleteMessagesUpTo, /device_messages_in_order \(user_id=\? AND device_id=\? AND position<\?\)/],
  [factsOfViewer, /m EXISTS USING COVERING INDEX|SEARCH m USING COVERING INDEX/],
  [keysAt, /k USING PRIMARY KEY \(user_id=\? AND version=\? AND room_id=\? AND session_id=\?\)/],
]

test('queries of to-device messages and backed up keys find their rows by all known columns, without sorting', async (t) => {
  const path = join(newDataFolder(t), 'belfry.db')
  await (await openDatabase(`sqlite:${path}`, silentLog))[Symbol.asyncDispose]()
  const database = new DatabaseSync(path)
  afterTest(t, () => database.close())
  for (const [query, expected] of ENOUGH) {
    const { sql } = compileQuery(sqliteBuilder, sqliteDialect, query)
    const rows = database.prepare(`explain query plan ${sql}`).all()
    const plan = rows.map((row) => String(row['detail'])).join('\n')
    assert.match(plan, expected, sql)
    if (query !== factsOfViewer) assert.doesNotMatch(plan, /TEMP B-TREE/, sql)
  }
})
