import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setMarkers } from '../../../src/rooms/receipts.ts'
import { writeAccountData } from '../../../src/accounts/account-data.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { bodies, type SyncFixture, createSyncFixture, user } from '../sync-fixture.ts'
import type { Queries } from '../../../src/storage/query.ts'

const alice = user('alice')
const bob = user('bob')
const WAIT = 30_000

/** Starts a poll of bob and resolves when it sleeps. */
async function startPoll(
  fixture: SyncFixture,
  since: string,
  options: Parameters<SyncFixture['sync']>[2] = {},
) {
  const response = fixture.sync(bob, since, { timeoutMs: WAIT, ...options })
  await fixture.clock.asleep()
  return { response }
}

onEachDatabase('a long poll', (open) => {
  test('is counted while it sleeps, and not after news or the end of its request', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const { wakes } = fixture.reads
    const { next_batch: since } = await fixture.sync(bob)
    assert.equal(wakes.asleep, 0)
    const first = await startPoll(fixture, since)
    assert.equal(wakes.asleep, 1)
    await fixture.say(roomId, alice, 'hello')
    const { next_batch: later } = await first.response
    assert.equal(wakes.asleep, 0)
    const ending = new AbortController()
    const second = await startPoll(fixture, later, { signal: ending.signal })
    assert.equal(wakes.asleep, 1)
    ending.abort()
    await second.response
    assert.equal(wakes.asleep, 0)
  })

  test('that account data woke, which its filter hides, is woken by a message after that', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const { next_batch: since } = await fixture.sync(bob)
    const { response } = await startPoll(fixture, since, { filter: { account_data: { types: [] } } })
    await fixture.db.transaction(
      (tx) => writeAccountData(fixture, tx, { userId: bob, roomId: '', type: 'org.example', content: {} }),
      { orderedBy: bob },
    )
    await fixture.clock.asleep()
    await fixture.say(roomId, alice, 'hello')
    const { rooms } = await response
    assert.deepEqual(bodies(rooms.join[roomId]?.timeline.events ?? []), ['hello'])
  })

  test('returns after an event, an invitation, a receipt, typing and account data', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    let since = (await fixture.sync(bob)).next_batch
    const poll = async (act: () => Promise<unknown>) => {
      const { response } = await startPoll(fixture, since)
      await act()
      const body = await response
      since = body.next_batch
      return body
    }

    const eventId = await fixture.say(roomId, alice, 'first')
    since = (await fixture.sync(bob, since)).next_batch
    const message = await poll(() => fixture.say(roomId, alice, 'second'))
    assert.deepEqual(bodies(message.rooms.join[roomId]?.timeline.events ?? []), ['second'])
    assert.equal(message.rooms.join[roomId]?.unread_notifications.notification_count, 2)

    const read = { roomId, markers: [{ type: 'm.read' as const, eventId, threadId: '' }] }
    const own = await poll(() => setMarkers(fixture.receipts, { userId: bob, ...read }))
    assert.equal(own.rooms.join[roomId]?.unread_notifications.notification_count, 1)
    const others = await poll(async () => {
      const last = await fixture.say(roomId, bob, 'mine')
      await fixture.sync(bob, since)
      const marker = { type: 'm.read' as const, eventId: last, threadId: '' }
      await setMarkers(fixture.receipts, { userId: alice, roomId, markers: [marker] })
    })
    assert.ok(others.rooms.join[roomId])
    since = (await fixture.sync(bob, since)).next_batch

    const second = await fixture.create(alice, { preset: 'private_chat' })
    const invited = await poll(() => fixture.invite(second, alice, bob))
    assert.ok(invited.rooms.invite[second])
    const joined = await poll(() => fixture.join(second, bob))
    assert.ok(joined.rooms.join[second])

    const typed = await poll(async () => fixture.typing.start(second, alice, 60_000))
    assert.deepEqual(typed.rooms.join[second]?.ephemeral.events, [
      { type: 'm.typing', content: { user_ids: [alice] } },
    ])
    fixture.typing.stop(second, alice)
    since = (await fixture.sync(bob, since)).next_batch

    const data = await poll(() =>
      fixture.db.transaction(
        (tx) =>
          writeAccountData(fixture, tx, { userId: bob, roomId: '', type: 'org.example', content: { a: 1 } }),
        { orderedBy: bob },
      ),
    )
    assert.deepEqual(data.account_data.events, [{ type: 'org.example', content: { a: 1 } }])
    const tags = await poll(() =>
      fixture.db.transaction(
        (tx) => writeAccountData(fixture, tx, { userId: bob, roomId, type: 'm.tag', content: { tags: {} } }),
        { orderedBy: bob },
      ),
    )
    assert.deepEqual(tags.rooms.join[roomId]?.account_data.events, [{ type: 'm.tag', content: { tags: {} } }])
  })

  test('returns after a join during the poll', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    const filter = { room: { not_rooms: [] }, account_data: { types: [] } }
    const since = (await fixture.sync(bob)).next_batch
    const { response } = await startPoll(fixture, since, { filter })
    await fixture.join(roomId, bob)
    assert.ok((await response).rooms.join[roomId])
  })

  test('ignores events that the filter excludes, and returns an advanced token after the time-out', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const since = (await fixture.sync(bob)).next_batch
    const { response } = await startPoll(fixture, since, { filter: { room: { rooms: [] } } })
    await fixture.say(roomId, alice, 'unseen')
    fixture.clock.advance(WAIT)
    const body = await response
    assert.deepEqual(body.rooms.join, {})
    assert.notEqual(body.next_batch, since)
  })

  test('continues after an ephemeral event that the filter excludes', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const since = (await fixture.sync(bob)).next_batch
    const { response } = await startPoll(fixture, since, { filter: { room: { ephemeral: { types: [] } } } })
    fixture.typing.start(roomId, alice, 1000)
    await fixture.say(roomId, alice, 'seen')
    assert.deepEqual(bodies((await response).rooms.join[roomId]?.timeline.events ?? []), ['seen'])
  })

  test('returns a valid response when its request is aborted', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const since = (await fixture.sync(bob)).next_batch
    const end = new AbortController()
    const { response } = await startPoll(fixture, since, { signal: end.signal })
    end.abort()
    assert.equal((await response).next_batch, since)
    assert.equal(fixture.clock.sleepers(), 0)
    const ended = fixture.sync(bob, since, { signal: end.signal, timeoutMs: WAIT })
    assert.equal((await ended).next_batch, since)
  })

  test('does not start for an initial sync or without a time-out', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['bob'])
    const first = await fixture.sync(bob, undefined, { timeoutMs: WAIT })
    await fixture.sync(bob, first.next_batch)
    assert.equal(fixture.clock.sleepers(), 0)
  })

  test('lasts at most the maximum time-out of the server', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['bob'])
    const since = (await fixture.sync(bob)).next_batch
    const { response } = await startPoll(fixture, since, { timeoutMs: Number.MAX_SAFE_INTEGER })
    fixture.clock.advance(fixture.reads.maxTimeoutMs)
    assert.equal((await response).next_batch, since)
  })

  test('makes no query for an event in a room of other users', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const since = (await fixture.sync(bob)).next_batch
    let queries = 0
    const counting = {
      ...fixture.reads,
      db: new Proxy(fixture.db, {
        get(db, name: keyof Queries) {
          if (name === 'all' || name === 'first') queries += 1
          const value = db[name] as unknown
          return typeof value === 'function' ? value.bind(db) : value
        },
      }),
    }
    Object.assign(fixture.reads, counting)
    const { response } = await startPoll(fixture, since)
    const before = queries
    assert.ok(before <= 4, `${before} queries without new events`)
    const otherRoom = await fixture.create(alice)
    await fixture.say(otherRoom, alice, 'not for bob')
    assert.equal(queries, before)
    fixture.clock.advance(WAIT)
    await response
  })
})
