import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { call, registerUser, type TestUser } from '../support/client.ts'
import { clusterUrl, newPostgresUrl } from '../support/databases.ts'
import { runHere } from '../support/run-command.ts'
import { startTestServer } from '../support/server.ts'

const encoded = encodeURIComponent
type Body = Record<string, unknown>
type Room = Body & { room_id: string; name?: string; children_state: Body[] }
type Page = { rooms: Room[]; next_batch?: string }
type List = { chunk: Room[]; next_batch?: string; prev_batch?: string; total_room_count_estimate: number }

async function begin(t: TestContext, dialect: 'sqlite' | 'postgres' = 'sqlite') {
  const cluster = clusterUrl()
  const flags =
    dialect === 'postgres' && typeof cluster === 'string' ? ['--database', await newPostgresUrl(cluster)] : []
  const { url, data } = await startTestServer(t, { flags })
  const [alice, bob] = [await registerUser(url, 'alice'), await registerUser(url, 'bob')]
  return { url, data, alice, bob }
}

const eachDatabase = (
  title: string,
  run: (t: TestContext, dialect: 'sqlite' | 'postgres') => Promise<void>,
) => {
  for (const dialect of ['sqlite', 'postgres'] as const)
    test(`${title}, on ${dialect}`, async (t) => {
      const cluster = clusterUrl()
      if (dialect === 'postgres' && typeof cluster !== 'string') return t.skip(cluster.missing)
      await run(t, dialect)
    })
}

/** Calls below `/_matrix/client` with any prefix. */
const ask = (url: string, user: TestUser, path: string) =>
  call(`${url}/_matrix/client${path}`, { token: user.token })

const withRule = (rule: string, more: Body = {}) => ({
  preset: 'private_chat',
  initial_state: [{ type: 'm.room.join_rules', content: { join_rule: rule, ...more } }],
})
const child = (user: TestUser, space: string, room: string, content: Body = { via: ['localhost'] }) =>
  user.put(`/rooms/${encoded(space)}/state/m.space.child/${encoded(room)}`, content)
const SPACE = { creation_content: { type: 'm.space' } }

