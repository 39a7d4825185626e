import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  beginSliding as begin,
  stateOf,
  textsOf,
  timelineOf,
  tryUnstable,
  unstable,
} from './sliding-client.ts'

const NAME = [['m.room.name', '']]
const all = (more: Record<string, unknown> = {}) => ({
  lists: { all: { ranges: [[0, 99]], timeline_limit: 1, required_state: NAME, ...more } },
})

describe('the shape that Element X sends', () => {
  test('returns the rooms in the range, the last active ones first, with their count', async (t) => {
    const { url, alice, bob, roomOf } = await begin(t)
    const rooms = [await roomOf('one'), await roomOf('two'), await roomOf('three')]
    await bob.say(rooms[0] as string, 'newest')
    const first = await unstable(url, alice, all({ ranges: [[0, 1]] }))
    assert.deepEqual(first.lists, { all: { count: 3 } })
    assert.deepEqual(Object.keys(first.rooms), [rooms[0], rooms[2]])
    const room = first.rooms[rooms[0] as string]
    assert.equal(room?.initial, true)
    assert.equal(room.name, 'one')
    assert.deepEqual(textsOf(room), ['newest'])
    assert.deepEqual(stateOf(room), ['m.room.name '])
    assert.deepEqual(
      [
        room.joined_count,
        room.invited_count,
        room.limited,
        room.num_live,
        room.notification_count,
        room.is_dm,
      ],
      [2, 0, true, 0, 1, false],
    )
    // A larger range adds only the room that was not sent.
    const second = await unstable(url, alice, all(), { pos: first.pos })
    assert.deepEqual(Object.keys(second.rooms), [rooms[1]])
    assert.deepEqual((await unstable(url, alice, all(), { pos: second.pos })).rooms, {})
  })

  test('returns only the room with a new event, with what is new', async (t) => {
    const { url, alice, bob, roomOf } = await begin(t)
    const [one] = [await roomOf('one'), await roomOf('two')]
    const first = await unstable(url, alice, all())
    const eventId = await bob.say(one, 'hello')
    const second = await unstable(url, alice, all(), { pos: first.pos })
    assert.deepEqual(Object.keys(second.rooms), [one])
    const room = second.rooms[one]
    assert.deepEqual(textsOf(room), ['hello'])
    assert.deepEqual(
      [room?.initial, room?.name, room?.joined_count, room?.num_live, room?.limited],
      [undefined, undefined, undefined, 1, false],
    )
    assert.equal(room?.notification_count, 1)
    assert.ok((room?.bump_stamp ?? 0) > (first.rooms[one]?.bump_stamp ?? 0))
    assert.deepEqual(room?.required_state, [])
    // A receipt changes the counts only.
    await alice.read(one, eventId)
    const third = await unstable(url, alice, all(), { pos: second.pos })
    assert.equal(third.rooms[one]?.notification_count, 0)
    assert.deepEqual(timelineOf(third.rooms[one]), [])
  })

  test('repeats the same rooms when the same pos is used again', async (t) => {
    const { url, alice, bob, roomOf } = await begin(t)
    const one = await roomOf('one')
    const first = await unstable(url, alice, all())
    await bob.say(one, 'hello')
    const two = await roomOf('two')
    const rooms = async () => {
      const { rooms: found, pos } = await unstable(url, alice, all(), { pos: first.pos })
      return { pos, found: Object.entries(found).map(([id, room]) => [id, room.initial, textsOf(room)]) }
    }
    const answers = [await rooms(), await rooms(), await rooms(), await rooms(), await rooms(), await rooms()]
    for (const answer of answers) assert.deepEqual(answer.found, answers[0]?.found)
    assert.equal(answers[0]?.found.length, 2)
    // Each of the latest responses can be continued.
    for (const { pos } of answers.slice(-2))
      assert.deepEqual((await unstable(url, alice, all(), { pos })).rooms, {})
    assert.equal((await unstable(url, alice, all(), { pos: first.pos })).rooms[two]?.initial, true)
  })

  test('sends the whole timeline and the added state when a subscription wants more', async (t) => {
    const { url, alice, bob, roomOf, path } = await begin(t)
    const one = await roomOf('one')
    await bob.put(path(one, 'state/m.room.topic/'), { topic: 'about' })
    for (const text of ['a', 'b', 'c']) await bob.say(one, text)
    const first = await unstable(url, alice, all())
    assert.deepEqual(textsOf(first.rooms[one]), ['c'])
    const required_state = [
      ...NAME,
      ['m.room.topic', ''],
      ['m.room.member', '$ME'],
      ['m.room.member', '$LAZY'],
    ]
    const open = { ...all(), room_subscriptions: { [one]: { timeline_limit: 3, required_state } } }
    const second = await unstable(url, alice, open, { pos: first.pos })
    const room = second.rooms[one]
    assert.deepEqual(textsOf(room), ['a', 'b', 'c'])
    assert.deepEqual([room?.unstable_expanded_timeline, room?.initial, room?.num_live], [true, undefined, 0])
    assert.deepEqual(stateOf(room), [
      `m.room.member ${alice.userId}`,
      `m.room.member ${bob.userId}`,
      'm.room.topic ',
    ])
    assert.deepEqual((await unstable(url, alice, open, { pos: second.pos })).rooms, {})
    await bob.put(path(one, 'state/m.room.topic/'), { topic: 'changed' })
    const third = await unstable(url, alice, open, { pos: second.pos })
    assert.ok(stateOf(third.rooms[one]).includes('m.room.topic '))
    // The list alone wants less. The room is not sent again.
    assert.deepEqual((await unstable(url, alice, all(), { pos: third.pos })).rooms, {})
  })

  test('answers an unknown pos with M_UNKNOWN_POS, and one of another connection or device', async (t) => {
    const { url, alice, bob, roomOf } = await begin(t)
    await roomOf('one')
    const { pos } = await unstable(url, alice, { ...all(), conn_id: 'a' })
    const refused = async (user: typeof alice, of: string, connId = 'a') => {
      const { status, body } = await tryUnstable(url, user, { ...all(), conn_id: connId }, { pos: of })
      assert.deepEqual([status, body['errcode']], [400, 'M_UNKNOWN_POS'], of)
    }
    await refused(alice, 'nonsense')
    await refused(alice, 's12')
    await refused(alice, pos, 'b')
    await refused(bob, pos)
    await refused(alice, pos.replace(/_c[0-9a-f]+/, '_c0123456789abcdef01'))
    await refused(alice, pos.replace(/^s\d+/, 's999999999'))
    assert.deepEqual((await unstable(url, alice, { ...all(), conn_id: 'a' }, { pos })).rooms, {})
  })

  test('waits for an event, and answers a changed request at once', async (t) => {
    const { url, alice, bob, roomOf } = await begin(t)
    const one = await roomOf('one')
    const { pos } = await unstable(url, alice, all())
    const waiting = unstable(url, alice, all(), { pos, timeout: 30_000 })
    await bob.say(one, 'wake up')
    const woken = await waiting
    assert.deepEqual(textsOf(woken.rooms[one]), ['wake up'])
    const changed = await unstable(url, alice, all({ ranges: [[0, 5]] }), { pos: woken.pos, timeout: 30_000 })
    assert.deepEqual(changed.rooms, {})
    assert.deepEqual(changed.lists, { all: { count: 1 } })
  })

  test('tells that the user left or was removed, and nothing that comes later', async (t) => {
    const { url, alice, bob, roomOf, path } = await begin(t)
    const [left, removed] = [await roomOf('left'), await roomOf('removed')]
    let { pos } = await unstable(url, alice, all())
    await alice.post(path(left, 'leave'))
    await bob.post(path(removed, 'kick'), { user_id: alice.userId })
    for (const roomId of [left, removed]) await bob.say(roomId, 'secret')
    await bob.put(path(removed, 'state/m.room.name/'), { name: 'secret' })
    const second = await unstable(url, alice, all(), { pos })
    assert.deepEqual(Object.keys(second.rooms).sort(), [left, removed].sort())
    for (const room of Object.values(second.rooms)) {
      assert.deepEqual(textsOf(room), [])
      const own = room.required_state?.find(({ state_key }) => state_key === alice.userId)
      assert.equal(own?.content['membership'], 'leave')
    }
    assert.ok(!JSON.stringify(second).includes('secret'))
    ;({ pos } = second)
    for (const roomId of [left, removed]) await bob.say(roomId, 'later')
    assert.deepEqual((await unstable(url, alice, all(), { pos })).rooms, {})
    // A new connection learns of the removal only.
    const fresh = await unstable(url, alice, all())
    assert.deepEqual(Object.keys(fresh.rooms), [removed])
    assert.ok(!JSON.stringify(fresh).includes('secret'))
    // A room that the user joins again comes as a whole.
    await alice.post(`/join/${encodeURIComponent(left)}`)
    const again = await unstable(url, alice, all(), { pos })
    assert.deepEqual([again.rooms[left]?.initial, again.rooms[left]?.name], [true, 'left'])
  })

  test('sends invitations and knocks with their stripped state, and their end', async (t) => {
    const { url, alice, bob, path } = await begin(t)
    const invited = await bob.createRoom({ preset: 'private_chat', name: 'invited', invite: [alice.userId] })
    const lists = {
      invites: { ranges: [[0, 16]], timeline_limit: 8, required_state: [], filters: { is_invite: true } },
    }
    const first = await unstable(url, alice, { lists })
    assert.deepEqual(first.lists, { invites: { count: 1 } })
    const state = first.rooms[invited]?.invite_state ?? []
    const keys = state.map(({ type, state_key }) => `${type} ${state_key}`)
    for (const key of [
      'm.room.create ',
      'm.room.join_rules ',
      'm.room.name ',
      `m.room.member ${bob.userId}`,
      `m.room.member ${alice.userId}`,
    ])
      assert.ok(keys.includes(key), key)
    assert.equal(first.rooms[invited]?.timeline, undefined)
    await alice.post(path(invited, 'leave'))
    const second = await unstable(url, alice, { lists }, { pos: first.pos })
    assert.deepEqual(second.lists, { invites: { count: 0 } })
    const own = second.rooms[invited]?.required_state?.find(({ state_key }) => state_key === alice.userId)
    assert.equal(own?.content['membership'], 'leave')
    assert.deepEqual((await unstable(url, alice, { lists }, { pos: second.pos })).rooms, {})
  })

  test('sends a room that the user joins after an invitation as a new room', async (t) => {
    const { url, alice, bob } = await begin(t)
    const invited = await bob.createRoom({ preset: 'private_chat', name: 'invited', invite: [alice.userId] })
    const first = await unstable(url, alice, all())
    assert.ok(first.rooms[invited]?.invite_state)
    await alice.post(`/join/${encodeURIComponent(invited)}`)
    const second = await unstable(url, alice, all(), { pos: first.pos })
    assert.deepEqual(
      [second.rooms[invited]?.initial, second.rooms[invited]?.name, second.rooms[invited]?.invite_state],
      [true, 'invited', undefined],
    )
  })

  test('filters lists by direct rooms, encryption, type, space and tag', async (t) => {
    const { url, alice, bob, roomOf, path } = await begin(t)
    const [dm, secret, tagged, child] = [
      await roomOf('dm'),
      await roomOf('secret'),
      await roomOf('tagged'),
      await roomOf('child'),
    ]
    const space = await alice.createRoom({
      preset: 'private_chat',
      name: 'space',
      creation_content: { type: 'm.space' },
    })
    const account = `/user/${encodeURIComponent(alice.userId)}`
    await alice.put(`${account}/account_data/m.direct`, { [bob.userId]: [dm] })
    await alice.put(`${account}/rooms/${encodeURIComponent(tagged)}/account_data/m.tag`, {
      tags: { 'm.favourite': {} },
    })
    await bob.put(path(secret, 'state/m.room.encryption/'), { algorithm: 'm.megolm.v1.aes-sha2' })
    await alice.put(path(space, `state/m.space.child/${encodeURIComponent(child)}`), { via: ['localhost'] })
    const list = (filters: Record<string, unknown>) => ({
      ranges: [[0, 99]],
      timeline_limit: 0,
      required_state: [],
      filters,
    })
    const lists = {
      dm: list({ is_dm: true }),
      notDm: list({ is_dm: false }),
      encrypted: list({ is_encrypted: true }),
      spaces: list({ room_types: ['m.space'] }),
      noSpaces: list({ not_room_types: ['m.space'] }),
      untyped: list({ room_types: [null] }),
      children: list({ spaces: [space] }),
      tagged: list({ tags: ['m.favourite'] }),
      untagged: list({ not_tags: ['m.favourite'] }),
    }
    const { lists: found, rooms } = await unstable(url, alice, { lists })
    const counts = Object.fromEntries(Object.entries(found).map(([name, { count }]) => [name, count]))
    assert.deepEqual(counts, {
      dm: 1,
      notDm: 4,
      encrypted: 1,
      spaces: 1,
      noSpaces: 4,
      untyped: 4,
      children: 1,
      tagged: 1,
      untagged: 4,
    })
    assert.equal(rooms[dm]?.is_dm, true)
  })

  test('keeps the avatar of a room with an empty name, and has its heroes', async (t) => {
    const { url, alice, bob, roomOf, path } = await begin(t)
    const one = await roomOf('one')
    await bob.put(path(one, 'state/m.room.avatar/'), { url: 'mxc://localhost/a' })
    await bob.put(path(one, 'state/m.room.name/'), { name: '' })
    await bob.put(`/profile/${encodeURIComponent(bob.userId)}/displayname`, { displayname: 'Bob' })
    const { rooms } = await unstable(url, alice, all())
    assert.deepEqual([rooms[one]?.name, rooms[one]?.avatar], [undefined, 'mxc://localhost/a'])
    assert.deepEqual(rooms[one]?.heroes, [{ user_id: bob.userId, displayname: 'Bob' }])
    await bob.put(path(one, 'state/m.room.avatar/'), {})
    const { pos } = await unstable(url, alice, all())
    await bob.put(path(one, 'state/m.room.name/'), { name: 'two' })
    const second = await unstable(url, alice, all(), { pos })
    assert.deepEqual([second.rooms[one]?.name, second.rooms[one]?.heroes], ['two', undefined])
  })

  test('sends state with any key for a wildcard, such as the members of a call and the children of a space', async (t) => {
    const { url, alice, bob, roomOf, path } = await begin(t)
    const one = await roomOf('one')
    const call = 'org.matrix.msc3401.call.member'
    await bob.put(path(one, `state/${call}/_bob_DEVICE`), { application: 'm.call' })
    const lists = all({ required_state: [[call, '*']] })
    const first = await unstable(url, alice, lists)
    assert.deepEqual(stateOf(first.rooms[one]), [`${call} _bob_DEVICE`])
    await bob.put(path(one, `state/${call}/_bob_DEVICE`), {})
    const second = await unstable(url, alice, lists, { pos: first.pos })
    assert.deepEqual(second.rooms[one]?.required_state?.[0]?.content, {})
  })

  test('sends no room again when the window shrinks and grows without events', async (t) => {
    const { url, alice, roomOf } = await begin(t)
    for (const name of ['one', 'two', 'three']) await roomOf(name)
    const first = await unstable(url, alice, all())
    const second = await unstable(url, alice, all({ ranges: [[0, 0]] }), { pos: first.pos })
    const third = await unstable(url, alice, all(), { pos: second.pos })
    assert.deepEqual([second.rooms, third.rooms], [{}, {}])
  })

  test('applies no filter of an earlier request', async (t) => {
    const { url, alice, roomOf } = await begin(t)
    const one = await roomOf('one')
    const first = await unstable(url, alice, all({ filters: { is_dm: true } }))
    assert.deepEqual([first.rooms, first.lists], [{}, { all: { count: 0 } }])
    const second = await unstable(url, alice, all(), { pos: first.pos })
    assert.deepEqual([Object.keys(second.rooms), second.lists], [[one], { all: { count: 1 } }])
  })

  test('answers a new subscription at once, and ignores one of a room that the user may not see', async (t) => {
    const { url, alice, bob, roomOf } = await begin(t)
    const one = await roomOf('one')
    const hidden = await bob.createRoom({ preset: 'private_chat' })
    const { pos } = await unstable(url, alice, {})
    const subscribe = (...ids: string[]) => ({
      room_subscriptions: Object.fromEntries(
        ids.map((roomId) => [roomId, { timeline_limit: 1, required_state: [] }]),
      ),
    })
    const second = await unstable(url, alice, subscribe(one, hidden), { pos, timeout: 30_000 })
    assert.deepEqual(Object.keys(second.rooms), [one])
    // The invitation of a subscribed room ends the wait.
    const waiting = unstable(url, alice, subscribe(one, hidden), { pos: second.pos, timeout: 30_000 })
    await bob.post(`/rooms/${encodeURIComponent(hidden)}/invite`, { user_id: alice.userId })
    assert.deepEqual(Object.keys((await waiting).rooms), [hidden])
  })

  test('a connection does not wake another one of the same user', async (t) => {
    const { url, alice, roomOf } = await begin(t)
    const one = await roomOf('one')
    const eventId = await alice.say(one, 'hello')
    await alice.read(one, eventId)
    const body = (conn_id: string) => ({
      ...all(),
      conn_id,
      extensions: { account_data: { enabled: true }, receipts: { enabled: true } },
    })
    const [a, b] = [await unstable(url, alice, body('a')), await unstable(url, alice, body('b'))]
    const answers = await Promise.all(
      [a, b].map(({ pos }, at) => unstable(url, alice, body(at === 0 ? 'a' : 'b'), { pos, timeout: 300 })),
    )
    for (const answer of answers) {
      assert.deepEqual(answer.rooms, {})
      assert.deepEqual(answer.extensions.account_data, { global: [], rooms: {} })
    }
  })

  test('sends the notification of a pushed event with the first response, also of an invitation', async (t) => {
    const { url, alice, bob, roomOf } = await begin(t)
    const one = await roomOf('one')
    const eventId = await bob.say(one, 'pushed')
    const invited = await bob.createRoom({ preset: 'private_chat', invite: [alice.userId] })
    const body = {
      conn_id: 'notifications',
      lists: {
        invites: { ranges: [[0, 16]], timeline_limit: 8, required_state: [], filters: { is_invite: true } },
      },
      room_subscriptions: {
        [one]: {
          timeline_limit: 16,
          required_state: [
            ['m.room.power_levels', ''],
            ['m.room.create', ''],
          ],
        },
      },
      extensions: { account_data: { enabled: true } },
    }
    const response = await unstable(url, alice, body, { timeout: 1000 })
    assert.deepEqual(Object.keys(response.rooms).sort(), [invited, one].sort())
    assert.equal(timelineOf(response.rooms[one]).at(-1)?.event_id, eventId)
    assert.deepEqual(stateOf(response.rooms[one]), ['m.room.create ', 'm.room.power_levels '])
    assert.deepEqual(response.lists, { invites: { count: 1 } })
    const types = response.extensions.account_data?.global.map(({ type }) => type)
    assert.deepEqual(types, ['m.push_rules'])
  })

  test('leaves out messages and invitations of ignored users, and sends the invitations when they are not ignored', async (t) => {
    const { url, alice, bob, roomOf } = await begin(t)
    const one = await roomOf('one')
    const ignore = (...users: string[]) =>
      alice.put(`/user/${encodeURIComponent(alice.userId)}/account_data/m.ignored_user_list`, {
        ignored_users: Object.fromEntries(users.map((userId) => [userId, {}])),
      })
    await ignore(bob.userId)
    const first = await unstable(url, alice, all())
    const invited = await bob.createRoom({ preset: 'private_chat', invite: [alice.userId] })
    await bob.say(one, 'hidden')
    const second = await unstable(url, alice, all(), { pos: first.pos })
    assert.deepEqual([second.rooms, second.lists['all']?.count], [{}, 1])
    await ignore()
    const third = await unstable(url, alice, all(), { pos: second.pos })
    assert.ok(third.rooms[invited]?.invite_state)
    assert.deepEqual(textsOf(third.rooms[one]), [])
    assert.equal(third.lists['all']?.count, 2)
  })

  test('tells that a room became a direct room', async (t) => {
    const { url, alice, bob, roomOf } = await begin(t)
    const [one] = [await roomOf('one'), await roomOf('two')]
    const first = await unstable(url, alice, all())
    await alice.put(`/user/${encodeURIComponent(alice.userId)}/account_data/m.direct`, {
      [bob.userId]: [one],
    })
    const second = await unstable(url, alice, all(), { pos: first.pos })
    assert.deepEqual(
      Object.entries(second.rooms).map(([id, room]) => [id, room.is_dm]),
      [[one, true]],
    )
    assert.deepEqual((await unstable(url, alice, all(), { pos: second.pos })).rooms, {})
  })

  test('sends what it left out when a room comes back into the window', async (t) => {
    const { url, alice, bob, roomOf, path } = await begin(t)
    const [one, two] = [await roomOf('one'), await roomOf('two')]
    const first = await unstable(url, alice, all({ timeline_limit: 10 }))
    const narrow = all({ ranges: [[0, 0]], timeline_limit: 10 })
    await bob.say(one, 'missed')
    await bob.put(path(one, 'state/m.room.name/'), { name: 'renamed' })
    await bob.say(two, 'newer')
    const second = await unstable(url, alice, narrow, { pos: first.pos })
    assert.deepEqual(Object.keys(second.rooms), [two])
    const quiet = await unstable(url, alice, narrow, { pos: second.pos })
    const third = await unstable(url, alice, all({ timeline_limit: 10 }), { pos: quiet.pos })
    assert.deepEqual(Object.keys(third.rooms), [one])
    const room = third.rooms[one]
    assert.deepEqual(
      [room?.initial, room?.name, room?.limited, room?.num_live],
      [undefined, 'renamed', false, 0],
    )
    assert.deepEqual(textsOf(room), ['missed'])
    assert.deepEqual(stateOf(room), ['m.room.name '])
  })

  test('accepts 100 subscriptions, and refuses a larger body with 413', async (t) => {
    const { url, alice, roomOf } = await begin(t)
    const one = await roomOf('one')
    const required_state = Array.from({ length: 20 }, (_, at) => [
      'org.example.a.long.type.of.state',
      `${at}`,
    ])
    const subscriptions = (count: number, more = {}) => ({
      room_subscriptions: Object.fromEntries([
        [one, { timeline_limit: 1, required_state }],
        ...Array.from({ length: count - 1 }, (_, at) => [
          `!${at}:localhost`,
          { timeline_limit: 1, required_state },
        ]),
      ]),
      ...more,
    })
    assert.deepEqual(Object.keys((await unstable(url, alice, subscriptions(100))).rooms), [one])
    const { status, body } = await tryUnstable(
      url,
      alice,
      subscriptions(100, { ignored: 'x'.repeat(300_000) }),
    )
    assert.deepEqual([status, body['errcode']], [413, 'M_TOO_LARGE'])
  })

  test('refuses wrong requests with a text that names the key', async (t) => {
    const { url, alice } = await begin(t)
    const refused = async (body: unknown, errcode: string, key: string) => {
      const { status, body: error } = await tryUnstable(url, alice, body)
      assert.deepEqual([status, error['errcode']], [400, errcode], JSON.stringify(error))
      assert.match(String(error['error']), new RegExp(key))
    }
    await refused(all({ ranges: [[5, 1]] }), 'M_INVALID_PARAM', 'ranges')
    await refused(all({ ranges: 'all' }), 'M_BAD_JSON', 'ranges')
    await refused({ room_subscriptions: { nonsense: {} } }, 'M_INVALID_PARAM', 'room_subscriptions')
    await refused({ extensions: { to_device: { enabled: true, since: 'x' } } }, 'M_INVALID_PARAM', 'since')
    const lists = Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`l${at}`, { ranges: [[0, 1]] }]))
    await refused({ lists }, 'M_INVALID_PARAM', 'lists')
    await refused({ conn_id: 'x'.repeat(300) }, 'M_INVALID_PARAM', 'conn_id')
  })
})
