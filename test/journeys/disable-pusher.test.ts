import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { call, foundingPusher, loginUser, registerUser, type TestUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { startTestServer } from '../support/server.ts'

const DAY_MS = 86_400_000
type Row = Record<string, unknown>

const pushersOf = async (user: TestUser) => (await user.get('/pushers'))['pushers'] as Row[]

async function removedOf(url: string, user: TestUser): Promise<Row[]> {
  const { body } = await call(`${url}/_belfry/v1/pushers`, { token: user.token })
  return body['removed'] as Row[]
}

describe('disabling, rejecting and limiting pushers, over HTTP', () => {
  for (const name of ['enabled', 'org.matrix.msc3881.enabled'])
    test(`"${name}": a pusher is disabled from another device and enabled again`, async (t) => {
      const server = await startTestServer(t)
      const gateway = await startPokeReceiver(t)
      const phone = await registerUser(server.url, 'alice')
      const laptop = await loginUser(server.url, 'alice')
      const bob = await registerUser(server.url, 'bob')
      const pusher = foundingPusher(gateway.url)
      await phone.post('/pushers/set', pusher)
      const roomId = await bob.createRoom()
      await phone.post(`/join/${encodeURIComponent(roomId)}`)

      await laptop.post('/pushers/set', { ...pusher, [name]: false })
      const [off] = await pushersOf(laptop)
      assert.deepEqual([off?.['enabled'], off?.['org.matrix.msc3881.enabled']], [false, false])
      assert.equal(off?.['device_id'], phone.deviceId, 'it still belongs to the phone')
      assert.equal(off?.['org.matrix.msc3881.device_id'], phone.deviceId)
      await bob.say(roomId, 'while it is off')
      await laptop.post('/pushers/set', { ...pusher, [name]: true })
      assert.equal((await pushersOf(phone))[0]?.['enabled'], true)
      const eventId = await bob.say(roomId, 'on again')
      await gateway.waitFor((poke) => poke.event_id === eventId)
      assert.deepEqual(
        gateway.pokes.flatMap((poke) => poke.content?.['body'] ?? []),
        ['on again'],
      )
    })

  test('a rejected pushkey is removed at once, and reported for 30 days with time and reason', async (t) => {
    const clock = createManualClock()
    const server = await startTestServer(t, { environment: { clock } })
    const gateway = await startPokeReceiver(t)
    gateway.respondWith((poke) => ({ body: { rejected: [poke.devices[0]?.pushkey] } }))
    const alice = await registerUser(server.url, 'alice')
    const bob = await registerUser(server.url, 'bob')
    await alice.post('/pushers/set', foundingPusher(gateway.url))
    const roomId = await bob.createRoom()
    await alice.post(`/join/${encodeURIComponent(roomId)}`)
    await bob.say(roomId, 'hello')
    await eventually(async () => (await pushersOf(alice)).length === 0)
    const [note] = await removedOf(server.url, alice)
    assert.deepEqual(
      [note?.['reason'], note?.['removed_at'], note?.['pushkey'], note?.['app_id']],
      ['rejected', clock.now(), 'the-routing-address', 'org.example.app.ios'],
    )
    assert.deepEqual(await removedOf(server.url, bob), [], 'other users do not see it')
    await bob.say(roomId, 'no pusher is left')
    clock.advance(30 * DAY_MS - 1)
    assert.equal((await removedOf(server.url, alice)).length, 1)
    clock.advance(DAY_MS)
    await eventually(async () => (await removedOf(server.url, alice)).length === 0)
    assert.equal(gateway.pokes.length, 1)
  })

  test('the number of pushers of a user is limited, and setting an existing one again is always possible', async (t) => {
    const server = await startTestServer(t, { env: { BELFRY_PUSH_MAX_PUSHERS_PER_USER: '2' } })
    const gateway = await startPokeReceiver(t)
    const alice = await registerUser(server.url, 'alice')
    const bob = await registerUser(server.url, 'bob')
    const set = (user: TestUser, pushkey: string, more: Row = {}) =>
      user.try('POST', '/pushers/set', foundingPusher(gateway.url, { pushkey, ...more }))
    for (const pushkey of ['one', 'two']) assert.equal((await set(alice, pushkey)).status, 200)
    const refused = await set(alice, 'three')
    assert.equal(refused.status, 400)
    assert.match(String(refused.body['error']), /limit is 2/)
    assert.equal((await set(alice, 'two', { lang: 'de' })).status, 200)
    assert.equal((await set(bob, 'three')).status, 200, 'another user has a separate limit')
    assert.equal((await set(alice, 'one', { kind: null })).status, 200)
    assert.equal((await set(alice, 'four')).status, 200)
    assert.deepEqual(
      (await pushersOf(alice)).map((row) => row['pushkey']),
      ['two', 'four'],
    )
  })
})
