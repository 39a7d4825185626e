import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stepsOf } from '../../src/trace/steps-store.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { alice, untilIdle, bob, carol, setUp, type DeliveryFixture } from './delivery-fixture.ts'

async function stepsByPushkey(delivery: DeliveryFixture, position: number): Promise<Map<string, string[]>> {
  const pushers = await delivery.pusherRows()
  const steps = await stepsOf(delivery.db, { position, pusherIds: pushers.map((row) => row.pusher_id) })
  return new Map(
    pushers.map(({ pusher_id: pusherId, pushkey }) => [
      pushkey,
      steps
        .filter((step) => step.pusherId === pusherId)
        .map(({ step, reason }) => (reason === null ? step : `${step}: ${reason}`)),
    ]),
  )
}

onEachDatabase('the trace of delivery', (open) => {
  test('records once that a pusher is held by a gateway that is down', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const pushkeys = ['key', ...Array.from({ length: 7 }, (_, n) => `more-${n}`)]
    for (const pushkey of pushkeys.slice(1))
      await delivery.setPusher(bob, { pushkey, data: { url: gateway.url } })
    gateway.respondWith({ status: 503 })
    // The gateway gets one slot, a quarter of four. Five pokes fail and open its circuit, and the other three
    // are not sent.
    await using _worker = await delivery.start({ concurrency: 4 })
    const position = await delivery.say(alice, 'hello')
    const areAllWaiting = async () =>
      (await delivery.pusherRows()).every((row) => row.next_attempt_at !== null && row.lease_owner === null)
    await eventually(areAllWaiting)
    const steps = [...(await stepsByPushkey(delivery, position)).values()]
    assert.deepEqual(steps.map((one) => one.join()).toSorted(), [
      ...Array.from({ length: 5 }, () => 'failed: status 503'),
      ...Array.from({ length: 3 }, () => 'held: circuit open'),
    ])
    // Much later, after a probe that fails.
    const before = gateway.pokes.length
    delivery.clock.advance(4_000_000)
    await eventually(async () => gateway.pokes.length > before && (await areAllWaiting()))
    const again = [...(await stepsByPushkey(delivery, position)).values()]
    assert.ok(again.every((one) => one.filter((step) => step.startsWith('held')).length <= 1))
  })

  test('records that a pusher was set again while it was rejected, and sends again', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    gateway.respondWith(async () => {
      if (gateway.pokes.length > 1) return {}
      delivery.clock.advance(1)
      await delivery.setPusher(bob, { data: { url: gateway.url } })
      return { body: { rejected: ['key'] } }
    })
    await using _worker = await delivery.start()
    const position = await delivery.say(alice, 'hello')
    await untilIdle(delivery)
    assert.deepEqual((await stepsByPushkey(delivery, position)).get('key'), ['rejected too late', 'sent'])
  })

  test('records for each event of a reduced backlog why it was not sent, and nothing for other pushers', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    await delivery.setPusher(carol, { pushkey: 'carols', data: { url: gateway.url } })
    gateway.respondWith({ status: 503 })
    await using _worker = await delivery.start()
    const positions: number[] = []
    for (let n = 0; n < 30; n++) positions.push(await delivery.say(carol, `message ${n}`))
    await eventually(async () => (await delivery.pusherRows()).some((row) => row.next_attempt_at !== null))
    gateway.respondWith({})
    delivery.clock.advance(4_000_000)
    await untilIdle(delivery)
    const last = await Promise.all(
      positions.map(async (position) => (await stepsByPushkey(delivery, position)).get('key')?.at(-1)),
    )
    assert.deepEqual(last, [...Array.from({ length: 29 }, () => 'skipped: collapsed'), 'sent'])
    assert.deepEqual((await stepsByPushkey(delivery, positions[0] as number)).get('carols'), [])
  })
})
