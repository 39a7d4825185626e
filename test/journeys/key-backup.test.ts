import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loginUser, registerUser, type TestUser } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'

const enc = encodeURIComponent
const ALGORITHM = 'm.megolm_backup.v1.curve25519-aes-sha2'
const ROOM = '!room:localhost'
const SESSION = 'a+session/id=with;unusual characters'

const settings = { algorithm: ALGORITHM, auth_data: { public_key: 'abc', signatures: {} } }
const key = (more: Record<string, unknown> = {}) => ({
  first_message_index: 1,
  forwarded_count: 0,
  is_verified: false,
  session_data: { ephemeral: 'e', ciphertext: 'c', mac: 'm' },
  ...more,
})
const path = (version: string, ...place: string[]) =>
  `/room_keys/keys${place.map((part) => `/${enc(part)}`).join('')}?version=${version}`

async function createBackup(user: TestUser): Promise<string> {
  return String((await user.post('/room_keys/version', settings))['version'])
}

test('keys are backed up by one device, and restored by another device of the user only', async (t) => {
  const server = await startTestServer(t)
  const phone = await registerUser(server.url, 'alice')
  const bob = await registerUser(server.url, 'bob')
  const none = await phone.try('GET', '/room_keys/version')
  assert.deepEqual([none.status, none.body['errcode']], [404, 'M_NOT_FOUND'])

  const version = await createBackup(phone)
  assert.deepEqual(await phone.get('/room_keys/version'), { ...settings, version, etag: '0', count: 0 })
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`s${n}`, key()]))
  assert.deepEqual(await phone.put(path(version), { rooms: { [ROOM]: { sessions: many } } }), {
    etag: '1',
    count: 300,
  })
  assert.deepEqual(await phone.put(path(version, '!other'), { sessions: { one: key() } }), {
    etag: '2',
    count: 301,
  })
  assert.deepEqual(await phone.put(path(version, ROOM, SESSION), key()), { etag: '3', count: 302 })
  assert.deepEqual(await phone.put(path(version, ROOM, SESSION), key({ first_message_index: 2 })), {
    etag: '3',
    count: 302,
  })
  const better = key({ is_verified: true, first_message_index: 2 })
  assert.deepEqual(await phone.put(path(version, ROOM, SESSION), better), { etag: '4', count: 302 })

  const laptop = await loginUser(server.url, 'alice')
  const info = await laptop.get('/room_keys/version')
  assert.deepEqual(info, { ...settings, version, etag: '4', count: 302 })
  assert.deepEqual(await laptop.get(`/room_keys/version/${version}`), info)
  assert.deepEqual(await laptop.get(path(version, ROOM, SESSION)), better)
  assert.deepEqual(await laptop.get(path(version, '!other')), { sessions: { one: key() } })
  assert.deepEqual(await laptop.get(path(version)), {
    rooms: { [ROOM]: { sessions: { ...many, [SESSION]: better } }, '!other': { sessions: { one: key() } } },
  })
  for (const place of [[], [ROOM], [ROOM, SESSION]]) {
    const foreign = await bob.try('GET', path(version, ...place))
    assert.deepEqual([foreign.status, foreign.body['errcode']], [404, 'M_NOT_FOUND'])
  }
  // A backup belongs to the user, not to a device.
  await phone.post('/logout')
  assert.deepEqual(await laptop.get('/room_keys/version'), info)
})

test('keys are deleted one by one, by room, all together, and with their version', async (t) => {
  const server = await startTestServer(t)
  const alice = await registerUser(server.url, 'alice')
  const version = await createBackup(alice)
  const sessions = { a: key(), b: key() }
  await alice.put(path(version), {
    rooms: { [ROOM]: { sessions }, '!two': { sessions }, '!three': { sessions } },
  })
  assert.deepEqual(await alice.delete(path(version, ROOM, 'a')), { etag: '2', count: 5 })
  assert.deepEqual(await alice.delete(path(version, '!two')), { etag: '3', count: 3 })
  assert.deepEqual(await alice.get(path(version)), {
    rooms: { [ROOM]: { sessions: { b: key() } }, '!three': { sessions } },
  })
  assert.deepEqual(await alice.delete(path(version)), { etag: '4', count: 0 })
  assert.deepEqual(await alice.get(path(version)), { rooms: {} })
  assert.deepEqual(await alice.get(path(version, ROOM)), { sessions: {} })
  await alice.put(path(version, ROOM, 'a'), key())
  assert.deepEqual(await alice.delete(`/room_keys/version/${version}`), {})
  assert.deepEqual(await alice.delete(`/room_keys/version/${version}`), {}, 'it was deleted before')
  assert.equal((await alice.try('GET', path(version, ROOM, 'a'))).status, 404)
  assert.deepEqual(await alice.get(path(await createBackup(alice))), { rooms: {} })
})

