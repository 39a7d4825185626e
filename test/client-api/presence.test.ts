import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PASSWORD, registerUser } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'

const pathOf = (userId: string) => `/presence/${encodeURIComponent(userId)}/status`

test('/presence/{userId}/status accepts the own presence, stores nothing and shows every user as offline, with presence.enabled off', async (t) => {
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

test('/presence/{userId}/status sets and shows presence to users who share a room', async (t) => {
  const { url } = await startTestServer(t, { env: { BELFRY_PRESENCE_ENABLED: 'true' } })
  const [alice, bob, carol] = [
    await registerUser(url, 'alice'),
    await registerUser(url, 'bob'),
    await registerUser(url, 'carol'),
  ]
  const roomId = await alice.createRoom()
  await bob.post(`/rooms/${roomId}/join`, {})
  const path = pathOf(alice.userId)
  const status = async (user = bob) => user.get(path)
  await alice.put(path, { presence: 'unavailable', status_msg: 'lunch' })
  assert.deepEqual(await status(), {
    presence: 'unavailable',
    currently_active: false,
    status_msg: 'lunch',
  })
  await alice.put(path, { presence: 'online', status_msg: '' })
  const { last_active_ago: ago, ...rest } = await status()
  assert.deepEqual(rest, { presence: 'online', currently_active: true })
  assert.equal(typeof ago, 'number')
  assert.equal((await carol.try('GET', path)).status, 403)
  assert.equal((await bob.try('PUT', path, { presence: 'online' })).status, 403)
  for (const [body, errcode] of [
    [{ presence: 'busy' }, 'M_INVALID_PARAM'],
    [{ presence: 'online', status_msg: 'x'.repeat(1001) }, 'M_INVALID_PARAM'],
    [{ presence: 'online', status_msg: {} }, 'M_BAD_JSON'],
    [{ status_msg: 'x' }, 'M_MISSING_PARAM'],
  ] as const) {
    const refused = await alice.try('PUT', path, body)
    assert.deepEqual([refused.status, refused.body['errcode']], [400, errcode])
  }
  assert.equal((await bob.try('GET', '/sync?set_presence=busy')).status, 400)

  await alice.put(path, { presence: 'online', status_msg: 'x'.repeat(1000) })
  const { presence } = await bob.get('/sync?set_presence=offline')
  const [event] = (presence as { events: { sender: string }[] }).events
  assert.equal(event?.sender, alice.userId)
})

test('the presence of a user ends with the logout, and with the account', async (t) => {
  const { url } = await startTestServer(t, { env: { BELFRY_PRESENCE_ENABLED: 'true' } })
  const [alice, bob] = [await registerUser(url, 'alice'), await registerUser(url, 'bob')]
  const roomId = await alice.createRoom()
  await bob.post(`/rooms/${roomId}/join`, {})
  await alice.put(pathOf(alice.userId), { presence: 'online' })
  await bob.put(pathOf(bob.userId), { presence: 'online' })
  await alice.post('/logout', {})
  assert.equal((await bob.get(pathOf(alice.userId)))['presence'], 'offline')
  const { body } = await bob.try('POST', '/account/deactivate', {})
  const auth = {
    type: 'm.login.password',
    session: body['session'],
    identifier: { type: 'm.id.user', user: bob.userId },
    password: PASSWORD,
  }
  await bob.post('/account/deactivate', { auth, erase: true })
  const carol = await registerUser(url, 'carol')
  assert.equal((await carol.try('GET', pathOf(bob.userId))).status, 404)
})
