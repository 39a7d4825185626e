import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registerUser } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'

const pathOf = (userId: string) => `/presence/${encodeURIComponent(userId)}/status`

test('/presence/{userId}/status accepts the own presence, stores nothing and shows every user as offline', async (t) => {
  const { url } = await startTestServer(t)
  const alice = await registerUser(url, 'alice')
  const bob = await registerUser(url, 'bob')
  assert.deepEqual(await alice.put(pathOf(alice.userId), { presence: 'online', status_msg: 'here' }), {})
  for (const user of [alice, bob])
    assert.deepEqual(await user.get(pathOf(alice.userId)), { presence: 'offline' })
  assert.deepEqual((await bob.get('/sync'))['presence'], { events: [] })

  const others = await bob.try('PUT', pathOf(alice.userId), { presence: 'online' })
  assert.deepEqual([others.status, others.body['errcode']], [403, 'M_FORBIDDEN'])
  for (const body of [{}, { presence: 'busy' }, { presence: 'online', status_msg: 1 }])
    assert.equal((await alice.try('PUT', pathOf(alice.userId), body)).status, 400)
  const unknown = await alice.try('GET', pathOf('@unknown:localhost'))
  assert.deepEqual([unknown.status, unknown.body['errcode']], [404, 'M_NOT_FOUND'])
})
