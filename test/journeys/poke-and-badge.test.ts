import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { call, foundingPusher, registerUser } from '../support/client.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { startTestServer } from '../support/server.ts'

describe('pushers, pokes and badges over HTTP', () => {
  for (const prefix of ['api/v1', 'r0', 'v3']) {
    test(`sets a pusher under ${prefix}, gets a poke for a message, a badge after reading, and removes the pusher`, async (t) => {
      const server = await startTestServer(t)
      const gateway = await startPokeReceiver(t)
      const alice = await registerUser(server.url, 'alice')
      const bob = await registerUser(server.url, 'bob')
      const api = `${server.url}/_matrix/client/${prefix}`

      const set = await call(`${api}/pushers/set`, { token: alice.token, body: foundingPusher(gateway.url) })
      assert.deepEqual([set.status, set.body], [200, {}], 'created successfully: an empty JSON dictionary')

      const roomId = await bob.createRoom({ preset: 'public_chat', name: 'The office' })
      await alice.post(`/join/${encodeURIComponent(roomId)}`)
      const eventId = await bob.say(roomId, 'Ding dong')
      const poke = await gateway.waitFor((one) => one.event_id === eventId)
      assert.equal(poke.room_id, roomId)
      assert.equal(poke.room_name, 'The office')
      assert.equal(poke.sender, bob.userId)
      assert.deepEqual(poke.content, { msgtype: 'm.text', body: 'Ding dong' })
      assert.equal(poke.counts?.unread, 1)
      assert.equal(poke.devices[0]?.pushkey, 'the-routing-address')

      await alice.read(roomId, eventId)
      const badge = await gateway.waitFor((one) => one.counts?.unread === 0)
      assert.equal(badge.event_id, undefined)

      const gone = await call(`${api}/pushers/set`, {
        token: alice.token,
        body: { pushkey: 'the-routing-address', app_id: 'org.example.app.ios', kind: null },
      })
      assert.deepEqual([gone.status, gone.body], [200, {}])
      assert.deepEqual(await alice.get('/pushers'), { pushers: [] })
      const before = gateway.pokes.length
      await bob.say(roomId, 'Is anybody there?')
      // A poke of Bob's pusher shows that delivery has processed that message.
      await bob.post('/pushers/set', foundingPusher(gateway.url, { pushkey: 'bobs' }))
      const last = await alice.say(roomId, 'Only by looking')
      await gateway.waitFor((one) => one.event_id === last)
      assert.equal(gateway.pokes.length, before + 1, 'no poke for alice')
    })
  }
})
