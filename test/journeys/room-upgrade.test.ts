import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { foundingPusher, registerUser, type TestUser } from '../support/client.ts'
import { clusterUrl, newPostgresUrl } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { startTestServer } from '../support/server.ts'

const encoded = encodeURIComponent
type Content = Record<string, unknown>
type Rule = { rule_id: string; enabled: boolean; conditions?: Content[]; actions: unknown[] }
type Rulesets = { global: Record<string, Rule[]>; device?: Record<string, Record<string, Rule[]>> }

async function begin(t: TestContext, flags: readonly string[] = []) {
  const { url } = await startTestServer(t, { flags })
  const [alice, bob, carol] = [
    await registerUser(url, 'alice'),
    await registerUser(url, 'bob'),
    await registerUser(url, 'carol'),
  ]
  return { url, alice, bob, carol }
}

const state = async (user: TestUser, roomId: string, type: string, key = '') => {
  const path = `/rooms/${encoded(roomId)}/state/${encoded(type)}/${encoded(key)}`
  const { status, body } = await user.try('GET', path)
  return status === 200 ? body : undefined
}
type StateKey = string | readonly [type: string, key: string]
const setState = (user: TestUser, roomId: string, of: StateKey, content: Content) => {
  const [type, key] = typeof of === 'string' ? [of, ''] : of
  return user.put(`/rooms/${encoded(roomId)}/state/${encoded(type)}/${encoded(key)}`, content)
}
const upgrade = async (user: TestUser, roomId: string, version: string, more: Content = {}) =>
  String(
    (await user.post(`/rooms/${encoded(roomId)}/upgrade`, { new_version: version, ...more }))[
      'replacement_room'
    ],
  )
const rulesOf = async (user: TestUser) =>
  (await user.get('/pushrules/')) as unknown as { global: Rulesets['global'] }
const deviceRulesOf = async (user: TestUser) =>
  ((await user.get('/user/' + encoded(user.userId) + '/account_data/m.push_rules')) as unknown as Rulesets)
    .device

const ROOM = {
  preset: 'public_chat',
  room_version: '10',
  visibility: 'public',
  name: 'Watch',
  topic: 'who is on call',
  room_alias_name: 'watch',
  creation_content: { 'm.federate': false, 'org.example.other': 1 },
  initial_state: [
    { type: 'm.room.encryption', content: { algorithm: 'm.megolm.v1.aes-sha2' } },
    { type: 'm.room.avatar', content: { url: 'mxc://localhost/a' } },
    { type: 'm.room.server_acl', content: { allow: ['*'] } },
    { type: 'm.room.history_visibility', content: { history_visibility: 'joined' } },
    { type: 'org.example.widget', content: { a: 1 } },
  ],
}

