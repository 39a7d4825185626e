import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ClientResponse, call, registerUser } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'

const encoded = encodeURIComponent

function refused(response: ClientResponse, status: number, errcode: string, text: RegExp): void {
  assert.deepEqual(
    [response.status, response.body['errcode']],
    [status, errcode],
    JSON.stringify(response.body),
  )
  assert.match(String(response.body['error']), text)
}

test('a room has version 11 unless the request has another version', async (t) => {
  const server = await startTestServer(t)
  const alice = await registerUser(server.url, 'alice')
  assert.match(await alice.createRoom({}), /^![A-Za-z0-9_-]+:localhost$/)
  assert.match(await alice.createRoom({ room_version: '12' }), /^![A-Za-z0-9_-]+$/)
  const { capabilities } = await alice.get('/capabilities')
  assert.deepEqual((capabilities as Record<string, unknown>)['m.room_versions'], {
    default: '11',
    available: { 10: 'stable', 11: 'stable', 12: 'stable' },
  })
})

test('a room has the version of rooms.default_version when the request has no version', async (t) => {
  const server = await startTestServer(t, { env: { BELFRY_ROOMS_DEFAULT_VERSION: '12' } })
  const alice = await registerUser(server.url, 'alice')
  assert.match(await alice.createRoom({}), /^![A-Za-z0-9_-]+$/)
  const { capabilities } = await alice.get('/capabilities')
  const versions = (capabilities as Record<string, Record<string, unknown>>)['m.room_versions']
  assert.equal(versions?.['default'], '12')
})

test('power levels that list a creator of a room of version 12 are refused, and the error names the key', async (t) => {
  const server = await startTestServer(t)
  const alice = await registerUser(server.url, 'alice')
  const users = { [alice.userId]: 100 }
  const override = { power_level_content_override: { users } }
  const error = /power_level_content_override\.users must not list @alice:localhost.*"room_version": "11"/
  const create = (body: object) => alice.try('POST', '/createRoom', body)
  refused(await create({ ...override, room_version: '12' }), 400, 'M_INVALID_ROOM_STATE', error)
  assert.equal((await create({ ...override, room_version: '11' })).status, 200)
  assert.equal((await create(override)).status, 200)
  const roomId = await alice.createRoom({ room_version: '12' })
  const path = `/rooms/${encoded(roomId)}/state/m.room.power_levels`
  refused(await alice.try('PUT', path, { users }), 400, 'M_BAD_JSON', /users must not list @alice:localhost/)
  const bob = '@bob:localhost'
  const more = { creation_content: { additional_creators: [bob] } }
  const named = { power_level_content_override: { users: { [bob]: 50 } } }
  refused(
    await create({ ...more, ...named, room_version: '12' }),
    400,
    'M_INVALID_ROOM_STATE',
    /must not list @bob:localhost/,
  )
})

test('malformed power levels return 400 in /state, in power_level_content_override and in initial_state', async (t) => {
  const server = await startTestServer(t)
  const alice = await registerUser(server.url, 'alice')
  const roomId = await alice.createRoom({})
  for (const [levels, error] of [
    [{ ban: '50' }, /ban must be a whole number/],
    [{ users_default: null }, /users_default must be a whole number/],
    [{ users: [] }, /users must be an object of whole numbers/],
    [{ users: { [alice.userId]: '100' } }, /users must be an object of whole numbers/],
    [{ users: { alice: 100 } }, /keys of users must be user ids/],
    [{ users: { '@alice:not a server': 100 } }, /keys of users must be user ids/],
    [{ events: { 'm.room.name': 'all' } }, /events must be an object of whole numbers/],
    [{ notifications: { room: true } }, /notifications must be an object of whole numbers/],
  ] as const) {
    const path = `/rooms/${encoded(roomId)}/state/m.room.power_levels`
    refused(await alice.try('PUT', path, levels), 400, 'M_BAD_JSON', error)
    for (const body of [
      { power_level_content_override: levels },
      { initial_state: [{ type: 'm.room.power_levels', state_key: '', content: levels }] },
    ])
      refused(await alice.try('POST', '/createRoom', body), 400, 'M_BAD_JSON', error)
  }
})

test('additional creators must be user ids with a valid server name', async (t) => {
  const server = await startTestServer(t)
  const alice = await registerUser(server.url, 'alice')
  for (const creator of ['bob', '@bob', '@bob:', '@bob:not a server', '@bob:under_score', '@bob:h:port', 7])
    refused(
      await alice.try('POST', '/createRoom', {
        room_version: '12',
        creation_content: { additional_creators: [creator] },
      }),
      400,
      'M_INVALID_ROOM_STATE',
      /additional_creators must be a list of user ids/,
    )
  const creators = ['@bob:localhost', '@bob:[::1]:8448', '@Bob:example.org:1']
  const roomId = await alice.createRoom({
    room_version: '12',
    creation_content: { additional_creators: creators },
  })
  const create = await alice.get(`/rooms/${encoded(roomId)}/state/m.room.create`)
  assert.deepEqual(create['additional_creators'], creators)
})

test('m.room.encryption is refused when rooms.allow_encryption is false', async (t) => {
  const env = { BELFRY_PUBLIC_URL: 'https://matrix.example.org', BELFRY_ROOMS_ALLOW_ENCRYPTION: 'false' }
  const server = await startTestServer(t, { env })
  const alice = await registerUser(server.url, 'alice')
  const content = { algorithm: 'm.megolm.v1.aes-sha2' }
  const reason = /Encrypted rooms are disabled.*rooms\.allow_encryption/
  const state = { initial_state: [{ type: 'm.room.encryption', state_key: '', content }] }
  refused(await alice.try('POST', '/createRoom', state), 400, 'M_INVALID_ROOM_STATE', reason)
  for (const preset of ['private_chat', 'trusted_private_chat', 'public_chat']) {
    const path = `/rooms/${encoded(await alice.createRoom({ preset }))}/state/m.room.encryption`
    assert.equal((await alice.try('GET', path)).status, 404)
    refused(await alice.try('PUT', path, content), 403, 'M_FORBIDDEN', reason)
  }
  assert.deepEqual((await call(`${server.url}/.well-known/matrix/client`)).body, {
    'm.homeserver': { base_url: 'https://matrix.example.org' },
    'io.element.e2ee': { default: false, force_disable: true },
  })
})

test('m.room.encryption is accepted by default', async (t) => {
  const env = { BELFRY_PUBLIC_URL: 'https://matrix.example.org' }
  const server = await startTestServer(t, { env })
  const alice = await registerUser(server.url, 'alice')
  const content = { algorithm: 'm.megolm.v1.aes-sha2' }
  await alice.createRoom({ initial_state: [{ type: 'm.room.encryption', content }] })
  await alice.put(`/rooms/${encoded(await alice.createRoom())}/state/m.room.encryption/`, content)
  assert.deepEqual((await call(`${server.url}/.well-known/matrix/client`)).body, {
    'm.homeserver': { base_url: 'https://matrix.example.org' },
  })
})