test('a new version replaces the backup: the old one refuses keys and names the current version', async (t) => {
  const server = await startTestServer(t)
  const alice = await registerUser(server.url, 'alice')
  const old = await createBackup(alice)
  await alice.put(path(old, ROOM, 'a'), key())
  const current = await createBackup(alice)
  assert.notEqual(current, old)
  for (const [place, body] of [
    [[], { rooms: { [ROOM]: { sessions: { b: key() } } } }],
    [[ROOM], { sessions: { b: key() } }],
    [[ROOM, 'b'], key()],
  ] as const) {
    const refused = await alice.try('PUT', path(old, ...place), body)
    assert.equal(refused.status, 403)
    assert.equal(refused.body['errcode'], 'M_WRONG_ROOM_KEYS_VERSION')
    assert.equal(refused.body['current_version'], current)
  }
  assert.deepEqual(await alice.get(path(old)), { rooms: { [ROOM]: { sessions: { a: key() } } } })
  assert.deepEqual(await alice.get(path(current)), { rooms: {} })

  const changed = { ...settings, auth_data: { public_key: 'new' } }
  assert.deepEqual(await alice.put(`/room_keys/version/${current}`, { ...changed, version: current }), {})
  assert.deepEqual(await alice.get('/room_keys/version'), {
    ...changed,
    version: current,
    etag: '0',
    count: 0,
  })
})

test('malformed requests to the key backup return a Matrix error and change nothing', async (t) => {
  const server = await startTestServer(t, { env: { BELFRY_QUOTAS_KEY_BACKUP_KEYS: '2' } })
  const alice = await registerUser(server.url, 'alice')
  const version = await createBackup(alice)
  await alice.put(path(version, ROOM, 'a'), key())
  const whole = (sessions: unknown) => ({ rooms: { [ROOM]: { sessions } } })
  for (const [method, at, body, status, errcode] of [
    ['POST', '/room_keys/version', {}, 400, 'M_MISSING_PARAM'],
    ['POST', '/room_keys/version', { algorithm: ALGORITHM, auth_data: 'text' }, 400, 'M_INVALID_PARAM'],
    ['POST', '/room_keys/version', { algorithm: '', auth_data: {} }, 400, 'M_INVALID_PARAM'],
    ['PUT', `/room_keys/version/${version}`, { ...settings, algorithm: 'other' }, 400, 'M_INVALID_PARAM'],
    ['PUT', `/room_keys/version/${version}`, { ...settings, version: '7' }, 400, 'M_INVALID_PARAM'],
    ['PUT', '/room_keys/version/7', settings, 404, 'M_NOT_FOUND'],
    ['GET', '/room_keys/version/x', undefined, 404, 'M_NOT_FOUND'],
    ['DELETE', '/room_keys/version/7', undefined, 404, 'M_NOT_FOUND'],
    ['GET', '/room_keys/keys', undefined, 400, 'M_MISSING_PARAM'],
    ['GET', path('7'), undefined, 404, 'M_NOT_FOUND'],
    ['DELETE', path('7'), undefined, 404, 'M_NOT_FOUND'],
    ['GET', path(version, ROOM, 'none'), undefined, 404, 'M_NOT_FOUND'],
    ['PUT', path(version, 'room', 'a'), key(), 400, 'M_INVALID_PARAM'],
    ['PUT', path(version, ROOM, 'x'.repeat(300)), key(), 400, 'M_INVALID_PARAM'],
    ['PUT', path(version, ROOM, 'b'), {}, 400, 'M_MISSING_PARAM'],
    ['PUT', path(version, ROOM, 'b'), key({ first_message_index: -1 }), 400, 'M_INVALID_PARAM'],
    ['PUT', path(version, ROOM, 'b'), key({ forwarded_count: 0.5 }), 400, 'M_BAD_JSON'],
    ['PUT', path(version, ROOM, 'b'), key({ is_verified: 1 }), 400, 'M_BAD_JSON'],
    ['PUT', path(version, ROOM, 'b'), key({ session_data: 'text' }), 400, 'M_INVALID_PARAM'],
    ['PUT', path(version), { rooms: { room: { sessions: {} } } }, 400, 'M_INVALID_PARAM'],
    ['PUT', path(version), whole({ b: key(), c: {} }), 400, 'M_MISSING_PARAM'],
    ['PUT', path(version), whole({ b: key(), c: key() }), 403, 'M_FORBIDDEN'],
    [
      'PUT',
      path(version),
      whole({ b: key({ session_data: { a: 'x'.repeat(1_100_000) } }) }),
      413,
      'M_TOO_LARGE',
    ],
  ] as const) {
    const answer = await alice.try(method, at, body)
    assert.deepEqual(
      [answer.status, answer.body['errcode']],
      [status, errcode],
      `${method} ${at} ${JSON.stringify(answer.body)}`,
    )
  }
  assert.deepEqual(await alice.get('/room_keys/version'), { ...settings, version, etag: '1', count: 1 })
})
