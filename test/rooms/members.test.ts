import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId, UserId } from '../../src/lib/ids.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import {
  type MembersRequest,
  readJoinedMembers,
  readMembers,
  readState,
  readStateEvent,
} from '../../src/rooms/members.ts'
import { currentPosition } from '../../src/storage/stream.ts'
import { onEachDatabase } from '../support/databases.ts'
import { deviceOf, type House, openHouse, user } from './sync-fixture.ts'

const alice = user('alice')
const bob = user('bob')
const carol = user('carol')
const forbidden = { status: 403, errcode: 'M_FORBIDDEN' }

const readerOf = (house: House, userId: UserId) => ({
  viewer: { userId, deviceId: deviceOf(userId) },
  now: house.clock.now(),
})

async function members(house: House, userId: UserId, request: Partial<MembersRequest> & { roomId: RoomId }) {
  const all = { at: undefined, membership: undefined, notMembership: undefined, ...request }
  const events = await readMembers(house.db, readerOf(house, userId), all)
  const content = (event: JsonObject) => (event['content'] as JsonObject)['membership']
  return Object.fromEntries(events.map((event) => [event['state_key'], content(event)]))
}

onEachDatabase('members and state', (open) => {
  test('members by membership, now and at a token', async (t) => {
    const house = await openHouse(t, await open(t), ['alice', 'bob', 'carol'])
    const roomId = await house.create(alice)
    await house.join(roomId, bob)
    const then = await currentPosition(house.db)
    await house.leave(roomId, bob)
    await house.invite(roomId, alice, carol)
    const ask = (more: Partial<MembersRequest> = {}) => members(house, alice, { roomId, ...more })
    assert.deepEqual(await ask(), { [alice]: 'join', [bob]: 'leave', [carol]: 'invite' })
    assert.deepEqual(await ask({ membership: 'join' }), { [alice]: 'join' })
    assert.deepEqual(await ask({ notMembership: 'leave' }), { [alice]: 'join', [carol]: 'invite' })
    assert.deepEqual(
      await ask({ membership: 'leave', notMembership: 'join' }),
      { [bob]: 'leave', [carol]: 'invite' },
      'one of the two is enough',
    )
    assert.deepEqual(await ask({ at: then }), { [alice]: 'join', [bob]: 'join' })
  })

  test('who has left sees the room as it was then', async (t) => {
    const house = await openHouse(t, await open(t), ['alice', 'bob', 'carol'])
    const roomId = await house.create(alice)
    await house.set(roomId, alice, 'm.room.topic', { topic: 'then' })
    await house.join(roomId, bob)
    await house.leave(roomId, bob)
    await house.set(roomId, alice, 'm.room.topic', { topic: 'now' })
    await house.set(roomId, alice, 'm.room.name', { name: 'now' })
    await house.join(roomId, carol)
    const topic = { roomId, type: 'm.room.topic', stateKey: '' }
    const name = { roomId, type: 'm.room.name', stateKey: '' }
    assert.deepEqual((await readStateEvent(house.db, bob, topic)).content, { topic: 'then' })
    assert.deepEqual((await readStateEvent(house.db, alice, topic)).content, { topic: 'now' })
    await assert.rejects(readStateEvent(house.db, bob, name), { status: 404, errcode: 'M_NOT_FOUND' })
    const state = await readState(house.db, readerOf(house, bob), roomId)
    assert.deepEqual(state.find((event) => event['type'] === 'm.room.topic')?.['content'], { topic: 'then' })
    assert.ok(!state.some((event) => event['type'] === 'm.room.name'))
    assert.deepEqual(await members(house, bob, { roomId }), { [alice]: 'join', [bob]: 'leave' })
    await assert.rejects(readJoinedMembers(house.db, bob, roomId), forbidden)
  })

  test('strangers and the invited learn nothing', async (t) => {
    const house = await openHouse(t, await open(t), ['alice', 'bob', 'carol'])
    const roomId = await house.create(alice, { preset: 'private_chat' })
    await house.invite(roomId, alice, bob)
    for (const userId of [bob, carol]) {
      await assert.rejects(members(house, userId, { roomId }), forbidden)
      await assert.rejects(readState(house.db, readerOf(house, userId), roomId), forbidden)
      await assert.rejects(
        readStateEvent(house.db, userId, { roomId, type: 'm.room.create', stateKey: '' }),
        forbidden,
      )
      await assert.rejects(readJoinedMembers(house.db, userId, roomId), forbidden)
    }
  })

  test('those in the room with their profiles, and the whole state once', async (t) => {
    const house = await openHouse(t, await open(t), ['alice', 'bob', 'carol'])
    const roomId = await house.create(alice)
    await house.join(roomId, bob)
    await house.join(roomId, carol)
    await house.leave(roomId, carol)
    const joined = await readJoinedMembers(house.db, alice, roomId)
    assert.deepEqual(Object.keys(joined).toSorted(), [alice, bob])
    assert.deepEqual(joined[alice], { display_name: null, avatar_url: null })
    const state = await readState(house.db, readerOf(house, alice), roomId)
    const keys = state.map((event) => JSON.stringify([event['type'], event['state_key']]))
    assert.equal(new Set(keys).size, keys.length)
    assert.ok(
      keys.includes('["m.room.create",""]') && keys.includes(JSON.stringify(['m.room.member', carol])),
    )
  })
})
