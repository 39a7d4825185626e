import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import type { RoomAlias, RoomId, UserId } from '../../src/lib/ids.ts'
import { query } from '../../src/storage/query.ts'
import { nextPosition, shardOf } from '../../src/storage/stream.ts'
import { countRoundTrips } from '../support/postgres-client.ts'
import { onShards } from '../support/sharded.ts'

const SHARDS = 4
/** One user of each shard. */
const users = Array.from({ length: SHARDS }, (_, shard) => {
  for (let n = 0; ; n++) {
    const userId = `@user${n}:test` as UserId
    if (shardOf(userId, SHARDS) === shard) return userId
  }
})
const [alice, bob] = users as [UserId, UserId]

const addAlias = query<{ alias: RoomAlias; at: number }>()((db, p) =>
  db
    .insertInto('room_aliases')
    .values({ alias: p.alias, room_id: '!r' as RoomId, created_by: alice, created_at: p.at }),
)
const aliases = query()((db) => db.selectFrom('room_aliases').select('alias').orderBy('alias'))
/** Of PostgreSQL: the transaction of the whole group. */
const transactionId = query()((db) => db.selectNoFrom(sql<string>`pg_current_xact_id()::text`.as('id')))
const alias = (n: number) => `#${n}:test` as RoomAlias

/** An open end: work waits for `promise`. */
const gate = () => Promise.withResolvers<void>()

onShards('the writers of one process', (open) => {
  test('write groups of three shards that may be held by others at the same time, and those without a shard', async (t) => {
    const { db } = await open(t, SHARDS)
    const end = gate()
    const begun = users.slice(1).map(() => gate())
    const works = users.slice(1).map((orderedBy, at) =>
      db.transaction(
        async (tx) => {
          const position = await nextPosition(tx)
          begun[at]?.resolve()
          await end.promise
          return position
        },
        { orderedBy },
      ),
    )
    await Promise.all(begun.map(({ promise }) => promise))
    await db.transaction((tx) => tx.run(addAlias, { alias: alias(1), at: 1 }))
    assert.equal((await db.all(aliases, {})).length, 1)
    end.resolve()
    const taken = await Promise.all(works)
    assert.deepEqual(
      taken.map((position) => position % SHARDS),
      [1, 2, 3],
    )
  })

  test('run the transactions of one shard in the order of their arrival', async (t) => {
    const { db } = await open(t, SHARDS)
    const order: number[] = []
    await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        db.transaction(
          async (tx) => {
            await nextPosition(tx)
            tx.onCommit(() => order.push(n))
          },
          { orderedBy: n % 2 === 0 ? alice : bob },
        ),
      ),
    )
    for (const rest of [0, 1]) {
      const of = order.filter((n) => n % 2 === rest)
      assert.deepEqual(
        of,
        of.toSorted((a, b) => a - b),
      )
    }
  })

  test('commit a transaction in its own group apart from those before and after it', async (t) => {
    const { db } = await open(t, SHARDS)
    for (const orderedBy of [alice, undefined]) {
      const ids = await Promise.all(
        [false, false, true, false, false].map((inOwnGroup) =>
          db.transaction(async (tx) => (await tx.first(transactionId, {}))?.id, {
            inOwnGroup,
            ...(orderedBy && { orderedBy }),
          }),
        ),
      )
      assert.deepEqual(
        ids.map((id) => ids.indexOf(id)),
        [0, 0, 2, 3, 3],
      )
    }
  })

  test('close after the transactions that wait', async (t) => {
    const { db } = await open(t, SHARDS)
    const works = Array.from({ length: 40 }, (_, n) =>
      db.transaction((tx) => nextPosition(tx), { orderedBy: users[n % SHARDS] as UserId }),
    )
    await db[Symbol.asyncDispose]()
    assert.equal(new Set(await Promise.all(works)).size, 40)
    await assert.rejects(
      db.transaction((tx) => nextPosition(tx), { orderedBy: alice }),
      /closed/,
    )
  })
})

onShards('a group of repeatable transactions on PostgreSQL', (open) => {
  const repeatable = { orderedBy: alice, repeatable: true }

  test('has no savepoints: the writes of one are sent with the first read of the next', async (t) => {
    const { db } = await open(t, 1)
    const trips = countRoundTrips(t)
    await Promise.all(
      [1, 2, 3].map((n) =>
        db.transaction(async (tx) => {
          await tx.all(aliases, {})
          tx.write(addAlias, { alias: alias(n), at: n })
        }, repeatable),
      ),
    )
    assert.equal(trips.count(), 4)
    assert.equal((await db.all(aliases, {})).length, 3)
  })

  test('loses only the transaction whose write fails, wherever it is in the group', async (t) => {
    for (const failing of [0, 1, 2]) {
      const { db } = await open(t, 1)
      const committed: number[] = []
      const results = await Promise.allSettled(
        [0, 1, 2].map((n) =>
          db.transaction(async (tx) => {
            await tx.all(aliases, {})
            // PostgreSQL stores no character zero.
            tx.write(addAlias, { alias: (n === failing ? '#\0' : alias(n)) as RoomAlias, at: n })
            tx.onCommit(() => committed.push(n))
          }, repeatable),
        ),
      )
      assert.deepEqual(
        results.map(({ status }) => status === 'rejected'),
        [0, 1, 2].map((n) => n === failing),
      )
      const rest = [0, 1, 2].filter((n) => n !== failing)
      assert.deepEqual(committed, rest)
      assert.deepEqual(
        (await db.all(aliases, {})).map((row) => row.alias),
        rest.map(alias),
      )
    }
  })

  test('rejects one that throws before it writes, and runs the others once', async (t) => {
    const { db } = await open(t, 1)
    let runs = 0
    const results = await Promise.allSettled(
      [0, 1, 2].map((n) =>
        db.transaction(async (tx) => {
          runs++
          await tx.all(aliases, {})
          if (n === 1) throw new Error('refused')
          tx.write(addAlias, { alias: alias(n), at: n })
        }, repeatable),
      ),
    )
    assert.equal(runs, 3)
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    assert.equal((await db.all(aliases, {})).length, 2)
  })
})
