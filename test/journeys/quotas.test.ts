import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import {
  type ClientResponse,
  call,
  loginUser,
  PASSWORD,
  registerUser,
  type TestUser,
} from '../support/client.ts'
import { startTestServer } from '../support/server.ts'

const enc = encodeURIComponent

/** A server with the given quotas, and two users. */
async function start(t: TestContext, quotas: Record<string, number>) {
  const env = Object.fromEntries(
    Object.entries(quotas).map(([name, value]) => [`BELFRY_QUOTAS_${name.toUpperCase()}`, String(value)]),
  )
  const server = await startTestServer(t, { env })
  return {
    server,
    alice: await registerUser(server.url, 'alice'),
    bob: await registerUser(server.url, 'bob'),
  }
}

function assertRefused({ status, body }: ClientResponse, quota: string, advice: RegExp): void {
  const isBytes = quota.endsWith('bytes')
  assert.equal(status, isBytes ? 413 : 403, JSON.stringify(body))
  assert.equal(body['errcode'], isBytes ? 'M_TOO_LARGE' : 'M_FORBIDDEN')
  assert.equal(body['org.belfry.quota'], `quotas.${quota}`)
  assert.match(String(body['error']), advice)
}

const text = (length: number) => ({ text: 'x'.repeat(length) })

test('account data above its quotas is refused, and existing data can be read and reduced', async (t) => {
  const { alice, bob } = await start(t, { account_data_bytes: 20_000, account_data_entries: 4 })
  const roomId = await alice.createRoom()
  const path = (type: string) => `/user/${enc(alice.userId)}/account_data/${type}`
  const ofRoom = (type: string) => `/user/${enc(alice.userId)}/rooms/${enc(roomId)}/account_data/${type}`
  await alice.put(path('a'), text(9000))
  await alice.put(ofRoom('a'), text(9000))
  assertRefused(
    await alice.try('PUT', path('b'), text(3000)),
    'account_data_bytes',
    /[Mm]ake some of it smaller/,
  )
  assertRefused(await alice.try('PUT', path('a'), text(12_000)), 'account_data_bytes', /20000 bytes/)
  assert.deepEqual(await alice.get(path('a')), text(9000))
  await alice.put(path('a'), text(9000))
  await alice.put(path('a'), text(100))
  await alice.put(path('b'), text(3000))
  await alice.put(ofRoom('c'), {})
  assertRefused(await alice.try('PUT', path('d'), {}), 'account_data_entries', /4 entries/)
  await alice.put(path('b'), text(2000))
  // Read markers do not count, and other users have separate quotas.
  const eventId = await alice.say(roomId, 'read')
  await alice.post(`/rooms/${enc(roomId)}/read_markers`, { 'm.fully_read': eventId })
  await bob.put(`/user/${enc(bob.userId)}/account_data/a`, text(15_000))
  const { account_data } = (await alice.get('/sync')) as { account_data: { events: { type: string }[] } }
  assert.deepEqual(account_data.events.map(({ type }) => type).sort(), ['a', 'b', 'm.push_rules'])
})

test('room state above its quotas is refused, and the room can be moderated and its state reduced', async (t) => {
  const { alice, bob } = await start(t, { room_state_bytes: 20_000, room_state_events: 12 })
  const roomId = await alice.createRoom()
  const path = (type: string, key = '') => `/rooms/${enc(roomId)}/state/${type}/${key}`
  await alice.put(path('org.example.a'), text(9000))
  await alice.put(path('org.example.b'), text(9000))
  assertRefused(
    await alice.try('PUT', path('org.example.c'), text(3000)),
    'room_state_bytes',
    /[Mm]ake some of it smaller/,
  )
  assertRefused(
    await alice.try('PUT', path('org.example.a'), text(12_000)),
    'room_state_bytes',
    /20000 bytes/,
  )
  await alice.put(path('m.room.topic'), { topic: 'x'.repeat(3000) })
  await bob.post(`/rooms/${enc(roomId)}/join`)
  await bob.say(roomId, 'messages are not state')
  assertRefused(
    await alice.try('PUT', path('org.example.a'), text(9500)),
    'room_state_bytes',
    /at most 20000 bytes/,
  )
  await alice.put(path('org.example.a'), text(8000))
  const { event_id: redacted } = (await alice.put(path('org.example.b'), text(8999))) as { event_id: string }
  await alice.put(`/rooms/${enc(roomId)}/redact/${enc(redacted)}/1`, {})
  await alice.put(path('org.example.c'), text(8000))
  let refused: ClientResponse | undefined
  for (let at = 0; at < 12 && refused?.status !== 403; at++)
    refused = await alice.try('PUT', path('org.example.d', `${at}`), {})
  assert.ok(refused)
  assertRefused(refused, 'room_state_events', /reuse the type and state key/)
  await alice.put(path('m.room.name'), { name: 'Full' })
  await alice.put(path('org.example.d', '0'), { a: 1 })
  const state = (await alice.get(`/rooms/${enc(roomId)}/state`)) as unknown as { type: string }[]
  assert.ok(state.filter(({ type }) => type !== 'm.room.member').length >= 12)
  const { rooms } = (await bob.get('/sync')) as { rooms: { join: Record<string, unknown> } }
  assert.ok(rooms.join[roomId])
})

