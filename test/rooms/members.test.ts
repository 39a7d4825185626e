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
import { currentPosition } from '../support/current-position.ts'
import { onEachDatabase } from '../support/databases.ts'
import { deviceOf, type SyncFixture, createSyncFixture, user } from './sync-fixture.ts'

const alice = user('alice')
const bob = user('bob')
const carol = user('carol')
const forbidden = { status: 403, errcode: 'M_FORBIDDEN' }

const readerOf = (fixture: SyncFixture, userId: UserId) => ({
  viewer: { userId, deviceId: deviceOf(userId) },
  now: fixture.clock.now(),
})

async function members(
  fixture: SyncFixture,
  userId: UserId,
  request: Partial<MembersRequest> & { roomId: RoomId },
) {
  const all = { at: undefined, membership: undefined, notMembership: undefined, ...request }
  const events = await readMembers(fixture.db, readerOf(fixture, userId), all)
  const content = (event: JsonObject) => (event['content'] as JsonObject)['membership']
  return Object.fromEntries(events.map((event) => [event['state_key'], content(event)]))
}

onEachDatabase('members and state', (open) => {
  test('members are filtered by membership, now and at a token', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob', 'carol'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    const then = await currentPosition(fixture.db)
    await fixture.leave(roomId, bob)
    await fixture.invite(roomId, alice, carol)
    const ask = (more: Partial<MembersRequest> = {}) => members(fixture, alice, { roomId, ...more })
    assert.deepEqual(await ask(), { [alice]: 'join', [bob]: 'leave', [carol]: 'invite' })
    assert.deepEqual(await ask({ membership: 'join' }), { [alice]: 'join' })
    assert.deepEqual(await ask({ notMembership: 'leave' }), { [alice]: 'join', [carol]: 'invite' })
    assert.deepEqual(
      await ask({ membership: 'leave', notMembership: 'join' }),
      { [bob]: 'leave', [carol]: 'invite' },
      'a member that matches either filter is listed',
    )
    assert.deepEqual(await ask({ at: then }), { [alice]: 'join', [bob]: 'join' })
  })

  test('a user who has left sees the state at the time of leaving', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob', 'carol'])
    const roomId = await fixture.create(alice)
    await fixture.set(roomId, alice, 'm.room.topic', { topic: 'then' })
    await fixture.join(roomId, bob)
    await fixture.leave(roomId, bob)
    await fixture.set(roomId, alice, 'm.room.topic', { topic: 'now' })
    await fixture.set(roomId, alice, 'm.room.name', { name: 'now' })
    await fixture.join(roomId, carol)
    const topic = { roomId, type: 'm.room.topic', stateKey: '' }
    const name = { roomId, type: 'm.room.name', stateKey: '' }
    assert.deepEqual((await readStateEvent(fixture.db, bob, topic)).content, { topic: 'then' })
    assert.deepEqual((await readStateEvent(fixture.db, alice, topic)).content, { topic: 'now' })
    await assert.rejects(readStateEvent(fixture.db, bob, name), { status: 404, errcode: 'M_NOT_FOUND' })
    const state = await readState(fixture.db, readerOf(fixture, bob), roomId)
    assert.deepEqual(state.find((event) => event['type'] === 'm.room.topic')?.['content'], { topic: 'then' })
    assert.ok(!state.some((event) => event['type'] === 'm.room.name'))
    assert.deepEqual(await members(fixture, bob, { roomId }), { [alice]: 'join', [bob]: 'leave' })
    await assert.rejects(readJoinedMembers(fixture.db, bob, roomId), forbidden)
  })

  test('users who are not members, and invited users, get 403 for members and state', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob', 'carol'])
    const roomId = await fixture.create(alice, { preset: 'private_chat' })
    await fixture.invite(roomId, alice, bob)
    for (const userId of [bob, carol]) {
      await assert.rejects(members(fixture, userId, { roomId }), forbidden)
      await assert.rejects(readState(fixture.db, readerOf(fixture, userId), roomId), forbidden)
      await assert.rejects(
        readStateEvent(fixture.db, userId, { roomId, type: 'm.room.create', stateKey: '' }),
        forbidden,
      )
      await assert.rejects(readJoinedMembers(fixture.db, userId, roomId), forbidden)
    }
  })

  test('returns the joined members with their profiles, and each state event once', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), ['alice', 'bob', 'carol'])
    const roomId = await fixture.create(alice)
    await fixture.join(roomId, bob)
    await fixture.join(roomId, carol)
    await fixture.leave(roomId, carol)
    const joined = await readJoinedMembers(fixture.db, alice, roomId)
    assert.deepEqual(Object.keys(joined).toSorted(), [alice, bob])
    assert.deepEqual(joined[alice], { display_name: null, avatar_url: null })
    const state = await readState(fixture.db, readerOf(fixture, alice), roomId)
    const keys = state.map((event) => JSON.stringify([event['type'], event['state_key']]))
    assert.equal(new Set(keys).size, keys.length)
    assert.ok(
      keys.includes('["m.room.create",""]') && keys.includes(JSON.stringify(['m.room.member', carol])),
    )
  })
})
