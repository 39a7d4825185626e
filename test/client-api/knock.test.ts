import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { foundingPusher, registerUser, type TestUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { startTestServer } from '../support/server.ts'

const encoded = encodeURIComponent

type Rooms = Record<'join' | 'invite' | 'knock' | 'leave', Record<string, Record<string, unknown>>>

async function sync(user: TestUser, since = ''): Promise<{ next: string; rooms: Rooms }> {
  const response = await user.get(`/sync?since=${since}`)
  return { next: String(response['next_batch']), rooms: response['rooms'] as Rooms }
}

async function knockableRoom(t: TestContext, env: Record<string, string> = {}, joinRule = 'knock') {
  const server = await startTestServer(t, { env })
  const alice = await registerUser(server.url, 'alice')
  const bob = await registerUser(server.url, 'bob')
  const roomId = await alice.createRoom({
    name: 'Club',
    room_alias_name: 'club',
    initial_state: [{ type: 'm.room.join_rules', content: { join_rule: joinRule } }],
  })
  return { server, alice, bob, roomId, room: `/rooms/${encoded(roomId)}`, knock: `/knock/${encoded(roomId)}` }
}

test('a knock appears in the sync of the room and of the user, and an invitation accepts it', async (t) => {
  const { alice, bob, roomId, room, knock } = await knockableRoom(t)
  const since = { alice: (await sync(alice)).next, bob: (await sync(bob)).next }
  assert.deepEqual(await bob.post(knock, { reason: 'please' }), { room_id: roomId })
  const knocked = await sync(bob, since.bob)
  const state = knocked.rooms.knock[roomId]?.['knock_state'] as
    | { events: Record<string, unknown>[] }
    | undefined
  const events = state?.events ?? []
  const own = events.find((event) => event['state_key'] === bob.userId)
  assert.deepEqual(own?.['content'], { membership: 'knock', reason: 'please' })
  assert.equal(typeof own['event_id'], 'string')
  assert.equal(typeof own['origin_server_ts'], 'number')
  assert.ok(events.some((event) => event['type'] === 'm.room.name'))
  assert.deepEqual([knocked.rooms.join, knocked.rooms.invite, knocked.rooms.leave], [{}, {}, {}])
  const inRoom = (await sync(alice, since.alice)).rooms.join[roomId]?.['timeline'] as { events: object[] }
  assert.ok(JSON.stringify(inRoom.events).includes('"membership":"knock"'))
  assert.deepEqual(Object.keys((await sync(bob)).rooms.knock), [roomId], 'an initial sync has it too')

  assert.equal((await bob.try('POST', `${room}/join`)).status, 403)
  assert.equal((await bob.try('GET', `${room}/messages?dir=b`)).status, 403)
  await alice.post(`${room}/invite`, { user_id: bob.userId })
  const invited = await sync(bob, knocked.next)
  assert.deepEqual([Object.keys(invited.rooms.invite), invited.rooms.knock], [[roomId], {}])
  await bob.post(`${room}/join`)
  assert.deepEqual(Object.keys((await sync(bob, invited.next)).rooms.join), [roomId])
})

test('a second knock changes nothing, by room id or by alias', async (t) => {
  const { bob, roomId, knock } = await knockableRoom(t)
  await bob.post(knock)
  const { next } = await sync(bob)
  assert.deepEqual(await bob.post(`/knock/${encoded('#club:localhost')}`), { room_id: roomId })
  assert.deepEqual((await sync(bob, next)).rooms.knock, {})
})

test('a leave retracts a knock, a kick rejects it, and a banned user cannot knock', async (t) => {
  const { alice, bob, roomId, room, knock } = await knockableRoom(t)
  for (const end of [
    () => bob.post(`${room}/leave`),
    () => alice.post(`${room}/kick`, { user_id: bob.userId, reason: 'full' }),
  ]) {
    await bob.post(knock)
    const { next } = await sync(bob)
    await end()
    const { rooms } = await sync(bob, next)
    assert.deepEqual([Object.keys(rooms.leave), rooms.knock], [[roomId], {}])
  }
  await bob.post(`${room}/forget`)
  await alice.post(`${room}/ban`, { user_id: bob.userId })
  const banned = await bob.try('POST', knock)
  assert.deepEqual([banned.status, banned.body['errcode']], [403, 'M_FORBIDDEN'])
})

test('a knock is accepted in a knock_restricted room, and returns 403 in public and private rooms', async (t) => {
  const { alice, bob, roomId, knock } = await knockableRoom(t, {}, 'knock_restricted')
  assert.deepEqual(await bob.post(knock), { room_id: roomId })
  for (const preset of ['public_chat', 'private_chat']) {
    const response = await bob.try('POST', `/knock/${encoded(await alice.createRoom({ preset }))}`)
    assert.deepEqual([response.status, response.body['errcode']], [403, 'M_FORBIDDEN'], preset)
  }
  const member = await alice.try('POST', knock)
  assert.equal(member.status, 403)
  for (const [path, status] of [
    ['/knock/!nowhere:localhost', 404],
    [`/knock/${encoded('#nowhere:localhost')}`, 404],
    ['/knock/nonsense', 400],
  ] as const)
    assert.equal((await bob.try('POST', path)).status, status, path)
})

for (const knocks of [true, false])
  test(`a knock ${knocks ? 'pokes' : 'does not poke'} the members who may invite when experimental.knocks is ${String(knocks)}`, async (t) => {
    const env = { BELFRY_EXPERIMENTAL_KNOCKS: String(knocks) }
    const { server, alice, bob, room, knock } = await knockableRoom(t, env)
    const gateway = await startPokeReceiver(t)
    const carol = await registerUser(server.url, 'carol')
    await alice.post(`${room}/invite`, { user_id: carol.userId })
    await carol.post(`${room}/join`)
    await alice.put(`${room}/state/m.room.power_levels`, { users: { [alice.userId]: 100 }, invite: 50 })
    for (const user of [alice, bob, carol])
      await user.post('/pushers/set', foundingPusher(gateway.url, { pushkey: user.userId }))
    await bob.post(knock)
    await alice.post(`${room}/invite`, { user_id: bob.userId })
    for (const user of [alice, bob, carol]) await eventually(() => nothingQueued(user))
    const poked = gateway.pokes.flatMap(({ event_id: eventId, devices, content }) =>
      eventId === undefined ? [] : [`${devices[0]?.pushkey} ${String(content?.['membership'])}`],
    )
    const expected = [...(knocks ? [`${alice.userId} knock`] : []), `${bob.userId} invite`]
    assert.deepEqual(poked.toSorted(), expected)
  })

async function nothingQueued(user: TestUser): Promise<boolean> {
  const { pushers } = (await user.get('/pushers')) as {
    pushers: { 'org.belfry.status': { queued: number } }[]
  }
  return pushers.every((pusher) => pusher['org.belfry.status'].queued === 0)
}
