import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deactivateUser } from '../../src/accounts/users-store.ts'
import type { RoomId } from '../../src/lib/ids.ts'
import { leaveAllRooms, leaveSome } from '../../src/rooms/leave-all-rooms.ts'
import { banUser, inviteUser, joinRoom } from '../../src/rooms/membership.ts'
import { membershipIn } from '../../src/rooms/membership-store.ts'
import { onEachDatabase } from '../support/databases.ts'
import { alice, bob, carol, openWorld, publicRoom, START, type World } from './fixture.ts'

const stands = async (world: World, rooms: readonly RoomId[], userId = bob) =>
  Promise.all(rooms.map(async (roomId) => (await membershipIn(world.db, roomId, userId))?.membership))

const end = (world: World, userId = bob) =>
  world.db.transaction((tx) => tx.run(deactivateUser, { userId, now: START }))

/** Twenty rooms that bob is in, one that he is invited to, one that he is banned from. */
async function manyRooms(world: World): Promise<RoomId[]> {
  const rooms: RoomId[] = []
  for (let n = 0; n < 22; n++) rooms.push(await publicRoom(world))
  for (const roomId of rooms.slice(0, 20)) await joinRoom(world, { roomId, userId: bob })
  const [invited, banned] = rooms.slice(20) as [RoomId, RoomId]
  await inviteUser(world, { roomId: invited, sender: alice, target: bob })
  await banUser(world, { roomId: banned, sender: alice, target: bob })
  return rooms
}

const ALL_LEFT = [...Array.from({ length: 21 }, () => 'leave'), 'ban']

onEachDatabase('an account that was ended', (open) => {
  test('leaves its rooms, declines its invitations, and stays banned; nobody else leaves', async (t) => {
    const world = await openWorld(await open(t))
    const rooms = await manyRooms(world)
    await joinRoom(world, { roomId: rooms[0] as RoomId, userId: carol })
    await end(world)
    await leaveAllRooms(world, bob)
    assert.deepEqual(await stands(world, rooms), ALL_LEFT)
    assert.deepEqual((await stands(world, rooms.slice(0, 1), carol))[0], 'join')
    assert.ok((await stands(world, rooms, alice)).every((membership) => membership === 'join'))
  })

  test('what a process that died has left undone is made an end of, a few rooms at a time', async (t) => {
    const world = await openWorld(await open(t))
    const rooms = await manyRooms(world)
    assert.equal(await leaveSome(world), 0, 'nobody who is still here')
    await end(world)
    assert.equal(await leaveSome(world), 16)
    assert.equal(await leaveSome(world), 5)
    assert.deepEqual(await stands(world, rooms), ALL_LEFT)
    assert.equal(await leaveSome(world), 0)
  })
})
