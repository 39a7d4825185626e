import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId, UserId } from '../../../../src/lib/ids.ts'
import { counting } from '../../../support/counting-database.ts'
import { onEachDatabase } from '../../../support/databases.ts'
import { user } from '../../sync-fixture.ts'
import { createSlidingFixture, type SlidingFixture } from './fixture.ts'

const [alice, bob] = [user('alice'), user('bob')]
const MAX_INITIAL = 20
/** The facts of the user, the events since with their rooms and the members who sent them, and the unread counts. */
const MAX_INCREMENTAL = 3
const MAX_AFTER_PUSH = 16
/** For a further member who syncs the same event: the facts of the user, and the unread counts. */
const MAX_SHARED = 2

/** The position, the rooms to subscribe to, and the position after that. */
const MAX_WAITING = 3
/** In another process: the state of the connection. The rooms of the user are not read before there is news. */
const MAX_WAITING_ELSEWHERE = MAX_WAITING + 1

/** What Element X asks for. */
const TYPES = ['m.room.name', 'm.room.topic', 'm.room.avatar', 'm.room.power_levels', 'm.room.create']
const config = (limit: number) => ({
  timeline_limit: limit,
  required_state: {
    include: [...TYPES.map((type) => ({ type, state_key: '' })), { type: 'm.room.member', state_key: bob }],
    lazy_members: true,
  },
})
const roomList = {
  conn_id: 'room-list',
  lists: { all_rooms: { ...config(1), range: [0, 999] } },
  extensions: { account_data: { enabled: true }, receipts: { enabled: true }, typing: { enabled: true } },
}
const afterPush = (roomId: RoomId) => ({
  conn_id: 'notifications',
  lists: { invites: { ...config(8), range: [0, 16], filters: { is_invited: true } } },
  room_subscriptions: { [roomId]: config(16) },
  extensions: { account_data: { enabled: true } },
})

async function addRooms(fixture: SlidingFixture, count: number): Promise<RoomId> {
  let last = '' as RoomId
  for (let at = 0; at < count; at++) {
    last = await fixture.create(alice, { preset: 'public_chat', ...(at % 2 === 0 && { name: `${at}` }) })
    await fixture.join(last, bob)
    await fixture.say(last, alice, 'hello')
  }
  return last
}

