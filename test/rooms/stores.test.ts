import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventId, UserId } from '../../src/lib/ids.ts'
import { findEvent, findEventOfRoom, findEvents } from '../../src/rooms/event-store.ts'
import { membersOfRoom, membershipIn, roomsOfUser } from '../../src/rooms/membership-store.ts'
import { banUser, forgetRoom, inviteUser, joinRoom, leaveRoom } from '../../src/rooms/membership.ts'
import {
  currentState,
  currentStateEvent,
  currentStateOfTypes,
  stateAt,
  stateEventAt,
} from '../../src/rooms/state-store.ts'
import { onEachDatabase } from '../support/databases.ts'
import {
  alice,
  bob,
  carol,
  createRoomsFixture,
  publicRoom,
  say,
  setState,
  type RoomsFixture,
} from './fixture.ts'
import type { RoomId } from '../../src/lib/ids.ts'

const rename = (fixture: RoomsFixture, roomId: RoomId, name: string) =>
  setState(fixture, roomId, alice, { type: 'm.room.name', content: { name } })

async function positionOf(fixture: RoomsFixture, eventId: EventId): Promise<number> {
  return (await findEvent(fixture.db, eventId))?.position ?? -1
}

onEachDatabase('stores of rooms', (open) => {
  test('events are found by id, and by room and id only in their own room', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const [here, there] = [await publicRoom(fixture), await publicRoom(fixture)]
    const [first, second] = [await say(fixture, here, alice, 'a'), await say(fixture, there, alice, 'b')]
    assert.equal((await findEventOfRoom(fixture.db, here, first))?.eventId, first)
    assert.equal(await findEventOfRoom(fixture.db, there, first), undefined)
    assert.equal(await findEvent(fixture.db, '$nothing' as EventId), undefined)
    const found = await findEvents(fixture.db, [first, second, '$nothing' as EventId])
    assert.deepEqual([...found.keys()].toSorted(), [first, second].toSorted())
    assert.equal((await findEvents(fixture.db, [])).size, 0)
  })

  test('current state is selected by room, type and state key', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const [here, there] = [await publicRoom(fixture), await publicRoom(fixture, { name: 'There' })]
    await rename(fixture, here, 'Old')
    await rename(fixture, here, 'Here')
    await say(fixture, here, alice, 'not state')
    const state = await currentState(fixture.db, here)
    const types = state.map((event) => event.type)
    assert.equal(types.length, new Set(types).size)
    assert.ok(!types.includes('m.room.message'))
    const of = { roomId: here, type: 'm.room.name', stateKey: '' }
    assert.deepEqual((await currentStateEvent(fixture.db, of))?.content, { name: 'Here' })
    assert.equal(await currentStateEvent(fixture.db, { ...of, stateKey: 'x' }), undefined)
    const some = await currentStateOfTypes(fixture.db, there, [
      'm.room.name',
      'm.room.create',
      'm.room.topic',
    ])
    assert.deepEqual(
      some.map((event) => event.type),
      ['m.room.create', 'm.room.name'],
    )
    assert.deepEqual(await currentStateOfTypes(fixture.db, there, []), [])
  })

  test('stateAt and stateEventAt return the state at the given position', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    const before = await positionOf(fixture, await say(fixture, roomId, alice, 'nameless'))
    const first = await positionOf(fixture, await rename(fixture, roomId, 'First'))
    const second = await positionOf(fixture, await rename(fixture, roomId, 'Second'))
    const nameAt = async (position: number) => {
      const of = { roomId, type: 'm.room.name', stateKey: '', position }
      const one = (await stateEventAt(fixture.db, of))?.content['name']
      const all = await stateAt(fixture.db, roomId, position)
      assert.equal(all.find((event) => event.type === 'm.room.name')?.content['name'], one)
      return one
    }
    assert.equal(await nameAt(before), undefined)
    assert.equal(await nameAt(first), 'First')
    assert.equal(await nameAt(second), 'Second')
    assert.equal(await nameAt(second + 1000), 'Second')
    const latest = await stateAt(fixture.db, roomId, second)
    assert.deepEqual(latest, await currentState(fixture.db, roomId))
    assert.deepEqual(await stateAt(fixture.db, roomId, 0), [])
  })

  test('members and rooms are selected by membership', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const [joined, invited, left, banned, forgotten] = [
      await publicRoom(fixture),
      await publicRoom(fixture),
      await publicRoom(fixture),
      await publicRoom(fixture),
      await publicRoom(fixture),
    ]
    for (const roomId of [joined, left, forgotten]) await joinRoom(fixture, { roomId, userId: bob })
    await inviteUser(fixture, { roomId: invited, sender: alice, target: bob })
    for (const roomId of [left, forgotten]) await leaveRoom(fixture, { roomId, userId: bob })
    await banUser(fixture, { roomId: banned, sender: alice, target: bob })
    await forgetRoom(fixture, { roomId: forgotten, userId: bob })
    const rooms = async (...memberships: ('join' | 'invite' | 'leave' | 'ban')[]) =>
      (await roomsOfUser(fixture.db, bob, memberships)).map((row) => row.room_id)
    assert.deepEqual(await rooms('join'), [joined])
    assert.deepEqual(await rooms('invite'), [invited])
    assert.deepEqual(await rooms('leave', 'ban'), [left, banned].toSorted())
    assert.deepEqual(await rooms(), [])
    const members = async (...memberships: ('join' | 'leave')[]) =>
      (await membersOfRoom(fixture.db, left, memberships)).map((row) => row.user_id)
    assert.deepEqual(await members('join'), [alice])
    assert.deepEqual(await members('join', 'leave'), [alice, bob])
    assert.equal(await membershipIn(fixture.db, left, carol), undefined)
    assert.equal(await membershipIn(fixture.db, '!x' as RoomId, bob as UserId), undefined)
  })
})