test('a member event above 8 KiB is refused', async (t) => {
  const { alice } = await start(t, {})
  const roomId = await alice.createRoom()
  const path = `/rooms/${enc(roomId)}/state/m.room.member/${enc(alice.userId)}`
  const { status, body } = await alice.try('PUT', path, { membership: 'join', more: 'x'.repeat(8200) })
  assert.deepEqual([status, body['errcode']], [413, 'M_TOO_LARGE'])
  await alice.put(path, { membership: 'join', more: 'x'.repeat(7000) })
})

test('filters above their quotas are refused, and existing filters still work', async (t) => {
  const { alice, bob } = await start(t, { filters: 2, filter_bytes: 4096 })
  const upload = (user: TestUser, limit: number, types: string[] = []) =>
    user.try('POST', `/user/${enc(user.userId)}/filter`, { room: { timeline: { limit, not_types: types } } })
  const first = await upload(alice, 1)
  assert.equal(first.status, 200)
  assert.equal((await upload(alice, 2)).status, 200)
  assertRefused(await upload(alice, 3), 'filters', /send the filter itself/)
  assert.equal((await upload(alice, 2)).status, 200, 'uploading an existing filter returns it')
  await alice.get(`/sync?filter=${String(first.body['filter_id'])}`)
  assertRefused(await upload(bob, 1, ['x'.repeat(5000)]), 'filter_bytes', /4096 bytes/)
})

test('logins of new devices above their quota are refused, known devices can log in, and a logout frees a place', async (t) => {
  const { server, alice } = await start(t, { devices: 2 })
  const second = await loginUser(server.url, 'alice')
  const login = (device?: string) =>
    call(`${server.url}/_matrix/client/v3/login`, {
      body: {
        type: 'm.login.password',
        identifier: { type: 'm.id.user', user: 'alice' },
        password: PASSWORD,
        ...(device === undefined ? {} : { device_id: device }),
      },
    })
  assertRefused(await login(), 'devices', /[Ll]og one out/)
  assert.equal((await login(alice.deviceId)).status, 200)
  await second.post('/logout')
  assert.equal((await login()).status, 200)
})

test('the rooms that a user is in or has created, and aliases, are limited', async (t) => {
  const { alice, bob } = await start(t, { rooms_joined: 2, rooms_created: 3, aliases: 1 })
  const rooms = [await alice.createRoom(), await alice.createRoom()]
  const create = () => alice.try('POST', '/createRoom', { preset: 'public_chat' })
  assertRefused(await create(), 'rooms_joined', /leave one/)
  const ofBob = await bob.createRoom()
  assertRefused(await alice.try('POST', `/rooms/${enc(ofBob)}/join`, {}), 'rooms_joined', /2 rooms/)
  await alice.post(`/rooms/${enc(rooms[0] ?? '')}/leave`)
  await alice.post(`/rooms/${enc(ofBob)}/join`)
  await alice.post(`/rooms/${enc(ofBob)}/leave`)
  const third = String((await create()).body['room_id'])
  await alice.post(`/rooms/${enc(third)}/leave`)
  assertRefused(await create(), 'rooms_created', /created 3 rooms/)

  const alias = (name: string) => `/directory/room/${enc(`#${name}:localhost`)}`
  const put = (name: string) => alice.try('PUT', alias(name), { room_id: rooms[1] })
  assert.equal((await put('one')).status, 200)
  assertRefused(await put('two'), 'aliases', /delete one/)
  await alice.delete(alias('one'))
  assert.equal((await put('two')).status, 200)
})

test('unanswered invitations are limited for each pair of users', async (t) => {
  const { server, alice, bob } = await start(t, { invitations_to_one_user: 2 })
  const carol = await registerUser(server.url, 'carol')
  const rooms = [await alice.createRoom(), await alice.createRoom(), await alice.createRoom()]
  const invite = (user: TestUser, roomId: string, target: TestUser) =>
    user.try('POST', `/rooms/${enc(roomId)}/invite`, { user_id: target.userId })
  const [first = '', second = '', third = ''] = rooms
  assert.equal((await invite(alice, first, bob)).status, 200)
  assert.equal((await invite(alice, second, bob)).status, 200)
  assert.equal((await invite(alice, second, bob)).status, 200, 'repeating an invitation is allowed')
  assertRefused(await invite(alice, third, bob), 'invitations_to_one_user', /@bob:localhost/)
  assert.equal((await invite(alice, third, carol)).status, 200)
  assert.equal((await invite(carol, await carol.createRoom(), bob)).status, 200, 'others may')
  await bob.post(`/rooms/${enc(first)}/join`)
  assert.equal((await invite(alice, await alice.createRoom(), bob)).status, 200)
})
