import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { registerUser } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'

const encoded = encodeURIComponent

async function twoUsers(t: TestContext) {
  const server = await startTestServer(t)
  return { alice: await registerUser(server.url, 'alice'), bob: await registerUser(server.url, 'bob') }
}

test('a kick returns 403 when the target is not in the room', async (t) => {
  const { alice, bob } = await twoUsers(t)
  const room = `/rooms/${encoded(await alice.createRoom())}`
  const kick = () => alice.try('POST', `${room}/kick`, { user_id: bob.userId })
  const refused = async (condition: string) => {
    const { status, body } = await kick()
    assert.deepEqual([status, body['errcode']], [403, 'M_FORBIDDEN'], condition)
  }
  await refused('never in the room')
  await bob.post(`${room}/join`)
  assert.equal((await kick()).status, 200)
  await refused('already kicked')
  await bob.post(`${room}/join`)
  await bob.post(`${room}/leave`)
  await refused('left')
  await alice.post(`${room}/ban`, { user_id: bob.userId })
  await refused('banned')
  await alice.post(`${room}/unban`, { user_id: bob.userId })
  await refused('unbanned')
  const unban = await alice.try('POST', `${room}/unban`, { user_id: bob.userId })
  assert.equal(unban.status, 403, 'there is no ban to remove')
})

test('joined_members has both profile fields of every member, null for an unset field', async (t) => {
  const { alice, bob } = await twoUsers(t)
  const room = `/rooms/${encoded(await alice.createRoom())}`
  await bob.post(`${room}/join`)
  await bob.put(`/profile/${bob.userId}/displayname`, { displayname: 'Bob' })
  assert.deepEqual((await alice.get(`${room}/joined_members`))['joined'], {
    [alice.userId]: { display_name: null, avatar_url: null },
    [bob.userId]: { display_name: 'Bob', avatar_url: null },
  })
})

test('invite_state has the event id and the time for the invitation of the user only', async (t) => {
  const { alice, bob } = await twoUsers(t)
  const roomId = await alice.createRoom({ name: 'Club', invite: [bob.userId] })
  const { rooms } = (await bob.get('/sync')) as {
    rooms: { invite: Record<string, { invite_state: { events: Record<string, unknown>[] } }> }
  }
  const events = rooms.invite[roomId]?.invite_state.events ?? []
  const own = events.filter((event) => event['state_key'] === bob.userId)
  const members = (await alice.get(`/rooms/${encoded(roomId)}/members`))['chunk'] as Record<string, unknown>[]
  const invitation = members.find((event) => event['state_key'] === bob.userId)
  assert.deepEqual(
    own.map((event) => [event['event_id'], event['origin_server_ts']]),
    [[invitation?.['event_id'], invitation?.['origin_server_ts']]],
  )
  const others = events.filter((event) => event['state_key'] !== bob.userId)
  assert.ok(others.length >= 3)
  for (const event of others)
    assert.deepEqual(Object.keys(event).toSorted(), ['content', 'sender', 'state_key', 'type'])
})

test('members returns 403 when the token is before the history that the user may see', async (t) => {
  const { alice, bob } = await twoUsers(t)
  for (const [visibility, expected] of [
    ['joined', 403],
    ['invited', 403],
    ['shared', 200],
    ['world_readable', 200],
  ] as const) {
    const roomId = await alice.createRoom({
      preset: 'public_chat',
      initial_state: [{ type: 'm.room.history_visibility', content: { history_visibility: visibility } }],
    })
    const room = `/rooms/${encoded(roomId)}`
    await alice.say(roomId, 'before bob')
    const before = String((await alice.get('/sync'))['next_batch'])
    await bob.post(`${room}/join`)
    const joined = String((await bob.get('/sync'))['next_batch'])
    const at = (token: string) => bob.try('GET', `${room}/members?at=${token}`)
    const early = await at(before)
    assert.equal(early.status, expected, visibility)
    if (expected === 403) assert.equal(early.body['errcode'], 'M_FORBIDDEN')
    else assert.equal((early.body['chunk'] as unknown[]).length, 1, visibility)
    assert.equal(((await at(joined)).body['chunk'] as unknown[]).length, 2, visibility)
    await bob.post(`${room}/leave`)
    await alice.say(roomId, 'after bob')
    const after = String((await alice.get('/sync'))['next_batch'])
    const late = await at(after)
    assert.equal(late.status, 200, `${visibility}: a member who left sees the room as it was then`)
    assert.equal((late.body['chunk'] as unknown[]).length, 2)
  }
})
