import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foundingPusher, registerUser } from '../support/client.ts'
import { startDnsServer } from '../support/dns-server.ts'
import { eventually } from '../support/eventually.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { startTestServer } from '../support/server.ts'

test('host names of one user without a DNS response do not delay the pokes of another user', async (t) => {
  const dns = await startDnsServer(t, (name) => (name.endsWith('silent.example') ? 'silent' : '127.0.0.1'))
  const server = await startTestServer(t, { env: { BELFRY_PUSH_DNS_SERVERS: dns.address } })
  const gateway = await startPokeReceiver(t)
  const mallory = await registerUser(server.url, 'mallory')
  const [alice, bob] = [await registerUser(server.url, 'alice'), await registerUser(server.url, 'bob')]
  const roomId = await bob.createRoom({ preset: 'public_chat' })
  await alice.post(`/join/${encodeURIComponent(roomId)}`)

  const statuses: number[] = []
  const held = Array.from({ length: 12 }, async (_, n) => {
    const url = `https://n${n}.silent.example/_matrix/push/v1/notify`
    const response = await mallory.try('POST', '/pushers/set', foundingPusher(url, { pushkey: `key ${n}` }))
    statuses.push(response.status)
    return response
  })
  await dns.waitFor(4, /silent/)
  await eventually(() => statuses.length >= 8)
  assert.deepEqual(statuses.slice(0, 8), Array(8).fill(429), 'four requests of a user may wait for a name')

  const port = new URL(gateway.url).port
  const url = `http://gateway.example:${port}/_matrix/push/v1/notify`
  await alice.post('/pushers/set', foundingPusher(url))
  const eventId = await bob.say(roomId, 'hello')
  await gateway.waitFor((poke) => poke.event_id === eventId)

  // An https URL is accepted although its name does not resolve, because this can be temporary.
  const responses = await Promise.all(held)
  assert.equal(responses.filter(({ status }) => status === 200).length, 4)
  assert.equal(responses.find(({ status }) => status === 429)?.body['errcode'], 'M_LIMIT_EXCEEDED')
})
