import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { afterTest } from '../support/after-test.ts'
import { counting } from '../support/counting-database.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import type { PokeReceiver } from '../support/poke-receiver.ts'
import { alice, untilIdle, bob, setUp, type DeliveryFixture } from './delivery-fixture.ts'

/** A start queries any pusher, the known outages, the lanes with work, the due lanes and the time of the next due one. */
const READS_OF_A_START = 5

type Counted = { delivery: DeliveryFixture; gateway: PokeReceiver; pushers: number }

/**
 * Starts delivery to `pushers` pushers of bob. The function `count` sends a message, waits until all results are
 * recorded, and resolves to the number of statements.
 */
async function startCounted(t: TestContext, { delivery, gateway, pushers }: Counted) {
  delivery.pushers.maxPushersPerUser = pushers
  for (let n = 1; n < pushers; n++)
    await delivery.setPusher(bob, { pushkey: `key-${n}`, data: { url: gateway.url }, append: true })
  const { db, count } = counting(delivery.db)
  const worker = await delivery.start({ db, concurrency: 4 * pushers })
  afterTest(t, () => worker[Symbol.asyncDispose]())
  // The reads of the start must not be counted as reads of the poke.
  await eventually(() => count.read >= READS_OF_A_START)
  await untilIdle(delivery)
  return {
    count: async (body: string) => {
      Object.assign(count, { read: 0, write: 0, transactions: 0 })
      const before = gateway.pokes.length
      await delivery.say(alice, body)
      await eventually(() => gateway.pokes.length === before + pushers)
      await untilIdle(delivery)
      return { ...count }
    },
  }
}

onEachDatabase('the statements of a poke', (open) => {
  test('the first poke needs a claim, three statements for the result, and four reads', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const { count } = await startCounted(t, { delivery, gateway, pushers: 1 })
    assert.deepEqual(await count('one'), { read: 4, write: 4, transactions: 2 })
  })

  test('the next poke needs no claim: three statements for the result, in one transaction, and four reads', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const { count } = await startCounted(t, { delivery, gateway, pushers: 1 })
    await count('one')
    assert.deepEqual(await count('two'), { read: 4, write: 3, transactions: 1 })
  })

  test('fifty concurrent pokes share one claim and four reads, and one result for those that end together', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const { count } = await startCounted(t, { delivery, gateway, pushers: 50 })
    const { read, write, transactions } = await count('one')
    // The look, the facts of the recipients, the event, and the members of its room, because the room has no name.
    assert.equal(read, 4)
    assert.equal(write, 1 + 3 * (transactions - 1))
    assert.ok(transactions < 50, `${transactions} transactions`)
  })
})