describe('GET /room_summary', () => {
  eachDatabase('describes a room that the user may join, by id and by alias', async (t, dialect) => {
    const { url, alice, bob } = await begin(t, dialect)
    const roomId = await alice.createRoom({
      preset: 'public_chat',
      name: 'Cheese',
      topic: 'Tasty',
      room_version: '11',
      room_alias_name: 'cheese',
      creation_content: { type: 'm.space' },
      initial_state: [
        { type: 'm.room.avatar', content: { url: 'mxc://localhost/a' } },
        { type: 'm.room.encryption', content: { algorithm: 'm.megolm.v1.aes-sha2' } },
        { type: 'm.room.guest_access', content: { guest_access: 'can_join' } },
      ],
    })
    const expected = {
      room_id: roomId,
      num_joined_members: 1,
      world_readable: false,
      guest_can_join: true,
      join_rule: 'public',
      name: 'Cheese',
      topic: 'Tasty',
      canonical_alias: '#cheese:localhost',
      avatar_url: 'mxc://localhost/a',
      room_type: 'm.space',
      room_version: '11',
      encryption: 'm.megolm.v1.aes-sha2',
    }
    for (const [name, user, membership] of [
      [roomId, alice, 'join'],
      [roomId, bob, 'leave'],
      ['#cheese:localhost', bob, 'leave'],
    ] as const) {
      const { status, body } = await ask(url, user, `/v1/room_summary/${encoded(name)}?via=localhost`)
      assert.deepEqual([status, body], [200, { ...expected, membership }])
    }
    for (const path of ['summary/ID', 'rooms/ID/summary']) {
      const at = `/unstable/im.nheko.summary/${path.replace('ID', encoded(roomId))}`
      const { body } = await ask(url, bob, at)
      assert.equal(body['im.nheko.summary.room_version'], '11')
      assert.equal(body['im.nheko.summary.encryption'], 'm.megolm.v1.aes-sha2')
    }
    assert.equal((await call(`${url}/_matrix/client/v1/room_summary/${encoded(roomId)}`)).status, 401)
  })

  test('returns 404 for a room that the user may neither join nor see, and for unknown rooms', async (t) => {
    const { url, alice, bob } = await begin(t)
    const club = await alice.createRoom({ preset: 'private_chat', invite: [bob.userId] })
    await bob.post(`/join/${encoded(club)}`)
    const allow = [{ type: 'm.room_membership', room_id: club }]
    const banned = await alice.createRoom({ preset: 'public_chat' })
    await alice.post(`/rooms/${encoded(banned)}/ban`, { user_id: bob.userId })
    const readable = {
      preset: 'private_chat',
      initial_state: [
        { type: 'm.room.history_visibility', content: { history_visibility: 'world_readable' } },
      ],
    }
    for (const [room, status, what] of [
      [await alice.createRoom({ preset: 'private_chat' }), 404, 'private'],
      [await alice.createRoom({ preset: 'private_chat', invite: [bob.userId] }), 200, 'invited'],
      [await alice.createRoom(withRule('knock')), 200, 'knock'],
      [await alice.createRoom(withRule('restricted', { allow })), 200, 'restricted'],
      [await alice.createRoom(withRule('restricted', { allow: [] })), 404, 'restricted to no room'],
      [await alice.createRoom(withRule('knock_restricted', { allow: [] })), 200, 'knock_restricted'],
      [await alice.createRoom(readable), 200, 'world readable'],
      [banned, 404, 'banned'],
      ['!unknown:localhost', 404, 'unknown'],
      ['#unknown:localhost', 404, 'unknown alias'],
      ['nonsense', 400, 'neither id nor alias'],
    ] as const)
      assert.equal((await ask(url, bob, `/v1/room_summary/${encoded(room)}`)).status, status, what)
    const { body } = await ask(
      url,
      bob,
      `/v1/room_summary/${encoded(await alice.createRoom(withRule('restricted', { allow })))}`,
    )
    assert.deepEqual(body['allowed_room_ids'], [club])
  })
})

