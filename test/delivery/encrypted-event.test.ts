import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRecentEvents } from '../../src/delivery/recent-events.ts'
import { onEachSharedDatabase } from '../support/two-processes.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { createToDeviceFixture } from '../accounts/to-device/fixture.ts'
import { alice, bob, createDeliveryFixture, PHONE, room1, untilIdle } from './delivery-fixture.ts'

onEachSharedDatabase('a poke for an encrypted event', (openTwo) => {
  test('is sent after the key that its sender stored before it, also by another process', async (t) => {
    const [db, other] = await openTwo(t)
    const delivery = await createDeliveryFixture(t, db)
    const keys = await createToDeviceFixture(db, [])
    const phone = await createToDeviceFixture(other, [])
    const gateway = await startPokeReceiver(t)
    await delivery.setPusher(bob, { data: { url: gateway.url, format: 'event_id_only' } })
    const waiting: unknown[][] = []
    gateway.respondWith(async ({ event_id }) => {
      if (event_id !== undefined) waiting.push(await phone.waiting(bob, PHONE))
      return {}
    })
    await using _other = await delivery.start({ db: other, recentEvents: createRecentEvents() })
    for (let n = 0; n < 20; n++) {
      await keys.send({ [bob]: { [PHONE]: { n } } })
      await delivery.fixture.send({ roomId: room1, sender: alice, type: 'm.room.encrypted', content: {} })
    }
    await untilIdle(delivery)
    assert.equal(waiting.length, 20)
    for (const [n, messages] of waiting.entries())
      assert.ok(messages.length > n, `the poke of event ${n} came before its key`)
  })
})
