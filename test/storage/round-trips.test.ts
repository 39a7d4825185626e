import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { joinRoom } from '../../src/rooms/membership.ts'
import { advance, current, currentPosition, nextPosition } from '../../src/storage/stream.ts'
import { createNotificationsFixture } from '../notifications/fixture.ts'
import { alice, bob, createRoomsFixture, publicRoom, say } from '../rooms/fixture.ts'
import { clusterUrl, openTestPostgres } from '../support/databases.ts'
import { countRoundTrips, interceptQueries } from '../support/postgres-client.ts'

const url = clusterUrl()
const skip = typeof url === 'string' ? false : url.missing
const open = (t: TestContext) => openTestPostgres(t, url as string, {})

describe('round trips to PostgreSQL', { skip }, () => {
  test('begin is sent with the first read, and commit with the last writes', async (t) => {
    const db = await open(t)
    const trips = countRoundTrips(t)
    await db.transaction(async (tx) => {
      await currentPosition(tx)
      await nextPosition(tx)
      tx.write(advance, { count: 1 })
      tx.write(advance, { count: 1 })
    })
    assert.equal(trips.count(), 3)
    assert.equal(await currentPosition(db), 3)
  })

  test('each transaction of a group costs what its results need: the savepoints are sent with its queries', async (t) => {
    const db = await open(t)
    const trips = countRoundTrips(t)
    const work = () =>
      db.transaction(async (tx) => {
        await currentPosition(tx)
        tx.write(advance, { count: 1 })
      })
    await Promise.all([work(), work(), work()])
    assert.equal(trips.count(), 3 * 2 + 1)
    assert.equal(await currentPosition(db), 3)
  })

  test('a message costs four: its room, its row with its position, the read position of its sender, and the rest with the commit', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    await joinRoom(fixture, { roomId, userId: bob })
    await say(fixture, roomId, alice, 'warm')
    const trips = countRoundTrips(t)
    await say(fixture, roomId, alice, 'hello there')
    assert.equal(trips.count(), 4)
  })

  test('a message to members with pushers costs four as well', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    await joinRoom(fixture, { roomId, userId: bob })
    await createNotificationsFixture(fixture.db).addPusher(bob)
    await say(fixture, roomId, alice, 'warm')
    const woken: unknown[] = []
    fixture.bus.subscribe(['delivery'], (pusherIds) => woken.push(pusherIds))
    const trips = countRoundTrips(t)
    await say(fixture, roomId, alice, 'hello there')
    assert.equal(trips.count(), 4)
    assert.equal(woken.length, 1)
  })
})

describe('a transaction of PostgreSQL whose begin fails', { skip }, () => {
  /** The server refuses `begin`, and executes other statements as usual. */
  function refuseBegin(t: TestContext): void {
    interceptQueries(t, (_client, args, send) => send(args[0] === 'begin' ? ['begin nonsense'] : args))
  }

  test('rejects with that error and writes nothing, although statements were sent together with it', async (t) => {
    const db = await open(t)
    refuseBegin(t)
    const attempts = [
      db.transaction((tx) => tx.first(advance, { count: 1 })),
      db.transaction(async (tx) => tx.write(advance, { count: 1 })),
      db.transaction(async (tx) => {
        await tx.first(current, {})
        tx.write(advance, { count: 1 })
      }),
      db.transaction(async (tx) => {
        tx.write(advance, { count: 1 })
        await tx.first(current, {})
      }),
      db.transaction(async () => undefined),
    ]
    for (const attempt of await Promise.allSettled(attempts)) {
      assert.equal(attempt.status, 'rejected')
      assert.match(String(attempt.reason), /nonsense/)
    }
    assert.equal(await currentPosition(db), 0)
  })

  test('does not affect the next one', async (t) => {
    const db = await open(t)
    refuseBegin(t)
    await assert.rejects(
      db.transaction(async (tx) => tx.write(advance, { count: 1 })),
      /nonsense/,
    )
    t.mock.restoreAll()
    assert.equal(await db.transaction((tx) => nextPosition(tx)), 1)
  })
})
