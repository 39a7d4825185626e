import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import {
  MAX_SNAPSHOTS,
  oneInEachTurn,
  openReader,
  snapshotPool,
} from '../../src/storage/sqlite-connections.ts'
import { advance, nextPosition } from '../../src/storage/stream.ts'
import { currentPosition } from '../support/current-position.ts'
import { onEachDatabase, temporaryFolder } from '../support/databases.ts'
import { someone, takePosition, valueOf } from '../support/take-position.ts'
import { ofOneWriter } from '../support/several-writers.ts'

/** One position. */
const ONE = { count: 1, shard: 0, shards: 1 }

onEachDatabase('snapshots', (open) => {
  test('200 parallel snapshots with several queries each complete', async (t) => {
    const db = await open(t)
    const read = await Promise.all(
      Array.from({ length: 200 }, (_, at) =>
        db.snapshot(async (q) => {
          await currentPosition(q)
          await new Promise(setImmediate)
          await currentPosition(q)
          return at
        }),
      ),
    )
    assert.deepEqual(
      read,
      Array.from({ length: 200 }, (_, at) => at),
    )
  })

  test(
    'a snapshot in a snapshot reads the same position and does not wait for a connection',
    { skip: ofOneWriter },
    async (t) => {
      const db = await open(t)
      const positions = await Promise.all(
        Array.from({ length: 20 }, () =>
          db.snapshot(async (outer) => {
            const before = await currentPosition(outer)
            await takePosition(db)
            return db.snapshot(async (inner) => (await currentPosition(inner)) - before)
          }),
        ),
      )
      assert.deepEqual([...new Set(positions)], [0])
    },
  )

  test('a snapshot that starts after the end of the outer one is new', async (t) => {
    const db = await open(t)
    let later: Promise<number> | undefined
    const ended = Promise.withResolvers<void>()
    const before = await db.snapshot(async (q) => {
      later = ended.promise.then(() => db.snapshot(currentPosition))
      return currentPosition(q)
    })
    await takePosition(db)
    ended.resolve()
    assert.equal(valueOf(db, (await later) ?? 0), valueOf(db, before) + 1)
  })

  test('a single query does not wait for snapshots', async (t) => {
    const db = await open(t)
    const held = Promise.withResolvers<void>()
    const snapshots = Array.from({ length: 50 }, () =>
      db.snapshot(async (q) => {
        await currentPosition(q)
        await held.promise
      }),
    )
    assert.equal(typeof (await currentPosition(db)), 'number')
    held.resolve()
    await Promise.all(snapshots)
  })

  test('a brief snapshot does not see a transaction that begins during it', async (t) => {
    const db = await open(t)
    const written: number[] = []
    let writing: Promise<unknown> | undefined
    const read = await db.snapshot(
      async (q) => {
        const before = await currentPosition(q)
        writing = db.transaction(async (tx) => written.push(await nextPosition(tx)), { orderedBy: someone })
        for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
        return [before, await currentPosition(q)]
      },
      { isBrief: true },
    )
    await writing
    assert.equal(read[0], read[1])
    assert.deepEqual(
      written.map((position) => valueOf(db, position)),
      [valueOf(db, Number(read[0])) + 1],
    )
    assert.equal(await db.snapshot(currentPosition, { isBrief: true }), written[0])
  })

  test('brief snapshots during a transaction read the state before it', async (t) => {
    const db = await open(t)
    const before = await currentPosition(db)
    const [isBegun, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const writing = db.transaction(
      async (tx) => {
        await nextPosition(tx)
        isBegun.resolve()
        await mayEnd.promise
      },
      { orderedBy: someone },
    )
    await isBegun.promise
    const during = await Promise.all(
      Array.from({ length: 6 }, () => db.snapshot(currentPosition, { isBrief: true })),
    )
    mayEnd.resolve()
    await writing
    assert.deepEqual([...new Set(during)], [before])
  })

  test('a write in a brief snapshot is refused', async (t) => {
    const db = await open(t)
    const before = await currentPosition(db)
    await assert.rejects(db.snapshot((q) => q.first(advance, ONE), { isBrief: true }))
    assert.equal(await currentPosition(db), before)
    assert.equal(valueOf(db, await takePosition(db)), valueOf(db, before) + 1)
  })

  test('a snapshot that throws returns its connection', async (t) => {
    const db = await open(t)
    const fail = () =>
      db.snapshot(async () => {
        throw new Error('no')
      })
    for (let at = 0; at < 20; at++) await assert.rejects(fail, /no/)
    assert.equal(typeof (await db.snapshot(currentPosition)), 'number')
  })
})

/** A database with the only tables that `currentPosition` reads. */
function smallDatabase(t: TestContext): string {
  const path = join(temporaryFolder(t), 'small.db')
  const file = new DatabaseSync(path)
  file.exec('pragma journal_mode = wal; create table stream (id integer primary key, position integer)')
  file.exec('create table events (position integer); insert into stream values (1, 7)')
  file.close()
  return path
}

test('SQLite opens four connections for any number of readers, and starts one reader in each turn of the event loop', async (t) => {
  const path = smallDatabase(t)
  let opened = 0
  const pool = snapshotPool(() => {
    opened++
    return openReader(path)
  }, oneInEachTurn())
  let turns = 0
  let isOver = false
  const all = Promise.all(Array.from({ length: 50 }, () => pool.use(currentPosition))).finally(
    () => (isOver = true),
  )
  while (!isOver) {
    await new Promise(setImmediate)
    turns++
  }
  assert.deepEqual([...new Set(await all)], [7])
  assert.equal(opened, MAX_SNAPSHOTS)
  assert.ok(turns >= 49, `${turns} turns`)
  await Promise.all(Array.from({ length: 50 }, () => pool.use(currentPosition)))
  assert.equal(opened, MAX_SNAPSHOTS, 'connections stay open')
  await pool.close()
})

test('a connection whose transaction cannot be ended is replaced', async (t) => {
  const path = smallDatabase(t)
  const opened: DatabaseSync[] = []
  const pool = snapshotPool(() => {
    const connection = openReader(path)
    opened.push(connection)
    return connection
  }, oneInEachTurn())
  const broken = pool.use(async () => opened.at(-1)?.exec('commit'))
  await assert.rejects(broken)
  assert.equal(await pool.use(currentPosition), 7)
  assert.equal(opened.length, 2)
  await pool.close()
})
