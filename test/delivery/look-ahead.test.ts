import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Database } from '../../src/storage/database.ts'
import { counting } from '../support/counting-database.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import type { PokeResponse } from '../support/poke-receiver.ts'
import { alice, bob, bodies, type DeliveryFixture, room1, setUp, untilIdle } from './delivery-fixture.ts'

/** Two messages are queued, and the gateway holds the response to the first until `respond`. */
async function sendingFirst(t: TestContext, open: (t: TestContext) => Promise<Database>) {
  const { delivery, gateway } = await setUp(t, open)
  const { promise: responseToFirst, resolve: respond } = Promise.withResolvers<PokeResponse>()
  gateway.respondWith((poke) => (poke.content?.['body'] === 'second' ? {} : responseToFirst))
  const { db, count } = counting(delivery.db)
  await delivery.say(alice, 'first')
  const second = await delivery.say(alice, 'second')
  const worker = await delivery.start({ db })
  await gateway.waitFor((poke) => poke.content?.['body'] === 'first')
  /** The look for the second event has ended. */
  await eventually(() => count.read >= READS_OF_START + READS_OF_TWO_LOOKS)
  return { delivery, gateway, worker, second, respond, count }
}

const READS_OF_START = 5
/** The head with its facts and the event of each, and the members of the room for each event. */
const READS_OF_TWO_LOOKS = 6

const MESSAGES = Array.from({ length: 20 }, (_, at) => `message ${at}`)

async function sayAll(delivery: DeliveryFixture, texts: readonly string[]): Promise<number[]> {
  const positions: number[] = []
  for (const text of texts) positions.push(await delivery.say(alice, text))
  return positions
}

/** The gateway holds the response to the third of many messages until `respond`. */
async function holdingThird(t: TestContext, open: (t: TestContext) => Promise<Database>) {
  const { delivery, gateway } = await setUp(t, open)
  const { promise: responseToThird, resolve: respond } = Promise.withResolvers<PokeResponse>()
  gateway.respondWith((poke) => (poke.content?.['body'] === MESSAGES[2] ? responseToThird : {}))
  const positions = await sayAll(delivery, MESSAGES)
  const worker = await delivery.start()
  await gateway.waitFor((poke) => poke.content?.['body'] === MESSAGES[2])
  return { delivery, gateway, worker, respond, positions }
}

onEachDatabase('the look for the next event', (open) => {
  test('takes place while an event is sent, and its result is used', async (t) => {
    const { delivery, gateway, worker, respond, count } = await sendingFirst(t, open)
    await using _worker = worker
    const before = count.read
    respond({})
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['first', 'second'])
    assert.equal(count.read, before)
  })

  test('is repeated if sending took longer than 100 ms: an event that was read in between is skipped', async (t) => {
    const { delivery, gateway, worker, second, respond } = await sendingFirst(t, open)
    await using _worker = worker
    await delivery.fixture.read({ userId: bob, roomId: room1, threadId: '', position: second })
    delivery.clock.advance(101)
    respond({})
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['first'])
    const skipped = delivery.reported.filter(({ event }) => event === 'pokeSkipped')
    assert.deepEqual(
      skipped.map(({ fields }) => fields['reason']),
      ['read'],
    )
  })

  test('is repeated if the event was not delivered', async (t) => {
    const { delivery, gateway, worker, respond } = await sendingFirst(t, open)
    await using _worker = worker
    respond({ status: 400 })
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes).at(-1), 'second')
    // The result of the first event, and not the state before it.
    assert.equal((await delivery.pusherRows())[0]?.last_error, 'status 400')
  })

  test('reads up to 14 events together while another one is sent; the events that need no poke are skipped', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const { db, count } = counting(delivery.db)
    const positions = await sayAll(delivery, MESSAGES)
    await delivery.fixture.redact(room1, positions[8] ?? 0)
    await using _worker = await delivery.start({ db })
    await untilIdle(delivery)
    assert.deepEqual(
      bodies(gateway.pokes),
      MESSAGES.filter((_, at) => at !== 8),
    )
    assert.ok(count.read - READS_OF_START <= MESSAGES.length, `${count.read} reads`)
  })

  test('is not used after 100 ms, also for several events: those that were read in between are skipped', async (t) => {
    const { delivery, gateway, worker, respond, positions } = await holdingThird(t, open)
    await using _worker = worker
    await delivery.fixture.read({ userId: bob, roomId: room1, threadId: '', position: positions.at(-1) ?? 0 })
    delivery.clock.advance(101)
    respond({})
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), MESSAGES.slice(0, 3))
  })

  test('delays a call by at most 14 events', async (t) => {
    const { delivery, gateway, worker, respond } = await holdingThird(t, open)
    await using _worker = worker
    await delivery.fixture.send({ roomId: room1, sender: alice, type: 'm.call.invite', content: {} })
    respond({})
    await untilIdle(delivery)
    const at = gateway.pokes.findIndex(({ type }) => type === 'm.call.invite')
    assert.ok(at > 0 && at <= 3 + 14, `the call is poke ${at}`)
    assert.equal(gateway.pokes.length, MESSAGES.length + 1)
  })

  test('is not used after the pusher was removed', async (t) => {
    const { delivery, gateway, worker, respond } = await holdingThird(t, open)
    {
      await using _worker = worker
      await delivery.setPusher(bob, { kind: null })
      respond({})
    }
    assert.deepEqual(bodies(gateway.pokes), MESSAGES.slice(0, 3))
  })
})
