import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceId, RoomId } from '../../../../src/lib/ids.ts'
import { DAY_MS, sweepAll } from '../../../../src/lib/sweeper.ts'
import {
  connectionOf,
  connectionText,
  type ConnectionState,
} from '../../../../src/rooms/sync/sliding/connection-state.ts'
import { deleteUnusedConnections } from '../../../../src/rooms/sync/sliding/connections-store.ts'
import { removeConnections } from '../../../../src/rooms/sync/sliding/connections.ts'
import { counting } from '../../../support/counting-database.ts'
import { onEachDatabase } from '../../../support/databases.ts'
import { onEachSharedDatabase } from '../../../support/two-processes.ts'
import { user } from '../../sync-fixture.ts'
import { createSlidingFixture, type SlidingFixture } from './fixture.ts'

const [alice, bob] = [user('alice'), user('bob')]
const UNKNOWN = { errcode: 'M_UNKNOWN_POS', status: 400 }
const LIST = { all: { timeline_limit: 1, required_state: {} } }
const body = (conn_id = '') => ({ conn_id, lists: LIST })

async function withRoom(fixture: SlidingFixture): Promise<RoomId> {
  const roomId = await fixture.create(alice)
  await fixture.join(roomId, bob)
  return roomId
}

test('the text of a state contains everything of it', () => {
  const state: ConnectionState = new Map([
    ['!a' as RoomId, { limit: 1, state: '[1]', isDm: false, extensions: 0, upTo: undefined }],
    ['!b' as RoomId, { limit: 20, state: '[2]', isDm: true, extensions: 5, upTo: [7] }],
    ['!c' as RoomId, { limit: 1, state: '[1]', isDm: false, extensions: 0, upTo: undefined }],
  ])
  assert.deepEqual(connectionOf(connectionText(state)), state)
})

test('a text that would be too large leaves out rooms', () => {
  const rooms = Array.from({ length: 1000 }, (_, at) => `!${at}` as RoomId)
  const state: ConnectionState = new Map(
    rooms.map((roomId, at) => [
      roomId,
      { limit: 1, state: `["${at}"]`, isDm: false, extensions: 0, upTo: undefined },
    ]),
  )
  const text = connectionText(state, 10_000)
  assert.ok(text.length <= 10_000, String(text.length))
  const stored = [...connectionOf(text)]
  assert.ok(stored.length > 100, String(stored.length))
  assert.deepEqual(stored, [...state].slice(0, stored.length))
})

onEachSharedDatabase('a connection', (openTwo) => {
  test('is continued by another process, and after a restart', async (t) => {
    const [first, second] = await openTwo(t)
    const fixture = await createSlidingFixture(t, first, ['alice', 'bob'])
    const roomId = await withRoom(fixture)
    const { pos } = await fixture.slide(bob, body())
    await fixture.say(roomId, alice, 'hello')
    const response = await fixture.slide(bob, body(), { pos, deps: fixture.depsOn(second) })
    assert.equal(response.rooms[roomId]?.initial, undefined)
    assert.equal(response.rooms[roomId]?.timeline_events?.length, 1)
  })
})

