import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { enqueueForHandles, enqueueForUsers } from '../../src/delivery/outbox-store.ts'
import { serverVapidKey } from '../../src/delivery/server-vapid.ts'
import { makeWebPushSender } from '../../src/delivery/web-push.ts'
import { makeEndpointAgent } from '../../src/gateway/endpoint.ts'
import { createVapid } from '../../src/gateway/webpush/token.ts'
import type { DeviceId } from '../../src/lib/ids.ts'
import { makeIpPolicy } from '../../src/lib/outbound/ip-policy.ts'
import { activatePusher } from '../../src/pushers/activate-pusher.ts'
import { lanesWithWork } from '../../src/sending/lane-store.ts'
import type { Database } from '../../src/storage/database.ts'
import { wordsOf } from '../support/words.ts'
import { afterTest } from '../support/after-test.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { startPushService } from '../support/push-service.ts'
import {
  alice,
  untilIdle,
  bob,
  createDeliveryFixture,
  carol,
  room1,
  type DeliveryFixture,
} from './delivery-fixture.ts'

const APP = 'org.example.app'

type Payload = {
  ack_token?: string
  notification?: { type?: string; content?: { body?: string }; counts?: { unread?: number } }
}

/** Creates a fixture in which bob has a browser with a pusher that is not confirmed. */
async function setUpBrowser(t: TestContext, open: (t: TestContext) => Promise<Database>) {
  const delivery = await createDeliveryFixture(t, await open(t))
  const { clock, db } = delivery
  const service = await startPushService({ now: () => clock.now() })
  afterTest(t, () => service[Symbol.asyncDispose]())
  const agent = makeEndpointAgent({ policy: makeIpPolicy(['127.0.0.0/8']) })
  afterTest(t, () => agent[Symbol.asyncDispose]())
  const vapid = createVapid(await serverVapidKey(db, clock.now()), 'mailto:push@belfry.example', clock)
  const webPush = makeWebPushSender({ agent, clock, vapid, wordsOf })
  const browser = service.subscribe(vapid.publicKey)
  const fields = {
    kind: 'webpush',
    pushkey: browser.keys.p256dh,
    data: { url: browser.endpoint, auth: browser.keys.auth },
  }
  assert.equal(await delivery.setPusher(bob, fields), 'needs activation')
  const payloads = () => service.received.map(({ text }) => JSON.parse(text ?? '{}') as Payload)
  const bodies = () => payloads().flatMap((payload) => payload.notification?.content?.body ?? [])
  const ack = (ackToken: string) => activatePusher(delivery.pushers, { userId: bob, appId: APP, ackToken })
  const ackLast = async () => ack(await eventually(() => payloads().at(-1)?.ack_token))
  return { delivery, service, browser, webPush, fields, payloads, bodies, ack, ackLast }
}

const rowOf = async (delivery: DeliveryFixture) => (await delivery.pusherRows())[0]

