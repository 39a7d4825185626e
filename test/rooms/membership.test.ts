import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setDisplayName } from '../../src/accounts/users-store.ts'
import type { RoomId, UserId } from '../../src/lib/ids.ts'
import { createRoom } from '../../src/rooms/create-room.ts'
import { updateMemberProfile } from '../../src/rooms/member-profile.ts'
import { membershipIn, membersOfRoom } from '../../src/rooms/membership-store.ts'
import {
  banUser,
  forgetRoom,
  inviteUser,
  joinedRooms,
  joinRoom,
  kickUser,
  leaveRoom,
  unbanUser,
} from '../../src/rooms/membership.ts'
import { roomById } from '../../src/rooms/room-store.ts'
import { onEachDatabase } from '../support/databases.ts'
import {
  alice,
  bob,
  carol,
  eventsOf,
  createRoomsFixture,
  publicRoom,
  refusal,
  setState,
  stateOf,
  type RoomsFixture,
} from './fixture.ts'

type Before = 'none' | 'invite' | 'join' | 'leave' | 'ban'
const forbidden = refusal(403, 'M_FORBIDDEN')

/** Creates a private room of alice in which bob has the membership. */
async function createRoomWithBob(fixture: RoomsFixture, membership: Before): Promise<RoomId> {
  const roomId = await createRoom(fixture, alice, {})
  const about = { roomId, sender: alice, target: bob }
  const own = { roomId, userId: bob }
  if (membership === 'ban') await banUser(fixture, about)
  if (membership === 'none' || membership === 'ban') return roomId
  await inviteUser(fixture, about)
  if (membership === 'invite') return roomId
  await joinRoom(fixture, own)
  if (membership === 'leave') await leaveRoom(fixture, own)
  return roomId
}

async function snapshot(fixture: RoomsFixture, roomId: RoomId) {
  const [events, room, member] = await Promise.all([
    fixture.db.all(eventsOf, { roomId }),
    fixture.db.first(roomById, { roomId }),
    membershipIn(fixture.db, roomId, bob),
  ])
  return {
    events: events.length,
    joined: room?.joined_count ?? -1,
    invited: room?.invited_count ?? -1,
    membership: member?.membership ?? 'none',
  }
}

type Action = (fixture: RoomsFixture, roomId: RoomId) => Promise<void>
const actions: Record<string, Action> = {
  join: (fixture, roomId) => joinRoom(fixture, { roomId, userId: bob }),
  leave: (fixture, roomId) => leaveRoom(fixture, { roomId, userId: bob }),
  invite: (fixture, roomId) => inviteUser(fixture, { roomId, sender: alice, target: bob }),
  kick: (fixture, roomId) => kickUser(fixture, { roomId, sender: alice, target: bob }),
  ban: (fixture, roomId) => banUser(fixture, { roomId, sender: alice, target: bob }),
  unban: (fixture, roomId) => unbanUser(fixture, { roomId, sender: alice, target: bob }),
}

/** For each action and membership before it: the membership after it, 'same' (200, no new event) or 'refused'. */
const table: Record<string, Record<Before, Before | 'same' | 'refused'>> = {
  join: { none: 'refused', invite: 'join', join: 'same', leave: 'refused', ban: 'refused' },
  leave: { none: 'refused', invite: 'leave', join: 'leave', leave: 'same', ban: 'refused' },
  invite: { none: 'invite', invite: 'same', join: 'refused', leave: 'invite', ban: 'refused' },
  kick: { none: 'refused', invite: 'leave', join: 'leave', leave: 'refused', ban: 'refused' },
  ban: { none: 'ban', invite: 'ban', join: 'ban', leave: 'ban', ban: 'same' },
  unban: { none: 'refused', invite: 'refused', join: 'refused', leave: 'refused', ban: 'leave' },
}

