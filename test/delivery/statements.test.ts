import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { makePokeAgent } from '../../src/delivery/poke-agent.ts'
import { makePokeSender } from '../../src/delivery/send-poke.ts'
import { stepTraceOf } from '../../src/gateway-app/step-trace.ts'
import { createNotifyMetrics } from '../../src/gateway-api/notify-metrics.ts'
import { ownGateway } from '../../src/gateway-api/notify.ts'
import { INBOX_APP_ID } from '../../src/gateway/inbox.ts'
import { createMetrics } from '../../src/lib/metrics.ts'
import { makeIpPolicy } from '../../src/lib/outbound/ip-policy.ts'
import type { Database } from '../../src/storage/database.ts'
import { createGatewayTrace } from '../../src/trace/gateway-trace.ts'
import { countingClock } from '../gateway/counting-clock.ts'
import { openGateway } from '../gateway/fixture.ts'
import { query } from '../../src/storage/query.ts'
import { afterTest } from '../support/after-test.ts'
import { counting } from '../support/counting-database.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'
import type { PokeReceiver } from '../support/poke-receiver.ts'
import { alice, untilIdle, bob, setUp, type DeliveryFixture } from './delivery-fixture.ts'

/**
 * A start queries any pusher, the known outages, the lanes with work, the due lanes and the time of the next
 * due one.
 */
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

const withTwoMembers = query()((db) => db.updateTable('rooms').set({ joined_count: 2 }))

onEachDatabase('the statements of a poke', (open) => {
  test('the first poke needs a claim, three statements for the result, and three reads', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const { count } = await startCounted(t, { delivery, gateway, pushers: 1 })
    assert.deepEqual(await count('one'), { read: 3, write: 4 + locks(delivery), transactions: 2 })
  })

  test('the next poke needs no claim: three statements for the result, in one transaction, and three reads', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const { count } = await startCounted(t, { delivery, gateway, pushers: 1 })
    await count('one')
    assert.deepEqual(await count('two'), { read: 3, write: 3 + locks(delivery), transactions: 1 })
  })

  test('the event of a room with two members is not read again: one read', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    await delivery.db.transaction((tx) => tx.run(withTwoMembers, {}))
    const { count } = await startCounted(t, { delivery, gateway, pushers: 1 })
    await count('one')
    assert.deepEqual(await count('two'), { read: 1, write: 3 + locks(delivery), transactions: 1 })
  })

  test('fifty concurrent pokes share one claim and three reads, and one result for those that end together', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const { count } = await startCounted(t, { delivery, gateway, pushers: 50 })
    const { read, write, transactions } = await count('one')
    // The look with the facts of the recipients, the event, and the members of its room, because the room has no name.
    assert.equal(read, 3)
    assert.equal(write, 1 + (3 + locks(delivery)) * (transactions - 1))
    assert.ok(transactions < 50, `${transactions} transactions`)
  })

  test('the next poke through the own gateway needs two statements more, and no transaction of its own', async (t) => {
    const { delivery } = await setUp(t, open)
    const { db, count } = counting(delivery.db)
    const { send, recordOwn, ...own } = await openOwnGateway(t, { delivery, db })
    const worker = await delivery.start({ db, send, recordOwn })
    afterTest(t, () => worker[Symbol.asyncDispose]())
    for (const body of ['one', 'two']) {
      await delivery.say(alice, body)
      await untilIdle(delivery)
    }
    Object.assign(count, { read: 0, write: 0, transactions: 0 })
    await delivery.say(alice, 'three')
    await untilIdle(delivery)
    assert.deepEqual({ ...count }, { read: 3, write: 5 + locks(delivery), transactions: 1 })
    assert.equal((await own.entries()).length, 3)
  })
})

/** PostgreSQL locks the lanes first, with one more statement that is sent together with the next one. */
const locks = ({ db }: DeliveryFixture) => (db.dialect === 'postgres' ? 1 : 0)

/** Opens the server's own gateway, with an inbox for bob's only pusher. */
async function openOwnGateway(t: TestContext, { delivery, db }: { delivery: DeliveryFixture; db: Database }) {
  const url = 'https://this.server.test/_matrix/push/v1/notify'
  const { clock, loopsAtRest } = countingClock()
  const log = createGatewayTrace({ db, trace: delivery.pushers.trace, log: silentLog })
  afterTest(t, () => log[Symbol.asyncDispose]())
  const fixture = await openGateway(db, {
    apps: { [INBOX_APP_ID]: { type: 'inbox' } },
    clock,
    deps: { trace: stepTraceOf(log) },
  })
  afterTest(t, () => fixture[Symbol.asyncDispose]())
  // From now on the gateway knows that its queue is empty.
  await loopsAtRest()
  const metrics = createNotifyMetrics(createMetrics({ processMetrics: false }), () => undefined)
  const own = ownGateway({ gateway: fixture.gateway, metrics })
  const agent = makePokeAgent({ policy: makeIpPolicy([]) })
  afterTest(t, () => agent[Symbol.asyncDispose]())
  await delivery.setPusher(bob, { kind: null })
  await delivery.setPusher(bob, { app_id: INBOX_APP_ID, pushkey: 'my inbox', data: { url } })
  return {
    send: makePokeSender({
      agent,
      clock: delivery.clock,
      inProcess: (to) => (to.href === url ? own : undefined),
    }),
    recordOwn: (...given: Parameters<typeof fixture.gateway.record>) => fixture.gateway.record(...given),
    entries: () => fixture.store.list({ userId: bob, pushkey: 'my inbox' }),
  }
}