onEachDatabase('pushers of kind webpush', (open) => {
  test('receive only the token until they are confirmed, and have no queue', async (t) => {
    const { delivery, webPush, payloads, bodies, ackLast } = await setUpBrowser(t, open)
    const position = await delivery.say(alice, 'too early')
    const item = { position, type: 'm.room.message', now: 0 }
    const enqueued: number[] = []
    await delivery.db.transaction(async (tx) => {
      const note = (pusherIds: number[]) => enqueued.push(...pusherIds)
      enqueueForUsers(tx, { ...item, userIds: [bob] }, note)
      enqueueForHandles(tx, { ...item, holders: [{ userId: bob, handle: 'h' }] }, note)
    })
    assert.deepEqual(enqueued, [])
    await delivery.fixture.read({ userId: bob, roomId: room1, threadId: '', position })
    assert.deepEqual(
      [await delivery.queued(), (await rowOf(delivery))?.value_due],
      [0, 1],
      'only its token is due',
    )
    await using _worker = await delivery.start({ webPush })
    await ackLast()
    await delivery.say(alice, 'one')
    await delivery.say(alice, 'two')
    await untilIdle(delivery)
    assert.deepEqual(bodies(), ['one', 'two'])
    assert.equal(payloads().length, 3)
    assert.deepEqual(
      delivery.reported.map(({ event, fields }) => [event, fields['kind']]),
      [
        ['pokeSent', 'activation'],
        ['pokeSent', 'event'],
        ['pokeSent', 'event'],
      ],
    )
  })

  test('retries a push service that is down until the token expires', async (t) => {
    const { delivery, service, webPush } = await setUpBrowser(t, open)
    service.respondWith({ status: 503 })
    let transactions = 0
    const db: Database = {
      ...delivery.db,
      all: (q, p) => delivery.db.all(q, p),
      first: (q, p) => delivery.db.first(q, p),
      transaction: (work, options) => {
        transactions++
        return delivery.db.transaction(work, options)
      },
    }
    await using _worker = await delivery.start({ db, webPush })
    for (let count = 1; count <= 3; count++) {
      await eventually(async () => (await rowOf(delivery))?.attempts === count)
      delivery.clock.advance(60_000)
    }
    delivery.clock.advance(300_000)
    await eventually(async () => (await rowOf(delivery))?.value_due === 0)
    const row = await rowOf(delivery)
    assert.deepEqual([row?.activated, row?.next_attempt_at], [0, null])
    const now = delivery.clock.now()
    assert.deepEqual(
      await lanesWithWork(delivery.db, { kind: 'poke', owner: 'another', after: 0, limit: 9, now }),
      [],
    )
    const before = { requests: service.received.length, transactions }
    delivery.pushers.bus.publish('delivery', [row?.pusher_id ?? 0])
    await eventually(() => transactions === before.transactions + 1)
    assert.equal(service.received.length, before.requests, 'a wake-up sends nothing and settles the lane')
  })

  test('sends the new token when the pusher is set again while the old one is in flight', async (t) => {
    const { delivery, service, webPush, fields, payloads, ack } = await setUpBrowser(t, open)
    let release = () => {}
    const gate = new Promise<void>((resolve) => (release = resolve))
    service.respondWith(async () => {
      await gate
      return { status: 201 }
    })
    await using _worker = await delivery.start({ webPush })
    await eventually(() => service.received.length === 1)
    assert.equal(await delivery.setPusher(bob, fields), 'needs activation')
    release()
    await eventually(() => service.received.length === 2)
    const [first, second] = payloads().map((payload) => payload.ack_token ?? '') as [string, string]
    await assert.rejects(ack(first), { errcode: 'M_UNKNOWN_ACTIVATION_TOKEN' })
    await ack(second)
    assert.equal(await delivery.setPusher(bob, fields), 'done')
  })

  test('holds the queue after a change of the address until the activation, and then sends it in order', async (t) => {
    const { delivery, service, browser, webPush, fields, bodies, ackLast } = await setUpBrowser(t, open)
    {
      await using _worker = await delivery.start({ webPush })
      await ackLast()
      service.respondWith({ status: 503 })
      await delivery.say(alice, 'one')
      await eventually(async () => (await rowOf(delivery))?.failing_since !== null)
      await delivery.say(alice, 'two')
    }
    service.respondWith(undefined)
    service.received.length = 0
    // The padding changes the setting, but not the key, so this is still the same browser.
    const data = { ...fields.data, auth: `${fields.data.auth}==` }
    assert.equal(await delivery.setPusher(bob, { ...fields, data }), 'needs activation')
    assert.equal((await rowOf(delivery))?.failing_since, null)
    await using _worker = await delivery.start({ webPush })
    await eventually(() => service.received.length === 1)
    await delivery.say(alice, 'not queued')
    await ackLast()
    await untilIdle(delivery)
    assert.deepEqual(bodies(), ['one', 'two'])
    assert.equal(browser.endpoint, service.received[0]?.endpoint)
  })

  test('holds pokes to a browser while its user is active elsewhere, and sends calls with a short lifetime', async (t) => {
    const { delivery, service, webPush, fields, payloads, bodies, ackLast } = await setUpBrowser(t, open)
    await delivery.setPusher(bob, { ...fields, 'org.belfry.hold_while_active_ms': 60_000 })
    await using _worker = await delivery.start({ webPush })
    await ackLast()
    using _poll = delivery.activity.startPoll({ userId: bob, deviceId: 'LAPTOP' as DeviceId }, 30_000)
    const position = await delivery.say(alice, 'held')
    await eventually(async () => (await rowOf(delivery))?.held_until !== null)
    await delivery.fixture.send({
      roomId: room1,
      sender: alice,
      type: 'm.call.invite',
      content: { call_id: 'c' },
    })
    await eventually(() => payloads().some((payload) => payload.notification?.type === 'm.call.invite'))
    assert.equal(service.received.at(-1)?.headers['ttl'], '60')
    await delivery.fixture.read({ userId: bob, roomId: room1, threadId: '', position })
    delivery.clock.advance(60_000)
    await eventually(async () => (await delivery.queued()) === 0)
    assert.deepEqual(bodies(), [])
  })

  test('wait while Web Push is disabled, and continue when it is enabled', async (t) => {
    const { delivery, webPush, bodies, ackLast } = await setUpBrowser(t, open)
    {
      await using _worker = await delivery.start({ webPush })
      await ackLast()
    }
    {
      await using _without = await delivery.start()
      await delivery.say(alice, 'hello')
      await eventually(async () => (await rowOf(delivery))?.last_error === 'web push is off')
    }
    delivery.clock.advance(3_600_000)
    await using _worker = await delivery.start({ webPush })
    await untilIdle(delivery)
    assert.deepEqual(bodies(), ['hello'])
  })

  test('sends no token to a pusher that was disabled before its activation, and none to another kind', async (t) => {
    const { delivery, service, webPush, fields } = await setUpBrowser(t, open)
    assert.equal(await delivery.setPusher(bob, { ...fields, enabled: false }), 'needs activation')
    assert.equal((await rowOf(delivery))?.value_due, 0)
    await using _worker = await delivery.start({ webPush })
    const http = { ...fields, kind: 'http', data: { url: 'http://127.0.0.1:1/' } }
    assert.equal(await delivery.setPusher(bob, http), 'done')
    assert.equal((await rowOf(delivery))?.activated, 1)
    await delivery.say(alice, 'hello')
    await eventually(async () => (await rowOf(delivery))?.last_error === 'connection refused')
    assert.equal(service.received.length, 0)
  })

  test('a token activates only the browser that it was sent to', async (t) => {
    const { delivery, service, webPush, fields, ack } = await setUpBrowser(t, open)
    const other = service.subscribe()
    const second = {
      ...fields,
      pushkey: other.keys.p256dh,
      data: { url: other.endpoint, auth: other.keys.auth },
    }
    await delivery.setPusher(bob, second)
    await delivery.setPusher(carol, { ...fields, append: true })
    await using _worker = await delivery.start({ webPush })
    await eventually(() => service.received.length === 3)
    const sent = service.received.find(({ endpoint }) => endpoint === other.endpoint)
    await ack((JSON.parse(sent?.text ?? '') as Payload).ack_token ?? '')
    assert.deepEqual(
      (await delivery.pusherRows()).map((row) => [row.user_id, row.activated]),
      [
        [bob, 0],
        [bob, 1],
        [carol, 0],
      ],
    )
    const otherUser = { userId: alice, appId: APP, ackToken: 'x' }
    await assert.rejects(activatePusher(delivery.pushers, otherUser), { errcode: 'M_NOT_FOUND' })
  })

  test('creates the key of the server once, also with several concurrent processes', async (t) => {
    const db = await open(t)
    const keys = await Promise.all([1, 2, 3].map((now) => serverVapidKey(db, now)))
    assert.equal(new Set(keys.map((key) => key.publicKey)).size, 1)
    assert.equal((await serverVapidKey(db, 4)).publicKey, keys[0]?.publicKey)
  })
})
