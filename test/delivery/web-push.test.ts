import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { type Poke, shortPoke } from '../../src/delivery/poke.ts'
import { makeWebPushSender, pushPayload } from '../../src/delivery/web-push.ts'
import { makeEndpointAgent } from '../../src/gateway/endpoint.ts'
import { makeVapidKey } from '../../src/gateway/webpush/credentials.ts'
import { createVapid } from '../../src/gateway/webpush/token.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { makeIpPolicy } from '../../src/lib/outbound/ip-policy.ts'
import { wordsOf } from '../support/words.ts'
import { afterTest } from '../support/after-test.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { type BrowserSubscription, startPushService } from '../support/push-service.ts'

async function setUp(t: TestContext, allowed = ['127.0.0.0/8']) {
  const clock = createManualClock()
  const service = await startPushService({ now: () => clock.now() })
  afterTest(t, () => service[Symbol.asyncDispose]())
  const agent = makeEndpointAgent({ policy: makeIpPolicy(allowed) })
  afterTest(t, () => agent[Symbol.asyncDispose]())
  const vapid = createVapid(makeVapidKey().key, 'mailto:push@belfry.example', clock)
  const sender = makeWebPushSender({ agent, clock, vapid, wordsOf })
  return { service, sender, browser: service.subscribe() }
}

function pokeTo(
  { keys }: BrowserSubscription,
  more: Partial<Poke['notification']> = {},
  data: object = {},
): Poke {
  const device = { app_id: 'app', pushkey: keys.p256dh, pushkey_ts: 7, data: { auth: keys.auth, ...data } }
  return { notification: { event_id: '$e', room_id: '!r', prio: 'high', ...more, devices: [device] } }
}

test('the payload is that of /notify with default_payload at the top level, without credentials', async (t) => {
  const { browser } = await setUp(t)
  const defaultPayload = { session: 's', event_id: 'overridden', notification: 1 }
  const poke = pokeTo(
    browser,
    { counts: { unread: 2 }, content: { body: 'hi' } },
    { default_payload: defaultPayload, own: 1 },
  )
  assert.deepEqual(pushPayload(poke), {
    session: 's',
    event_id: '$e',
    room_id: '!r',
    unread: 2,
    notification: {
      event_id: '$e',
      room_id: '!r',
      prio: 'high',
      counts: { unread: 2 },
      content: { body: 'hi' },
      devices: [{ app_id: 'app', pushkey: browser.keys.p256dh, pushkey_ts: 7, data: { own: 1 } }],
    },
  })
  assert.deepEqual(Object.keys(pushPayload(shortPoke(poke))['notification'] as object), [
    'event_id',
    'room_id',
    'prio',
    'counts',
    'devices',
  ])
  const badge = pokeTo(browser, {
    event_id: undefined,
    room_id: undefined,
    prio: undefined,
    counts: { unread: 0 },
  } as never)
  assert.deepEqual(pushPayload(badge)['unread'], 0)
  assert.equal('event_id' in pushPayload(badge), false)
})

test('contains the notification in words for a pusher that asks for its language', async (t) => {
  const { service, sender, browser } = await setUp(t)
  const poke = pokeTo(browser, { type: 'm.room.encrypted', sender: '@bob:test', room_name: 'Dyżur' })
  const [device] = poke.notification.devices
  await sender.send(browser.endpoint, poke)
  const asking = {
    ...poke.notification,
    devices: [{ ...device, 'org.belfry.lang': 'pl' }] as [typeof device],
  }
  await sender.send(browser.endpoint, { notification: asking })
  const texts = service.received.map(
    ({ text }) => (JSON.parse(text ?? '{}') as JsonObject)['org.belfry.text'],
  )
  const body = '@bob:test przesyła zaszyfrowaną wiadomość'
  assert.deepEqual(texts, [undefined, { title: 'Dyżur', body, lang: 'pl', dir: 'ltr' }])
})

