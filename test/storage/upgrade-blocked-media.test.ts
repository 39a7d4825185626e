import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { blockedContents } from '../../src/media/administration-store.ts'
import { dueLeftovers } from '../../src/media/leftover-store.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { temporaryFolder } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'

test('contents that were blocked before the upgrade stay blocked, and earlier leftovers are still removed', async (t) => {
  const path = join(temporaryFolder(t), 'belfry.db')
  await (await openDatabase(`sqlite:${path}`, silentLog))[Symbol.asyncDispose]()
  const old = new DatabaseSync(path)
  for (const statement of [
    'drop table media_blocked',
    'alter table media_leftovers drop column failures',
    'alter table media_contents add column quarantined_at integer',
    'delete from schema_migrations where id = 41',
    `insert into media_contents (content_hash, blob_key, size, uses, created_at, quarantined_at)
      values ('blocked', 'a', 7, 1, 1, 5), ('served', 'b', 8, 1, 1, null)`,
    `insert into media_leftovers (blob_key, since, due_at) values ('c', 1, 1)`,
  ])
    old.exec(statement)
  old.close()
  await using db = await openDatabase(`sqlite:${path}`, silentLog)
  assert.deepEqual(await db.all(blockedContents, { limit: 10 }), [
    { content_hash: 'blocked', blocked_at: 5, size: 7, uses: 1 },
  ])
  assert.deepEqual(await db.all(dueLeftovers, { now: 1, limit: 10 }), [{ blob_key: 'c', failures: 0 }])
})
