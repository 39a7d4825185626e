import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stateOf } from '../rooms/fixture.ts'
import { type ClientResponse, type Ask, startRooms } from './rooms-server.ts'

const encoded = encodeURIComponent

async function createRoom(ask: Ask, body: object = { preset: 'public_chat' }): Promise<string> {
  const { status, body: response } = await ask('alice', 'POST', '/v3/createRoom', body)
  assert.equal(status, 200)
  return String(response['room_id'])
}

function refused(response: ClientResponse, status: number, errcode: string): void {
  assert.deepEqual(
    [response.status, response.body['errcode']],
    [status, errcode],
    JSON.stringify(response.body),
  )
  assert.equal(typeof response.body['error'], 'string')
}

for (const prefix of ['/api/v1', '/r0', '/v3'])
  test(`a room can be created, joined, written to, left and forgotten under ${prefix}`, async (t) => {
    const { ask } = await startRooms(t)
    const created = await ask('alice', 'POST', `${prefix}/createRoom`, { name: 'A', invite: ['@bob:here'] })
    const roomId = String(created.body['room_id'])
    const room = `${prefix}/rooms/${encoded(roomId)}`
    assert.deepEqual(await ask('bob', 'POST', `${room}/join`), { status: 200, body: { room_id: roomId } })
    const sent = await ask('bob', 'PUT', `${room}/send/m.room.message/1`, { msgtype: 'm.text', body: 'hi' })
    assert.match(String(sent.body['event_id']), /^\$/)
    assert.deepEqual(await ask('bob', 'PUT', `${room}/send/m.room.message/1`, { body: 'hi' }), sent)
    const path = `${room}/redact/${encoded(String(sent.body['event_id']))}/2`
    const redacted = await ask('bob', 'PUT', path, { reason: 'typo' })
    assert.equal(redacted.status, 200)
    assert.deepEqual(await ask('bob', 'PUT', path), redacted)
    assert.deepEqual(await ask('bob', 'GET', `${prefix}/joined_rooms`), {
      status: 200,
      body: { joined_rooms: [roomId] },
    })
    assert.deepEqual(await ask('bob', 'POST', `${room}/leave`, {}), { status: 200, body: {} })
    assert.deepEqual(await ask('bob', 'POST', `${room}/forget`, {}), { status: 200, body: {} })
  })

test('a moderator can invite, kick, ban and unban, and other users get 403', async (t) => {
  const { ask, fixture } = await startRooms(t)
  const roomId = await createRoom(ask)
  const about = (action: string, who = 'alice') =>
    ask(who, 'POST', `/v3/rooms/${encoded(roomId)}/${action}`, { user_id: '@bob:here', reason: 'so' })
  const ok = { status: 200, body: {} }
  assert.deepEqual(await about('invite'), ok)
  assert.deepEqual(await about('kick'), ok)
  assert.deepEqual(await about('ban'), ok)
  refused(await ask('bob', 'POST', `/v3/join/${encoded(roomId)}`, {}), 403, 'M_FORBIDDEN')
  assert.deepEqual(await about('unban'), ok)
  assert.deepEqual(await stateOf(fixture, roomId as never, 'm.room.member', '@bob:here'), {
    membership: 'leave',
    reason: 'so',
  })
  refused(await about('ban', 'carol'), 403, 'M_FORBIDDEN')
  refused(await ask('alice', 'POST', `/v3/rooms/${encoded(roomId)}/kick`, {}), 400, 'M_MISSING_PARAM')
  const wrong = { user_id: 'bob' }
  refused(await ask('alice', 'POST', `/v3/rooms/${encoded(roomId)}/kick`, wrong), 400, 'M_INVALID_PARAM')
})

test('PUT /state accepts an empty state key, with or without the slash, and a key with an escaped slash', async (t) => {
  const { ask, fixture } = await startRooms(t)
  const roomId = await createRoom(ask)
  const put = (path: string, body: object) =>
    ask('alice', 'PUT', `/v3/rooms/${encoded(roomId)}/state/${path}`, body)
  const named = await put('m.room.name', { name: 'A' })
  assert.deepEqual(await put('m.room.name/', { name: 'A' }), named)
  assert.equal((await put('org.example/a%2Fb', { on: 1 })).status, 200)
  assert.deepEqual(await stateOf(fixture, roomId as never, 'm.room.name'), { name: 'A' })
  assert.deepEqual(await stateOf(fixture, roomId as never, 'org.example', 'a/b'), { on: 1 })
})

