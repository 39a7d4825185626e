import assert from 'node:assert/strict'
import { open } from 'node:fs/promises'
import { describe, test, type TestContext } from 'node:test'
import { StorageError } from '../../src/storage/database.ts'
import { query } from '../../src/storage/query.ts'
import { currentPosition, nextPosition } from '../../src/storage/stream.ts'
import { openTestSqlite, temporaryFolder } from '../support/databases.ts'

// A disk that takes its time, or fails: `fdatasync` answers when the test says so.
async function slowDisk(t: TestContext) {
  const handle = await open(`${temporaryFolder(t)}/any`, 'w')
  const { prototype } = handle.constructor as { prototype: { datasync(): Promise<void> } }
  await handle.close()
  const asked: PromiseWithResolvers<void>[] = []
  let heard = Promise.withResolvers<void>()
  const calls = t.mock.method(prototype, 'datasync', () => {
    const answer = Promise.withResolvers<void>()
    asked.push(answer)
    heard.resolve()
    heard = Promise.withResolvers<void>()
    return answer.promise
  })
  return {
    calls: () => calls.mock.callCount(),
    /** Resolves to the next request that nobody has answered. */
    async request(): Promise<PromiseWithResolvers<void>> {
      if (asked.length === 0) await heard.promise
      return asked.shift() as PromiseWithResolvers<void>
    },
  }
}

describe('reading on SQLite', () => {
  test('outside of a transaction nothing is written, whichever connection reads', async (t) => {
    const db = await openTestSqlite(t)
    const write = () => nextPosition(db)
    await assert.rejects(write(), /outside of a transaction/)
    await db.transaction(async (tx) => {
      await nextPosition(tx)
      await assert.rejects(write(), /outside of a transaction/)
    })
    assert.equal(await currentPosition(db), 1)
  })

  test('a query that begins with a table of its own reads, unless it writes', async (t) => {
    const db = await openTestSqlite(t)
    const here = query()((q) =>
      q
        .with('s', (w) => w.selectFrom('stream').select('position'))
        .selectFrom('s')
        .selectAll(),
    )
    const gone = query()((q) =>
      q
        .with('s', (w) => w.selectFrom('stream').select('id'))
        .deleteFrom('stream')
        .where('id', 'in', (eb) => eb.selectFrom('s').select('s.id')),
    )
    assert.deepEqual(await db.all(here, {}), [{ position: 0 }])
    await assert.rejects(db.all(gone, {}), /outside of a transaction/)
  })

  test('nobody outside sees what a transaction has written before it is committed', async (t) => {
    const db = await openTestSqlite(t)
    await db.transaction(async (tx) => {
      await nextPosition(tx)
      assert.equal(await currentPosition(db), 0)
      assert.equal(await currentPosition(tx), 1)
    })
    assert.equal(await currentPosition(db), 1)
  })
})

describe('a commit on SQLite and the disk', () => {
  test('is neither acknowledged, nor announced, nor seen before the disk has it', async (t) => {
    const db = await openTestSqlite(t)
    const disk = await slowDisk(t)
    const seen: string[] = []
    const written = db
      .transaction(async (tx) => {
        tx.onCommit(() => seen.push('announced'))
        return nextPosition(tx)
      })
      .then(() => seen.push('acknowledged'))
    const request = await disk.request()
    assert.equal(await currentPosition(db), 0, 'a reader stays where it was')
    const snapshot = db.snapshot((read) => currentPosition(read))
    assert.deepEqual(seen, [])
    request.resolve()
    await written
    assert.deepEqual(seen, ['announced', 'acknowledged'])
    assert.equal(await currentPosition(db), 1)
    assert.equal(await snapshot, 1, 'a snapshot waits for it')
  })

  test('while one group waits for the disk, the next one runs, and is committed after it', async (t) => {
    const db = await openTestSqlite(t)
    const disk = await slowDisk(t)
    const first = db.transaction((tx) => nextPosition(tx))
    const one = await disk.request()
    const ran = Promise.withResolvers<void>()
    const second = db.transaction(async (tx) => {
      const position = await nextPosition(tx)
      ran.resolve()
      return position
    })
    await ran.promise
    assert.equal(disk.calls(), 1)
    one.resolve()
    assert.equal(await first, 1)
    const two = await disk.request()
    assert.equal(await currentPosition(db), 1)
    two.resolve()
    assert.equal(await second, 2)
  })

  test('what need not outlive a power cut does not wait for the disk', async (t) => {
    const db = await openTestSqlite(t)
    const disk = await slowDisk(t)
    await db.transaction((tx) => nextPosition(tx), { durably: false })
    assert.equal(await currentPosition(db), 1)
    assert.equal(disk.calls(), 0)
  })

  test('a disk that fails ends all writing: nothing is acknowledged that may be lost', async (t) => {
    const db = await openTestSqlite(t)
    const disk = await slowDisk(t)
    const written = db.transaction((tx) => nextPosition(tx))
    const waiting = assert.rejects(
      written,
      (error) => error instanceof StorageError && /disk failed/.test(error.message),
    )
    const request = await disk.request()
    request.reject(new Error('EIO'))
    await waiting
    await assert.rejects(
      db.transaction((tx) => nextPosition(tx)),
      /disk failed/,
    )
    assert.equal(await currentPosition(db), 0, 'readers stay at what is known to be on the disk')
  })

  test('a checkpoint waits for the disk before it copies and after, and then the log begins anew', async (t) => {
    const db = await openTestSqlite(t)
    for (let at = 0; at < 1000; at++) await db.transaction((tx) => nextPosition(tx), { durably: false })
    const disk = await slowDisk(t)
    let isWritten = false
    const written = db
      .transaction((tx) => nextPosition(tx), { durably: false })
      .then(() => (isWritten = true))
    const log = await disk.request()
    assert.equal(disk.calls(), 1)
    log.resolve()
    const database = await disk.request()
    assert.equal(await currentPosition(db), 1000)
    assert.equal(isWritten, false)
    database.resolve()
    await written
    assert.equal(await currentPosition(db), 1001)
    assert.equal(disk.calls(), 2)
  })

  test('a disk that fails in a checkpoint ends all writing too', async (t) => {
    const db = await openTestSqlite(t)
    for (let at = 0; at < 1000; at++) await db.transaction((tx) => nextPosition(tx), { durably: false })
    const disk = await slowDisk(t)
    const waiting = assert.rejects(
      db.transaction((tx) => nextPosition(tx)),
      /disk failed/,
    )
    const log = await disk.request()
    log.resolve()
    const database = await disk.request()
    database.reject(new Error('EIO'))
    await waiting
    await assert.rejects(
      db.transaction((tx) => nextPosition(tx)),
      /disk failed/,
    )
    assert.equal(await currentPosition(db), 1000)
  })
})