describe('GET /rooms/{roomId}/hierarchy', () => {
  const read = async (url: string, user: TestUser, space: string, query = '') => {
    const { status, body } = await ask(url, user, `/v1/rooms/${encoded(space)}/hierarchy${query}`)
    assert.equal(status, 200, JSON.stringify(body))
    return body as Page
  }
  const ids = ({ rooms }: Page) => rooms.map((room) => room.room_id)

  eachDatabase(
    'walks depth first, in order, without rooms that the user may not see, and once around a cycle',
    async (t, dialect) => {
      const { url, alice, bob } = await begin(t, dialect)
      const root = await alice.createRoom({ preset: 'public_chat', name: 'Root', ...SPACE })
      const inner = await alice.createRoom({ preset: 'public_chat', name: 'Inner', ...SPACE })
      const secret = await alice.createRoom({ preset: 'private_chat', ...SPACE })
      const [a, b, c, hidden, below] = await Promise.all(
        ['public_chat', 'public_chat', 'public_chat', 'private_chat', 'public_chat'].map((preset) =>
          alice.createRoom({ preset }),
        ),
      )
      assert.ok(a && b && c && hidden && below)
      await child(alice, root, a)
      await child(alice, root, inner, { via: ['localhost'], order: 'm' })
      await child(alice, root, b, { via: ['localhost'], order: ' ' })
      await child(alice, root, hidden)
      await child(alice, root, secret)
      await child(alice, root, '!removed:localhost', {})
      await child(alice, root, '!elsewhere:example.org')
      await child(alice, inner, c, { via: ['localhost'], suggested: true })
      await child(alice, inner, root)
      await child(alice, inner, a)
      await child(alice, secret, below)

      assert.deepEqual(ids(await read(url, bob, root)), [root, b, inner, c, a])
      const whole = await read(url, alice, root)
      assert.deepEqual(ids(whole), [root, b, inner, c, a, hidden, secret, below])
      const [top] = whole.rooms
      assert.deepEqual(
        top?.children_state.map((event) => event['state_key']),
        [b, inner, a, hidden, secret, '!elsewhere:example.org'],
      )
      const [first] = top.children_state
      assert.deepEqual(Object.keys(first ?? {}).toSorted(), [
        'content',
        'origin_server_ts',
        'sender',
        'state_key',
        'type',
      ])
      assert.deepEqual(ids(await read(url, bob, root, '?max_depth=1')), [root, b, inner, a])
      assert.deepEqual(ids(await read(url, bob, root, '?max_depth=0')), [root])
      await child(alice, root, inner, { via: ['localhost'], order: 'm', suggested: true })
      const suggested = await read(url, bob, root, '?suggested_only=true')
      assert.deepEqual(ids(suggested), [root, inner, c])
      assert.equal(suggested.rooms[0]?.children_state.length, 1)
      assert.deepEqual(ids(await read(url, bob, a)), [a], 'a room that is no space has no children')

      for (const limit of [1, 2, 3]) {
        const found: string[] = []
        let from: string | undefined
        do {
          const page: Page = await read(url, bob, root, `?limit=${limit}${from ? `&from=${from}` : ''}`)
          assert.ok(page.rooms.length <= limit)
          found.push(...ids(page))
          from = page.next_batch
        } while (from !== undefined)
        assert.deepEqual(found, [root, b, inner, c, a], `limit ${limit}`)
      }
    },
  )

  test('refuses an invalid token, other parameters than those of the token, and rooms that the user may not see', async (t) => {
    const { url, alice, bob } = await begin(t)
    const root = await alice.createRoom({ preset: 'public_chat', ...SPACE })
    await child(alice, root, await alice.createRoom())
    const { next_batch: from = '' } = await read(url, bob, root, '?limit=1&max_depth=2&suggested_only=false')
    await read(url, bob, root, `?from=${from}`)
    await read(url, bob, root, `?from=${from}&max_depth=2&suggested_only=false`)
    const secret = await alice.createRoom({ preset: 'private_chat', ...SPACE })
    for (const [room, query, status, errcode] of [
      [root, `from=${from}&max_depth=3`, 400, 'M_INVALID_PARAM'],
      [root, `from=${from}&suggested_only=true`, 400, 'M_INVALID_PARAM'],
      [root, 'from=nonsense', 400, 'M_INVALID_PARAM'],
      [root, 'limit=0', 400, 'M_INVALID_PARAM'],
      [root, 'max_depth=-1', 400, 'M_INVALID_PARAM'],
      [root, 'suggested_only=maybe', 400, 'M_INVALID_PARAM'],
      [secret, '', 403, 'M_FORBIDDEN'],
      ['!unknown:localhost', '', 403, 'M_FORBIDDEN'],
    ] as const) {
      const { status: got, body } = await ask(url, bob, `/v1/rooms/${encoded(room)}/hierarchy?${query}`)
      assert.deepEqual([got, body['errcode']], [status, errcode], query)
    }
  })

  test('shows a space whose last rooms are hidden on pages that end', async (t) => {
    const { url, alice, bob } = await begin(t)
    const root = await alice.createRoom({ preset: 'public_chat', ...SPACE })
    for (let i = 0; i < 5; i++) await child(alice, root, await alice.createRoom({ preset: 'private_chat' }))
    const first = await read(url, bob, root, '?limit=2')
    assert.deepEqual(ids(first), [root])
    const second = await read(url, bob, root, `?limit=4&from=${first.next_batch}`)
    assert.deepEqual([ids(second), second.next_batch], [[], undefined])
  })
})

