import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomAlias, RoomId, UserId } from '../../src/lib/ids.ts'
import type { Database, Transaction } from '../../src/storage/database.ts'
import { query } from '../../src/storage/query.ts'
import { alice, createRoomsFixture, publicRoom, say } from '../rooms/fixture.ts'
import { countRoundTrips } from '../support/postgres-client.ts'
import { onShards } from '../support/sharded.ts'

const rooms = ['!one:test', '!two:test', '!three:test'] as [RoomId, RoomId, RoomId]

const addAlias = query<{ alias: RoomAlias; roomId: RoomId }>()((db, p) =>
  db.insertInto('room_aliases').values({
    alias: p.alias,
    room_id: p.roomId,
    created_by: '@alice:test' as UserId,
    created_at: 0,
  }),
)
const aliases = query()((db) => db.selectFrom('room_aliases').select(['alias', 'room_id']).orderBy('alias'))
const alias = (n: number) => `#${n}:test` as RoomAlias
/** PostgreSQL stores no character zero. */
const REFUSED = '#\0' as RoomAlias

const independent = <T>(db: Database, roomId: RoomId, work: (tx: Transaction) => Promise<T>): Promise<T> =>
  db.transaction(work, { orderedBy: roomId, repeatable: true, isIndependent: true })

onShards('a group of independent transactions on PostgreSQL', (open) => {
  test('costs the round trips of one of them', async (t) => {
    const { db } = await open(t, 1)
    const trips = countRoundTrips(t)
    await Promise.all(
      rooms.map((roomId, n) =>
        independent(db, roomId, async (tx) => {
          await tx.all(aliases, {})
          tx.write(addAlias, { alias: alias(n), roomId })
        }),
      ),
    )
    assert.equal(trips.count(), 2)
    assert.equal((await db.all(aliases, {})).length, 3)
  })

  test('costs two round trips for messages in several rooms', async (t) => {
    const { db } = await open(t, 1)
    const fixture = await createRoomsFixture(db)
    const rooms = [await publicRoom(fixture), await publicRoom(fixture), await publicRoom(fixture)]
    for (const roomId of rooms) await say(fixture, roomId, alice, 'warm')
    const trips = countRoundTrips(t)
    await Promise.all(rooms.map((roomId) => say(fixture, roomId, alice, 'hello there')))
    assert.equal(trips.count(), 2)
  })

  test('runs those of one room one after the other, in the order of their arrival', async (t) => {
    const { db } = await open(t, 1)
    const seen: string[] = []
    const add = (roomId: RoomId, n: number) =>
      independent(db, roomId, async (tx) => {
        const before = (await tx.all(aliases, {})).filter((row) => row.room_id === roomId)
        seen.push(`${n} after ${before.map((row) => row.alias).join(' ')}`)
        tx.write(addAlias, { alias: alias(n), roomId })
      })
    const [one, two] = rooms
    await Promise.all([add(one, 1), add(two, 2), add(one, 3), add(one, 4)])
    assert.deepEqual(seen, ['1 after ', '2 after ', '3 after #1:test', '4 after #1:test #3:test'])
  })

  test('runs another transaction after those before it, and before those after it', async (t) => {
    const { db } = await open(t, 1)
    const order: string[] = []
    const note = (name: string) => async (tx: Transaction) => {
      await tx.all(aliases, {})
      order.push(`${name} begins`)
      await tx.all(aliases, {})
      order.push(`${name} ends`)
    }
    const [one, two, three] = rooms
    await Promise.all([
      independent(db, one, note('one')),
      db.transaction(note('other'), { orderedBy: two, repeatable: true }),
      independent(db, three, note('three')),
    ])
    assert.deepEqual(
      order,
      ['one', 'other', 'three'].flatMap((name) => [`${name} begins`, `${name} ends`]),
    )
  })

  test('loses only the transaction whose write fails', async (t) => {
    for (const failing of [0, 1, 2]) {
      const { db } = await open(t, 1)
      const committed: number[] = []
      const results = await Promise.allSettled(
        rooms.map((roomId, n) =>
          independent(db, roomId, async (tx) => {
            await tx.all(aliases, {})
            tx.write(addAlias, { alias: n === failing ? REFUSED : alias(n), roomId })
            tx.onCommit(() => committed.push(n))
          }),
        ),
      )
      const rest = [0, 1, 2].filter((n) => n !== failing)
      assert.deepEqual(
        results.map(({ status }) => status === 'fulfilled'),
        [0, 1, 2].map((n) => n !== failing),
      )
      assert.deepEqual(committed, rest)
      assert.deepEqual(
        (await db.all(aliases, {})).map((row) => row.alias),
        rest.map(alias),
      )
    }
  })

  test('rejects one that throws before it writes, although another has written meanwhile, and runs the others once', async (t) => {
    const { db } = await open(t, 1)
    let runs = 0
    const results = await Promise.allSettled(
      rooms.map((roomId, n) =>
        independent(db, roomId, async (tx) => {
          runs++
          if (n === 1) await tx.all(aliases, {})
          await tx.all(aliases, {})
          if (n === 1) throw new Error('refused')
          tx.write(addAlias, { alias: alias(n), roomId })
        }),
      ),
    )
    assert.equal(runs, 3)
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    assert.equal((await db.all(aliases, {})).length, 2)
  })

  test('runs all again when one throws after it has written', async (t) => {
    const { db } = await open(t, 1)
    let runs = 0
    const results = await Promise.allSettled(
      rooms.map((roomId, n) =>
        independent(db, roomId, async (tx) => {
          runs++
          await tx.all(aliases, {})
          tx.write(addAlias, { alias: alias(n), roomId })
          if (n === 1) throw new Error('refused')
        }),
      ),
    )
    assert.equal(runs, 6)
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    assert.deepEqual(
      (await db.all(aliases, {})).map((row) => row.alias),
      [alias(0), alias(2)],
    )
  })
})
