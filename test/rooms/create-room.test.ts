import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '../../src/lib/ids.ts'
import { createRoom, type RoomRequest } from '../../src/rooms/create-room.ts'
import { resolveAlias } from '../../src/rooms/aliases.ts'
import { membershipIn } from '../../src/rooms/membership-store.ts'
import { roomById } from '../../src/rooms/room-store.ts'
import { onEachDatabase } from '../support/databases.ts'
import { alice, bob, carol, eventsOf, openWorld, refusal, rowCounts, stateOf } from './fixture.ts'

onEachDatabase('creating a room', (open) => {
  test('the events come in the order of the specification', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await createRoom(world, alice, {
      room_alias_name: 'pub',
      name: 'The Pub',
      topic: 'Beer',
      initial_state: [{ type: 'm.room.encryption', content: { algorithm: 'x' } }],
      invite: [bob, carol, bob],
      is_direct: true,
    })
    const events = await world.db.all(eventsOf, { roomId })
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
    assert.deepEqual(await stateOf(world, roomId, 'm.room.member', bob), {
      membership: 'invite',
      is_direct: true,
    })
    assert.equal((await stateOf(world, roomId, 'm.room.topic'))?.['topic'], 'Beer')
    assert.equal(await resolveAlias(world.db, '#pub:here' as never), roomId)
    const room = await world.db.first(roomById, { roomId })
    assert.deepEqual([room?.joined_count, room?.invited_count], [1, 2])
    assert.ok(events.every((event, at) => at === 0 || event.position === (events[at - 1]?.position ?? 0) + 1))
  })

  test('room version 12: the id comes from the create event, and the creator has no entry', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await createRoom(world, alice, {})
    const [create] = await world.db.all(eventsOf, { roomId })
    assert.match(roomId, /^![A-Za-z0-9_-]{43}$/)
    assert.equal(create?.event_id.slice(1), roomId.slice(1))
    assert.deepEqual(JSON.parse(create.content), { room_version: '12' })
    const levels = await stateOf(world, roomId, 'm.room.power_levels')
    assert.deepEqual(levels?.['users'], {})
    assert.equal((levels['events'] as { 'm.room.tombstone': number })['m.room.tombstone'], 150)
  })

  for (const version of ['10', '11'])
    test(`room version ${version}: the id names the server, and the creator has 100`, async (t) => {
      const world = await openWorld(await open(t))
      const roomId = await createRoom(world, alice, {
        room_version: version,
        preset: 'trusted_private_chat',
        invite: [bob],
      })
      assert.match(roomId, /^![A-Za-z0-9_-]{24}:here$/)
      const create = await stateOf(world, roomId, 'm.room.create')
      assert.equal(create?.['creator'], version === '10' ? alice : undefined)
      assert.deepEqual((await stateOf(world, roomId, 'm.room.power_levels'))?.['users'], {
        [alice]: 100,
        [bob]: 100,
      })
    })

  test('a trusted chat of version 12 makes its invitees creators', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await createRoom(world, alice, {
      preset: 'trusted_private_chat',
      invite: [bob],
      creation_content: { additional_creators: [carol, bob], creator: 'me', room_version: '1', extra: 1 },
    })
    assert.deepEqual(await stateOf(world, roomId, 'm.room.create'), {
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
  test('presets', async (t) => {
    const world = await openWorld(await open(t))
    for (const [request, joinRule, guestAccess, invite] of presets) {
      const roomId = await createRoom(world, alice, request)
      assert.deepEqual(await stateOf(world, roomId, 'm.room.join_rules'), { join_rule: joinRule })
      assert.deepEqual(await stateOf(world, roomId, 'm.room.guest_access'), { guest_access: guestAccess })
      assert.deepEqual(await stateOf(world, roomId, 'm.room.history_visibility'), {
        history_visibility: 'shared',
      })
      assert.equal((await stateOf(world, roomId, 'm.room.power_levels'))?.['invite'], invite)
    }
  })

  test('initial state goes over the preset, the name over initial state, the override over the levels', async (t) => {
    const world = await openWorld(await open(t))
    const roomId = await createRoom(world, alice, {
      preset: 'public_chat',
      name: 'B',
      initial_state: [
        { type: 'm.room.join_rules', content: { join_rule: 'invite' } },
        { type: 'm.room.name', content: { name: 'A' } },
        { type: 'org.example', state_key: 'k', content: { on: true } },
      ],
      power_level_content_override: { events_default: 10, events: { 'm.room.name': 7 }, state_default: 200 },
    })
    assert.deepEqual(await stateOf(world, roomId, 'm.room.join_rules'), { join_rule: 'invite' })
    assert.deepEqual(await stateOf(world, roomId, 'm.room.name'), { name: 'B' })
    assert.deepEqual(await stateOf(world, roomId, 'org.example', 'k'), { on: true })
    const levels = await stateOf(world, roomId, 'm.room.power_levels')
    assert.equal(levels?.['events_default'], 10)
    assert.deepEqual(levels['events'], { 'm.room.name': 7, 'm.room.tombstone': 201 })
  })

  const refused: [string, RoomRequest, [number, string]][] = [
    ['an unknown version', { room_version: '9' }, [400, 'M_UNSUPPORTED_ROOM_VERSION']],
    ['an alias that is taken', { room_alias_name: 'taken' }, [400, 'M_ROOM_IN_USE']],
    ['an alias with a colon', { room_alias_name: 'a:b' }, [400, 'M_INVALID_PARAM']],
    ['an alias that is too long', { room_alias_name: 'a'.repeat(250) }, [400, 'M_INVALID_PARAM']],
    ['somebody who does not exist', { invite: [bob, '@nobody:here' as UserId] }, [404, 'M_NOT_FOUND']],
    ['a user of another server', { invite: ['@bob:there' as UserId] }, [403, 'M_FORBIDDEN']],
    ['oneself', { invite: [alice] }, [403, 'M_FORBIDDEN']],
    [
      'levels that lock the creator out',
      { room_version: '11', name: 'x', power_level_content_override: { users: {} } },
      [400, 'M_INVALID_ROOM_STATE'],
    ],
    [
      'the creator among the users',
      { power_level_content_override: { users: { [alice]: 100 } } },
      [400, 'M_INVALID_ROOM_STATE'],
    ],
    [
      'creators that are no users',
      { creation_content: { additional_creators: ['bob'] } },
      [400, 'M_INVALID_ROOM_STATE'],
    ],
    [
      'state about another user',
      { initial_state: [{ type: 'x', state_key: bob, content: {} }] },
      [400, 'M_INVALID_ROOM_STATE'],
    ],
    [
      'a member as state',
      { initial_state: [{ type: 'm.room.member', state_key: bob, content: { membership: 'join' } }] },
      [400, 'M_INVALID_PARAM'],
    ],
    ['a fraction', { initial_state: [{ type: 'x', content: { n: 0.5 } }] }, [400, 'M_BAD_JSON']],
    ['a name that is too large', { name: 'x'.repeat(65_536) }, [413, 'M_TOO_LARGE']],
    [
      'too many invitations',
      { invite: Array.from({ length: 101 }, (_, n) => `@u${n}:here` as UserId) },
      [400, 'M_INVALID_PARAM'],
    ],
  ]
  test('what is refused leaves nothing behind', async (t) => {
    const world = await openWorld(await open(t))
    await createRoom(world, bob, { room_alias_name: 'taken' })
    const before = await world.db.first(rowCounts, {})
    for (const [name, request, [status, errcode]] of refused) {
      await assert.rejects(createRoom(world, alice, request), refusal(status, errcode), name)
      assert.deepEqual(await world.db.first(rowCounts, {}), before, name)
    }
  })

  test('of two rooms that want the same alias at once, one is made', async (t) => {
    const world = await openWorld(await open(t))
    const results = await Promise.allSettled(
      [alice, bob].map((userId) => createRoom(world, userId, { room_alias_name: 'x' })),
    )
    assert.deepEqual(results.map((result) => result.status).toSorted(), ['fulfilled', 'rejected'])
  })

  test('the creator is a member, and waiting syncs hear of the invitation', async (t) => {
    const world = await openWorld(await open(t))
    const woken: string[] = []
    world.bus.subscribe([`user:${bob}`], () => woken.push(bob))
    const roomId = await createRoom(world, alice, { invite: [bob] })
    assert.equal((await membershipIn(world.db, roomId, alice))?.membership, 'join')
    assert.deepEqual(woken, [bob])
  })
})
