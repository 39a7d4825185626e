import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as sdk from 'matrix-js-sdk'
import { eventually } from '../support/eventually.ts'
import { startTestServer } from '../support/server.ts'
import { once, startClient } from './js-sdk.ts'

describe('an unmodified matrix-js-sdk client', () => {
  test('sets fields of a profile, tags and direct rooms, and sees them on another device', async (t) => {
    const { url } = await startTestServer(t)
    const alice = await startClient(t, url, 'alice')
    const bob = await startClient(t, url, 'bob')
    assert.ok(await alice.doesServerSupportExtendedProfiles())
    await alice.setExtendedProfileProperty('m.tz', 'Europe/Berlin')
    await alice.setExtendedProfileProperty('org.example.list', [1, { a: true }])
    const id = alice.getUserId() as string
    assert.equal(await bob.getExtendedProfileProperty(id, 'm.tz'), 'Europe/Berlin')
    assert.deepEqual(await bob.getExtendedProfile(id), {
      'm.tz': 'Europe/Berlin',
      'org.example.list': [1, { a: true }],
    })
    await alice.deleteExtendedProfileProperty('m.tz')
    assert.deepEqual(await bob.getExtendedProfile(id), { 'org.example.list': [1, { a: true }] })

    const { room_id: roomId } = await alice.createRoom({
      name: 'Tagged',
      invite: [bob.getUserId() as string],
    })
    const tagged = once(alice, sdk.RoomEvent.Tags)
    await alice.setRoomTag(roomId, 'm.favourite', { order: 0.25 })
    await tagged
    assert.deepEqual(alice.getRoom(roomId)?.tags, { 'm.favourite': { order: 0.25 } })
    await alice.setAccountData(sdk.EventType.Direct, { [bob.getUserId() as string]: [roomId] })
    assert.deepEqual(alice.getAccountData(sdk.EventType.Direct)?.getContent(), {
      [bob.getUserId() as string]: [roomId],
    })
    await alice.deleteRoomTag(roomId, 'm.favourite')
    await eventually(() => Object.keys(alice.getRoom(roomId)?.tags ?? { x: 1 }).length === 0)
    await alice.reportRoom(roomId, 'a test')
  })

  test('finds a room of a space, knocks, is invited, and follows an upgrade of the room with its rules', async (t) => {
    const { url } = await startTestServer(t)
    const alice = await startClient(t, url, 'alice')
    const bob = await startClient(t, url, 'bob')
    const { room_id: roomId } = await alice.createRoom({
      name: 'Knock here',
      initial_state: [{ type: 'm.room.join_rules', state_key: '', content: { join_rule: 'knock' } }],
    })
    const { room_id: space } = await alice.createRoom({
      name: 'Space',
      preset: sdk.Preset.PublicChat,
      visibility: sdk.Visibility.Public,
      creation_content: { type: sdk.RoomType.Space },
    })
    await alice.sendStateEvent(space, sdk.EventType.SpaceChild, { via: ['localhost'] }, roomId)

    const { chunk } = await bob.publicRooms({
      filter: { generic_search_term: 'space', room_types: [sdk.RoomType.Space] },
    })
    assert.deepEqual(
      chunk.map((room) => [room.room_id, room.name, room.num_joined_members]),
      [[space, 'Space', 1]],
    )
    const { rooms } = await bob.getRoomHierarchy(space, 20, 1)
    assert.deepEqual(
      rooms.map((room) => room.room_id),
      [space, roomId],
    )
    const summary = await bob.getRoomSummary(roomId)
    assert.deepEqual([summary.name, summary.join_rule, summary.membership], ['Knock here', 'knock', 'leave'])

    const knocked = once(
      alice,
      sdk.RoomMemberEvent.Membership,
      (_event, member) => member['membership'] === 'knock',
    )
    await bob.knockRoom(roomId, { reason: 'please' })
    await knocked
    const invited = once(bob, sdk.RoomEvent.MyMembership, (_room, membership) => membership === 'invite')
    await alice.invite(roomId, bob.getUserId() as string)
    await invited
    await bob.joinRoom(roomId)
    await bob.setRoomMutePushRule('global', roomId, true)

    const replaced = once(
      bob,
      sdk.RoomStateEvent.Events,
      (event: sdk.MatrixEvent) => event.getType() === 'm.room.tombstone',
    )
    const { replacement_room: now } = await alice.upgradeRoom(roomId, '11')
    await replaced
    const tombstone = bob.getRoom(roomId)?.currentState.getStateEvents('m.room.tombstone', '')
    assert.equal(tombstone?.getContent()['replacement_room'], now)
    await alice.invite(now, bob.getUserId() as string)
    await bob.joinRoom(now)
    const { global } = await bob.getPushRules()
    const muted = global.room?.map((rule) => rule.rule_id)
    assert.deepEqual(muted, [now, roomId])
    await eventually(() => bob.getRoom(now)?.findPredecessor()?.roomId === roomId)
  })
})
