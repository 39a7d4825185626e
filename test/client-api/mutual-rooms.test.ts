import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, registerUser } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'

test('/mutual_rooms lists the rooms that both users have joined, and refuses other requests', async (t) => {
  const { url } = await startTestServer(t)
  const [alice, bob] = [await registerUser(url, 'alice'), await registerUser(url, 'bob')]
  const roomId = await alice.createRoom()
  await alice.createRoom()
  const mutual = (query: string) =>
    call(`${url}/_matrix/client/v1/mutual_rooms?${query}`, { token: alice.token })
  const path = `user_id=${encodeURIComponent(bob.userId)}`
  assert.deepEqual((await mutual(path)).body, { joined: [], count: 0 })
  await bob.post(`/rooms/${roomId}/join`, {})
  assert.deepEqual((await mutual(path)).body, { joined: [roomId], count: 1 })
  const after = Buffer.from(roomId).toString('base64url')
  assert.deepEqual((await mutual(`${path}&from=${after}`)).body, { joined: [], count: 1 })
  assert.deepEqual((await mutual(`user_id=${encodeURIComponent('@nobody:localhost')}`)).body, {
    joined: [],
    count: 0,
  })
  for (const query of ['', 'user_id=bob', `user_id=${alice.userId}`, `${path}&from=x`]) {
    const { status, body } = await mutual(query)
    assert.equal(status, 400, query)
    assert.match(String(body['errcode']), /M_(MISSING|INVALID)_PARAM/)
  }
  const versions = (await call(`${url}/_matrix/client/versions`)).body['versions'] as string[]
  assert.equal(versions.at(-1), 'v1.19')
})