onEachDatabase('membership', (open) => {
  for (const [name, row] of Object.entries(table))
    test(`${name} from each membership has the expected membership and counters`, async (t) => {
      const fixture = await createRoomsFixture(await open(t))
      for (const [from, expected] of Object.entries(row) as [Before, string][]) {
        const roomId = await createRoomWithBob(fixture, from)
        const before = await snapshot(fixture, roomId)
        const result = (actions[name] as Action)(fixture, roomId)
        if (expected === 'refused') {
          await assert.rejects(result, forbidden, `${name} from ${from}`)
          assert.deepEqual(await snapshot(fixture, roomId), before)
          continue
        }
        await result
        const after = await snapshot(fixture, roomId)
        const membership = expected === 'same' ? from : expected
        assert.deepEqual(
          after,
          {
            events: before.events + (expected === 'same' ? 0 : 1),
            membership,
            joined: membership === 'join' ? 2 : 1,
            invited: membership === 'invite' ? 1 : 0,
          },
          `${name} from ${from}`,
        )
      }
    })

  test('a second kick or unban is refused', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await createRoomWithBob(fixture, 'join')
    const about = { roomId, sender: alice, target: bob }
    await kickUser(fixture, about)
    const kicked = await snapshot(fixture, roomId)
    await assert.rejects(kickUser(fixture, about), forbidden)
    assert.deepEqual(await snapshot(fixture, roomId), kicked)
    await banUser(fixture, about)
    await unbanUser(fixture, about)
    const unbanned = await snapshot(fixture, roomId)
    await assert.rejects(unbanUser(fixture, about), forbidden)
    assert.deepEqual(await snapshot(fixture, roomId), unbanned)
  })

  test('a kick stores its reason, and is refused without the level', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await createRoomWithBob(fixture, 'join')
    for (const action of [kickUser, banUser])
      await assert.rejects(action(fixture, { roomId, sender: bob, target: alice }), forbidden)
    await kickUser(fixture, { roomId, sender: alice, target: bob, reason: 'spam' })
    assert.deepEqual(await stateOf(fixture, roomId, 'm.room.member', bob), {
      membership: 'leave',
      reason: 'spam',
    })
  })

  test('rooms and users that do not exist are refused with 404 or 403', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const nowhere = '!nowhere' as RoomId
    await assert.rejects(joinRoom(fixture, { roomId: nowhere, userId: bob }), refusal(404, 'M_NOT_FOUND'))
    await assert.rejects(leaveRoom(fixture, { roomId: nowhere, userId: bob }), forbidden)
    await assert.rejects(inviteUser(fixture, { roomId: nowhere, sender: alice, target: bob }), forbidden)
    const roomId = await publicRoom(fixture)
    const invite = (target: string) =>
      inviteUser(fixture, { roomId, sender: alice, target: target as UserId })
    await assert.rejects(invite('@nobody:here'), refusal(404, 'M_NOT_FOUND'))
    await assert.rejects(invite('@bob:there'), forbidden)
  })

  test('members of an allowed room can join a restricted room', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const space = await publicRoom(fixture)
    const roomId = await createRoom(fixture, alice, {
      initial_state: [
        {
          type: 'm.room.join_rules',
          content: {
            join_rule: 'restricted',
            allow: [{ type: 'm.room_membership', room_id: space }, { type: 'x' }, 1],
          },
        },
      ],
    })
    const join = () => joinRoom(fixture, { roomId, userId: bob })
    await assert.rejects(join(), forbidden)
    const forged = { membership: 'join', join_authorised_via_users_server: alice }
    await assert.rejects(
      setState(fixture, roomId, bob, { type: 'm.room.member', stateKey: bob, content: forged }),
      forbidden,
    )
    await joinRoom(fixture, { roomId: space, userId: bob })
    await join()
    assert.deepEqual(await stateOf(fixture, roomId, 'm.room.member', bob), {
      membership: 'join',
      join_authorised_via_users_server: alice,
    })
    await banUser(fixture, { roomId, sender: alice, target: bob })
    await assert.rejects(join(), forbidden)
  })

  test('a restricted room without a member who may invite refuses the join', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const space = await publicRoom(fixture)
    await joinRoom(fixture, { roomId: space, userId: bob })
    const roomId = await createRoom(fixture, alice, {
      room_version: '11',
      power_level_content_override: { invite: 101 },
      initial_state: [
        {
          type: 'm.room.join_rules',
          content: { join_rule: 'restricted', allow: [{ type: 'm.room_membership', room_id: space }] },
        },
      ],
    })
    await assert.rejects(joinRoom(fixture, { roomId, userId: bob }), forbidden)
  })

  test('setting a member event has the effects and checks of the membership endpoints', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await createRoom(fixture, alice, {})
    const set = (sender: UserId, target: string, content: Record<string, string>) =>
      setState(fixture, roomId, sender, { type: 'm.room.member', stateKey: target, content })
    await set(alice, bob, { membership: 'invite' })
    assert.deepEqual(await snapshot(fixture, roomId), {
      events: 7,
      joined: 1,
      invited: 1,
      membership: 'invite',
    })
    const joined = await set(bob, bob, { membership: 'join', displayname: 'Bobby' })
    assert.equal(await set(bob, bob, { membership: 'join', displayname: 'Bobby' }), joined)
    assert.deepEqual(await snapshot(fixture, roomId), {
      events: 8,
      joined: 2,
      invited: 0,
      membership: 'join',
    })
    assert.equal((await membershipIn(fixture.db, roomId, bob))?.name_key, 'bobby')
    await assert.rejects(set(alice, '@nobody:here', { membership: 'invite' }), refusal(404, 'M_NOT_FOUND'))
    await assert.rejects(set(alice, carol, { membership: 'leave' }), forbidden)
    await assert.rejects(set(alice, 'nobody', { membership: 'invite' }), refusal(400, 'M_INVALID_PARAM'))
    await assert.rejects(set(alice, bob, { membership: 'guest' }), refusal(400, 'M_BAD_JSON'))
    await assert.rejects(set(alice, bob, {}), refusal(400, 'M_BAD_JSON'))
  })

  test('a room can be forgotten only after leaving, until the user joins again', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    const own = { roomId, userId: bob }
    await assert.rejects(forgetRoom(fixture, own), refusal(404, 'M_NOT_FOUND'))
    await joinRoom(fixture, own)
    await assert.rejects(forgetRoom(fixture, own), refusal(400, 'M_UNKNOWN'))
    await leaveRoom(fixture, own)
    await forgetRoom(fixture, own)
    await forgetRoom(fixture, own)
    assert.equal((await membershipIn(fixture.db, roomId, bob))?.forgotten, 1)
    await joinRoom(fixture, own)
    assert.equal((await membershipIn(fixture.db, roomId, bob))?.forgotten, 0)
    assert.deepEqual(await joinedRooms(fixture, bob), [roomId])
    assert.deepEqual(await joinedRooms(fixture, carol), [])
  })

  test('a changed profile is written to the member events of joined rooms only', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const rooms = await Promise.all(Array.from({ length: 20 }, () => publicRoom(fixture)))
    for (const roomId of rooms) await joinRoom(fixture, { roomId, userId: bob })
    const [left, ...joined] = rooms
    await leaveRoom(fixture, { roomId: left as RoomId, userId: bob })
    await fixture.db.transaction((tx) => tx.run(setDisplayName, { userId: bob, value: 'Bob Smith' }))
    await updateMemberProfile(fixture, bob)
    await updateMemberProfile(fixture, bob)
    for (const roomId of joined) {
      const events = await fixture.db.all(eventsOf, { roomId })
      const own = events.filter((event) => event.state_key === bob)
      assert.equal(own.length, 2)
      assert.deepEqual(JSON.parse(own[1]?.content ?? ''), {
        membership: 'join',
        displayname: 'Bob Smith',
      })
      assert.equal(own[1]?.replaces_event_id, own[0]?.event_id)
      const [, member] = await membersOfRoom(fixture.db, roomId, ['join'])
      assert.deepEqual([member?.displayname, member?.name_key], ['Bob Smith', 'bob'])
      assert.equal((await fixture.db.first(roomById, { roomId }))?.joined_count, 2)
    }
    assert.equal((await stateOf(fixture, left as RoomId, 'm.room.member', bob))?.['displayname'], undefined)
  })

  test('a room that refuses a changed profile does not prevent the change in other rooms', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const [shut, other] = [await publicRoom(fixture), await publicRoom(fixture)]
    for (const roomId of [shut, other]) await joinRoom(fixture, { roomId, userId: bob })
    await setState(fixture, shut, alice, { type: 'm.room.join_rules', content: { join_rule: 'private' } })
    await fixture.db.transaction((tx) => tx.run(setDisplayName, { userId: bob, value: 'Bob' }))
    await updateMemberProfile(fixture, bob)
    assert.equal((await stateOf(fixture, shut, 'm.room.member', bob))?.['displayname'], undefined)
    assert.equal((await stateOf(fixture, other, 'm.room.member', bob))?.['displayname'], 'Bob')
  })

  test('parallel joins count each member once', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await publicRoom(fixture)
    await Promise.all([bob, carol, bob].map((userId) => joinRoom(fixture, { roomId, userId })))
    assert.equal((await fixture.db.first(roomById, { roomId }))?.joined_count, 3)
    assert.equal((await membersOfRoom(fixture.db, roomId, ['join'])).length, 3)
  })
})