describe('an upgrade of a room', () => {
  for (const dialect of ['sqlite', 'postgres'] as const)
    test(`copies its state, bans and settings, moves its names and ends it, on ${dialect}`, async (t) => {
      const cluster = clusterUrl()
      if (dialect === 'postgres' && typeof cluster !== 'string') return t.skip(cluster.missing)
      const flags = dialect === 'postgres' ? ['--database', await newPostgresUrl(cluster as string)] : []
      const { alice, bob, carol } = await begin(t, flags)
      const old = await alice.createRoom(ROOM)
      await bob.post(`/join/${encoded(old)}`)
      await alice.put(`/directory/room/${encoded('#watch-2:localhost')}`, { room_id: old })
      const alias = { alias: '#watch:localhost', alt_aliases: ['#watch-2:localhost'] }
      await setState(alice, old, 'm.room.canonical_alias', alias)
      await alice.post(`/rooms/${encoded(old)}/ban`, { user_id: carol.userId, reason: 'spam' })
      const levels = (await state(alice, old, 'm.room.power_levels')) as Content
      await setState(alice, old, 'm.room.power_levels', {
        ...levels,
        users: { [alice.userId]: 100, [bob.userId]: 50 },
        notifications: { room: 60 },
      })
      await bob.put(`/user/${encoded(bob.userId)}/rooms/${encoded(old)}/tags/m.favourite`, { order: 0.5 })
      await bob.put(`/user/${encoded(bob.userId)}/account_data/m.direct`, {
        [alice.userId]: ['!x:localhost', old, '!y:localhost'],
        [carol.userId]: ['!x:localhost'],
      })

      const now = await upgrade(alice, old, '11')
      for (const type of [
        'encryption',
        'avatar',
        'server_acl',
        'history_visibility',
        'join_rules',
        'guest_access',
        'name',
        'topic',
      ])
        assert.deepEqual(
          await state(alice, now, `m.room.${type}`),
          await state(alice, old, `m.room.${type}`),
          type,
        )
      assert.equal(await state(alice, now, 'org.example.widget'), undefined)
      const create = (await state(alice, now, 'm.room.create')) as Content & { predecessor: Content }
      assert.deepEqual(
        { ...create, predecessor: create.predecessor['room_id'] },
        { room_version: '11', 'm.federate': false, predecessor: old },
      )
      const tombstone = (await alice.get(
        `/rooms/${encoded(old)}/state/m.room.tombstone/?format=event`,
      )) as Content
      assert.equal(create.predecessor['event_id'], tombstone['event_id'])
      assert.equal((tombstone['content'] as Content)['replacement_room'], now)
      assert.deepEqual(await state(alice, now, 'm.room.member', carol.userId), {
        membership: 'ban',
        reason: 'spam',
      })
      const expected = {
        ...levels,
        users: { [alice.userId]: 100, [bob.userId]: 50 },
        notifications: { room: 60 },
      }
      assert.deepEqual(await state(alice, now, 'm.room.power_levels'), expected)

      assert.deepEqual(await state(alice, now, 'm.room.canonical_alias'), alias)
      assert.deepEqual(await state(alice, old, 'm.room.canonical_alias'), {})
      for (const name of ['#watch:localhost', '#watch-2:localhost'])
        assert.equal((await bob.get(`/directory/room/${encoded(name)}`))['room_id'], now)

      assert.equal(
        (await bob.try('POST', `/rooms/${encoded(old)}/invite`, { user_id: carol.userId })).status,
        403,
      )
      const dan = (await state(alice, old, 'm.room.power_levels')) as Content
      assert.deepEqual([dan['events_default'], dan['invite'], dan['state_default']], [50, 50, 50])

      assert.equal((await carol.try('POST', `/join/${encoded('#watch:localhost')}`)).status, 403, 'banned')
      await bob.post(`/join/${encoded('#watch:localhost')}`)
      const tags = `/user/${encoded(bob.userId)}/rooms/${encoded(now)}/tags`
      assert.deepEqual(await bob.get(tags), { tags: { 'm.favourite': { order: 0.5 } } })
      assert.deepEqual(await bob.get(`/user/${encoded(bob.userId)}/account_data/m.direct`), {
        [alice.userId]: ['!x:localhost', old, now, '!y:localhost'],
        [carol.userId]: ['!x:localhost'],
      })
      await bob.delete(`${tags}/m.favourite`)
      await bob.post(`/rooms/${encoded(now)}/leave`)
      await bob.post(`/join/${encoded(now)}`)
      assert.deepEqual(await bob.get(tags), { tags: {} }, 'settings are carried along once')
    })

  for (const dialect of ['sqlite', 'postgres'] as const)
    test(`carries push rules of all kinds and scopes to each member who joins, on ${dialect}`, async (t) => {
      const cluster = clusterUrl()
      if (dialect === 'postgres' && typeof cluster !== 'string') return t.skip(cluster.missing)
      const flags = dialect === 'postgres' ? ['--database', await newPostgresUrl(cluster as string)] : []
      const { alice, bob } = await begin(t, flags)
      const old = await alice.createRoom({ preset: 'public_chat' })
      await bob.post(`/join/${encoded(old)}`)
      const inRoom = (roomId: string) => ({ kind: 'event_match', key: 'room_id', pattern: roomId })
      const put = (scope: string, kind: string, id: string, body: Content) =>
        bob.put(`/pushrules/${scope}/${kind}/${encoded(id)}`, body)
      await put('global', 'override', 'below', { conditions: [], actions: [] })
      await put('global', 'override', old, { conditions: [inRoom(old)], actions: [] })
      await put('global', 'override', 'top', { conditions: [inRoom('!other:localhost')], actions: [] })
      await put('global', 'underride', 'loud', {
        conditions: [{ kind: 'event_property_is', key: 'room_id', value: old }, inRoom('*')],
        actions: ['notify', { set_tweak: 'sound', value: 'bell' }],
      })
      await put('global', 'room', old, { actions: ['notify'] })
      await bob.put(`/pushrules/global/room/${encoded(old)}/enabled`, { enabled: false })
      await put('device/phone', 'room', old, { actions: [] })
      await alice.put(`/pushrules/global/room/${encoded(old)}`, { actions: [] })

      const now = await upgrade(alice, old, '11')
      const ofAlice = (await rulesOf(alice)).global['room']
      assert.deepEqual(
        ofAlice?.map((rule) => rule.rule_id),
        [now, old],
        'the user who upgrades',
      )
      await bob.post(`/join/${encoded(now)}`)
      const { global } = await rulesOf(bob)
      const own = (kind: string) => (global[kind] ?? []).filter((rule) => !rule.rule_id.startsWith('.'))
      assert.deepEqual(
        own('override').map((rule) => rule.rule_id),
        ['top', now, old, 'below'],
      )
      assert.deepEqual(own('override')[1]?.conditions, [inRoom(now)])
      const [loud] = own('underride')
      assert.equal(loud?.rule_id, `loud ${now}`)
      assert.deepEqual(loud.conditions, [
        { kind: 'event_property_is', key: 'room_id', value: now },
        inRoom('*'),
      ])
      assert.deepEqual(loud.actions, ['notify', { set_tweak: 'sound', value: 'bell' }])
      assert.deepEqual(
        own('room').map((rule) => [rule.rule_id, rule.enabled]),
        [
          [now, false],
          [old, false],
        ],
      )
      const device = (await deviceRulesOf(bob))?.['phone']
      assert.deepEqual(
        device?.['room']?.map((rule) => rule.rule_id),
        [now, old],
      )

      await bob.delete(`/pushrules/global/room/${encoded(now)}`)
      await bob.post(`/rooms/${encoded(now)}/leave`)
      await bob.post(`/join/${encoded(now)}`)
      const after = (await rulesOf(bob)).global['room']?.map((rule) => rule.rule_id)
      assert.deepEqual(after, [old], 'a rule that was removed is not copied again')
    })

  test('keeps a room muted on one device only, from the first message in the new room', async (t) => {
    const { alice, bob } = await begin(t)
    const gateway = await startPokeReceiver(t)
    const old = await alice.createRoom({ preset: 'public_chat' })
    await bob.post(`/join/${encoded(old)}`)
    for (const handle of ['phone', 'laptop'])
      await bob.post(
        '/pushers/set',
        foundingPusher(gateway.url, {
          pushkey: handle,
          instance_handle: handle,
          app_id: `org.example.${handle}`,
        }),
      )
    await bob.put(`/pushrules/device/phone/room/${encoded(old)}`, { actions: [] })
    const now = await upgrade(alice, old, '12')
    await bob.post(`/join/${encoded(now)}`)
    const eventId = await alice.say(now, 'the first')
    await eventually(() => gateway.pokes.some((poke) => poke.event_id === eventId))
    const said = await alice.say(now, 'the second')
    await eventually(() => gateway.pokes.some((poke) => poke.event_id === said))
    const keys = gateway.pokes
      .filter((poke) => poke.event_id === eventId || poke.event_id === said)
      .map((poke) => poke.devices[0]?.pushkey)
    assert.deepEqual(keys, ['laptop', 'laptop'])
  })

  test('obeys the rules about creators, from and to version 12', async (t) => {
    const { alice, bob, carol } = await begin(t)
    const old = await alice.createRoom({ preset: 'public_chat', room_version: '11' })
    for (const user of [bob, carol]) await user.post(`/join/${encoded(old)}`)
    const levels = (await state(alice, old, 'm.room.power_levels')) as Content & { events: Content }
    const users = { [alice.userId]: 100, [bob.userId]: 100, [carol.userId]: 50 }
    await setState(alice, old, 'm.room.power_levels', { ...levels, users })
    const twelve = await upgrade(alice, old, '12', { additional_creators: [bob.userId, alice.userId] })
    const create = (await state(alice, twelve, 'm.room.create')) as Content
    assert.deepEqual(create['additional_creators'], [bob.userId])
    const inTwelve = (await state(alice, twelve, 'm.room.power_levels')) as typeof levels
    assert.deepEqual(inTwelve['users'], { [carol.userId]: 50 })
    assert.equal(inTwelve.events['m.room.tombstone'], 150)
    for (const user of [bob, carol]) await user.post(`/join/${encoded(twelve)}`)
    assert.equal(
      (await carol.try('POST', `/rooms/${encoded(twelve)}/upgrade`, { new_version: '12' })).status,
      403,
    )

    const next = await upgrade(bob, twelve, '12')
    assert.equal(((await state(bob, next, 'm.room.create')) as Content)['additional_creators'], undefined)
    const back = await upgrade(bob, next, '11', { additional_creators: [alice.userId] })
    const inEleven = (await state(bob, back, 'm.room.power_levels')) as Content
    assert.deepEqual(inEleven['users'], { [carol.userId]: 50, [bob.userId]: 150 })
    assert.equal(((await state(bob, back, 'm.room.create')) as Content)['additional_creators'], undefined)
    await setState(bob, back, 'm.room.name', { name: 'bob has the power' })
  })

  test('by a user with just enough power copies state above that power, and leaves out what the user may not do', async (t) => {
    const { alice, bob } = await begin(t)
    const old = await alice.createRoom({
      preset: 'private_chat',
      name: 'Watch',
      invite: [bob.userId],
      room_version: '11',
    })
    await bob.post(`/join/${encoded(old)}`)
    const levels = (await state(alice, old, 'm.room.power_levels')) as Content & { events: Content }
    const events = { ...levels.events, 'm.room.tombstone': 10, 'm.room.name': 90 }
    const changed = { ...levels, events, users: { [alice.userId]: 100, [bob.userId]: 10 } }
    await setState(alice, old, 'm.room.power_levels', changed)
    const now = await upgrade(bob, old, '11')
    assert.deepEqual(await state(bob, now, 'm.room.name'), { name: 'Watch' })
    assert.deepEqual(await state(bob, now, 'm.room.power_levels'), changed)
    assert.deepEqual(await state(bob, now, 'm.room.join_rules'), { join_rule: 'invite' })
    assert.deepEqual(await state(bob, old, 'm.room.power_levels'), changed, 'bob may not end the old room')
  })

  test('of a space keeps its rooms, and raises unusual levels of the old room', async (t) => {
    const { alice, bob } = await begin(t)
    const old = await alice.createRoom({
      preset: 'public_chat',
      room_version: '11',
      creation_content: { type: 'm.space' },
      power_level_content_override: {
        users_default: 60,
        events: { 'm.reaction': 0 },
        events_default: 0,
        invite: 0,
      },
    })
    await bob.post(`/join/${encoded(old)}`)
    await setState(alice, old, ['m.space.child', '!kept:localhost'], { via: ['localhost'], order: 'a' })
    await setState(alice, old, ['m.space.child', '!removed:localhost'], {})
    const now = await upgrade(alice, old, '11')
    assert.equal(((await state(alice, now, 'm.room.create')) as Content)['type'], 'm.space')
    assert.deepEqual(await state(alice, now, 'm.space.child', '!kept:localhost'), {
      via: ['localhost'],
      order: 'a',
    })
    assert.equal(await state(alice, now, 'm.space.child', '!removed:localhost'), undefined)
    for (const type of ['m.room.message', 'm.reaction']) {
      const path = `/rooms/${encoded(old)}/send/${type}/${type}`
      assert.equal((await bob.try('PUT', path, { msgtype: 'm.text', body: 'x' })).status, 403, type)
    }
  })

  test('that is repeated returns the same room, and a room that only claims a predecessor carries nothing', async (t) => {
    const { alice, bob } = await begin(t)
    const old = await alice.createRoom({ preset: 'public_chat' })
    await bob.post(`/join/${encoded(old)}`)
    await bob.put(`/user/${encoded(bob.userId)}/rooms/${encoded(old)}/tags/u.a`, {})
    const rooms = await Promise.all([upgrade(alice, old, '12'), upgrade(alice, old, '12')])
    assert.equal(rooms[0], rooms[1])
    assert.notEqual(await upgrade(alice, old, '11'), rooms[0], 'another version is another request')
    const trap = await alice.createRoom({
      preset: 'public_chat',
      creation_content: { predecessor: { room_id: old, event_id: '$x' } },
    })
    await bob.post(`/join/${encoded(trap)}`)
    assert.deepEqual(await bob.get(`/user/${encoded(bob.userId)}/rooms/${encoded(trap)}/tags`), { tags: {} })
  })

  test('is refused without permission, for an unknown version and an unknown room, and changes nothing', async (t) => {
    const { alice, bob, carol } = await begin(t)
    const old = await alice.createRoom({ preset: 'public_chat' })
    await bob.post(`/join/${encoded(old)}`)
    for (const [user, room, body, status, errcode] of [
      [bob, old, { new_version: '11' }, 403, 'M_FORBIDDEN'],
      [carol, old, { new_version: '11' }, 403, 'M_FORBIDDEN'],
      [alice, old, { new_version: '99' }, 400, 'M_UNSUPPORTED_ROOM_VERSION'],
      [alice, old, {}, 400, 'M_MISSING_PARAM'],
      [alice, old, { new_version: '12', additional_creators: ['bob'] }, 400, 'M_INVALID_PARAM'],
      [alice, '!unknown:localhost', { new_version: '11' }, 404, 'M_NOT_FOUND'],
    ] as const) {
      const response = await user.try('POST', `/rooms/${encoded(room)}/upgrade`, body)
      assert.deepEqual([response.status, response.body['errcode']], [status, errcode], JSON.stringify(body))
    }
    assert.equal(await state(alice, old, 'm.room.tombstone'), undefined)
    assert.deepEqual((await alice.get('/joined_rooms'))['joined_rooms'], [old])
  })
})
