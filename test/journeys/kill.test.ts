import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { call, foundingPusher, loginUser, registerUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/databases.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { startProcess } from '../support/process.ts'

describe('the process ends', () => {
  test('SIGKILL among messages: what was acknowledged is there, and so is its poke', async (t) => {
    const data = temporaryFolder(t)
    const gateway = await startPokeReceiver(t)
    const first = await startProcess(t, data)
    const alice = await registerUser(first.url, 'alice')
    const bob = await registerUser(first.url, 'bob')
    await alice.post('/pushers/set', foundingPusher(gateway.url))
    const roomId = await bob.createRoom()
    await alice.post(`/join/${encodeURIComponent(roomId)}`)

    // Eight senders at once, until the process is gone from under them.
    const acknowledged: string[] = []
    const send = async () => {
      for (;;) acknowledged.push(await bob.say(roomId, `number ${acknowledged.length}`))
    }
    const senders = Promise.allSettled(Array.from({ length: 8 }, send))
    await gateway.waitFor(() => acknowledged.length > 60)
    await first.end('SIGKILL')
    await senders

    const second = await startProcess(t, data)
    const again = await loginUser(second.url, 'bob')
    const last = await again.say(roomId, 'after')
    await gateway.waitFor((poke) => poke.event_id === last)
    const poked = gateway.pokes.map((poke) => poke.event_id)
    assert.deepEqual(
      acknowledged.filter((eventId) => !poked.includes(eventId)),
      [],
      'every message that was acknowledged has its poke',
    )
    const path = `/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=1000`
    const { chunk } = (await again.get(path)) as { chunk: { event_id: string; type: string }[] }
    const stored = chunk.map((event) => event.event_id)
    assert.deepEqual(
      poked.filter((eventId) => eventId !== undefined && !stored.includes(eventId)),
      [],
      'no poke is of a message that does not exist',
    )
    const order = [...new Set(poked)].filter((eventId) => eventId !== undefined)
    assert.deepEqual(
      order,
      stored.toReversed().filter((eventId) => order.includes(eventId)),
      'in order',
    )
    assert.ok(poked.length - new Set(poked).size <= 1, 'at most the one in flight came twice')
  })

  test('SIGTERM finishes what is in flight and exits 0', async (t) => {
    const server = await startProcess(t, temporaryFolder(t))
    const alice = await registerUser(server.url, 'alice')
    const { next_batch: since } = await alice.get('/sync')
    const waiting = alice.get(`/sync?timeout=30000&since=${String(since)}`)
    // The poll, and the question itself.
    await eventually(async () => {
      const { body } = await call(`${server.url}/metrics`)
      return /^belfry_http_requests_in_flight 2$/m.test(String(body['text']))
    })
    assert.equal(await server.end('SIGTERM'), 0)
    assert.equal(typeof (await waiting)['next_batch'], 'string', 'the long poll was answered')
  })
})
