import assert from 'node:assert/strict'
import { open } from 'node:fs/promises'
import { describe, test, type TestContext } from 'node:test'
import { StorageError } from '../../src/storage/database.ts'
import { query } from '../../src/storage/query.ts'
import { advance, nextPosition } from '../../src/storage/stream.ts'
import { currentPosition } from '../support/current-position.ts'
import { openTestSqlite, temporaryFolder } from '../support/databases.ts'
import { fillLog } from './fill-log.ts'
import { someone, takePosition } from '../support/take-position.ts'

/** One position. */
const ONE = { count: 1, shard: 0, shards: 1 }

// A disk that is slow or fails: `fdatasync` completes when the test resolves or rejects its request.
async function slowDisk(t: TestContext) {
  const handle = await open(`${temporaryFolder(t)}/any`, 'w')
  const { prototype } = handle.constructor as { prototype: { datasync(): Promise<void> } }
  await handle.close()
  const requests: PromiseWithResolvers<void>[] = []
  let called = Promise.withResolvers<void>()
  const calls = t.mock.method(prototype, 'datasync', () => {
    const request = Promise.withResolvers<void>()
    requests.push(request)
    called.resolve()
    called = Promise.withResolvers<void>()
    return request.promise
  })
  return {
    calls: () => calls.mock.callCount(),
    /** Resolves to the next pending request. */
    async request(): Promise<PromiseWithResolvers<void>> {
      if (requests.length === 0) await called.promise
      return requests.shift() as PromiseWithResolvers<void>
    },
  }
}

describe('reading on SQLite', () => {
  test('a write outside of a transaction is refused on each connection', async (t) => {
    const db = await openTestSqlite(t)
    const write = () => db.first(advance, ONE)
    await assert.rejects(write(), /outside of a transaction/)
    await db.transaction(
      async (tx) => {
        await nextPosition(tx)
        await assert.rejects(write(), /outside of a transaction/)
      },
      { orderedBy: someone },
    )
    assert.equal(await currentPosition(db), 1)
  })

  test('a query with a common table expression is accepted when it reads and refused when it writes', async (t) => {
    const db = await openTestSqlite(t)
    const reading = query()((q) =>
      q
        .with('s', (w) => w.selectFrom('stream').select('position'))
        .selectFrom('s')
        .selectAll(),
    )
    const writing = query()((q) =>
      q
        .with('s', (w) => w.selectFrom('stream').select('id'))
        .deleteFrom('stream')
        .where('id', 'in', (eb) => eb.selectFrom('s').select('s.id')),
    )
    assert.deepEqual(await db.all(reading, {}), [{ position: 0 }])
    await assert.rejects(db.all(writing, {}), /outside of a transaction/)
  })

  test('writes of a transaction are not visible to other readers before the commit', async (t) => {
    const db = await openTestSqlite(t)
    await db.transaction(
      async (tx) => {
        await nextPosition(tx)
        assert.equal(await currentPosition(db), 0)
        assert.equal(await currentPosition(tx), 1)
      },
      { orderedBy: someone },
    )
    assert.equal(await currentPosition(db), 1)
  })
})

describe('a commit on SQLite', () => {
  test('is acknowledged, announced and visible only after fdatasync', async (t) => {
    const db = await openTestSqlite(t)
    const disk = await slowDisk(t)
    const seen: string[] = []
    const written = db
      .transaction(
        async (tx) => {
          tx.onCommit(() => seen.push('announced'))
          return nextPosition(tx)
        },
        { orderedBy: someone },
      )
      .then(() => seen.push('acknowledged'))
    const request = await disk.request()
    assert.equal(await currentPosition(db), 0, 'a reader sees the position before the commit')
    const snapshot = db.snapshot((read) => currentPosition(read))
    assert.deepEqual(seen, [])
    request.resolve()
    await written
    assert.deepEqual(seen, ['announced', 'acknowledged'])
    assert.equal(await currentPosition(db), 1)
    assert.equal(await snapshot, 1, 'a snapshot waits for the commit')
  })

  test('is not visible before fdatasync to a snapshot that was asked for before the commit and starts after it', async (t) => {
    const db = await openTestSqlite(t)
    const disk = await slowDisk(t)
    const written = takePosition(db)
    const seen: number[] = []
    const snapshots = Promise.all(
      Array.from({ length: 8 }, () => db.snapshot(async (read) => seen.push(await currentPosition(read)))),
    )
    const request = await disk.request()
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    assert.deepEqual([...new Set(seen)], [0])
    request.resolve()
    await Promise.all([written, snapshots])
    assert.equal(seen.at(-1), 1)
  })

  test('the next group runs while one group waits for fdatasync, and is committed after it', async (t) => {
    const db = await openTestSqlite(t)
    const disk = await slowDisk(t)
    const first = takePosition(db)
    const one = await disk.request()
    const ran = Promise.withResolvers<void>()
    const second = db.transaction(
      async (tx) => {
        const position = await nextPosition(tx)
        ran.resolve()
        return position
      },
      { orderedBy: someone },
    )
    await ran.promise
    assert.equal(disk.calls(), 1)
    one.resolve()
    assert.equal(await first, 1)
    const two = await disk.request()
    assert.equal(await currentPosition(db), 1)
    two.resolve()
    assert.equal(await second, 2)
  })

  test('does not wait for fdatasync when it need not be durable', async (t) => {
    const db = await openTestSqlite(t)
    const disk = await slowDisk(t)
    await takePosition(db, { durably: false })
    assert.equal(await currentPosition(db), 1)
    assert.equal(disk.calls(), 0)
  })

  test('fails with all later writes when fdatasync fails', async (t) => {
    const db = await openTestSqlite(t)
    const disk = await slowDisk(t)
    const written = takePosition(db)
    const waiting = assert.rejects(
      written,
      (error) => error instanceof StorageError && /disk failed/.test(error.message),
    )
    const request = await disk.request()
    request.reject(new Error('EIO'))
    await waiting
    await assert.rejects(takePosition(db), /disk failed/)
    assert.equal(await currentPosition(db), 0, 'readers see the last durable position')
  })

  test('waits for a checkpoint, which calls fdatasync before and after it copies', async (t) => {
    const db = await openTestSqlite(t)
    await fillLog(db)
    const disk = await slowDisk(t)
    let isWritten = false
    const written = takePosition(db, { durably: false }).then(() => (isWritten = true))
    const log = await disk.request()
    assert.equal(disk.calls(), 1)
    log.resolve()
    const database = await disk.request()
    assert.equal(await currentPosition(db), 0)
    assert.equal(isWritten, false)
    database.resolve()
    await written
    assert.equal(await currentPosition(db), 1)
    assert.equal(disk.calls(), 2)
  })

  test('fails with all later writes when fdatasync fails in a checkpoint', async (t) => {
    const db = await openTestSqlite(t)
    await fillLog(db)
    const disk = await slowDisk(t)
    const waiting = assert.rejects(takePosition(db), /disk failed/)
    const log = await disk.request()
    log.resolve()
    const database = await disk.request()
    database.reject(new Error('EIO'))
    await waiting
    await assert.rejects(takePosition(db), /disk failed/)
    assert.equal(await currentPosition(db), 0)
  })
})
