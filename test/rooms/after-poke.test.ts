import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '../../src/lib/ids.ts'
import { readRoomEventFilter } from '../../src/rooms/sync/filter.ts'
import { eventContext, readEvent } from '../../src/rooms/timeline.ts'
import { counting } from '../support/counting-database.ts'
import { onEachDatabase } from '../support/databases.ts'
import { createSyncFixture, deviceOf, type RoomEvent, user } from './sync-fixture.ts'

const alice = user('alice')
const bob = user('bob')

/** Element X: the members of the senders only. */
const LAZY = readRoomEventFilter('{"lazy_load_members":true}')

onEachDatabase('the requests of an app after a poke', (open) => {
  test('GET event is one statement, and GET context without neighbours three, in a room with many events', async (t) => {
    const { db, count } = counting(await open(t))
    const fixture = await createSyncFixture(t, db, ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    for (let n = 0; n < 30; n++) await fixture.say(roomId, bob, `m${n}`)
    const eventId = await fixture.say(roomId, bob, 'the poked one')
    const readerOf = (userId: UserId) => ({
      viewer: { userId, deviceId: deviceOf(userId) },
      now: fixture.clock.now(),
      pageBytes: fixture.reads.pageBytes,
    })
    const statements = async <T>(work: () => Promise<T>): Promise<[T, number]> => {
      const before = count.read
      return [await work(), count.read - before]
    }
    const of = { roomId, eventId }
    const [event, forEvent] = await statements(() => readEvent(db, readerOf(alice), of))
    assert.deepEqual([event['event_id'], forEvent], [eventId, 1])
    const request = { ...of, limit: 0, filter: LAZY }
    const [context, forContext] = await statements(() => eventContext(db, readerOf(alice), request))
    assert.equal((context['event'] as RoomEvent).event_id, eventId)
    assert.deepEqual([context['events_before'], context['events_after']], [[], []])
    const state = context['state'] as RoomEvent[]
    assert.deepEqual(
      state.filter(({ type }) => type === 'm.room.member').map(({ state_key }) => state_key),
      [bob],
    )
    assert.ok(state.some(({ type }) => type === 'm.room.power_levels'))
    assert.equal(forContext, 3)
    const [around] = await statements(() => eventContext(db, readerOf(alice), { ...request, limit: 2 }))
    assert.deepEqual(around['state'], context['state'])
  })

  test('GET context without neighbours returns 404 for an event before the join of its reader in a room with joined history, and 403 for others', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob', 'carol'])
    const roomId = await fixture.create(alice)
    await fixture.set(roomId, alice, 'm.room.history_visibility', { history_visibility: 'joined' })
    const eventId = await fixture.say(roomId, alice, 'before')
    await fixture.join(roomId, bob)
    const readerOf = (userId: UserId) => ({
      viewer: { userId, deviceId: deviceOf(userId) },
      now: fixture.clock.now(),
      pageBytes: fixture.reads.pageBytes,
    })
    const request = { roomId, eventId, limit: 0, filter: LAZY }
    await assert.rejects(eventContext(fixture.db, readerOf(bob), request), { status: 404 })
    await assert.rejects(eventContext(fixture.db, readerOf(user('carol')), request), { status: 403 })
  })
})
