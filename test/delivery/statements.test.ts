import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counting } from '../support/counting-database.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import type { PokeReceiver } from '../support/poke-receiver.ts'
import { alice, atRest, bob, setUp, type DeliveryFixture } from './delivery-fixture.ts'

/** A start reads the pushers' table, the outages of the past, what waits, what is due and what is due next. */
const READS_OF_A_START = 5

/** What a message to so many pushers of Bob asks of the database, until all is recorded. */
async function askedFor(delivery: DeliveryFixture, gateway: PokeReceiver, pushers: number) {
  delivery.pushers.maxPushersPerUser = pushers
  for (let n = 1; n < pushers; n++)
    await delivery.setPusher(bob, { pushkey: `key-${n}`, data: { url: gateway.url }, append: true })
  const { db, count } = counting(delivery.db)
  await using _worker = await delivery.start({ db, concurrency: 4 * pushers })
  // The reads of the start must not count as those of the poke.
  await eventually(() => count.read >= READS_OF_A_START)
  await atRest(delivery)
  Object.assign(count, { read: 0, write: 0, transactions: 0 })
  await delivery.say(alice, 'one')
  await eventually(() => gateway.pokes.length === pushers)
  await atRest(delivery)
  return count
}

onEachDatabase('the statements of a poke', (open) => {
  test('one poke needs a claim, three statements for the result, and six reads', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    assert.deepEqual(await askedFor(delivery, gateway, 1), { read: 6, write: 4, transactions: 2 })
  })

  test('fifty concurrent pokes share one claim, one look, and one result for those that end together', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const { read, write, transactions } = await askedFor(delivery, gateway, 50)
    // The look and the event are one read for all; its reading, its outcome and the badge are the user's.
    assert.equal(read, 3 + 3 * 50)
    assert.equal(write, 1 + 3 * (transactions - 1))
    assert.ok(transactions < 50, `${transactions} transactions`)
  })
})
