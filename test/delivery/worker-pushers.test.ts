import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makePokeAgent } from '../../src/delivery/poke-agent.ts'
import { makeIpPolicy } from '../../src/lib/outbound/ip-policy.ts'
import { makePokeSender } from '../../src/delivery/send-poke.ts'
import type { PokeFault } from '../../src/delivery/poke-fault.ts'
import type { SendResult } from '../../src/sending/result.ts'
import { ownGateway } from '../../src/gateway-api/notify.ts'
import { INBOX_APP_ID } from '../../src/gateway/inbox.ts'
import { createNotifyMetrics } from '../../src/gateway-api/notify-metrics.ts'
import { createMetrics } from '../../src/lib/metrics.ts'
import { openGateway } from '../gateway/fixture.ts'
import { listPushers } from '../../src/pushers/list-pushers.ts'
import { type Database, StorageError } from '../../src/storage/database.ts'
import { query } from '../../src/storage/query.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { alice, untilIdle, bob, bodies, carol, setUp } from './delivery-fixture.ts'
import { NO_ARRIVAL } from '../support/no-arrival.ts'

const takeOver = query<{ until: number }>()((db, p) =>
  db.updateTable('lanes').set({ lease_owner: 'another process', lease_until: p.until }),
)

onEachDatabase('delivery to pushers that change', (open) => {
  test('keeps the queue and the state of failure when a pusher is set again', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    gateway.respondWith({ status: 500 })
    await using _worker = await delivery.start()
    await delivery.say(alice, 'one')
    await eventually(() => delivery.reported.length === 1)
    const [before] = await delivery.pusherRows()
    await delivery.setPusher(bob, { data: { url: gateway.url }, lang: 'de' })
    const [after] = await delivery.pusherRows()
    assert.equal(await delivery.queued(), 1)
    assert.equal(after?.lang, 'de')
    assert.deepEqual(
      [after?.pusher_id, after?.failing_since, after?.attempts, after?.next_attempt_at],
      [before?.pusher_id, before?.failing_since, before?.attempts, before?.next_attempt_at],
    )
    gateway.respondWith({})
    delivery.clock.advance(1000)
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['one', 'one'])
  })

  test('ends the back-off and sends the backlog at once after the URL has changed', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    gateway.respondWith({ status: 500 })
    await using _worker = await delivery.start()
    await delivery.say(alice, 'one')
    await eventually(() => delivery.reported.length === 1)
    const newGateway = await startPokeReceiver(t)
    await delivery.setPusher(bob, { data: { url: newGateway.url } })
    await untilIdle(delivery)
    assert.deepEqual(bodies(newGateway.pokes), ['one'])
    assert.equal((await delivery.pusherRows())[0]?.last_error, null)
  })

  test('does not count a failure of the old URL for the new one', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const newGateway = await startPokeReceiver(t)
    gateway.respondWith(async () => {
      delivery.clock.advance(1)
      await delivery.setPusher(bob, { data: { url: newGateway.url } })
      return { status: 500 }
    })
    await using _worker = await delivery.start()
    await delivery.say(alice, 'one')
    await untilIdle(delivery)
    assert.deepEqual(bodies(newGateway.pokes), ['one'])
    assert.equal((await delivery.pusherRows())[0]?.attempts, 0)
  })

  test('does not restore a pusher that was deleted during an attempt, and does not change its successor', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    let isReplaced = false
    gateway.respondWith(async () => {
      await delivery.setPusher(bob, { kind: null })
      gateway.respondWith({})
      await delivery.setPusher(bob, { data: { url: gateway.url } })
      isReplaced = true
      return { body: { rejected: ['key'] } }
    })
    await using _worker = await delivery.start()
    await delivery.say(alice, 'one')
    await eventually(() => isReplaced)
    await delivery.say(alice, 'two')
    await gateway.waitFor((poke) => poke.content?.['body'] === 'two')
    await untilIdle(delivery)
    assert.equal((await delivery.pusherRows()).length, 1)
  })

  test('sends for another pusher during a long backlog, also with a concurrency of one', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const other = await startPokeReceiver(t)
    for (let n = 0; n < 60; n++) await delivery.say(alice, `m${n}`)
    await delivery.setPusher(carol, { data: { url: other.url }, append: true })
    await delivery.say(alice, 'last')
    await using _worker = await delivery.start({ concurrency: 1 })
    await other.waitFor((poke) => poke.content?.['body'] === 'last')
    assert.ok(
      gateway.pokes.length <= 20,
      `${gateway.pokes.length} pokes before the last one of the other pusher`,
    )
    await untilIdle(delivery)
    assert.equal(gateway.pokes.length, 61)
  })

  test('two workers on one database never send for a pusher at the same time', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    let inFlight = 0
    let maxInFlight = 0
    gateway.respondWith(async () => {
      maxInFlight = Math.max(maxInFlight, ++inFlight)
      await new Promise((turn) => setImmediate(turn))
      inFlight--
      return {}
    })
    await using _one = await delivery.start()
    await using _two = await delivery.start()
    const messages = Array.from({ length: 30 }, (_, n) => `m${n}`)
    for (const body of messages) await delivery.say(alice, body)
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), messages)
    assert.equal(maxInFlight, 1)
  })

  test('a result after the lease was lost removes only the item from the queue', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    let isTakenOver = false
    gateway.respondWith(async () => {
      await delivery.db.transaction((tx) => tx.run(takeOver, { until: delivery.clock.now() + 60_000 }))
      isTakenOver = true
      return {}
    })
    await using _worker = await delivery.start()
    await delivery.say(alice, 'one')
    await eventually(() => isTakenOver)
    await eventually(async () => (await delivery.queued()) === 0)
    const [row] = await delivery.pusherRows()
    assert.deepEqual(
      [row?.lease_owner, row?.last_success_at, row?.value_told],
      ['another process', null, null],
    )
  })

  test('sends one duplicate after a result that could not be stored, without waiting for the lease', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    let isFull = false
    let refused = 0
    const db: Database = {
      ...delivery.db,
      transaction: (work, options) => {
        if (!isFull) return delivery.db.transaction(work, options)
        refused++
        return Promise.reject(new StorageError('full'))
      },
    }
    gateway.respondWith(() => {
      isFull = true
      return {}
    })
    await using _worker = await delivery.start({ db })
    await delivery.say(alice, 'one')
    await eventually(() => refused > 0)
    gateway.respondWith({})
    isFull = false
    // The next wake-up sends for the pusher, although its lease has not ended.
    await delivery.say(alice, 'two')
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['one', 'one', 'two'])
  })

  test('the status of a failing pusher contains the start, the reason, the queue length and the next attempt', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    gateway.respondWith({ status: 503 })
    await using _worker = await delivery.start()
    await delivery.say(alice, 'one')
    await eventually(() => delivery.reported.length === 1)
    await delivery.say(alice, 'two')
    const now = delivery.clock.now()
    const [pusher] = await listPushers(delivery.db, bob, delivery.clock.now())
    assert.deepEqual(pusher?.['org.belfry.status'], {
      state: 'retrying',
      device_id: 'PHONE',
      queued: 2,
      last_success_at: null,
      failing_since: now,
      attempts: 1,
      sending_since: null,
      held_until: null,
      next_attempt_at: now + 1000,
      last_error: 'status 503',
      last_error_at: now,
      handle_shared_with: [],
      arrival: NO_ARRIVAL,
    })
  })

  test('the status says since when an attempt is under way, also under a lease that was kept', async (t) => {
    const { delivery } = await setUp(t, open)
    const calls: ((result: SendResult<PokeFault>) => void)[] = []
    await using _worker = await delivery.start({ send: () => new Promise((resolve) => calls.push(resolve)) })
    const sendingSince = async () => {
      const [pusher] = await listPushers(delivery.db, bob, delivery.clock.now())
      const status = pusher?.['org.belfry.status'] as { sending_since: number | null } | undefined
      return status?.sending_since
    }
    for (const [round, body] of ['first', 'second'].entries()) {
      const startedAt = delivery.clock.now()
      await delivery.say(alice, body)
      await eventually(() => calls.length === round + 1)
      delivery.clock.advance(10_000)
      assert.equal(await sendingSince(), startedAt, body)
      calls[round]?.({ kind: 'delivered', reason: 'accepted', status: 200, ms: 1 })
      await eventually(() => delivery.reported.length === round + 1)
      assert.equal(await sendingSince(), null, body)
    }
  })

  test('a stop waits for a gateway that hangs only up to its limit', async (t) => {
    const { delivery } = await setUp(t, open)
    let finish: (result: SendResult<PokeFault>) => void = () => {}
    let markStarted = () => {}
    const sending = new Promise<void>((resolve) => (markStarted = resolve))
    const worker = await delivery.start({
      send: () => {
        markStarted()
        return new Promise((resolve) => (finish = resolve))
      },
    })
    await delivery.say(alice, 'one')
    await sending
    const stopped = worker[Symbol.asyncDispose]()
    let hasStopped = false
    void stopped.then(() => (hasStopped = true))
    await eventually(() => {
      delivery.clock.advance(8000)
      return hasStopped
    })
    finish({ kind: 'delivered', reason: 'accepted', status: 200, ms: 1 })
    assert.equal(await delivery.queued(), 1, 'a poke without a recorded result is sent after the next start')
  })

  test('calls the own gateway without HTTP', async (t) => {
    const { delivery } = await setUp(t, open)
    const url = 'https://this.server.test/_matrix/push/v1/notify'
    const metrics = createNotifyMetrics(createMetrics({ processMetrics: false }), () => undefined)
    const apps = { [INBOX_APP_ID]: { type: 'inbox' } }
    await using opened = await openGateway(delivery.db, { apps, clock: delivery.clock })
    const own = ownGateway({ gateway: opened.gateway, metrics })
    await using agent = makePokeAgent({ policy: makeIpPolicy([]) })
    const send = makePokeSender({
      agent,
      clock: delivery.clock,
      inProcess: (to) => (to.href === url ? own : undefined),
    })
    await delivery.setPusher(bob, { kind: null })
    await delivery.setPusher(bob, { app_id: INBOX_APP_ID, pushkey: 'my inbox', data: { url } })
    await using _worker = await delivery.start({ send })
    await delivery.say(alice, 'hello')
    await untilIdle(delivery)
    const [entry] = await opened.store.list({ userId: bob, pushkey: 'my inbox' })
    assert.deepEqual(entry?.notification.content, { msgtype: 'm.text', body: 'hello' })
    assert.equal(entry?.received_at, delivery.clock.now())
  })
})

onEachDatabase(
  'delivery after a process that was killed',
  (open) => {
    test('ends the leases of a dead process at the start', async (t) => {
      const { delivery, gateway } = await setUp(t, open)
      await delivery.say(alice, 'one')
      await delivery.db.transaction((tx) => tx.run(takeOver, { until: delivery.clock.now() + 60_000 }))
      await using _worker = await delivery.start()
      await untilIdle(delivery)
      assert.deepEqual(bodies(gateway.pokes), ['one'])
    })
  },
  { alone: true },
)
