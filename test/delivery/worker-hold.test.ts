import { pokeHeads } from '../../src/notifications/recipient-facts.ts'
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { DeviceId } from '../../src/lib/ids.ts'
import { listPushers } from '../../src/pushers/list-pushers.ts'
import type { Database } from '../../src/storage/database.ts'
import { room } from '../notifications/fixture.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import {
  alice,
  untilIdle,
  bob,
  bodies,
  isBadge,
  room1,
  PHONE,
  setUp,
  type DeliveryFixture,
} from './delivery-fixture.ts'

const LAPTOP = { userId: bob, deviceId: 'LAPTOP' as DeviceId }
const HOLD_MS = 60_000

const readAll = (delivery: DeliveryFixture, position: number, roomId = room1) =>
  delivery.fixture.read({ userId: bob, roomId, threadId: '', position })

/** Creates a fixture in which bob's phone has a pusher that holds events for a minute. */
async function setUpHold(t: TestContext, open: (t: TestContext) => Promise<Database>) {
  const { delivery, gateway } = await setUp(t, open)
  const fields = { data: { url: gateway.url }, 'org.belfry.hold_while_active_ms': HOLD_MS }
  await delivery.setPusher(bob, fields)
  return { delivery, gateway, fields }
}

/** Resolves to the end of the hold when the pusher has a held event and no lease. */
const untilHeld = (delivery: DeliveryFixture) =>
  eventually(async () => {
    const [row] = await delivery.pusherRows()
    return row?.lease_owner === null && row.held_until !== null && row.held_until
  })

