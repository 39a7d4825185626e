import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '../../src/lib/ids.ts'
import { createRoom, type RoomRequest } from '../../src/rooms/create-room.ts'
import { resolveAlias } from '../../src/rooms/aliases.ts'
import { membershipIn } from '../../src/rooms/membership-store.ts'
import { roomById } from '../../src/rooms/room-store.ts'
import { onEachDatabase } from '../support/databases.ts'
import { alice, bob, carol, eventsOf, createRoomsFixture, refusal, rowCounts, stateOf } from './fixture.ts'

onEachDatabase('creating a room', (open) => {
  test('writes the events in the order of the specification', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await createRoom(fixture, alice, {
      room_alias_name: 'pub',
      name: 'Office',
      topic: 'Work',
      initial_state: [{ type: 'm.room.encryption', content: { algorithm: 'x' } }],
      invite: [bob, carol, bob],
      is_direct: true,
    })
    const events = await fixture.db.all(eventsOf, { roomId })
    assert.deepEqual(
      events.map((event) => `${event.type} ${event.state_key}`.trim()),
      [
        'm.room.create',
        `m.room.member ${alice}`,
        'm.room.power_levels',
        'm.room.canonical_alias',
        'm.room.join_rules',
        'm.room.history_visibility',
        'm.room.guest_access',
        'm.room.encryption',
        'm.room.name',
        'm.room.topic',
        `m.room.member ${bob}`,
        `m.room.member ${carol}`,
      ],
    )
    assert.deepEqual(await stateOf(fixture, roomId, 'm.room.member', bob), {
      membership: 'invite',
      is_direct: true,
    })
    assert.equal((await stateOf(fixture, roomId, 'm.room.topic'))?.['topic'], 'Work')
    assert.equal(await resolveAlias(fixture.db, '#pub:here' as never), roomId)
    const room = await fixture.db.first(roomById, { roomId })
    assert.deepEqual([room?.joined_count, room?.invited_count], [1, 2])
    // Consecutive positions of the shard of the room.
    const first = events[0]?.position ?? 0
    assert.deepEqual(
      events.map((event) => (event.position - first) / fixture.db.shards),
      [...events.keys()],
    )
  })

  test('room version 12: the room id is derived from the id of the create event, and the power levels omit the creator', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await createRoom(fixture, alice, {})
    const [create] = await fixture.db.all(eventsOf, { roomId })
    assert.match(roomId, /^![A-Za-z0-9_-]{43}$/)
    assert.equal(create?.event_id.slice(1), roomId.slice(1))
    assert.deepEqual(JSON.parse(create.content), { room_version: '12' })
    const levels = await stateOf(fixture, roomId, 'm.room.power_levels')
    assert.deepEqual(levels?.['users'], {})
    assert.equal((levels['events'] as { 'm.room.tombstone': number })['m.room.tombstone'], 150)
  })

  for (const version of ['10', '11'])
    test(`room version ${version}: the room id ends with the server name, and the creator has level 100`, async (t) => {
      const fixture = await createRoomsFixture(await open(t))
      const roomId = await createRoom(fixture, alice, {
        room_version: version,
        preset: 'trusted_private_chat',
        invite: [bob],
      })
      assert.match(roomId, /^![A-Za-z0-9_-]{24}:here$/)
      const create = await stateOf(fixture, roomId, 'm.room.create')
      assert.equal(create?.['creator'], version === '10' ? alice : undefined)
      assert.deepEqual((await stateOf(fixture, roomId, 'm.room.power_levels'))?.['users'], {
        [alice]: 100,
        [bob]: 100,
      })
    })

  test('in room version 12 a trusted private chat makes invited users creators', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await createRoom(fixture, alice, {
      preset: 'trusted_private_chat',
      invite: [bob],
      creation_content: { additional_creators: [carol, bob], creator: 'me', room_version: '1', extra: 1 },
    })
    assert.deepEqual(await stateOf(fixture, roomId, 'm.room.create'), {
      room_version: '12',
      additional_creators: [carol, bob],
      extra: 1,
    })
  })

  const presets: [RoomRequest, string, string, number][] = [
    [{}, 'invite', 'can_join', 0],
    [{ preset: 'private_chat' }, 'invite', 'can_join', 0],
    [{ preset: 'trusted_private_chat' }, 'invite', 'can_join', 0],
    [{ preset: 'public_chat' }, 'public', 'forbidden', 50],
    [{ visibility: 'public' }, 'public', 'forbidden', 50],
    [{ visibility: 'public', preset: 'private_chat' }, 'invite', 'can_join', 0],
  ]
  test('a preset sets join rule, guest access, history visibility and invite level', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    for (const [request, joinRule, guestAccess, invite] of presets) {
      const roomId = await createRoom(fixture, alice, request)
      assert.deepEqual(await stateOf(fixture, roomId, 'm.room.join_rules'), { join_rule: joinRule })
      assert.deepEqual(await stateOf(fixture, roomId, 'm.room.guest_access'), { guest_access: guestAccess })
      assert.deepEqual(await stateOf(fixture, roomId, 'm.room.history_visibility'), {
        history_visibility: 'shared',
      })
      assert.equal((await stateOf(fixture, roomId, 'm.room.power_levels'))?.['invite'], invite)
    }
  })

  test('initial state overrides the preset, the name overrides initial state, and the level override applies last', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const roomId = await createRoom(fixture, alice, {
      preset: 'public_chat',
      name: 'B',
      initial_state: [
        { type: 'm.room.join_rules', content: { join_rule: 'invite' } },
        { type: 'm.room.name', content: { name: 'A' } },
        { type: 'org.example', state_key: 'k', content: { on: true } },
      ],
      power_level_content_override: { events_default: 10, events: { 'm.room.name': 7 }, state_default: 200 },
    })
    assert.deepEqual(await stateOf(fixture, roomId, 'm.room.join_rules'), { join_rule: 'invite' })
    assert.deepEqual(await stateOf(fixture, roomId, 'm.room.name'), { name: 'B' })
    assert.deepEqual(await stateOf(fixture, roomId, 'org.example', 'k'), { on: true })
    const levels = await stateOf(fixture, roomId, 'm.room.power_levels')
    assert.equal(levels?.['events_default'], 10)
    assert.deepEqual(levels['events'], { 'm.room.name': 7, 'm.room.tombstone': 201 })
  })

  const refused: [string, RoomRequest, [number, string]][] = [
    ['an unknown room version', { room_version: '9' }, [400, 'M_UNSUPPORTED_ROOM_VERSION']],
    ['an alias that is taken', { room_alias_name: 'taken' }, [400, 'M_ROOM_IN_USE']],
    ['an alias with a colon', { room_alias_name: 'a:b' }, [400, 'M_INVALID_PARAM']],
    ['an alias that is too long', { room_alias_name: 'a'.repeat(250) }, [400, 'M_INVALID_PARAM']],
    ['an invited user who does not exist', { invite: [bob, '@nobody:here' as UserId] }, [404, 'M_NOT_FOUND']],
    ['an invited user of another server', { invite: ['@bob:there' as UserId] }, [403, 'M_FORBIDDEN']],
    ['an invitation of the creator', { invite: [alice] }, [403, 'M_FORBIDDEN']],
    [
      'power levels without the creator',
      { room_version: '11', name: 'x', power_level_content_override: { users: {} } },
      [400, 'M_INVALID_ROOM_STATE'],
    ],
    [
      'power levels with the creator in version 12',
      { power_level_content_override: { users: { [alice]: 100 } } },
      [400, 'M_INVALID_ROOM_STATE'],
    ],
    [
      'additional creators that are not user ids',
      { creation_content: { additional_creators: ['bob'] } },
      [400, 'M_INVALID_ROOM_STATE'],
    ],
    [
      'initial state with the user id of another user as state key',
      { initial_state: [{ type: 'x', state_key: bob, content: {} }] },
      [400, 'M_INVALID_ROOM_STATE'],
    ],
    [
      'a member event as initial state',
      { initial_state: [{ type: 'm.room.member', state_key: bob, content: { membership: 'join' } }] },
      [400, 'M_INVALID_PARAM'],
    ],
    [
      'a fraction in initial state',
      { initial_state: [{ type: 'x', content: { n: 0.5 } }] },
      [400, 'M_BAD_JSON'],
    ],
    ['a name that is too large', { name: 'x'.repeat(65_536) }, [413, 'M_TOO_LARGE']],
    [
      'too many invitations',
      { invite: Array.from({ length: 101 }, (_, n) => `@u${n}:here` as UserId) },
      [400, 'M_INVALID_PARAM'],
    ],
  ]
  test('a refused request writes nothing', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    await createRoom(fixture, bob, { room_alias_name: 'taken' })
    const before = await fixture.db.first(rowCounts, {})
    for (const [name, request, [status, errcode]] of refused) {
      await assert.rejects(createRoom(fixture, alice, request), refusal(status, errcode), name)
      assert.deepEqual(await fixture.db.first(rowCounts, {}), before, name)
    }
  })

  test('one of two parallel requests with the same alias succeeds', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const results = await Promise.allSettled(
      [alice, bob].map((userId) => createRoom(fixture, userId, { room_alias_name: 'x' })),
    )
    assert.deepEqual(results.map((result) => result.status).toSorted(), ['fulfilled', 'rejected'])
  })

  test('the creator is joined, and the syncs of an invited user wake up', async (t) => {
    const fixture = await createRoomsFixture(await open(t))
    const woken: string[] = []
    fixture.bus.subscribe([`user:${bob}`], () => woken.push(bob))
    const roomId = await createRoom(fixture, alice, { invite: [bob] })
    assert.equal((await membershipIn(fixture.db, roomId, alice))?.membership, 'join')
    assert.deepEqual(woken, [bob])
  })
})
