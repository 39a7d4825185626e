import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StorageError } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { afterTest } from '../support/after-test.ts'
import { emptyPostgresUrl, noPostgres } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'
import { startCluster } from '../support/postgres.ts'
import { takePosition } from '../support/take-position.ts'

test(
  'no position is given twice after a standby that was behind is promoted, also by a process that connected before',
  { skip: noPostgres() },
  async (t) => {
    const server = startCluster({ hasStandby: true })
    if ('missing' in server) throw new Error(server.missing)
    afterTest(t, () => server.stop())
    const url = await emptyPostgresUrl(server.url)
    const db = await openDatabase(url, silentLog, { shards: 4 })
    afterTest(t, () => db[Symbol.asyncDispose]())
    const before = await takePosition(db)
    await server.copyToStandby()
    const lost = [await takePosition(db), await takePosition(db)]
    await server.startStandby()
    // The first attempt may still find the lost connection.
    for (let attempt = 0; attempt < 3; attempt++) await assert.rejects(takePosition(db), StorageError)
    await server.promote()
    const after = await takePosition(db)
    assert.ok(after > Math.max(...lost) + 1_000_000, `${before}, lost ${lost.join()}, then ${after}`)
  },
)