onEachDatabase('a poke while its user is active on another device', (open) => {
  test('is held, with the hold in the status, and sent when the hold ends', async (t) => {
    const { delivery, gateway } = await setUpHold(t, open)
    await using _worker = await delivery.start()
    using _poll = delivery.activity.startPoll(LAPTOP, 30_000)
    const saidAt = delivery.clock.now()
    await delivery.say(alice, 'hello')
    assert.equal(await untilHeld(delivery), saidAt + HOLD_MS)
    const [listed] = await listPushers(delivery.db, bob, delivery.clock.now())
    assert.equal(listed?.['org.belfry.hold_while_active_ms'], HOLD_MS)
    assert.deepEqual(listed?.['org.belfry.status'], {
      ...(listed?.['org.belfry.status'] as object),
      state: 'ok',
      queued: 1,
      held_until: saidAt + HOLD_MS,
      next_attempt_at: null,
    })
    // The worker looks at the event every 15 s. It reports the hold once, and sends nothing.
    for (let passed = 15_000; passed < HOLD_MS; passed += 15_000) {
      delivery.clock.advance(15_000)
      await eventually(
        async () => ((await delivery.pusherRows())[0]?.next_attempt_at ?? 0) > delivery.clock.now(),
      )
    }
    assert.deepEqual(gateway.pokes, [])
    delivery.clock.advance(15_000)
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['hello'])
    assert.equal((await delivery.pusherRows())[0]?.held_until, null)
    assert.deepEqual(
      delivery.reported.map(({ event }) => event),
      ['pokeHeld', 'pokeSent'],
    )
  })

  test('is not sent after the event was read there, and no badge is sent', async (t) => {
    const { delivery, gateway } = await setUpHold(t, open)
    await using _worker = await delivery.start()
    await readAll(delivery, await delivery.say(alice, 'before'))
    await eventually(async () => (await delivery.pusherRows())[0]?.value_told === 0)
    const before = gateway.pokes.length
    using _poll = delivery.activity.startPoll(LAPTOP, 30_000)
    const position = await delivery.say(alice, 'hello')
    await untilHeld(delivery)
    await readAll(delivery, position)
    await untilIdle(delivery)
    delivery.clock.advance(HOLD_MS)
    await untilIdle(delivery)
    assert.equal(gateway.pokes.length, before)
    assert.deepEqual(delivery.reported.at(-1)?.fields['reason'], 'read')
    assert.equal((await delivery.pusherRows())[0]?.held_until, null)
  })

  test('is sent soon after the other device has stopped syncing', async (t) => {
    const { delivery, gateway } = await setUpHold(t, open)
    await using _worker = await delivery.start()
    const poll = delivery.activity.startPoll(LAPTOP, 30_000)
    await delivery.say(alice, 'hello')
    await untilHeld(delivery)
    poll[Symbol.dispose]()
    delivery.clock.advance(15_000)
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['hello'])
  })

  test('is sent at once without the setting, on the own device alone, without an active device, and to other users', async (t) => {
    const { delivery, gateway, fields } = await setUpHold(t, open)
    await using _worker = await delivery.start()
    {
      using _own = delivery.activity.startPoll({ userId: bob, deviceId: PHONE }, 30_000)
      using _other = delivery.activity.startPoll({ ...LAPTOP, userId: alice }, 30_000)
      await delivery.say(alice, 'no other device')
      await untilIdle(delivery)
      assert.equal(gateway.pokes.length, 1)
    }
    using _poll = delivery.activity.startPoll(LAPTOP, 30_000)
    await delivery.setPusher(bob, { ...fields, 'org.belfry.hold_while_active_ms': 0 })
    await delivery.say(alice, 'no hold')
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['no other device', 'no hold'])
  })

  test('holds later events too, each with its own hold, and no calls', async (t) => {
    const { delivery, gateway } = await setUpHold(t, open)
    await using _worker = await delivery.start()
    using _poll = delivery.activity.startPoll(LAPTOP, 30_000)
    await delivery.say(alice, 'first')
    await untilHeld(delivery)
    delivery.clock.advance(20_000)
    await delivery.say(alice, 'second')
    await delivery.fixture.send({
      roomId: room1,
      sender: alice,
      type: 'm.call.invite',
      content: { call_id: 'c' },
    })
    const call = await gateway.waitFor((poke) => poke.type === 'm.call.invite')
    assert.equal(call.counts?.unread, 1)
    await untilHeld(delivery)
    delivery.clock.advance(40_000)
    await gateway.waitFor((poke) => poke.content?.['body'] === 'first')
    await untilHeld(delivery)
    assert.deepEqual(bodies(gateway.pokes).slice(1), ['first'])
    delivery.clock.advance(20_000)
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes).slice(1), ['first', 'second'])
  })

  test('does not hold the badge: reading elsewhere sends it at once', async (t) => {
    const { delivery, gateway } = await setUpHold(t, open)
    const rooms = [room('room2'), room('room3')] as const
    for (const roomId of rooms) for (const userId of [alice, bob]) await delivery.fixture.join(roomId, userId)
    await using _worker = await delivery.start()
    const early: number[] = []
    for (const roomId of rooms) early.push((await delivery.fixture.say(roomId, alice, 'early')).position)
    await untilIdle(delivery)
    using _poll = delivery.activity.startPoll(LAPTOP, 30_000)
    const position = await delivery.say(alice, 'held')
    await untilHeld(delivery)
    // Since the last poke one room has become unread and one was read, so the badge that was delivered last is right.
    await readAll(delivery, early[0] ?? 0, rooms[0])
    await eventually(async () => (await delivery.pusherRows())[0]?.value_due === 0)
    await untilHeld(delivery)
    assert.equal(gateway.pokes.length, 2)
    await readAll(delivery, early[1] ?? 0, rooms[1])
    assert.deepEqual((await gateway.waitFor(isBadge)).counts, { unread: 1 })
    await untilHeld(delivery)
    assert.equal(await delivery.queued(), 1)
    await readAll(delivery, position)
    await gateway.waitFor((poke) => isBadge(poke) && poke.counts?.unread === 0)
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['early', 'early'])
  })

  test('does not hold a call that arrives during the look', async (t) => {
    const { delivery, gateway } = await setUpHold(t, open)
    let looks = 0
    await using _worker = await delivery.start({
      readHeads: async (q, wanted) => {
        const heads = await pokeHeads(q, wanted)
        if (looks++ === 0)
          await delivery.fixture.send({ roomId: room1, sender: alice, type: 'm.call.invite', content: {} })
        return heads
      },
    })
    using _poll = delivery.activity.startPoll(LAPTOP, 30_000)
    await delivery.say(alice, 'held')
    await gateway.waitFor((poke) => poke.type === 'm.call.invite')
    await untilHeld(delivery)
    assert.equal(gateway.pokes.length, 1)
  })

  test('is held after a kill if the other device syncs again, and otherwise sent', async (t) => {
    for (const syncsAgain of [true, false]) {
      const { delivery, gateway } = await setUpHold(t, open)
      {
        await using _killed = await delivery.start()
        using _poll = delivery.activity.startPoll(LAPTOP, 30_000)
        await delivery.say(alice, 'hello')
        await untilHeld(delivery)
      }
      const newActivity = delivery.newActivity()
      await using _worker = await delivery.start({ activeUntil: (of) => newActivity.activeUntil(of) })
      await untilHeld(delivery)
      if (syncsAgain) newActivity.startPoll(LAPTOP, 30_000)
      delivery.clock.advance(15_000)
      if (syncsAgain) {
        await eventually(
          async () => ((await delivery.pusherRows())[0]?.next_attempt_at ?? 0) > delivery.clock.now(),
        )
        assert.deepEqual(gateway.pokes, [])
        delivery.clock.advance(HOLD_MS - 15_000)
      }
      await untilIdle(delivery)
      assert.deepEqual(bodies(gateway.pokes), ['hello'])
    }
  })

  test('is sent when the setting is removed, and cleared when the pusher is disabled', async (t) => {
    const { delivery, gateway, fields } = await setUpHold(t, open)
    await using _worker = await delivery.start()
    using _poll = delivery.activity.startPoll(LAPTOP, 30_000)
    await delivery.say(alice, 'one')
    await untilHeld(delivery)
    await delivery.setPusher(bob, { ...fields, 'org.belfry.hold_while_active_ms': 0 })
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['one'])
    await delivery.setPusher(bob, fields)
    await delivery.say(alice, 'two')
    await untilHeld(delivery)
    await delivery.setPusher(bob, { ...fields, enabled: false })
    assert.deepEqual([(await delivery.pusherRows())[0]?.held_until, await delivery.queued()], [null, 0])
  })

  test('is not held longer when the clock is set back', async (t) => {
    const { delivery, gateway } = await setUpHold(t, open)
    using _poll = delivery.activity.startPoll(LAPTOP, 30_000)
    await delivery.say(alice, 'from the future')
    delivery.clock.advance(-3_600_000)
    await using _worker = await delivery.start()
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['from the future'])
  })

  test('waits for a failing gateway first', async (t) => {
    const { delivery, gateway } = await setUpHold(t, open)
    gateway.respondWith({ status: 503 })
    await using _worker = await delivery.start()
    await delivery.say(alice, 'hello')
    await eventually(async () => ((await delivery.pusherRows())[0]?.failing_since ?? null) !== null)
    using _poll = delivery.activity.startPoll(LAPTOP, 30_000)
    gateway.respondWith({})
    delivery.clock.advance(2000)
    await untilHeld(delivery)
    assert.equal(gateway.pokes.length, 1)
    delivery.clock.advance(HOLD_MS)
    await untilIdle(delivery)
    assert.equal(gateway.pokes.length, 2)
  })
})
