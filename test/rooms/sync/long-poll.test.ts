import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setMarkers } from '../../../src/rooms/receipts.ts'
import { writeAccountData } from '../../../src/accounts/account-data.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { bodies, type House, openHouse, user } from '../sync-fixture.ts'
import type { Queries } from '../../../src/storage/query.ts'

const alice = user('alice')
const bob = user('bob')
const WAIT = 30_000

/** Starts a poll and resolves once it sleeps. */
async function waiting(house: House, since: string, options: Parameters<House['sync']>[2] = {}) {
  const answer = house.sync(bob, since, { timeoutMs: WAIT, ...options })
  await house.clock.asleep()
  return { answer }
}

onEachDatabase('long polls', (open) => {
  test('wake for an event, an invitation, a receipt, typing and account data', async (t) => {
    const house = await openHouse(t, await open(t), ['alice', 'bob'])
    const roomId = await house.create(alice)
    await house.join(roomId, bob)
    let since = (await house.sync(bob)).next_batch
    const poll = async (act: () => Promise<unknown>) => {
      const { answer } = await waiting(house, since)
      await act()
      const told = await answer
      since = told.next_batch
      return told
    }

    const eventId = await house.say(roomId, alice, 'first')
    since = (await house.sync(bob, since)).next_batch
    const message = await poll(() => house.say(roomId, alice, 'second'))
    assert.deepEqual(bodies(message.rooms.join[roomId]?.timeline.events ?? []), ['second'])
    assert.equal(message.rooms.join[roomId]?.unread_notifications.notification_count, 2)

    const read = { roomId, markers: [{ type: 'm.read' as const, eventId, threadId: '' }] }
    const own = await poll(() => setMarkers(house.receipts, { userId: bob, ...read }))
    assert.equal(own.rooms.join[roomId]?.unread_notifications.notification_count, 1)
    const others = await poll(async () => {
      const last = await house.say(roomId, bob, 'mine')
      await house.sync(bob, since)
      const marker = { type: 'm.read' as const, eventId: last, threadId: '' }
      await setMarkers(house.receipts, { userId: alice, roomId, markers: [marker] })
    })
    assert.ok(others.rooms.join[roomId])
    since = (await house.sync(bob, since)).next_batch

    const second = await house.create(alice, { preset: 'private_chat' })
    const invited = await poll(() => house.invite(second, alice, bob))
    assert.ok(invited.rooms.invite[second])
    const joined = await poll(() => house.join(second, bob))
    assert.ok(joined.rooms.join[second])

    const typed = await poll(async () => house.typing.start(second, alice, 60_000))
    assert.deepEqual(typed.rooms.join[second]?.ephemeral.events, [
      { type: 'm.typing', content: { user_ids: [alice] } },
    ])
    house.typing.stop(second, alice)
    since = (await house.sync(bob, since)).next_batch

    const data = await poll(() =>
      house.db.transaction((tx) =>
        writeAccountData(house, tx, { userId: bob, roomId: '', type: 'org.example', content: { a: 1 } }),
      ),
    )
    assert.deepEqual(data.account_data.events, [{ type: 'org.example', content: { a: 1 } }])
    const tags = await poll(() =>
      house.db.transaction((tx) =>
        writeAccountData(house, tx, { userId: bob, roomId, type: 'm.tag', content: { tags: {} } }),
      ),
    )
    assert.deepEqual(tags.rooms.join[roomId]?.account_data.events, [{ type: 'm.tag', content: { tags: {} } }])
  })

  test('a room that was joined while the poll slept is listened to', async (t) => {
    const house = await openHouse(t, await open(t), ['alice', 'bob'])
    const roomId = await house.create(alice)
    const filter = { room: { not_rooms: [] }, account_data: { types: [] } }
    const since = (await house.sync(bob)).next_batch
    const { answer } = await waiting(house, since, { filter })
    await house.join(roomId, bob)
    assert.ok((await answer).rooms.join[roomId])
  })

  test('sleep through what the filter hides, and tell on time-out how far things are', async (t) => {
    const house = await openHouse(t, await open(t), ['alice', 'bob'])
    const roomId = await house.create(alice)
    await house.join(roomId, bob)
    const since = (await house.sync(bob)).next_batch
    const { answer } = await waiting(house, since, { filter: { room: { rooms: [] } } })
    await house.say(roomId, alice, 'unseen')
    house.clock.advance(WAIT)
    const told = await answer
    assert.deepEqual(told.rooms.join, {})
    assert.notEqual(told.next_batch, since)
  })

  test('ephemeral events that the filter hides wake, tell nothing, and the poll goes on', async (t) => {
    const house = await openHouse(t, await open(t), ['alice', 'bob'])
    const roomId = await house.create(alice)
    await house.join(roomId, bob)
    const since = (await house.sync(bob)).next_batch
    const { answer } = await waiting(house, since, { filter: { room: { ephemeral: { types: [] } } } })
    house.typing.start(roomId, alice, 1000)
    await house.say(roomId, alice, 'seen')
    assert.deepEqual(bodies((await answer).rooms.join[roomId]?.timeline.events ?? []), ['seen'])
  })

  test('end with a valid answer when the request is over', async (t) => {
    const house = await openHouse(t, await open(t), ['alice', 'bob'])
    const since = (await house.sync(bob)).next_batch
    const end = new AbortController()
    const { answer } = await waiting(house, since, { signal: end.signal })
    end.abort()
    assert.equal((await answer).next_batch, since)
    assert.equal(house.clock.sleepers(), 0)
    const ended = house.sync(bob, since, { signal: end.signal, timeoutMs: WAIT })
    assert.equal((await ended).next_batch, since)
  })

  test('an initial sync does not wait, nor does one without a time-out', async (t) => {
    const house = await openHouse(t, await open(t), ['bob'])
    const first = await house.sync(bob, undefined, { timeoutMs: WAIT })
    await house.sync(bob, first.next_batch)
    assert.equal(house.clock.sleepers(), 0)
  })

  test('no longer than the server allows', async (t) => {
    const house = await openHouse(t, await open(t), ['bob'])
    const since = (await house.sync(bob)).next_batch
    const { answer } = await waiting(house, since, { timeoutMs: Number.MAX_SAFE_INTEGER })
    house.clock.advance(house.reads.maxTimeoutMs)
    assert.equal((await answer).next_batch, since)
  })

  test('a sleeping poll makes no query when something happens elsewhere', async (t) => {
    const house = await openHouse(t, await open(t), ['alice', 'bob'])
    const since = (await house.sync(bob)).next_batch
    let queries = 0
    const counting = {
      ...house.reads,
      db: new Proxy(house.db, {
        get(db, name: keyof Queries) {
          if (name === 'all' || name === 'first') queries += 1
          const value = db[name] as unknown
          return typeof value === 'function' ? value.bind(db) : value
        },
      }),
    }
    Object.assign(house.reads, counting)
    const { answer } = await waiting(house, since)
    const before = queries
    assert.ok(before <= 4, `${before} queries to find nothing`)
    const elsewhere = await house.create(alice)
    await house.say(elsewhere, alice, 'not for bob')
    assert.equal(queries, before)
    house.clock.advance(WAIT)
    await answer
  })
})
