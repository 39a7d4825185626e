import assert from 'node:assert/strict'
import { test } from 'node:test'
import { putRule } from '../../src/user-rules/change-rules.ts'
import { room } from '../notifications/fixture.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import type { PokeResponse, PokeReceiver } from '../support/poke-receiver.ts'
import { alice, untilIdle, bob, isBadge, room1, setUp, type DeliveryFixture } from './delivery-fixture.ts'

/** Longer than the duration of a lease. */
const LEASE_MS = 61_000
const DRAIN_MS = 10

const readAll = (delivery: DeliveryFixture, position: number, roomId = room1) =>
  delivery.fixture.read({ userId: bob, roomId, threadId: '', position })

onEachDatabase('badge pokes', (open) => {
  test('sends one badge-only poke after reading, also for zero', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    await using _worker = await delivery.start()
    const position = await delivery.say(alice, 'hello')
    await untilIdle(delivery)
    await readAll(delivery, position)
    const poke = await gateway.waitFor(isBadge)
    assert.deepEqual(Object.keys(poke).toSorted(), ['counts', 'devices'])
    assert.deepEqual(poke.counts, { unread: 0 })
    assert.equal(poke.devices.length, 1)
    await untilIdle(delivery)
    assert.equal((await delivery.pusherRows())[0]?.value_told, 0)
    assert.equal(gateway.pokes.length, 2)
  })

  test('does not send the badge that was delivered last again, also after a restart', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const first = await delivery.start()
    const one = await delivery.say(alice, 'one')
    await untilIdle(delivery)
    await readAll(delivery, one)
    await untilIdle(delivery)
    await first[Symbol.asyncDispose]()
    await using _second = await delivery.start()
    const two = await delivery.say(alice, 'two')
    await readAll(delivery, two)
    await untilIdle(delivery)
    const badges = gateway.pokes.map((poke) => poke.counts?.unread)
    // If the message is read before its poke is sent, nothing is sent. Otherwise the badges 1 and 0 are sent.
    assert.ok(
      [
        [1, 0],
        [1, 0, 1, 0],
      ].some((wanted) => JSON.stringify(wanted) === JSON.stringify(badges)),
      String(badges),
    )
  })

  test('sends one poke with the newest badge for all changes during an attempt', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const room2 = room('room2')
    const room3 = room('room3')
    for (const roomId of [room2, room3])
      for (const userId of [alice, bob]) await delivery.fixture.join(roomId, userId)
    await using _worker = await delivery.start()
    const positions = new Map<typeof room1, number>()
    for (const roomId of [room2, room3, room1])
      positions.set(roomId, (await delivery.fixture.say(roomId, alice, 'hello')).position)
    await untilIdle(delivery)
    const before = gateway.pokes.length
    let release = () => {}
    const gate = new Promise<void>((resolve) => (release = resolve))
    gateway.respondWith(async () => {
      await gate
      return {}
    })
    await readAll(delivery, positions.get(room2) ?? 0, room2)
    await eventually(() => gateway.pokes.length === before + 1)
    await readAll(delivery, positions.get(room3) ?? 0, room3)
    await readAll(delivery, positions.get(room1) ?? 0, room1)
    release()
    await untilIdle(delivery)
    assert.deepEqual(
      gateway.pokes.slice(before).map((poke) => poke.counts),
      [{ unread: 2 }, { unread: 0 }],
    )
  })

  test('sends a badge after the messages of its pusher, so that an older badge is never last', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    let release = () => {}
    const gate = new Promise<void>((resolve) => (release = resolve))
    gateway.respondWith(async () => {
      await gate
      return {}
    })
    await using _worker = await delivery.start()
    const one = await delivery.say(alice, 'one')
    await eventually(() => gateway.pokes.length === 1)
    await readAll(delivery, one)
    assert.equal(gateway.pokes.length, 1, 'a pusher has one poke in flight')
    release()
    await untilIdle(delivery)
    assert.deepEqual(
      gateway.pokes.map((poke) => poke.counts),
      [{ unread: 1 }, { unread: 0 }],
    )
    assert.equal((await delivery.pusherRows())[0]?.value_told, 0)
  })

  test('sends the current badge after a failed attempt', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    await using _worker = await delivery.start()
    const one = await delivery.say(alice, 'one')
    await untilIdle(delivery)
    gateway.respondWith({ status: 500 })
    await readAll(delivery, one)
    await eventually(() => delivery.reported.some(({ event }) => event === 'pusherFailing'))
    gateway.respondWith({})
    delivery.clock.advance(1000)
    await untilIdle(delivery)
    assert.deepEqual(
      gateway.pokes.map((poke) => poke.counts),
      [{ unread: 1 }, { unread: 0 }, { unread: 0 }],
    )
    assert.equal((await delivery.pusherRows())[0]?.failing_since, null)
  })

  test('sends the badge after a restart when an invitation is redacted while its poke is in flight', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const room2 = room('room2')
    await delivery.fixture.join(room2, alice)
    const invite = { roomId: room2, userId: bob, by: alice, membership: 'invite' } as const
    const position = await crashDuringPoke(delivery, gateway, async () => {
      return (await delivery.fixture.setMember(invite)).position
    })
    await delivery.fixture.redact(room2, position)
    await using _second = await delivery.start()
    await untilIdle(delivery)
    assert.deepEqual(gateway.pokes.map(isBadge), [false, true])
    assert.deepEqual(unreadCounts(gateway), [1, 1])
    assert.ok(delivery.reported.some(({ fields }) => fields['reason'] === 'redacted'))
  })

  test('sends the previous badge again after a restart when a message is redacted while its poke is in flight', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    await deliverBadgesOneAndZero(delivery)
    const position = await crashDuringPoke(delivery, gateway, () => delivery.say(alice, 'two'))
    await delivery.fixture.redact(room1, position)
    await using _second = await delivery.start()
    await untilIdle(delivery)
    assert.deepEqual(unreadCounts(gateway), [1, 0, 1, 0])
  })

  const removals = {
    'the message is redacted': (delivery: DeliveryFixture, position: number) =>
      delivery.fixture.redact(room1, position),
    'the message is read': readAll,
    'the user ignores its sender': (delivery: DeliveryFixture) => delivery.fixture.ignore(bob, [alice]),
  }
  for (const [name, remove] of Object.entries(removals))
    test(`sends the previous badge again when ${name} after an attempt that failed`, async (t) => {
      const { delivery, gateway } = await setUp(t, open)
      await deliverBadgesOneAndZero(delivery)
      await using _worker = await delivery.start()
      gateway.respondWith({ status: 504 })
      const position = await delivery.say(alice, 'two')
      await eventually(() => delivery.reported.some(({ event }) => event === 'pusherFailing'))
      await remove(delivery, position)
      gateway.respondWith({})
      delivery.clock.advance(1000)
      await untilIdle(delivery)
      assert.deepEqual(unreadCounts(gateway), [1, 0, 1, 0])
    })

  test('sends the badge when a call expires before its poke is delivered, also after a failed badge poke', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    await using _worker = await delivery.start()
    gateway.respondWith({ status: 500 })
    const call = { type: 'm.call.invite', content: { call_id: '1' } }
    await delivery.fixture.send({ roomId: room1, sender: alice, ...call })
    const failures = () => delivery.reported.filter(({ event }) => event === 'pusherFailing').length
    await eventually(() => failures() === 1)
    delivery.clock.advance(120_000)
    await eventually(() => failures() === 2)
    assert.equal(await delivery.queued(), 0)
    gateway.respondWith({})
    delivery.clock.advance(120_000)
    await untilIdle(delivery)
    assert.deepEqual(gateway.pokes.map(isBadge), [false, true, true])
    assert.deepEqual(unreadCounts(gateway), [1, 1, 1])
    assert.equal((await delivery.pusherRows())[0]?.value_told, 1)
  })

  test('sends no badge for a message that a rule of the device suppresses', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const handle = 'phone'
    await delivery.setPusher(bob, { data: { url: gateway.url }, instance_handle: handle })
    const rule = { userId: bob, scope: handle, kind: 'room', ruleId: room1 } as const
    await putRule(delivery.rules, rule, { content: { actions: [] } })
    await using _worker = await delivery.start()
    await delivery.say(alice, 'hello')
    await untilIdle(delivery)
    assert.deepEqual(gateway.pokes, [])
  })
})