test('an alias can be created, resolved, listed and deleted', async (t) => {
  const { ask } = await startRooms(t)
  const roomId = await createRoom(ask)
  const alias = `/v3/directory/room/${encoded('#pub:here')}`
  refused(await ask('alice', 'GET', alias), 404, 'M_NOT_FOUND')
  assert.equal((await ask('alice', 'PUT', alias, { room_id: roomId })).status, 200)
  refused(await ask('alice', 'PUT', alias, { room_id: roomId }), 409, 'M_UNKNOWN')
  assert.deepEqual(await ask('bob', 'GET', alias), {
    status: 200,
    body: { room_id: roomId, servers: ['here'] },
  })
  const joined = await ask('bob', 'POST', `/v3/join/${encoded('#pub:here')}`)
  assert.deepEqual(joined, { status: 200, body: { room_id: roomId } })
  const listed = await ask('bob', 'GET', `/v3/rooms/${encoded(roomId)}/aliases`)
  assert.deepEqual(listed.body, { aliases: ['#pub:here'] })
  refused(await ask('bob', 'DELETE', alias), 403, 'M_FORBIDDEN')
  assert.equal((await ask('alice', 'DELETE', alias)).status, 200)
  refused(await ask('bob', 'POST', `/v3/join/${encoded('#pub:here')}`), 404, 'M_NOT_FOUND')
})

test('malformed requests are refused with their status and errcode', async (t) => {
  const { ask } = await startRooms(t)
  const room = `/v3/rooms/${encoded(await createRoom(ask))}`
  const cases: [string, string, unknown, number, string][] = [
    ['PUT', '/v3/rooms/nonsense/send/m.room.message/1', {}, 400, 'M_INVALID_PARAM'],
    ['PUT', `${room}/send/m.room.message/${'t'.repeat(256)}`, {}, 400, 'M_INVALID_PARAM'],
    ['PUT', `${room}/send/m.room.message/1`, [], 400, 'M_BAD_JSON'],
    ['PUT', `${room}/send/m.room.message/1`, '{', 400, 'M_NOT_JSON'],
    ['PUT', `${room}/send/m.room.message/1`, { n: 0.1 }, 400, 'M_BAD_JSON'],
    ['PUT', `${room}/send/m.room.message/1`, { body: 'x'.repeat(65_500) }, 413, 'M_TOO_LARGE'],
    ['PUT', `${room}/send/m.room.message/1`, { body: 'x'.repeat(70_000) }, 413, 'M_TOO_LARGE'],
    ['PUT', `${room}/redact/nonsense/1`, {}, 400, 'M_INVALID_PARAM'],
    ['PUT', `${room}/redact/${encoded('$unknown')}/1`, {}, 404, 'M_NOT_FOUND'],
    ['PUT', `${room}/state/m.room.member/nobody`, { membership: 'join' }, 400, 'M_INVALID_PARAM'],
    ['PUT', `${room}/state/m.room.create`, {}, 403, 'M_FORBIDDEN'],
    ['POST', '/v3/join/nonsense', {}, 400, 'M_INVALID_PARAM'],
    ['POST', `/v3/join/${encoded('!unknown')}`, {}, 404, 'M_NOT_FOUND'],
    ['PUT', '/v3/directory/room/pub', { room_id: '!x' }, 400, 'M_INVALID_PARAM'],
    ['POST', '/v3/createRoom', { preset: 'made_up' }, 400, 'M_INVALID_PARAM'],
    ['POST', '/v3/createRoom', { invite: 'bob' }, 400, 'M_BAD_JSON'],
    ['POST', '/v3/createRoom', { initial_state: [{ type: 'x' }] }, 400, 'M_MISSING_PARAM'],
    ['POST', '/v3/createRoom', { invite_3pid: [{ medium: 'email' }] }, 403, 'M_FORBIDDEN'],
    ['POST', '/v3/createRoom', { room_version: '1' }, 400, 'M_UNSUPPORTED_ROOM_VERSION'],
  ]
  for (const [method, path, body, status, errcode] of cases)
    refused(await ask('alice', method, path, body), status, errcode)
})
