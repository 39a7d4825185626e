import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { foundingPusher, loginUser, registerUser } from '../support/client.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { startTestServer } from '../support/server.ts'

describe('delivery to a failing gateway', () => {
  test('sends the pokes of an outage in order when the gateway is back', async (t) => {
    const server = await startTestServer(t)
    const first = await startPokeReceiver(t)
    const alice = await registerUser(server.url, 'alice')
    const bob = await registerUser(server.url, 'bob')
    await alice.post('/pushers/set', foundingPusher(first.url))
    const roomId = await bob.createRoom()
    await alice.post(`/join/${encodeURIComponent(roomId)}`)
    await first.close()

    const sent: string[] = []
    for (let n = 0; n < 5; n++) sent.push(await bob.say(roomId, `message ${n}`))
    const again = await startPokeReceiver(t, Number(new URL(first.url).port))
    await again.waitFor((poke) => poke.event_id === sent.at(-1))
    assert.deepEqual(
      again.pokes.map((poke) => poke.event_id),
      sent,
    )
  })

  test('continues a backlog after a restart where it stopped', async (t) => {
    const server = await startTestServer(t)
    const gateway = await startPokeReceiver(t)
    const alice = await registerUser(server.url, 'alice')
    const bob = await registerUser(server.url, 'bob')
    await alice.post('/pushers/set', foundingPusher(gateway.url))
    const roomId = await bob.createRoom()
    await alice.post(`/join/${encodeURIComponent(roomId)}`)

    // It accepts four pokes, then none until the server has restarted.
    gateway.respondWith(() => (gateway.pokes.length > 4 ? { status: 503 } : {}))
    const sent: string[] = []
    for (let n = 0; n < 20; n++) sent.push(await bob.say(roomId, `message ${n}`))
    await gateway.waitFor((poke) => poke.event_id === sent[4])
    await server.close()
    gateway.respondWith({})
    await startTestServer(t, { data: server.data })
    await gateway.waitFor((poke) => poke.event_id === sent.at(-1))
    const taken = gateway.pokes.map((poke) => poke.event_id)
    assert.deepEqual([...new Set(taken)], sent, 'all, in order')
    assert.deepEqual(taken.slice(0, 4), sent.slice(0, 4))
    assert.equal(
      taken.filter((eventId) => eventId === sent[3]).length,
      1,
      'an accepted poke is not sent again',
    )
  })

  test('a rejected pushkey removes its pusher and no other', async (t) => {
    const server = await startTestServer(t)
    const gateway = await startPokeReceiver(t)
    gateway.respondWith((poke) => ({
      body: {
        rejected: poke.devices.map((device) => device.pushkey).filter((pushkey) => pushkey === 'old-phone'),
      },
    }))
    const alice = await registerUser(server.url, 'alice')
    const bob = await registerUser(server.url, 'bob')
    await alice.post('/pushers/set', foundingPusher(gateway.url, { pushkey: 'old-phone' }))
    await alice.post('/pushers/set', foundingPusher(gateway.url, { pushkey: 'new-phone' }))
    const roomId = await bob.createRoom()
    await alice.post(`/join/${encodeURIComponent(roomId)}`)

    const pokeTo = (pushkey: string, eventId: string) =>
      gateway.waitFor((poke) => poke.event_id === eventId && poke.devices[0]?.pushkey === pushkey)
    const one = await bob.say(roomId, 'one')
    await Promise.all([pokeTo('old-phone', one), pokeTo('new-phone', one)])
    const two = await bob.say(roomId, 'two')
    await pokeTo('new-phone', two)
    const { pushers } = (await alice.get('/pushers')) as { pushers: { pushkey: string }[] }
    assert.deepEqual(
      pushers.map((pusher) => pusher.pushkey),
      ['new-phone'],
    )
  })

  test('both devices of a user get pokes, and reading on one sends the badge to the other', async (t) => {
    const server = await startTestServer(t)
    const gateway = await startPokeReceiver(t)
    const phone = await registerUser(server.url, 'alice')
    const tablet = await loginUser(server.url, 'alice')
    const bob = await registerUser(server.url, 'bob')
    await phone.post('/pushers/set', foundingPusher(gateway.url, { pushkey: 'phone' }))
    await tablet.post('/pushers/set', foundingPusher(gateway.url, { pushkey: 'tablet' }))
    const roomId = await bob.createRoom()
    await phone.post(`/join/${encodeURIComponent(roomId)}`)

    const gotBadge = (pushkey: string, unread: number) =>
      gateway.waitFor((poke) => poke.devices[0]?.pushkey === pushkey && poke.counts?.unread === unread)
    const eventId = await bob.say(roomId, 'hello')
    await Promise.all([gotBadge('phone', 1), gotBadge('tablet', 1)])
    await tablet.read(roomId, eventId)
    await Promise.all([gotBadge('phone', 0), gotBadge('tablet', 0)])

    // Removing the device removes its pusher only.
    await tablet.post('/logout')
    const { pushers } = (await phone.get('/pushers')) as { pushers: { pushkey: string }[] }
    assert.deepEqual(
      pushers.map((pusher) => pusher.pushkey),
      ['phone'],
    )
  })
})