test('sets the headers for lifetime, urgency and topic', async (t) => {
  const { service, sender, browser } = await setUp(t)
  const { endpoint } = browser
  await sender.send(endpoint, pokeTo(browser))
  await sender.send(endpoint, pokeTo(browser))
  await sender.send(endpoint, pokeTo(browser, { prio: 'low', event_id: '$f' }), { worthSeconds: 60 })
  const badge = pokeTo(browser, { event_id: undefined, room_id: undefined, prio: undefined } as never)
  await sender.send(endpoint, badge)
  const device = {
    appId: 'app',
    pushkey: browser.keys.p256dh,
    pushkeyTsMs: 0,
    lang: 'en',
    data: { auth: browser.keys.auth },
  }
  await sender.activate(endpoint, device, 'token')
  const headers = service.received.map((push) => push.headers)
  assert.deepEqual(
    headers.map(({ ttl, urgency }) => [ttl, urgency]),
    [
      ['172800', 'high'],
      ['172800', 'high'],
      ['60', 'normal'],
      ['172800', 'normal'],
      ['300', 'high'],
    ],
  )
  const topics = headers.map(({ topic }) => topic)
  assert.equal(
    topics[0],
    topics[1],
    'a push that is sent again has the same topic, so it replaces the first one',
  )
  assert.notEqual(topics[0], topics[2])
  assert.match(String(topics[3]), /^[\w-]{32}$/)
  assert.equal(new Set(topics).size, 4)
  assert.equal(topics[4], undefined)
  assert.equal(service.received[4]?.text, '{"app_id":"app","ack_token":"token"}')
})

const RESPONSES = [
  { response: { status: 201 }, expected: { kind: 'delivered' } },
  { response: { status: 200 }, expected: { kind: 'delivered' } },
  { response: { status: 404 }, expected: { kind: 'rejected' } },
  { response: { status: 410 }, expected: { kind: 'rejected' } },
  { response: { status: 403 }, expected: { kind: 'rejected' } },
  {
    response: { status: 400, body: '{"reason":"VapidPkHashMismatch"}' },
    expected: { kind: 'rejected' },
  },
  {
    response: { status: 403, body: '{"reason":"BadJwtToken"}' },
    expected: { kind: 'misconfigured', reason: 'vapid token refused' },
  },
  {
    response: { status: 400, body: '{"reason":"ExpiredJwtToken"}' },
    expected: { kind: 'misconfigured', reason: 'vapid token refused' },
  },
  { response: { status: 400 }, expected: { kind: 'refused', reason: 'status 400' } },
  { response: { status: 413 }, expected: { kind: 'refused', reason: 'status 413' } },
  { response: { status: 401 }, expected: { kind: 'retry', reason: 'status 401' } },
  { response: { status: 302 }, expected: { kind: 'retry', reason: 'redirect' } },
  { response: { status: 503 }, expected: { kind: 'retry', reason: 'status 503' } },
  {
    response: { status: 429, headers: { 'retry-after': '30' } },
    expected: { kind: 'retry', reason: 'status 429', retryAfterMs: 30_000 },
  },
]

for (const { response, expected } of RESPONSES)
  test(`returns ${expected.kind} for ${response.status} ${response.body ?? ''}`, async (t) => {
    const { service, sender, browser } = await setUp(t)
    // The service has accepted a message with this server's token, so the token is not the cause of a 401 or 403.
    assert.equal((await sender.send(browser.endpoint, pokeTo(browser))).kind, 'delivered')
    service.respondWith(response)
    const result = await sender.send(browser.endpoint, pokeTo(browser))
    const { kind, status } = result
    assert.deepEqual(
      {
        kind,
        status,
        ...(kind !== 'delivered' && kind !== 'rejected' && { reason: result.reason }),
        ...(result.kind === 'retry' &&
          result.retryAfterMs !== undefined && { retryAfterMs: result.retryAfterMs }),
      },
      { ...expected, status: response.status },
    )
  })

for (const status of [401, 403])
  test(`does not remove the pusher after ${status} without a reason if the server token was never accepted`, async (t) => {
    const { service, sender, browser } = await setUp(t)
    service.respondWith({ status })
    const result = await sender.send(browser.endpoint, pokeTo(browser))
    assert.deepEqual(
      { ...result, ms: 0 },
      { kind: 'misconfigured', reason: 'vapid token refused', status, ms: 0 },
    )
  })

test('does not call a blocked address, also if it was allowed when the pusher was set', async (t) => {
  const { service, sender, browser } = await setUp(t, [])
  const result = await sender.send(browser.endpoint, pokeTo(browser))
  assert.deepEqual([result.kind, result.reason], ['misconfigured', 'blocked by the IP policy'])
  assert.equal(service.received.length, 0)
})

test('refuses a payload that is too long in every form, without a request', async (t) => {
  const { service, sender, browser } = await setUp(t)
  const huge = pokeTo(browser, {}, { default_payload: { text: 'x'.repeat(4000) } })
  assert.equal((await sender.send(browser.endpoint, huge)).kind, 'refused')
  assert.equal(service.received.length, 0)
})
