import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { UserId } from '../../src/lib/ids.ts'
import type { Database } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { byShard, needAllShards, nextPosition, shardOf } from '../../src/storage/stream.ts'
import { afterTest } from '../support/after-test.ts'
import { onEachDatabase } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'
import { onShards } from '../support/sharded.ts'
import { takePosition, valueOf } from '../support/take-position.ts'
import { whenLocked } from '../support/when-locked.ts'

const SHARDS = 16
const users = Array.from({ length: 40 }, (_, n) => `@user${n}:test` as UserId)
const [alice] = users as [UserId]
const bob = users.find((user) => shardOf(user, SHARDS) !== shardOf(alice, SHARDS)) as UserId

onEachDatabase('a transaction', (open) => {
  test('that takes a position needs `orderedBy`', async (t) => {
    const db = await open(t)
    await assert.rejects(
      db.transaction((tx) => nextPosition(tx)),
      /without `orderedBy` takes a position/,
    )
    assert.equal(valueOf(db, await takePosition(db)), 1)
  })

  test('that needs all shards runs once where its shard is the only one, else twice, and its writes are kept', async (t) => {
    const db = await open(t)
    let runs = 0
    const work = (orderedBy: UserId) =>
      db.transaction(
        async (tx) => {
          runs++
          needAllShards(tx)
          return nextPosition(tx)
        },
        { orderedBy },
      )
    const taken = [await work(alice), await work(bob)]
    assert.deepEqual(
      taken.map((position) => valueOf(db, position)),
      [1, 2],
    )
    assert.equal(runs, db.shards === 1 ? 2 : 4)
  })
})

onShards('a transaction that needs all shards', (open) => {
  async function openTwo(t: TestContext): Promise<[Database, Database]> {
    const { url, db } = await open(t, SHARDS)
    const other = await openDatabase(url, silentLog)
    afterTest(t, () => other[Symbol.asyncDispose]())
    return [db, other]
  }

  test('runs again with them, after the transactions of other shards, and takes positions of its own', async (t) => {
    const [db, other] = await openTwo(t)
    const [isOpen, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const order: string[] = []
    const ofBob = other.transaction(
      async (tx) => {
        await nextPosition(tx)
        isOpen.resolve()
        await mayEnd.promise
        order.push('bob')
      },
      { orderedBy: bob },
    )
    await isOpen.promise
    let runs = 0
    const ofAlice = db.transaction(
      async (tx) => {
        runs++
        needAllShards(tx)
        const position = await nextPosition(tx)
        order.push('alice')
        return position
      },
      { orderedBy: alice },
    )
    await whenLocked(other)
    mayEnd.resolve()
    await ofBob
    assert.equal((await ofAlice) % SHARDS, shardOf(alice, SHARDS))
    assert.deepEqual([runs, order], [2, ['bob', 'alice']])
  })

  test('keeps those of other shards waiting until its end', async (t) => {
    const [db, other] = await openTwo(t)
    const [isOpen, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const order: string[] = []
    const ofAlice = db.transaction(
      async (tx) => {
        // Its result comes after the locks.
        await nextPosition(tx)
        isOpen.resolve()
        await mayEnd.promise
        order.push('alice')
      },
      { orderedBy: alice, inAllShards: true },
    )
    await isOpen.promise
    const ofBob = other.transaction(
      async (tx) => {
        await nextPosition(tx)
        order.push('bob')
      },
      { orderedBy: bob },
    )
    await whenLocked(other)
    mayEnd.resolve()
    await Promise.all([ofAlice, ofBob])
    assert.deepEqual(order, ['alice', 'bob'])
  })

  test('of two processes at once do not deadlock', async (t) => {
    const writers = await openTwo(t)
    const both = Array.from({ length: 40 }, (_, n) =>
      (writers[n % 2] as Database).transaction((tx) => nextPosition(tx), {
        orderedBy: users[n] as UserId,
        inAllShards: n % 3 === 0,
      }),
    )
    assert.equal(new Set(await Promise.all(both)).size, 40)
  })
})

test('things of several rooms or users are divided by shard, in ascending order, with a limit', () => {
  const divided = byShard(users, { keyOf: (user) => user, shards: SHARDS, atOnce: 2 })
  const shards = divided.map(({ orderedBy }) => shardOf(orderedBy, SHARDS))
  assert.deepEqual(
    shards,
    shards.toSorted((a, b) => a - b),
  )
  assert.deepEqual(divided.flatMap(({ items }) => items).toSorted(), users.toSorted())
  for (const { orderedBy, items } of divided) {
    assert.ok(items.length <= 2)
    for (const user of items) assert.equal(shardOf(user, SHARDS), shardOf(orderedBy, SHARDS))
  }
  assert.equal(byShard(users, { keyOf: (user) => user, shards: 1 }).length, 1)
})