const unreadCounts = (gateway: PokeReceiver) => gateway.pokes.map((poke) => poke.counts?.unread)

/** Delivers the badge 1 and then the badge 0. */
async function deliverBadgesOneAndZero(delivery: DeliveryFixture): Promise<void> {
  await using _worker = await delivery.start()
  const position = await delivery.say(alice, 'one')
  await untilIdle(delivery)
  await readAll(delivery, position)
  await untilIdle(delivery)
}

/**
 * Ends the process after the gateway has received the poke of an event, and before it responds. The gateway accepts
 * later pokes. Resolves to the position of the event.
 */
async function crashDuringPoke(
  delivery: DeliveryFixture,
  gateway: PokeReceiver,
  send: () => Promise<number>,
): Promise<number> {
  const before = gateway.pokes.length
  const pending = Promise.withResolvers<PokeResponse>()
  gateway.respondWith(() => pending.promise)
  const worker = await delivery.start({ drainMs: DRAIN_MS })
  const position = await send()
  await eventually(() => gateway.pokes.length === before + 1)
  let isStopped = false
  const stopped = worker[Symbol.asyncDispose]().then(() => (isStopped = true))
  await eventually(() => {
    delivery.clock.advance(DRAIN_MS)
    return isStopped
  })
  await stopped
  delivery.clock.advance(LEASE_MS)
  gateway.respondWith({})
  pending.resolve({})
  return position
}
