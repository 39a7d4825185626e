import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { type RoomId, systemRandom } from '../../src/lib/ids.ts'
import { makeLane } from '../../src/sending/lane-changes.ts'
import { claimLanes } from '../../src/sending/lane-store.ts'
import { createSettler } from '../../src/sending/settler.ts'
import { NEW_LANE } from '../../src/sending/transition.ts'
import { joinRoom } from '../../src/rooms/membership.ts'
import type { Database } from '../../src/storage/database.ts'
import { query } from '../../src/storage/query.ts'
import { stepsOf } from '../../src/trace/steps-store.ts'
import { createTrace } from '../../src/trace/trace.ts'
import { advance, current, nextPosition } from '../../src/storage/stream.ts'
import { currentPosition } from '../support/current-position.ts'
import { createNotificationsFixture } from '../notifications/fixture.ts'
import { alice, bob, createRoomsFixture, publicRoom, say } from '../rooms/fixture.ts'
import { clusterUrl, openTestPostgres } from '../support/databases.ts'
import { countRoundTrips, interceptStatements } from '../support/postgres-client.ts'
import { someone, takePosition, valueOf } from '../support/take-position.ts'
import { ofOneWriter } from '../support/several-writers.ts'

const url = clusterUrl()
const skip = typeof url === 'string' ? false : url.missing
const open = (t: TestContext) => openTestPostgres(t, url as string, {})

/** One position of the first shard. */
const one = ({ shards }: Database) => ({ count: 1, shard: 0, shards })

const insertItem = query<{ laneId: number }>()((db, p) =>
  db.insertInto('lane_items').values({ lane_id: p.laneId, position: 1, created_at: 0 }),
)

describe('round trips to PostgreSQL', { skip }, () => {
  test('begin is sent with the first read, and commit with the last writes', async (t) => {
    const db = await open(t)
    const trips = countRoundTrips(t)
    await db.transaction(
      async (tx) => {
        await currentPosition(tx)
        await nextPosition(tx)
        tx.write(advance, one(db))
        tx.write(advance, one(db))
      },
      { orderedBy: someone },
    )
    assert.equal(trips.count(), 3)
    assert.equal(valueOf(db, await currentPosition(db)), 3)
  })

  test(
    'each transaction of a group costs what its results need: the savepoints are sent with its queries',
    { skip: ofOneWriter },
    async (t) => {
      const db = await open(t)
      const trips = countRoundTrips(t)
      const work = () =>
        db.transaction(async (tx) => {
          await currentPosition(tx)
          tx.write(advance, one(db))
        })
      await Promise.all([work(), work(), work()])
      assert.equal(trips.count(), 3 * 2 + 1)
      assert.equal(valueOf(db, await currentPosition(db)), 3)
    },
  )

  test('a message costs two: its room with its position, and all that it writes with the commit', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    await joinRoom(fixture, { roomId, userId: bob })
    await say(fixture, roomId, alice, 'warm')
    const trips = countRoundTrips(t)
    await say(fixture, roomId, alice, 'hello there')
    assert.equal(trips.count(), 2)
  })

  test('a message to members with pushers costs two as well', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    await joinRoom(fixture, { roomId, userId: bob })
    await createNotificationsFixture(fixture.db).addPusher(bob)
    await say(fixture, roomId, alice, 'warm')
    const woken: unknown[] = []
    fixture.bus.subscribe(['delivery'], (pusherIds) => woken.push(pusherIds))
    const trips = countRoundTrips(t)
    await say(fixture, roomId, alice, 'hello there')
    assert.equal(trips.count(), 2)
    assert.equal(woken.length, 1)
  })

  test('the result of a poke costs two: begin, and the item, the step of the trace and the lane with the commit', async (t) => {
    const db = await open(t)
    const destination = 'https://gateway.test'
    const laneId = await db.transaction(async (tx) => {
      const made = await makeLane(tx, { kind: 'poke', destination })
      tx.write(insertItem, { laneId: made })
      return made
    })
    const lease = { owner: 'process 1', until: 60_000, now: 0 }
    await db.transaction((tx) => claimLanes(tx, { kind: 'poke', laneIds: [laneId] }, lease))
    const result = { kind: 'delivered', reason: 'ok', status: 200, ms: 1 } as const
    const { settle } = createSettler(
      { db, random: systemRandom, lease: () => lease },
      {
        record: async (tx, at) =>
          createTrace({ isEnabled: true }).recordSteps(tx, at, [{ pusherId: laneId, position: 1, result }]),
      },
    )
    const trips = countRoundTrips(t)
    const settled = await settle({
      lane: { laneId, key: null, destination, state: NEW_LANE },
      look: { state: NEW_LANE, passed: [], step: { kind: 'send', positions: [1], value: null } },
      result,
      event: result,
      release: false,
    })
    assert.equal(trips.count(), 2)
    assert.equal(settled?.turn, 'released')
    assert.equal((await stepsOf(db, { position: 1, pusherIds: [laneId] })).length, 1)
  })
})

describe('a transaction of PostgreSQL whose begin fails', { skip }, () => {
  /** The server refuses `begin`, and executes other statements as usual. */
  function refuseBegin(t: TestContext): void {
    interceptStatements(t, (_client, statement, send) =>
      send(statement === 'begin' ? 'begin nonsense' : statement),
    )
  }

  test('rejects with that error and writes nothing, although statements were sent together with it', async (t) => {
    const db = await open(t)
    refuseBegin(t)
    const attempts = [
      db.transaction((tx) => tx.first(advance, one(db))),
      db.transaction(async (tx) => tx.write(advance, one(db))),
      db.transaction(async (tx) => {
        await tx.first(current, {})
        tx.write(advance, one(db))
      }),
      db.transaction(async (tx) => {
        tx.write(advance, one(db))
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
      db.transaction(async (tx) => tx.write(advance, one(db))),
      /nonsense/,
    )
    t.mock.restoreAll()
    assert.equal(valueOf(db, await takePosition(db)), 1)
  })
})

describe('a group of PostgreSQL whose lock of the shard fails', { skip }, () => {
  test('rejects each transaction with that error, and the next group is not affected', async (t) => {
    const db = await open(t)
    interceptStatements(t, (_client, statement, send) => {
      const fails = typeof statement !== 'string' && statement.text.endsWith('for update')
      return send(
        fails ? "do $$ begin raise exception 'too long' using errcode = '55P03'; end $$" : statement,
      )
    })
    const write = () =>
      db.transaction(async (tx) => tx.write(advance, one(db)), { orderedBy: '!room:localhost' as RoomId })
    for (const attempt of await Promise.allSettled([write(), write()])) {
      assert.equal(attempt.status, 'rejected')
      assert.match(String(attempt.reason), /The database of the server is busy/)
    }
    assert.equal(await currentPosition(db), 0)
    t.mock.restoreAll()
    await Promise.all([write(), write()])
    assert.equal(valueOf(db, await currentPosition(db)), 2)
  })
})
