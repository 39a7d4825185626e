import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { openDatabase } from '../../src/storage/open-database.ts'
import { currentPosition, nextPosition } from '../../src/storage/stream.ts'
import { temporaryFolder } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'

const WRITERS = 8

/** Writes from eight writers without a pause. */
async function writeMany(path: string, transactions: number): Promise<void> {
  await using db = await openDatabase(`sqlite:${path}`, silentLog)
  let left = transactions
  const write = async () => {
    while (left-- > 0) await db.transaction((tx) => nextPosition(tx), { durably: left % 2 === 0 })
  }
  await Promise.all(Array.from({ length: WRITERS }, write))
  const log = await stat(`${path}-wal`)
  assert.equal(await currentPosition(db), transactions)
  // Each commit writes at least one page and 24 bytes.
  const written = (transactions / WRITERS) * 4096
  assert.ok(log.size < written / 2, `the log has ${log.size} bytes after ${written} were written`)
}

/** Reads the files without a last checkpoint, as after a power cut. */
function positionIn(path: string): unknown {
  const copy = new DatabaseSync(path, { readOnly: true })
  try {
    return copy.prepare('select position from stream').get()?.['position']
  } finally {
    copy.close()
  }
}

const fileOf = (t: TestContext) => join(temporaryFolder(t), 'belfry.db')

describe('checkpoints on SQLite', () => {
  test('the write-ahead log is reset during writes without a pause', async (t) => {
    await writeMany(fileOf(t), 10_000)
  })

  test('a long snapshot keeps the log and sees one position', async (t) => {
    const path = fileOf(t)
    await using db = await openDatabase(`sqlite:${path}`, silentLog)
    await db.transaction((tx) => nextPosition(tx))
    await db.snapshot(async (read) => {
      for (let at = 0; at < 1200; at++) await db.transaction((tx) => nextPosition(tx), { durably: false })
      assert.equal(await currentPosition(read), 1)
    })
    assert.equal(await currentPosition(db), 1201)
    assert.equal(positionIn(path), 1201)
  })
})
