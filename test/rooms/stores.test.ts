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
import { alice, bob, carol, openWorld, publicRoom, say, setState, type World } from './fixture.ts'
import type { RoomId } from '../../src/lib/ids.ts'

const rename = (world: World, roomId: RoomId, name: string) =>
  setState(world, roomId, alice, { type: 'm.room.name', content: { name } })

async function positionOf(world: World, eventId: EventId): Promise<number> {
  return (await findEvent(world.db, eventId))?.position ?? -1
}

onEachDatabase('stores of rooms', (open) => {
  test('events are found by id, and only in their own room', async (t) => {
    const world = await openWorld(await open(t))
    const [here, there] = [await publicRoom(world), await publicRoom(world)]
    const [first, second] = [await say(world, here, alice, 'a'), await say(world, there, alice, 'b')]
    assert.equal((await findEventOfRoom(world.db, here, first))?.eventId, first)
    assert.equal(await findEventOfRoom(world.db, there, first), undefined)
    assert.equal(await findEvent(world.db, '$nothing' as EventId), undefined)
    const found = await findEvents(world.db, [first, second, '$nothing' as EventId])
    assert.deepEqual([...found.keys()].toSorted(), [first, second].toSorted())
    assert.equal((await findEvents(world.db, [])).size, 0)
  })

  test('current state is that of the room, the type and the key', async (t) => {
    const world = await openWorld(await open(t))
    const [here, there] = [await publicRoom(world), await publicRoom(world, { name: 'There' })]
    await rename(world, here, 'Old')
    await rename(world, here, 'Here')
    await say(world, here, alice, 'not state')
    const state = await currentState(world.db, here)
    const types = state.map((event) => event.type)
    assert.equal(types.length, new Set(types).size)
    assert.ok(!types.includes('m.room.message'))
    const of = { roomId: here, type: 'm.room.name', stateKey: '' }
    assert.deepEqual((await currentStateEvent(world.db, of))?.content, { name: 'Here' })
    assert.equal(await currentStateEvent(world.db, { ...of, stateKey: 'x' }), undefined)
    const some = await currentStateOfTypes(world.db, there, ['m.room.name', 'm.room.create', 'm.room.topic'])
    assert.deepEqual(
      some.map((event) => event.type),
      ['m.room.create', 'm.room.name'],
    )
    assert.deepEqual(await currentStateOfTypes(world.db, there, []), [])
  })

  test('state at a position is what it was then', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    const before = await positionOf(world, await say(world, roomId, alice, 'nameless'))
    const first = await positionOf(world, await rename(world, roomId, 'First'))
    const second = await positionOf(world, await rename(world, roomId, 'Second'))
    const nameAt = async (position: number) => {
      const of = { roomId, type: 'm.room.name', stateKey: '', position }
      const one = (await stateEventAt(world.db, of))?.content['name']
      const all = await stateAt(world.db, roomId, position)
      assert.equal(all.find((event) => event.type === 'm.room.name')?.content['name'], one)
      return one
    }
    assert.equal(await nameAt(before), undefined)
    assert.equal(await nameAt(first), 'First')
    assert.equal(await nameAt(second), 'Second')
    assert.equal(await nameAt(second + 1000), 'Second')
    const latest = await stateAt(world.db, roomId, second)
    assert.deepEqual(latest, await currentState(world.db, roomId))
    assert.deepEqual(await stateAt(world.db, roomId, 0), [])
  })

  test('members and rooms are those of the membership asked for', async (t) => {
    const world = await openWorld(await open(t))
    const [joined, invited, left, banned, forgotten] = [
      await publicRoom(world),
      await publicRoom(world),
      await publicRoom(world),
      await publicRoom(world),
      await publicRoom(world),
    ]
    for (const roomId of [joined, left, forgotten]) await joinRoom(world, { roomId, userId: bob })
    await inviteUser(world, { roomId: invited, sender: alice, target: bob })
    for (const roomId of [left, forgotten]) await leaveRoom(world, { roomId, userId: bob })
    await banUser(world, { roomId: banned, sender: alice, target: bob })
    await forgetRoom(world, { roomId: forgotten, userId: bob })
    const rooms = async (...memberships: ('join' | 'invite' | 'leave' | 'ban')[]) =>
      (await roomsOfUser(world.db, bob, memberships)).map((row) => row.room_id)
    assert.deepEqual(await rooms('join'), [joined])
    assert.deepEqual(await rooms('invite'), [invited])
    assert.deepEqual(await rooms('leave', 'ban'), [left, banned].toSorted())
    assert.deepEqual(await rooms(), [])
    const members = async (...memberships: ('join' | 'leave')[]) =>
      (await membersOfRoom(world.db, left, memberships)).map((row) => row.user_id)
    assert.deepEqual(await members('join'), [alice])
    assert.deepEqual(await members('join', 'leave'), [alice, bob])
    assert.equal(await membershipIn(world.db, left, carol), undefined)
    assert.equal(await membershipIn(world.db, '!x' as RoomId, bob as UserId), undefined)
  })
})
