import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import type { Transaction } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { writeProbe } from '../../src/storage/space-probe.ts'
import { createCheckpoints, LOG_BYTES } from '../../src/storage/sqlite-checkpoints.ts'
import { nextPosition } from '../../src/storage/stream.ts'
import { currentPosition } from '../support/current-position.ts'
import { afterTest } from '../support/after-test.ts'
import { newDataFolder } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'
import { fillLog } from './fill-log.ts'
import { someone, takePosition } from '../support/take-position.ts'

const WRITERS = 8
/** One group of transactions can exceed the limit of the log. */
const MOST_LOG_BYTES = 2 * LOG_BYTES

const sizeOf = async (file: string) => (await stat(file)).size

/** Reads the files without a last checkpoint, as after a power cut. */
function positionIn(path: string): unknown {
  const copy = new DatabaseSync(path, { readOnly: true })
  try {
    return copy.prepare('select position from stream').get()?.['position']
  } finally {
    copy.close()
  }
}

const fileOf = (t: TestContext) => join(newDataFolder(t), 'belfry.db')

describe('checkpoints on SQLite', () => {
  test('the write-ahead log stays below 16 MiB during writes without a pause, and is removed after them', async (t) => {
    const path = fileOf(t)
    const sizes: number[] = []
    const transactions = 1000
    {
      await using db = await openDatabase(`sqlite:${path}`, silentLog)
      let left = transactions
      const filler = 'x'.repeat(60_000)
      const write = async () => {
        while (left-- > 0) {
          const work = async (tx: Transaction) => {
            await tx.run(writeProbe, { name: `row-${await nextPosition(tx)}`, filler, now: 0 })
          }
          await db.transaction(work, { durably: left % 2 === 0, orderedBy: someone })
          sizes.push(await sizeOf(`${path}-wal`))
        }
      }
      await Promise.all(Array.from({ length: WRITERS }, write))
      assert.equal(await currentPosition(db), transactions)
    }
    const most = Math.max(...sizes)
    assert.ok(most > LOG_BYTES && most <= MOST_LOG_BYTES, `the log had ${most} bytes`)
    assert.equal(existsSync(`${path}-wal`), false)
    assert.equal(positionIn(path), transactions)
  })

  test('the write-ahead log of a large transaction is shortened by the commit after the next checkpoint', async (t) => {
    const path = fileOf(t)
    await using db = await openDatabase(`sqlite:${path}`, silentLog)
    await fillLog(db, 3)
    assert.ok((await sizeOf(`${path}-wal`)) > 3 * LOG_BYTES)
    await takePosition(db)
    assert.equal(await sizeOf(`${path}-wal`), LOG_BYTES)
    assert.equal(positionIn(path), 1)
  })

  test('a requested checkpoint empties a log that exceeds its limit, after the database was synced', async (t) => {
    const path = fileOf(t)
    await using db = await openDatabase(`sqlite:${path}`, silentLog)
    await fillLog(db)
    const synced: string[] = []
    const sync = (name: string) => async () => {
      synced.push(`${name} ${(await sizeOf(`${path}-wal`)) > LOG_BYTES}`)
    }
    const disk = { syncLog: sync('log'), syncDatabase: sync('database') }
    const checkpoints = createCheckpoints(path, disk, silentLog)
    afterTest(t, () => checkpoints.close())
    assert.equal(checkpoints.request(), true)
    await checkpoints.run()
    assert.deepEqual(synced, ['log true', 'database true'])
    assert.equal(await sizeOf(`${path}-wal`), 0)
    assert.equal(checkpoints.isDue(), false)
    assert.equal(checkpoints.request(), false)
    await takePosition(db)
    assert.equal(positionIn(path), 1)
  })

  test('no checkpoint follows each commit while a snapshot keeps the log', async (t) => {
    const path = fileOf(t)
    await using db = await openDatabase(`sqlite:${path}`, silentLog)
    await takePosition(db)
    await db.snapshot(async (read) => {
      await currentPosition(read)
      await fillLog(db)
      const handle = await open(path)
      const { prototype } = handle.constructor as { prototype: { datasync(): Promise<void> } }
      await handle.close()
      const syncs = t.mock.method(prototype, 'datasync')
      for (let at = 0; at < 10; at++) await takePosition(db, { durably: false })
      // The log and the database, once.
      assert.equal(syncs.mock.callCount(), 2)
    })
  })

  test('a long snapshot keeps the log and sees one position', async (t) => {
    const path = fileOf(t)
    await using db = await openDatabase(`sqlite:${path}`, silentLog)
    await takePosition(db)
    await db.snapshot(async (read) => {
      for (let at = 0; at < 1200; at++) await takePosition(db, { durably: false })
      assert.equal(await currentPosition(read), 1)
    })
    assert.equal(await currentPosition(db), 1201)
    assert.equal(positionIn(path), 1201)
  })
})
