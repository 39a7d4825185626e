import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Database } from '../../src/storage/database.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { alice, untilIdle, bob, bodies, carol, isBadge, room1, setUp } from './delivery-fixture.ts'

const eventIdAt = (position: number) => `$${room1}-${position}`

onEachDatabase('delivery', (open) => {
  test('sends a poke for a message, and removes the item after the response', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    await using _worker = await delivery.start()
    const position = await delivery.say(alice, 'hello')
    const poke = await gateway.waitFor((one) => one.content?.['body'] === 'hello')
    assert.equal(poke.event_id, eventIdAt(position))
    assert.equal(poke.room_id, room1)
    assert.equal(poke.sender, alice)
    assert.equal(poke.room_name, `${alice} and ${carol}`)
    assert.deepEqual(poke.counts, { unread: 1 })
    assert.equal(poke.devices.length, 1, 'a poke has exactly one device')
    assert.equal(poke.devices[0]?.pushkey, 'key')
    assert.deepEqual(poke.devices[0]?.data, { custom: 7 })
    await untilIdle(delivery)
    const [row] = await delivery.pusherRows()
    assert.equal(row?.last_success_at, delivery.clock.now())
    assert.equal(row?.value_told, 1)
    assert.deepEqual(
      delivery.reported.map(({ event }) => event),
      ['pokeSent'],
    )
  })

  test('sends every poke in the short form if content is disabled', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    await using _worker = await delivery.start({ includeContent: false })
    await delivery.say(alice, 'secret')
    const poke = await gateway.waitFor(() => true)
    assert.equal(poke.content, undefined)
    assert.equal(poke.sender, undefined)
    assert.equal(poke.devices[0]?.data?.['format'], 'event_id_only')
  })

  test('keeps the order with one request in flight per pusher, independent of other pushers', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const other = await startPokeReceiver(t)
    await delivery.setPusher(carol, { data: { url: other.url }, append: true })
    let inFlight = 0
    let maxInFlight = 0
    let release = () => {}
    const gate = new Promise<void>((resolve) => (release = resolve))
    gateway.respondWith(async () => {
      maxInFlight = Math.max(maxInFlight, ++inFlight)
      await gate
      await new Promise((turn) => setImmediate(turn))
      inFlight--
      return {}
    })
    await using _worker = await delivery.start()
    const messages = Array.from({ length: 20 }, (_, n) => `m${n}`)
    for (const body of messages) await delivery.say(alice, body)
    await other.waitFor((poke) => poke.content?.['body'] === 'm19')
    assert.equal(gateway.pokes.length, 1, 'the first poke is still in flight')
    release()
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), messages)
    assert.deepEqual(bodies(other.pokes), messages)
    assert.equal(maxInFlight, 1)
  })

  test('retries after the back-off when the gateway is down, and loses nothing', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const port = Number(new URL(gateway.url).port)
    await gateway.close()
    await using _worker = await delivery.start()
    await delivery.say(alice, 'one')
    await eventually(() => delivery.reported.some(({ event }) => event === 'pusherFailing'))
    await delivery.say(alice, 'two')
    const [failing] = await delivery.pusherRows()
    assert.equal(failing?.failing_since, delivery.clock.now())
    assert.equal(failing?.attempts, 1)
    assert.equal(failing?.last_error, 'connection refused')
    assert.equal(failing?.next_attempt_at, delivery.clock.now() + 1000)
    assert.equal(failing?.lease_owner, null)

    const restarted = await startPokeReceiver(t, port)
    delivery.clock.advance(1000)
    await untilIdle(delivery)
    assert.deepEqual(bodies(restarted.pokes), ['one', 'two'])
    const [recovered] = await delivery.pusherRows()
    assert.deepEqual(
      [recovered?.failing_since, recovered?.attempts, recovered?.next_attempt_at],
      [null, 0, null],
    )
  })

  test('waits for Retry-After if it is longer than the back-off, and counts failures in a row', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    gateway.respondWith({ status: 429, headers: { 'retry-after': '90' } })
    await using _worker = await delivery.start()
    await delivery.say(alice, 'one')
    await eventually(() => delivery.reported.length === 1)
    const since = delivery.clock.now()
    assert.equal((await delivery.pusherRows())[0]?.next_attempt_at, since + 90_000)
    gateway.respondWith({ status: 502 })
    delivery.clock.advance(90_000)
    await eventually(() => delivery.reported.length === 2)
    const [row] = await delivery.pusherRows()
    assert.deepEqual([row?.failing_since, row?.attempts, row?.last_error], [since, 2, 'status 502'])
    assert.equal(row?.next_attempt_at, delivery.clock.now() + 2000)
  })

  test('removes the pusher and its queue after its pushkey was rejected, and nothing for another pushkey', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    gateway.respondWith({ body: { rejected: ['another pushkey'] } })
    await using _worker = await delivery.start()
    await delivery.say(alice, 'one')
    await gateway.waitFor(() => true)
    await untilIdle(delivery)
    assert.equal((await delivery.pusherRows()).length, 1)

    gateway.respondWith({ body: { rejected: ['key'] } })
    await delivery.say(alice, 'two')
    await eventually(() => delivery.reported.some(({ event }) => event === 'pusherRejected'))
    assert.deepEqual(await delivery.pusherRows(), [])
    await delivery.say(alice, 'three')
    assert.equal(await delivery.queued(), 0)
    assert.equal(gateway.pokes.length, 2)
  })

  test('keeps a pusher that was set again during a rejection, until the next rejection', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    gateway.respondWith(async () => {
      gateway.respondWith({})
      delivery.clock.advance(1)
      await delivery.setPusher(bob, { data: { url: gateway.url } })
      return { body: { rejected: ['key'] } }
    })
    await using _worker = await delivery.start()
    await delivery.say(alice, 'one')
    await eventually(() => gateway.pokes.length === 2)
    await untilIdle(delivery)
    assert.equal((await delivery.pusherRows()).length, 1)
    assert.deepEqual(bodies(gateway.pokes), ['one', 'one'])
  })

  test('continues the queue after a restart', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    gateway.respondWith((poke) => (poke.content?.['body'] === 'm3' ? { status: 500 } : {}))
    const first = await delivery.start()
    for (let n = 0; n < 6; n++) await delivery.say(alice, `m${n}`)
    await eventually(() => delivery.reported.some(({ event }) => event === 'pusherFailing'))
    await first[Symbol.asyncDispose]()
    gateway.respondWith({})
    gateway.pokes.length = 0
    await delivery.say(alice, 'm6')
    delivery.clock.advance(1000)
    await using _worker = await delivery.start()
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['m3', 'm4', 'm5', 'm6'])
  })

  test('sends one duplicate after the process died between the response and the commit', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    let hasResponded = false
    const failingDb: Database = {
      ...delivery.db,
      all: (q, p) => delivery.db.all(q, p),
      first: (q, p) => delivery.db.first(q, p),
      transaction: (work, options) =>
        hasResponded
          ? Promise.reject(new Error('the process is killed'))
          : delivery.db.transaction(work, options),
    }
    gateway.respondWith((poke) => {
      hasResponded = poke.content?.['body'] === 'm1'
      return {}
    })
    const killed = await delivery.start({ db: failingDb })
    for (let n = 0; n < 3; n++) await delivery.say(alice, `m${n}`)
    await gateway.waitFor((poke) => poke.content?.['body'] === 'm1')
    await killed[Symbol.asyncDispose]()
    gateway.respondWith({})
    // On PostgreSQL the lease of the killed process must end first.
    delivery.clock.advance(60_000)
    await using _worker = await delivery.start()
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['m0', 'm1', 'm1', 'm2'])
    assert.equal(gateway.pokes[1]?.event_id, gateway.pokes[2]?.event_id)
  })

  test('the sweep finds a pusher whose wake-up was lost', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    await using _worker = await delivery.start()
    await delivery.say(alice, 'with a wake-up')
    await untilIdle(delivery)
    Object.assign(delivery.fixture.deps, {
      bus: { publish: () => undefined, subscribe: () => () => undefined },
    })
    await delivery.say(alice, 'without a wake-up')
    assert.equal(gateway.pokes.length, 1)
    delivery.clock.advance(30_000)
    await gateway.waitFor((poke) => poke.content?.['body'] === 'without a wake-up')
  })

  test('skips an event that was read, redacted or left while it was queued', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const read = await delivery.say(alice, 'read')
    await delivery.fixture.read({ userId: bob, roomId: room1, threadId: '', position: read })
    const redacted = await delivery.say(alice, 'redacted')
    await delivery.fixture.redact(room1, redacted)
    await delivery.say(alice, 'kept')
    await using _worker = await delivery.start()
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['kept'])
    assert.deepEqual(
      delivery.reported.filter(({ event }) => event === 'pokeSkipped').map(({ fields }) => fields['reason']),
      ['read', 'redacted'],
    )
  })

  test('sends no poke for a room that the user has left', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    await delivery.say(alice, 'too late')
    await delivery.fixture.setMember({ roomId: room1, userId: bob, membership: 'leave', before: 'join' })
    await using _worker = await delivery.start()
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), [])
  })

  test('sends a poke for an invitation before it is accepted', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    await delivery.fixture.setMember({ roomId: room1, userId: bob, membership: 'leave', before: 'join' })
    await using _worker = await delivery.start()
    await untilIdle(delivery)
    await delivery.fixture.setMember({
      roomId: room1,
      userId: bob,
      by: alice,
      membership: 'invite',
      before: 'leave',
      content: { membership: 'invite' },
    })
    const poke = await gateway.waitFor((one) => one.type === 'm.room.member')
    assert.equal(poke.content?.['membership'], 'invite')
    assert.deepEqual(poke.counts, { unread: 1 })
  })

  test('sends the badge alone for a call that is a minute old', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const invite = { type: 'm.call.invite', content: { call_id: 'c', lifetime: 1, version: 0, offer: {} } }
    await delivery.fixture.send({ roomId: room1, sender: alice, ...invite })
    delivery.clock.advance(60_001)
    await using _worker = await delivery.start()
    await eventually(() => gateway.pokes.length > 0)
    await untilIdle(delivery)
    assert.deepEqual(gateway.pokes.map(isBadge), [true])
    assert.deepEqual(gateway.pokes[0]?.counts, { unread: 1 })
    assert.deepEqual(
      delivery.reported.map(({ event, fields }) => [event, fields['reason']]),
      [
        ['pokeSkipped', 'expired'],
        ['pokeSent', undefined],
      ],
    )
  })
})
