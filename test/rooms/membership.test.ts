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
  openWorld,
  publicRoom,
  refusal,
  setState,
  stateOf,
  type World,
} from './fixture.ts'

type Standing = 'none' | 'invite' | 'join' | 'leave' | 'ban'
const forbidden = refusal(403, 'M_FORBIDDEN')

/** Brings bob to a membership of alice's private room. */
async function standing(world: World, membership: Standing): Promise<RoomId> {
  const roomId = await createRoom(world, alice, {})
  const about = { roomId, sender: alice, target: bob }
  const own = { roomId, userId: bob }
  if (membership === 'ban') await banUser(world, about)
  if (membership === 'none' || membership === 'ban') return roomId
  await inviteUser(world, about)
  if (membership === 'invite') return roomId
  await joinRoom(world, own)
  if (membership === 'leave') await leaveRoom(world, own)
  return roomId
}

async function snapshot(world: World, roomId: RoomId) {
  const [events, room, member] = await Promise.all([
    world.db.all(eventsOf, { roomId }),
    world.db.first(roomById, { roomId }),
    membershipIn(world.db, roomId, bob),
  ])
  return {
    events: events.length,
    joined: room?.joined_count ?? -1,
    invited: room?.invited_count ?? -1,
    membership: member?.membership ?? 'none',
  }
}

type Act = (world: World, roomId: RoomId) => Promise<void>
const acts: Record<string, Act> = {
  join: (world, roomId) => joinRoom(world, { roomId, userId: bob }),
  leave: (world, roomId) => leaveRoom(world, { roomId, userId: bob }),
  invite: (world, roomId) => inviteUser(world, { roomId, sender: alice, target: bob }),
  kick: (world, roomId) => kickUser(world, { roomId, sender: alice, target: bob }),
  ban: (world, roomId) => banUser(world, { roomId, sender: alice, target: bob }),
  unban: (world, roomId) => unbanUser(world, { roomId, sender: alice, target: bob }),
}

/** For each act and membership before: the membership after, 'same' (200, no new event) or 'refused'. */
const table: Record<string, Record<Standing, Standing | 'same' | 'refused'>> = {
  join: { none: 'refused', invite: 'join', join: 'same', leave: 'refused', ban: 'refused' },
  leave: { none: 'refused', invite: 'leave', join: 'leave', leave: 'same', ban: 'refused' },
  invite: { none: 'invite', invite: 'same', join: 'refused', leave: 'invite', ban: 'refused' },
  kick: { none: 'refused', invite: 'leave', join: 'leave', leave: 'refused', ban: 'refused' },
  ban: { none: 'ban', invite: 'ban', join: 'ban', leave: 'ban', ban: 'same' },
  unban: { none: 'refused', invite: 'refused', join: 'refused', leave: 'refused', ban: 'leave' },
}

