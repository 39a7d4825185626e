import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId, UserId } from '../../../src/lib/ids.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import { kickUser } from '../../../src/rooms/membership.ts'
import { currentState } from '../../../src/rooms/state-store.ts'
import { onEachDatabase } from '../../support/databases.ts'
import {
  createSyncFixture,
  type JoinedRoom,
  type RoomEvent,
  type SyncFixture,
  typesOf,
  user,
} from '../sync-fixture.ts'

const alice = user('alice')
const bob = user('bob')
const carol = user('carol')

type Room = Pick<JoinedRoom, 'state' | 'state_after' | 'timeline'>

/** Event ids by type and state key. */
function knownState(events: readonly RoomEvent[]): Map<string, string> {
  const state = new Map<string, string>()
  for (const event of events)
    if (event.state_key !== undefined) state.set(`${event.type} ${event.state_key}`, event.event_id)
  return state
}

type Request = { viewer: UserId; roomId: RoomId; since?: string; fullState?: boolean; filter?: JsonObject }

async function bothForms(fixture: SyncFixture, { viewer, roomId, since, ...options }: Request) {
  const read = async (stateForm: 'state' | 'state_after') => {
    const { rooms } = await fixture.sync(viewer, since, { ...options, stateForm })
    const room: Room | undefined = rooms.join[roomId] ?? rooms.leave[roomId]
    assert.ok(room)
    return room
  }
  const old = await read('state')
  const after = await read('state_after')
  assert.ok(after.state_after)
  assert.equal(after.state, undefined)
  assert.equal(old.state_after, undefined)
  assert.deepEqual(after.timeline, old.timeline)
  return { old, after, stateAfter: after.state_after.events }
}

const FILTERS: Record<string, JsonObject> = {
  'no filter': {},
  'a timeline of one event': { room: { timeline: { limit: 1 } } },
  'no timeline': { room: { timeline: { limit: 0 } } },
  'a timeline without state events': { room: { timeline: { types: ['m.room.message'] } } },
  'lazy loading': { room: { state: { lazy_load_members: true } } },
  'lazy loading and a timeline of two events': {
    room: { state: { lazy_load_members: true }, timeline: { limit: 2 } },
  },
}

onEachDatabase('sync with state_after', (open) => {
  for (const [name, filter] of Object.entries(FILTERS))
    test(`leads to the state at the end of the timeline with ${name}`, async (t) => {
      const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob', 'carol'])
      const roomId = await fixture.create(alice, { preset: 'public_chat', name: 'Office' })
      await fixture.join(roomId, bob)
      await fixture.join(roomId, carol)
      const { next_batch: since } = await fixture.sync(bob)
      await fixture.say(roomId, alice, 'one')
      await fixture.set(roomId, alice, 'm.room.topic', { topic: 'first' })
      await fixture.set(roomId, alice, 'm.room.topic', { topic: 'second' })
      await kickUser(fixture.rooms, { roomId, sender: alice, target: carol })
      await fixture.say(roomId, alice, 'two')
      const current = new Map(
        (await currentState(fixture.db, roomId)).map((event) => [
          `${event.type} ${event.stateKey}`,
          event.eventId,
        ]),
      )
      for (const request of [{}, { since }, { since, fullState: true }] as Partial<Request>[]) {
        const { old, stateAfter } = await bothForms(fixture, { viewer: bob, roomId, filter, ...request })
        const known = knownState(stateAfter)
        // Only a filter of the timeline can hide changes from a client without state_after.
        for (const key of knownState([...old.state.events, ...old.timeline.events]).keys())
          assert.ok(known.has(key), key)
        for (const [key, eventId] of known) assert.equal(eventId, current.get(key), key)
        const topics = stateAfter.filter((event) => event.type === 'm.room.topic')
        assert.deepEqual(
          topics.map((event) => event.content['topic']),
          ['second'],
        )
        assert.equal(known.size, stateAfter.length, 'each state event once')
        const isIncremental = request.since !== undefined && !request.fullState
        assert.equal(known.has('m.room.create '), !isIncremental, 'an incremental sync has the changes only')
        assert.ok(known.has(`m.room.member ${carol}`) || !isIncremental)
      }
    })

  test('is empty if only messages are new', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const { next_batch: since } = await fixture.sync(bob)
    await fixture.say(roomId, alice, 'one')
    const { stateAfter } = await bothForms(fixture, { viewer: bob, roomId, since })
    assert.deepEqual(stateAfter, [])
  })

  test('respects the filter of state events', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const { next_batch: since } = await fixture.sync(bob)
    await fixture.set(roomId, alice, 'm.room.topic', { topic: 'new' })
    await fixture.set(roomId, alice, 'm.room.name', { name: 'new' })
    const filter = { room: { state: { types: ['m.room.name'] } } }
    for (const request of [{}, { since }]) {
      const { stateAfter } = await bothForms(fixture, { viewer: bob, roomId, filter, ...request })
      assert.deepEqual(typesOf(stateAfter), ['m.room.name'])
    }
  })

  test('with lazy loading has the members that sent or changed in the timeline, and no other member', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob', 'carol', 'dave'])
    const roomId = await fixture.create(alice, { preset: 'public_chat', name: 'Office' })
    for (const member of [bob, carol, user('dave')]) await fixture.join(roomId, member)
    await fixture.say(roomId, alice, 'before')
    const { next_batch: since } = await fixture.sync(bob)
    const filter = { room: { state: { lazy_load_members: true }, timeline: { limit: 2 } } }
    await fixture.say(roomId, alice, 'one')
    await kickUser(fixture.rooms, { roomId, sender: alice, target: carol })
    const members = async (request: { since?: string }) => {
      const { stateAfter } = await bothForms(fixture, { viewer: bob, roomId, filter, ...request })
      return stateAfter
        .filter((event) => event.type === 'm.room.member')
        .map((event) => `${event.state_key} ${event.content['membership'] as string}`)
        .toSorted()
    }
    assert.deepEqual(await members({ since }), [`${alice} join`, `${carol} leave`])
    assert.deepEqual(await members({}), [`${alice} join`, `${bob} join`, `${carol} leave`])
  })

  test('ends at the leave in a left room, with a later ban', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const { next_batch: since } = await fixture.sync(bob)
    await fixture.set(roomId, alice, 'm.room.topic', { topic: 'seen' })
    await fixture.leave(roomId, bob)
    await fixture.set(roomId, alice, 'm.room.topic', { topic: 'not visible' })
    const { stateAfter } = await bothForms(fixture, { viewer: bob, roomId, since })
    assert.deepEqual(
      stateAfter.map((event) => event.content['topic'] ?? event.content['membership']),
      ['seen', 'leave'],
    )
  })

  test('is not confused with the state at the start of the timeline of another member', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob', 'carol'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    await fixture.join(roomId, carol)
    const { next_batch: since } = await fixture.sync(bob)
    await fixture.set(roomId, alice, 'm.room.topic', { topic: 'new' })
    const old = (await fixture.sync(bob, since)).rooms.join[roomId]
    const after = (await fixture.sync(carol, since, { stateForm: 'state_after' })).rooms.join[roomId]
    assert.deepEqual(old?.state.events, [])
    assert.deepEqual(typesOf(after?.state_after?.events ?? []), ['m.room.topic'])
  })
})
