import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counting } from '../support/counting-database.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { alice, untilIdle, bob, bodies, type DeliveryFixture, setUp } from './delivery-fixture.ts'

const owners = async (delivery: DeliveryFixture) =>
  (await delivery.pusherRows()).map(({ lease_owner: owner }) => owner)

onEachDatabase('the lease of a pusher that has nothing to send', (open) => {
  test('is kept, so that the next poke needs one transaction, until half of it is over', async (t) => {
    const { delivery } = await setUp(t, open)
    const { db, count } = counting(delivery.db)
    // The sweep runs every 30 s then, also on PostgreSQL: one that sees the new item claims the lane once more.
    await using _worker = await delivery.start({ db: { ...db, isServedAlone: true } })
    const transactionsFor = async (body: string) => {
      await untilIdle(delivery)
      const before = count.transactions
      await delivery.say(alice, body)
      await eventually(async () => count.transactions > before && (await delivery.queued()) === 0)
      return count.transactions - before
    }
    assert.equal(await transactionsFor('claimed and settled'), 2)
    assert.equal(await transactionsFor('settled'), 1)
    delivery.clock.advance(29_000)
    assert.equal(await transactionsFor('settled, which renews the lease'), 1)
    delivery.clock.advance(31_000)
    assert.equal(await transactionsFor('claimed again'), 2)
  })

  test('ends when the process stops', async (t) => {
    const { delivery } = await setUp(t, open)
    const worker = await delivery.start()
    await delivery.say(alice, 'one')
    await untilIdle(delivery)
    assert.notDeepEqual(await owners(delivery), [null])
    await worker[Symbol.asyncDispose]()
    assert.deepEqual(await owners(delivery), [null])
  })

  test('does not hide a lost wake-up from the sweep', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    await using _worker = await delivery.start()
    await delivery.say(alice, 'one')
    await untilIdle(delivery)
    const deps = delivery.fixture.deps
    const { bus } = deps
    deps.bus = { ...bus, publish: () => undefined }
    await delivery.say(alice, 'two')
    deps.bus = bus
    assert.equal(await delivery.queued(), 1)
    await eventually(() => {
      delivery.clock.advance(1000)
      return gateway.pokes.length === 2
    })
  })

  test('is not used for a pusher that was set with another gateway: the poke waits for a slot there', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const newGateway = await startPokeReceiver(t)
    await using _worker = await delivery.start()
    await delivery.say(alice, 'one')
    await untilIdle(delivery)
    await delivery.setPusher(bob, { data: { url: newGateway.url } })
    gateway.respondWith({ status: 500 })
    await delivery.say(alice, 'two')
    await newGateway.waitFor((poke) => poke.content?.['body'] === 'two')
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['one'])
    assert.deepEqual(bodies(newGateway.pokes), ['two'])
    assert.deepEqual(
      delivery.reported.filter(({ event }) => event === 'gatewayDown'),
      [],
    )
  })

  test('of a removed pusher is not used for the pusher that is set after it', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    await using _worker = await delivery.start()
    await delivery.say(alice, 'one')
    await untilIdle(delivery)
    await delivery.setPusher(bob, { kind: null })
    await delivery.setPusher(bob, { data: { url: gateway.url } })
    await delivery.say(alice, 'two')
    await gateway.waitFor((poke) => poke.content?.['body'] === 'two')
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['one', 'two'])
  })
})
