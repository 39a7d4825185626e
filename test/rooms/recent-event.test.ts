import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PokedEvent } from '../../src/delivery/poked-event.ts'
import type { EventId, RoomId } from '../../src/lib/ids.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { changeMembership } from '../../src/rooms/change-membership.ts'
import { findEvent } from '../../src/rooms/event-store.ts'
import { loadPokedEvents } from '../../src/rooms/poke-event.ts'
import { query } from '../../src/storage/query.ts'
import { onEachDatabase } from '../support/databases.ts'
import {
  alice,
  bob,
  carol,
  createRoomsFixture,
  publicRoom,
  type RoomsFixture,
  say,
  setState,
} from './fixture.ts'

const markPushers = query()((db) => db.updateTable('memberships').set({ has_pushers: 1 }))

async function join(fixture: RoomsFixture, roomId: RoomId, userId: typeof bob, displayname?: string) {
  const content = { membership: 'join' as const, ...(displayname !== undefined && { displayname }) }
  await fixture.db.transaction(
    (tx) => changeMembership(fixture, tx, { roomId, sender: userId, target: userId, content }),
    { orderedBy: roomId },
  )
}

/** Without the caches of the rule evaluation. */
const comparable = (poked: PokedEvent | undefined) => poked && { ...poked, evaluated: poked.evaluated.source }

/** Sends a message, and resolves to the event as it was handed on to delivery and as it is loaded. */
async function bothOf(fixture: RoomsFixture, roomId: RoomId, message: string | JsonObject) {
  await fixture.db.transaction((tx) => tx.run(markPushers, {}))
  const eventId: EventId = await say(fixture, roomId, bob, message)
  const position = (await findEvent(fixture.db, eventId))?.position ?? 0
  const handedOn = fixture.notifications.recentEvents.take(position)
  const loaded = (await loadPokedEvents(fixture.db, [position])).get(position)
  return { handedOn: comparable(handedOn), loaded: comparable(loaded) }
}

onEachDatabase('an event that is handed on to delivery', (open) => {
  test('equals the loaded event in a room of two', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    await join(fixture, roomId, bob, 'Bob')
    const { handedOn, loaded } = await bothOf(fixture, roomId, 'hello')
    assert.equal(handedOn?.event.senderDisplayName, 'Bob')
    assert.deepEqual(handedOn, loaded)
  })

  test('equals the loaded event in a room with a name, an alias and power levels, in a thread', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    for (const request of [
      { name: 'News', room_version: '11' },
      { name: 'News', room_version: '12' },
    ]) {
      const roomId = await publicRoom(fixture, request)
      for (const userId of [bob, carol]) await join(fixture, roomId, userId)
      const root = await say(fixture, roomId, alice, 'root')
      const relation = { rel_type: 'm.thread', event_id: root }
      const content = { msgtype: 'm.text', body: 'one', 'm.relates_to': relation, n: [1, -0, { a: null }] }
      const { handedOn, loaded } = await bothOf(fixture, roomId, content)
      assert.equal(handedOn?.room.name, 'News')
      assert.deepEqual(JSON.stringify(handedOn), JSON.stringify(loaded))
    }
  })

  test('is absent in a room that is named after its members', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    for (const userId of [bob, carol]) await join(fixture, roomId, userId)
    const { handedOn, loaded } = await bothOf(fixture, roomId, 'hello')
    assert.equal(handedOn, undefined)
    assert.equal(loaded?.room.members.length, 3)
  })

  test('is absent for a state event', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    await join(fixture, roomId, bob)
    await fixture.db.transaction((tx) => tx.run(markPushers, {}))
    const eventId = await setState(fixture, roomId, alice, {
      type: 'm.room.topic',
      content: { topic: 'new' },
    })
    const position = (await findEvent(fixture.db, eventId as EventId))?.position ?? 0
    assert.equal(fixture.notifications.recentEvents.take(position), undefined)
  })
})