onEachDatabase('the stored connections', (open) => {
  test('are not written by a response with new events only', async (t) => {
    const { db, count } = counting(await open(t))
    const fixture = await createSlidingFixture(t, db, ['alice', 'bob'])
    const roomId = await withRoom(fixture)
    let { pos } = await fixture.slide(bob, body())
    for (let at = 0; at < 3; at++) {
      await fixture.say(roomId, alice, 'hello')
      const before = count.write
      const response = await fixture.slide(bob, body(), { pos })
      assert.equal(response.rooms[roomId]?.num_live, 1)
      assert.equal(count.write, before)
      ;({ pos } = response)
    }
    const before = count.write
    await fixture.slide(bob, { conn_id: 'encryption', extensions: { e2ee: { enabled: true } } })
    assert.equal(count.write, before, 'nothing is stored for a connection without rooms')
  })

  test('are also written for a waiting request that a stop of the server ends', async (t) => {
    const fixture = await createSlidingFixture(t, await open(t), ['alice', 'bob'])
    const [outside, inside] = [await withRoom(fixture), await withRoom(fixture)]
    const subscription = { room_subscriptions: { [inside]: LIST.all } }
    const first = await fixture.slide(bob, body())
    const second = await fixture.slide(bob, subscription, { pos: first.pos })
    await fixture.say(outside, alice, 'outside the windows')
    const stop = new AbortController()
    const options = { pos: second.pos, timeoutMs: 30_000, signal: stop.signal }
    const waiting = fixture.slide(bob, subscription, options)
    await fixture.clock.asleep(30_000)
    stop.abort()
    const third = await waiting
    assert.deepEqual(third.rooms, {})
    const fourth = await fixture.slide(bob, body(), { pos: third.pos })
    const texts = fourth.rooms[outside]?.timeline_events?.map(({ content }) => content['body'])
    assert.deepEqual(texts, ['outside the windows'])
  })

  test('are limited for each device: the client of a deleted one starts again', async (t) => {
    const db = await open(t)
    const fixture = await createSlidingFixture(t, db, ['alice', 'bob'])
    await withRoom(fixture)
    const first = await fixture.slide(bob, body('0'))
    for (const connId of ['1', '2', '3']) await fixture.slide(bob, body(connId))
    // Another process has nothing of it in memory.
    const deps = fixture.depsOn(db)
    await assert.rejects(fixture.slide(bob, body('0'), { pos: first.pos, deps }), UNKNOWN)
    const rows = await db.all({ build: (q) => q.selectFrom('sliding_connections').select('conn_id') }, {})
    assert.deepEqual(rows.map((row) => row.conn_id).sort(), ['1', '2', '3'])
  })

  test('have a few versions, and always the one that the client has', async (t) => {
    const db = await open(t)
    const fixture = await createSlidingFixture(t, db, ['alice', 'bob'])
    await withRoom(fixture)
    const { pos } = await fixture.slide(bob, body())
    await withRoom(fixture)
    // The client repeats its request many times, because each response gets lost.
    for (let at = 0; at < 10; at++) await fixture.slide(bob, body(), { pos })
    const last = await fixture.slide(bob, body(), { pos, deps: fixture.depsOn(db) })
    assert.equal(Object.keys(last.rooms).length, 1)
    const rows = await db.all({ build: (q) => q.selectFrom('sliding_connections').select('version') }, {})
    assert.ok(rows.length <= 4, String(rows.length))
  })

  test('are removed with their device, and when they are not used for two weeks', async (t) => {
    const db = await open(t)
    const fixture = await createSlidingFixture(t, db, ['alice', 'bob'])
    await withRoom(fixture)
    const phone = 'PHONE' as DeviceId
    const desk = await fixture.slide(bob, body())
    const { pos } = await fixture.slide(bob, body(), { deviceId: phone })
    await db.transaction(async (tx) => removeConnections(tx, { userId: bob, deviceIds: [phone] }))
    const deps = fixture.depsOn(db)
    await assert.rejects(fixture.slide(bob, body(), { pos, deviceId: phone, deps }), UNKNOWN)
    const sweep = () => {
      const before = fixture.clock.now() - 14 * DAY_MS
      return db.transaction((tx) => tx.run(deleteUnusedConnections, { before, limit: 100 }))
    }
    fixture.clock.advance(10 * DAY_MS)
    await fixture.slide(bob, body(), { pos: desk.pos, deps })
    fixture.clock.advance(10 * DAY_MS)
    assert.equal(await sweepAll({ sweep, atOnce: 100 }), 0)
    await fixture.slide(bob, body(), { pos: desk.pos, deps: fixture.depsOn(db) })
    fixture.clock.advance(15 * DAY_MS)
    assert.equal(await sweepAll({ sweep, atOnce: 100 }), 1)
    await assert.rejects(fixture.slide(bob, body(), { pos: desk.pos, deps: fixture.depsOn(db) }), UNKNOWN)
  })
})