describe('the public room list', () => {
  const get = async (user: TestUser, query = '') =>
    (await user.get(`/publicRooms${query}`)) as unknown as List
  const post = async (user: TestUser, body: Body) =>
    (await user.post('/publicRooms', body)) as unknown as List
  const names = ({ chunk }: List) => chunk.map((room) => String(room.name))

  eachDatabase(
    'has published rooms, the largest first, with pages in both directions',
    async (t, dialect) => {
      const { alice, bob } = await begin(t, dialect)
      assert.deepEqual(await get(alice), { chunk: [], total_room_count_estimate: 0 })
      const rooms: string[] = []
      for (const name of ['A', 'B', 'C', 'D', 'E'])
        rooms.push(await alice.createRoom({ preset: 'public_chat', visibility: 'public', name }))
      await alice.createRoom({ preset: 'public_chat', name: 'unpublished' })
      for (const room of [rooms[1], rooms[3]]) await bob.post(`/join/${encoded(room ?? '')}`)
      const all = await get(bob)
      assert.equal(all.total_room_count_estimate, 5)
      assert.deepEqual(names(all).slice(0, 2).toSorted(), ['B', 'D'])
      assert.deepEqual(names(all).slice(2).toSorted(), ['A', 'C', 'E'])
      assert.deepEqual([all.next_batch, all.prev_batch], [undefined, undefined])
      assert.deepEqual(
        all.chunk.map((room) => room['num_joined_members']),
        [2, 2, 1, 1, 1],
      )
      const first = await get(bob, '?limit=2')
      const second = await get(bob, `?limit=2&since=${encoded(first.next_batch ?? '')}`)
      const third = await get(bob, `?limit=2&since=${encoded(second.next_batch ?? '')}`)
      assert.deepEqual([...names(first), ...names(second), ...names(third)], names(all))
      assert.deepEqual([first.prev_batch, third.next_batch], [undefined, undefined])
      const back = await get(bob, `?limit=2&since=${encoded(third.prev_batch ?? '')}`)
      assert.deepEqual(names(back), names(second))
      const start = await get(bob, `?limit=2&since=${encoded(back.prev_batch ?? '')}`)
      assert.deepEqual([names(start), start.prev_batch], [names(first), undefined])
      const forth = await get(bob, `?limit=2&since=${encoded(start.next_batch ?? '')}`)
      assert.deepEqual(names(forth), names(second))

      for (const room of [rooms[0], rooms[2], rooms[4]]) {
        await alice.put(`/directory/list/room/${encoded(room ?? '')}`, { visibility: 'private' })
        const { body } = await alice.try('GET', `/directory/list/room/${encoded(room ?? '')}`)
        assert.deepEqual(body, { visibility: 'private' })
      }
      assert.deepEqual(names(await get(bob)).toSorted(), ['B', 'D'])
      for (const room of [rooms[1], rooms[3]]) {
        await bob.post(`/rooms/${encoded(room ?? '')}/leave`)
        await alice.post(`/rooms/${encoded(room ?? '')}/leave`)
      }
      assert.deepEqual(
        await get(bob),
        { chunk: [], total_room_count_estimate: 0 },
        'a room without members is left out',
      )
    },
  )

  eachDatabase('is filtered by a text in name, topic or alias, and by type', async (t, dialect) => {
    const { alice, bob } = await begin(t, dialect)
    const make = (more: Body) => alice.createRoom({ preset: 'public_chat', visibility: 'public', ...more })
    await make({ name: 'Käse und Brot' })
    await make({ name: 'Other', topic: 'all about KÄSE' })
    await make({ name: 'Third', room_alias_name: 'kaese' })
    await make({ name: 'Space', topic: '100%_', ...SPACE })
    const found = async (filter: Body, more: Body = {}) =>
      names(await post(bob, { filter, ...more })).toSorted()
    assert.deepEqual(await found({ generic_search_term: 'käse' }), ['Käse und Brot', 'Other'])
    assert.deepEqual(await found({ generic_search_term: '#KAESE' }), ['Third'])
    assert.deepEqual(await found({ generic_search_term: '%_' }), ['Space'])
    assert.deepEqual(await found({ generic_search_term: '' }), ['Käse und Brot', 'Other', 'Space', 'Third'])
    assert.deepEqual(await found({ room_types: ['m.space'] }), ['Space'])
    assert.deepEqual(await found({ room_types: [null] }), ['Käse und Brot', 'Other', 'Third'])
    assert.deepEqual(await found({ room_types: ['x', null], generic_search_term: 'third' }), ['Third'])
    const page = await post(bob, { limit: 1, filter: { generic_search_term: 'käse' } })
    const next = await post(bob, {
      limit: 1,
      since: page.next_batch,
      filter: { generic_search_term: 'käse' },
    })
    assert.deepEqual([...names(page), ...names(next)].toSorted(), ['Käse und Brot', 'Other'])
    assert.equal(next.next_batch, undefined)
    assert.deepEqual(await found({}, { third_party_instance_id: 'irc' }), [])
  })

  test('is changed by members who may set the canonical alias, and by administrators', async (t) => {
    const { url, data, alice, bob } = await begin(t)
    const roomId = await alice.createRoom({ preset: 'public_chat' })
    const path = `/directory/list/room/${encoded(roomId)}`
    assert.equal((await bob.try('PUT', path, {})).status, 403)
    await bob.post(`/join/${encoded(roomId)}`)
    assert.equal((await bob.try('PUT', path, { visibility: 'public' })).status, 403)
    await alice.put(path, {})
    const anonymous = await call(`${url}/_matrix/client/v3${path}`)
    assert.deepEqual([anonymous.status, anonymous.body], [200, { visibility: 'public' }])
    for (const [method, at, body, status, errcode] of [
      ['PUT', '/directory/list/room/!unknown:localhost', {}, 404, 'M_NOT_FOUND'],
      ['GET', '/directory/list/room/!unknown:localhost', undefined, 404, 'M_NOT_FOUND'],
      ['PUT', path, { visibility: 'secret' }, 400, 'M_INVALID_PARAM'],
      ['GET', '/publicRooms?since=nonsense', undefined, 400, 'M_INVALID_PARAM'],
      ['GET', '/publicRooms?limit=many', undefined, 400, 'M_INVALID_PARAM'],
      ['GET', '/publicRooms?server=matrix.org', undefined, 403, 'M_FORBIDDEN'],
      ['POST', '/publicRooms', { filter: { room_types: 'm.space' } }, 400, 'M_BAD_JSON'],
      [
        'POST',
        '/publicRooms',
        { include_all_networks: true, third_party_instance_id: 'irc' },
        400,
        'M_INVALID_PARAM',
      ],
    ] as const) {
      const response = await bob.try(method, at, body)
      assert.deepEqual([response.status, response.body['errcode']], [status, errcode], at)
    }
    assert.equal((await call(`${url}/_matrix/client/v3/publicRooms`)).status, 401)
    assert.equal((await runHere(['user', 'promote', 'bob', '--data', data])).code, 0)
    await bob.post(`/rooms/${encoded(roomId)}/leave`)
    await bob.put(path, { visibility: 'private' })
    assert.deepEqual(await alice.get(path), { visibility: 'private' })
    assert.equal((await bob.try('PUT', '/directory/list/room/!unknown:localhost', {})).status, 404)
  })

  test('contains the new room after an upgrade, and no longer the old one', async (t) => {
    const { alice, bob } = await begin(t)
    const old = await alice.createRoom({ preset: 'public_chat', visibility: 'public', name: 'Watch' })
    const { replacement_room: now } = await alice.post(`/rooms/${encoded(old)}/upgrade`, {
      new_version: '12',
    })
    assert.deepEqual(
      (await get(bob)).chunk.map((room) => room.room_id),
      [now],
    )
  })
})
