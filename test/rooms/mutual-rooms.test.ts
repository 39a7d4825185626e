import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId, UserId } from '../../src/lib/ids.ts'
import { joinRoom, leaveRoom } from '../../src/rooms/membership.ts'
import { mutualRooms } from '../../src/rooms/mutual-rooms.ts'
import { onEachDatabase } from '../support/databases.ts'
import { alice, bob, carol, createRoomsFixture, publicRoom } from './fixture.ts'

onEachDatabase('mutual rooms', (open) => {
  test('are the rooms that both users have joined, in pages, with the number of all', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const rooms: RoomId[] = []
    for (let at = 0; at < 4; at++) rooms.push(await publicRoom(fixture))
    for (const roomId of rooms) await joinRoom(fixture, { roomId, userId: bob })
    await joinRoom(fixture, { roomId: rooms[0] as RoomId, userId: carol })
    await leaveRoom(fixture, { roomId: rooms[3] as RoomId, userId: bob })
    const sorted = rooms.slice(0, 3).toSorted()
    const read = (other: UserId, after = '', page?: number) =>
      mutualRooms(fixture.db, { userId: alice, other, after }, page)
    assert.deepEqual(await read(bob), { joined: sorted, count: 3, end: undefined })
    assert.deepEqual(await read(carol), { joined: [rooms[0]], count: 1, end: undefined })
    assert.deepEqual(await read('@nobody:here' as UserId), { joined: [], count: 0, end: undefined })
    const first = await read(bob, '', 2)
    assert.deepEqual(first, { joined: sorted.slice(0, 2), count: 3, end: sorted[1] })
    assert.deepEqual(await read(bob, first.end, 2), { joined: sorted.slice(2), count: 3, end: undefined })
  })
})
