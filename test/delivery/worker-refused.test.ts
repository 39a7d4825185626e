import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import type { PokeResponse, ReceivedPoke } from '../support/poke-receiver.ts'
import { alice, untilIdle, bob, bodies, isBadge, room1, setUp } from './delivery-fixture.ts'

const isShort = (poke: ReceivedPoke) => poke.devices[0]?.data?.['format'] === 'event_id_only'

onEachDatabase('delivery of refused and urgent pokes', (open) => {
  for (const status of [400, 404, 413]) {
    test(`${status}: sends the short form, and then the next event`, async (t) => {
      const { delivery, gateway } = await setUp(t, open)
      gateway.respondWith((poke) => (poke.content?.['body'] === 'refused' ? { status } : {}))
      const refusedAt = await delivery.say(alice, 'refused')
      await delivery.say(alice, 'accepted')
      await using _worker = await delivery.start()
      await untilIdle(delivery)
      assert.deepEqual(
        gateway.pokes.map((poke) => [poke.content?.['body'], isShort(poke)]),
        [
          ['refused', false],
          [undefined, true],
          ['accepted', false],
        ],
      )
      assert.equal(gateway.pokes[1]?.event_id, `$${room1}-${refusedAt}`)
      assert.deepEqual(
        delivery.reported.map(({ event }) => event),
        ['pokeSent', 'pokeSent'],
      )
    })
  }

  test('drops and records an event that is refused in both forms, keeps the pusher, and sends later events', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const refusedAt = await delivery.say(alice, 'refused')
    const refuse = (poke: ReceivedPoke): PokeResponse =>
      poke.event_id === `$${room1}-${refusedAt}` ? { status: 400 } : {}
    gateway.respondWith(refuse)
    await delivery.say(alice, 'accepted')
    await using _worker = await delivery.start()
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['refused', undefined, 'accepted'])
    assert.deepEqual(
      delivery.reported.map(({ event }) => event),
      ['pokeDropped', 'pokeSent'],
    )
    const [row] = await delivery.pusherRows()
    const pusherId = row?.pusher_id
    assert.deepEqual(delivery.reported[0]?.fields, { pusherId, kind: 'event', error: 'status 400' })
    assert.deepEqual([row?.last_error, row?.last_error_at], ['status 400', delivery.clock.now()])
    assert.deepEqual([row?.failing_since, row?.attempts, row?.next_attempt_at], [null, 0, null])
  })

  test('sends the badge alone after an event that is refused in both forms', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    gateway.respondWith((poke) => (isBadge(poke) ? {} : { status: 400 }))
    await using _worker = await delivery.start()
    await delivery.say(alice, 'refused')
    await untilIdle(delivery)
    assert.deepEqual(
      gateway.pokes.map((poke) => [poke.event_id !== undefined, poke.counts?.unread]),
      [
        [true, 1],
        [true, 1],
        [false, 1],
      ],
    )
    assert.equal((await delivery.pusherRows())[0]?.value_told, 1)
  })

  test('sends no badge after a refused event if the gateway already has the badge', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    await using _worker = await delivery.start()
    await delivery.say(alice, 'accepted')
    await untilIdle(delivery)
    gateway.respondWith({ status: 400 })
    await delivery.say(alice, 'refused')
    await untilIdle(delivery)
    assert.deepEqual(gateway.pokes.filter(isBadge), [])
    assert.deepEqual(bodies(gateway.pokes), ['accepted', 'refused', undefined])
  })

  test('does not send a poke twice that is short already', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    await delivery.setPusher(bob, { data: { url: gateway.url, format: 'event_id_only' } })
    gateway.respondWith({ status: 400 })
    await delivery.say(alice, 'one')
    await using _worker = await delivery.start()
    await untilIdle(delivery)
    assert.deepEqual(gateway.pokes.map(isBadge), [false, true])
  })

  test('retries the poke after a temporary failure of the short form', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    gateway.respondWith((poke) => ({ status: isShort(poke) ? 503 : 413 }))
    await delivery.say(alice, 'one')
    await using _worker = await delivery.start()
    await eventually(() => delivery.reported.length > 0)
    assert.deepEqual(delivery.reported[0]?.event, 'pusherFailing')
    assert.equal(await delivery.queued(), 1)
  })

  test('does not send a refused badge again until the badge changes', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    gateway.respondWith((poke) => (isBadge(poke) ? { status: 400 } : {}))
    await using _worker = await delivery.start()
    const position = await delivery.say(alice, 'one')
    await untilIdle(delivery)
    await delivery.fixture.read({ userId: bob, roomId: room1, threadId: '', position })
    await untilIdle(delivery)
    assert.equal(gateway.pokes.filter(isBadge).length, 1)
    assert.deepEqual(delivery.reported.at(-1)?.event, 'pokeDropped')
    assert.equal((await delivery.pusherRows())[0]?.value_told, 1, 'the badge that was delivered last')
  })

  test('sends a call before all queued events, and keeps their order', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    for (const body of ['m0', 'm1', 'm2']) await delivery.say(alice, body)
    const call = (call_id: string) =>
      delivery.fixture.send({
        roomId: room1,
        sender: alice,
        type: 'm.call.invite',
        content: { call_id, lifetime: 60_000, version: '1', offer: {} },
      })
    await call('c1')
    await call('c2')
    await delivery.say(alice, 'm3')
    await using _worker = await delivery.start()
    await untilIdle(delivery)
    assert.deepEqual(
      gateway.pokes.map(({ content }) => content?.['call_id'] ?? content?.['body']),
      ['c1', 'c2', 'm0', 'm1', 'm2', 'm3'],
    )
  })

  test('skips only the call when a queued call has expired', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    await delivery.say(alice, 'm0')
    await delivery.fixture.send({
      roomId: room1,
      sender: alice,
      type: 'm.call.invite',
      content: { call_id: 'c' },
    })
    delivery.clock.advance(60_001)
    await delivery.say(alice, 'm1')
    await using _worker = await delivery.start()
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['m0', 'm1'])
  })
})
