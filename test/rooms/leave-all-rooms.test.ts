import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deactivateUser } from '../../src/accounts/users-store.ts'
import type { RoomId } from '../../src/lib/ids.ts'
import { leaveAllRooms, leaveNextRooms } from '../../src/rooms/leave-all-rooms.ts'
import { banUser, inviteUser, joinRoom } from '../../src/rooms/membership.ts'
import { membershipIn } from '../../src/rooms/membership-store.ts'
import { onEachDatabase } from '../support/databases.ts'
import { alice, bob, carol, createRoomsFixture, publicRoom, START, type RoomsFixture } from './fixture.ts'

const membershipsOf = async (fixture: RoomsFixture, rooms: readonly RoomId[], userId = bob) =>
  Promise.all(rooms.map(async (roomId) => (await membershipIn(fixture.db, roomId, userId))?.membership))

const deactivate = (fixture: RoomsFixture, userId = bob) =>
  fixture.db.transaction((tx) => tx.run(deactivateUser, { userId, now: START }))

/** Creates 22 rooms: bob is joined to 20, invited to one and banned from one. */
async function createRooms(fixture: RoomsFixture): Promise<RoomId[]> {
  const rooms: RoomId[] = []
  for (let n = 0; n < 22; n++) rooms.push(await publicRoom(fixture))
  for (const roomId of rooms.slice(0, 20)) await joinRoom(fixture, { roomId, userId: bob })
  const [invited, banned] = rooms.slice(20) as [RoomId, RoomId]
  await inviteUser(fixture, { roomId: invited, sender: alice, target: bob })
  await banUser(fixture, { roomId: banned, sender: alice, target: bob })
  return rooms
}

const ALL_LEFT = [...Array.from({ length: 21 }, () => 'leave'), 'ban']

onEachDatabase('leaving the rooms of a deactivated account', (open) => {
  test('leaves joined rooms, rejects invitations and keeps bans, and changes no other member', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const rooms = await createRooms(fixture)
    await joinRoom(fixture, { roomId: rooms[0] as RoomId, userId: carol })
    await deactivate(fixture)
    await leaveAllRooms(fixture, bob)
    assert.deepEqual(await membershipsOf(fixture, rooms), ALL_LEFT)
    assert.deepEqual((await membershipsOf(fixture, rooms.slice(0, 1), carol))[0], 'join')
    assert.ok((await membershipsOf(fixture, rooms, alice)).every((membership) => membership === 'join'))
  })

  test('leaveNextRooms leaves the remaining rooms after a crash, 16 rooms in each call', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const rooms = await createRooms(fixture)
    assert.equal(await leaveNextRooms(fixture), 0, 'leaves no room of an active account')
    await deactivate(fixture)
    assert.equal(await leaveNextRooms(fixture), 16)
    assert.equal(await leaveNextRooms(fixture), 5)
    assert.deepEqual(await membershipsOf(fixture, rooms), ALL_LEFT)
    assert.equal(await leaveNextRooms(fixture), 0)
  })
})