onEachDatabase('the number of statements of sliding sync', (open) => {
  test(`is at most ${MAX_INITIAL} for the first response, and does not grow with the rooms`, async (t) => {
    const { db, count } = counting(await open(t))
    const fixture = await createSlidingFixture(t, db, ['alice', 'bob'])
    const counts: number[] = []
    for (const more of [10, 30]) {
      await addRooms(fixture, more)
      const before = count.read + count.write
      await fixture.slide(bob, roomList, { hasCounts: true, deps: fixture.depsOn(db) })
      counts.push(count.read + count.write - before)
    }
    assert.equal(counts[1], counts[0])
    assert.ok((counts[1] ?? 0) <= MAX_INITIAL, counts.join())
  })

  test(`is at most ${MAX_INCREMENTAL} for one new event, without a write`, async (t) => {
    const { db, count } = counting(await open(t))
    const fixture = await createSlidingFixture(t, db, ['alice', 'bob'])
    const roomId = await addRooms(fixture, 30)
    await fixture.say(roomId, alice, 'zero')
    let { pos } = await fixture.slide(bob, roomList, { hasCounts: true })
    for (let at = 0; at < 2; at++) {
      await fixture.say(roomId, alice, 'one')
      const before = { ...count }
      const response = await fixture.slide(bob, roomList, { pos, hasCounts: true })
      assert.ok(count.read - before.read <= MAX_INCREMENTAL, String(count.read - before.read))
      assert.equal(count.write, before.write)
      assert.deepEqual(Object.keys(response.rooms), [roomId])
      ;({ pos } = response)
    }
  })

  test(`is ${MAX_SHARED} for one new event that another member has synced`, async (t) => {
    const { db, count } = counting(await open(t))
    const fixture = await createSlidingFixture(t, db, ['alice', 'bob'])
    const roomId = await addRooms(fixture, 30)
    const first = new Map<UserId, string>()
    for (const member of [alice, bob])
      first.set(member, (await fixture.slide(member, roomList, { hasCounts: true })).pos)
    await fixture.say(roomId, alice, 'one')
    await fixture.slide(alice, roomList, { pos: first.get(alice), hasCounts: true })
    const before = { ...count }
    const { rooms } = await fixture.slide(bob, roomList, { pos: first.get(bob), hasCounts: true })
    assert.equal(count.read + count.write - before.read - before.write, MAX_SHARED)
    assert.equal(rooms[roomId]?.timeline?.length, 1)
  })

  test('needs none for the session after a response was read, with or without news', async (t) => {
    const fixture = await createSlidingFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await addRooms(fixture, 1)
    let { pos } = await fixture.slide(bob, roomList)
    for (const hasNews of [false, true]) {
      if (hasNews) await fixture.say(roomId, alice, 'one')
      let isRead = false
      const signal = Object.assign(new AbortController().signal, {
        readWithSession() {
          isRead = true
        },
      })
      const response = await fixture.slide(bob, roomList, { pos, signal })
      assert.deepEqual([isRead, roomId in response.rooms], [true, hasNews])
      ;({ pos } = response)
    }
  })

  test(`is ${MAX_WAITING} before a request waits, and its response without news is read at its end`, async (t) => {
    const { db, count } = counting(await open(t))
    const fixture = await createSlidingFixture(t, db, ['alice', 'bob'])
    await addRooms(fixture, 10)
    const { pos } = await fixture.slide(bob, roomList, { hasCounts: true })
    const before = { ...count }
    const ending = new AbortController()
    const waiting = { pos, hasCounts: true, timeoutMs: 30_000, signal: ending.signal }
    const response = fixture.slide(bob, roomList, waiting)
    await fixture.clock.asleep()
    assert.equal(count.read + count.write - before.read - before.write, MAX_WAITING)
    ending.abort()
    const { rooms, lists, pos: next } = await response
    assert.deepEqual([rooms, lists], [{}, { all_rooms: { count: 10 } }])
    assert.equal(next, pos)
  })

  test(`is ${MAX_WAITING_ELSEWHERE} before a request waits in a process that knows nothing of its user`, async (t) => {
    const { db, count } = counting(await open(t))
    const fixture = await createSlidingFixture(t, db, ['alice', 'bob'])
    await addRooms(fixture, 10)
    const { pos } = await fixture.slide(bob, roomList, { hasCounts: true })
    const before = { ...count }
    const ending = new AbortController()
    const waiting = { pos, hasCounts: true, timeoutMs: 30_000, signal: ending.signal }
    const response = fixture.slide(bob, roomList, { ...waiting, deps: fixture.depsOn(db) })
    await fixture.clock.asleep()
    assert.equal(count.read + count.write - before.read - before.write, MAX_WAITING_ELSEWHERE)
    ending.abort()
    assert.deepEqual((await response).rooms, {})
  })

  test(`is at most ${MAX_AFTER_PUSH} for the request after a push, with the event`, async (t) => {
    const { db, count } = counting(await open(t))
    const fixture = await createSlidingFixture(t, db, ['alice', 'bob'])
    const roomId = await addRooms(fixture, 30)
    const eventId = await fixture.say(roomId, alice, 'pushed')
    const before = count.read + count.write
    const { rooms, lists } = await fixture.slide(bob, afterPush(roomId), { hasCounts: true })
    const used = count.read + count.write - before
    assert.ok(used <= MAX_AFTER_PUSH, String(used))
    assert.equal(rooms[roomId]?.timeline?.at(-1)?.event_id, eventId)
    assert.deepEqual(lists, { invites: { count: 0 } })
  })
})