onEachDatabase('membership', (open) => {
  for (const [name, row] of Object.entries(table))
    test(`${name}, from each membership, with the counters`, async (t) => {
      const world = await openWorld(await open(t))
      for (const [from, expected] of Object.entries(row) as [Standing, string][]) {
        const roomId = await standing(world, from)
        const before = await snapshot(world, roomId)
        const acting = (acts[name] as Act)(world, roomId)
        if (expected === 'refused') {
          await assert.rejects(acting, forbidden, `${name} from ${from}`)
          assert.deepEqual(await snapshot(world, roomId), before)
          continue
        }
        await acting
        const after = await snapshot(world, roomId)
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

  test('a kick, or lifting a ban, is refused the second time', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await standing(world, 'join')
    const about = { roomId, sender: alice, target: bob }
    await kickUser(world, about)
    const kicked = await snapshot(world, roomId)
    await assert.rejects(kickUser(world, about), forbidden)
    assert.deepEqual(await snapshot(world, roomId), kicked)
    await banUser(world, about)
    await unbanUser(world, about)
    const lifted = await snapshot(world, roomId)
    await assert.rejects(unbanUser(world, about), forbidden)
    assert.deepEqual(await snapshot(world, roomId), lifted)
  })

  test('reasons are kept; without the level nothing is done', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await standing(world, 'join')
    for (const act of [kickUser, banUser])
      await assert.rejects(act(world, { roomId, sender: bob, target: alice }), forbidden)
    await kickUser(world, { roomId, sender: alice, target: bob, reason: 'spam' })
    assert.deepEqual(await stateOf(world, roomId, 'm.room.member', bob), {
      membership: 'leave',
      reason: 'spam',
    })
  })

  test('rooms and users that do not exist', async (t) => {
    const world = await openWorld(await open(t))
    const nowhere = '!nowhere' as RoomId
    await assert.rejects(joinRoom(world, { roomId: nowhere, userId: bob }), refusal(404, 'M_NOT_FOUND'))
    await assert.rejects(leaveRoom(world, { roomId: nowhere, userId: bob }), forbidden)
    await assert.rejects(inviteUser(world, { roomId: nowhere, sender: alice, target: bob }), forbidden)
    const roomId = await publicRoom(world)
    const invite = (target: string) => inviteUser(world, { roomId, sender: alice, target: target as UserId })
    await assert.rejects(invite('@nobody:here'), refusal(404, 'M_NOT_FOUND'))
    await assert.rejects(invite('@bob:there'), forbidden)
  })

  test('a restricted room opens to the members of another', async (t) => {
    const world = await openWorld(await open(t))
    const space = await publicRoom(world)
    const roomId = await createRoom(world, alice, {
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
    const join = () => joinRoom(world, { roomId, userId: bob })
    await assert.rejects(join(), forbidden)
    const forged = { membership: 'join', join_authorised_via_users_server: alice }
    await assert.rejects(
      setState(world, roomId, bob, { type: 'm.room.member', stateKey: bob, content: forged }),
      forbidden,
    )
    await joinRoom(world, { roomId: space, userId: bob })
    await join()
    assert.deepEqual(await stateOf(world, roomId, 'm.room.member', bob), {
      membership: 'join',
      join_authorised_via_users_server: alice,
    })
    await banUser(world, { roomId, sender: alice, target: bob })
    await assert.rejects(join(), forbidden)
  })

  test('a restricted room in which nobody may invite stays shut', async (t) => {
    const world = await openWorld(await open(t))
    const space = await publicRoom(world)
    await joinRoom(world, { roomId: space, userId: bob })
    const roomId = await createRoom(world, alice, {
      room_version: '11',
      power_level_content_override: { invite: 101 },
      initial_state: [
        {
          type: 'm.room.join_rules',
          content: { join_rule: 'restricted', allow: [{ type: 'm.room_membership', room_id: space }] },
        },
      ],
    })
    await assert.rejects(joinRoom(world, { roomId, userId: bob }), forbidden)
  })

  test('member state goes the same way as the membership endpoints', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await createRoom(world, alice, {})
    const set = (sender: UserId, target: string, content: Record<string, string>) =>
      setState(world, roomId, sender, { type: 'm.room.member', stateKey: target, content })
    await set(alice, bob, { membership: 'invite' })
    assert.deepEqual(await snapshot(world, roomId), {
      events: 7,
      joined: 1,
      invited: 1,
      membership: 'invite',
    })
    const joined = await set(bob, bob, { membership: 'join', displayname: 'Bobby' })
    assert.equal(await set(bob, bob, { membership: 'join', displayname: 'Bobby' }), joined)
    assert.deepEqual(await snapshot(world, roomId), { events: 8, joined: 2, invited: 0, membership: 'join' })
    assert.equal((await membershipIn(world.db, roomId, bob))?.name_key, 'bobby')
    await assert.rejects(set(alice, '@nobody:here', { membership: 'invite' }), refusal(404, 'M_NOT_FOUND'))
    await assert.rejects(set(alice, carol, { membership: 'leave' }), forbidden)
    await assert.rejects(set(alice, 'nobody', { membership: 'invite' }), refusal(400, 'M_INVALID_PARAM'))
    await assert.rejects(set(alice, bob, { membership: 'guest' }), refusal(400, 'M_BAD_JSON'))
    await assert.rejects(set(alice, bob, {}), refusal(400, 'M_BAD_JSON'))
  })

  test('forgetting takes having left, and joining again remembers', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    const own = { roomId, userId: bob }
    await assert.rejects(forgetRoom(world, own), refusal(404, 'M_NOT_FOUND'))
    await joinRoom(world, own)
    await assert.rejects(forgetRoom(world, own), refusal(400, 'M_UNKNOWN'))
    await leaveRoom(world, own)
    await forgetRoom(world, own)
    await forgetRoom(world, own)
    assert.equal((await membershipIn(world.db, roomId, bob))?.forgotten, 1)
    await joinRoom(world, own)
    assert.equal((await membershipIn(world.db, roomId, bob))?.forgotten, 0)
    assert.deepEqual(await joinedRooms(world, bob), [roomId])
    assert.deepEqual(await joinedRooms(world, carol), [])
  })

  test('a changed profile is in the member events of joined rooms, and there alone', async (t) => {
    const world = await openWorld(await open(t))
    const rooms = await Promise.all(Array.from({ length: 20 }, () => publicRoom(world)))
    for (const roomId of rooms) await joinRoom(world, { roomId, userId: bob })
    const [left, ...joined] = rooms
    await leaveRoom(world, { roomId: left as RoomId, userId: bob })
    await world.db.transaction((tx) => tx.run(setDisplayName, { userId: bob, value: 'Bob the Builder' }))
    await updateMemberProfile(world, bob)
    await updateMemberProfile(world, bob)
    for (const roomId of joined) {
      const events = await world.db.all(eventsOf, { roomId })
      const own = events.filter((event) => event.state_key === bob)
      assert.equal(own.length, 2)
      assert.deepEqual(JSON.parse(own[1]?.content ?? ''), {
        membership: 'join',
        displayname: 'Bob the Builder',
      })
      assert.equal(own[1]?.replaces_event_id, own[0]?.event_id)
      const [, member] = await membersOfRoom(world.db, roomId, ['join'])
      assert.deepEqual([member?.displayname, member?.name_key], ['Bob the Builder', 'bob'])
      assert.equal((await world.db.first(roomById, { roomId }))?.joined_count, 2)
    }
    assert.equal((await stateOf(world, left as RoomId, 'm.room.member', bob))?.['displayname'], undefined)
  })

  test('a room that refuses the change does not keep it from the others', async (t) => {
    const world = await openWorld(await open(t))
    const [shut, other] = [await publicRoom(world), await publicRoom(world)]
    for (const roomId of [shut, other]) await joinRoom(world, { roomId, userId: bob })
    await setState(world, shut, alice, { type: 'm.room.join_rules', content: { join_rule: 'private' } })
    await world.db.transaction((tx) => tx.run(setDisplayName, { userId: bob, value: 'Bob' }))
    await updateMemberProfile(world, bob)
    assert.equal((await stateOf(world, shut, 'm.room.member', bob))?.['displayname'], undefined)
    assert.equal((await stateOf(world, other, 'm.room.member', bob))?.['displayname'], 'Bob')
  })

  test('two who join at the same moment are counted once each', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await publicRoom(world)
    await Promise.all([bob, carol, bob].map((userId) => joinRoom(world, { roomId, userId })))
    assert.equal((await world.db.first(roomById, { roomId }))?.joined_count, 3)
    assert.equal((await membersOfRoom(world.db, roomId, ['join'])).length, 3)
  })
})
