import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { registerUser } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'

const encoded = encodeURIComponent

async function restrictedRoom(t: TestContext, rule: 'restricted' | 'knock_restricted', allow?: unknown) {
  const { url } = await startTestServer(t)
  const [alice, bob] = [await registerUser(url, 'alice'), await registerUser(url, 'bob')]
  const club = await alice.createRoom({ preset: 'private_chat', invite: [bob.userId] })
  const conditions = allow ?? [{ type: 'm.room_membership', room_id: club }]
  const roomId = await alice.createRoom({
    preset: 'private_chat',
    initial_state: [{ type: 'm.room.join_rules', content: { join_rule: rule, allow: conditions } }],
  })
  const join = async () => (await bob.try('POST', `/join/${encoded(roomId)}`)).status
  return { alice, bob, club, roomId, join, room: `/rooms/${encoded(roomId)}` }
}

for (const rule of ['restricted', 'knock_restricted'] as const)
  test(`a ${rule} room can be joined by joined members of an allowed room, who stay after they leave that room`, async (t) => {
    const { alice, bob, club, room, join } = await restrictedRoom(t, rule)
    assert.equal(await join(), 403, 'an invitation to the allowed room is not enough')
    await bob.post(`/join/${encoded(club)}`)
    assert.equal(await join(), 200)
    await bob.post(`/rooms/${encoded(club)}/leave`)
    await bob.put(`/profile/${encoded(bob.userId)}/displayname`, { displayname: 'Robert' })
    const member = await alice.get(`${room}/state/m.room.member/${encoded(bob.userId)}`)
    assert.deepEqual(member, { membership: 'join', displayname: 'Robert' })
    await bob.post(`${room}/leave`)
    assert.equal(await join(), 403, 'the conditions are checked again for a new join')
    await alice.post(`${room}/invite`, { user_id: bob.userId })
    assert.equal(await join(), 200, 'an invitation needs no condition')
  })

test('a knock in a knock_restricted room is open to others, and does not replace the conditions of a join', async (t) => {
  const { bob, club, room, roomId, join } = await restrictedRoom(t, 'knock_restricted')
  await bob.post(`/knock/${encoded(roomId)}`)
  assert.equal(await join(), 403)
  await bob.post(`/join/${encoded(club)}`)
  assert.equal(await join(), 200, 'a member of the allowed room joins after a knock')
  assert.equal((await bob.get(`${room}/state/m.room.join_rules`))['join_rule'], 'knock_restricted')
})

for (const allow of [
  [],
  'x',
  [{ type: 'org.example.other' }, null, { type: 'm.room_membership', room_id: 7 }],
])
  test(`a restricted room with the conditions ${JSON.stringify(allow)} needs an invitation`, async (t) => {
    const { bob, club, join } = await restrictedRoom(t, 'restricted', allow)
    await bob.post(`/join/${encoded(club)}`)
    assert.equal(await join(), 403)
  })
