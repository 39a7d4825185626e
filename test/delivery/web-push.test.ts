import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { type Poke, shortPoke } from '../../src/delivery/poke.ts'
import { makeWebPushSender, pushPayload } from '../../src/delivery/web-push.ts'
import { makeEndpointAgent } from '../../src/gateway/endpoint.ts'
import { makeVapidKey } from '../../src/gateway/webpush/credentials.ts'
import { createVapid } from '../../src/gateway/webpush/token.ts'
import { makeIpPolicy } from '../../src/lib/outbound/ip-policy.ts'
import { afterTest } from '../support/after-test.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { type BrowserSubscription, startPushService } from '../support/push-service.ts'

async function rig(t: TestContext, allowed = ['127.0.0.0/8']) {
  const clock = createManualClock()
  const service = await startPushService({ now: () => clock.now() })
  afterTest(t, () => service[Symbol.asyncDispose]())
  const agent = makeEndpointAgent({ policy: makeIpPolicy(allowed) })
  afterTest(t, () => agent[Symbol.asyncDispose]())
  const vapid = createVapid(makeVapidKey().key, 'mailto:push@belfry.example', clock)
  const sender = makeWebPushSender({ agent, clock, vapid })
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
  const { browser } = await rig(t)
  const below = { session: 's', event_id: 'overridden', notification: 1 }
  const poke = pokeTo(
    browser,
    { counts: { unread: 2 }, content: { body: 'hi' } },
    { default_payload: below, own: 1 },
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

test('sets the headers for lifetime, urgency and topic', async (t) => {
  const { service, sender, browser } = await rig(t)
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
  assert.equal(topics[0], topics[1], 'sent again it replaces itself')
  assert.notEqual(topics[0], topics[2])
  assert.match(String(topics[3]), /^[\w-]{32}$/)
  assert.equal(new Set(topics).size, 4)
  assert.equal(topics[4], undefined)
  assert.equal(service.received[4]?.text, '{"app_id":"app","ack_token":"token"}')
})

const VERDICTS = [
  { answer: { status: 201 }, gives: { kind: 'delivered' } },
  { answer: { status: 200 }, gives: { kind: 'delivered' } },
  { answer: { status: 404 }, gives: { kind: 'rejected' } },
  { answer: { status: 410 }, gives: { kind: 'rejected' } },
  { answer: { status: 403 }, gives: { kind: 'rejected' } },
  {
    answer: { status: 400, body: '{"reason":"VapidPkHashMismatch"}' },
    gives: { kind: 'rejected' },
  },
  {
    answer: { status: 403, body: '{"reason":"BadJwtToken"}' },
    gives: { kind: 'misconfigured', reason: 'vapid token refused' },
  },
  {
    answer: { status: 400, body: '{"reason":"ExpiredJwtToken"}' },
    gives: { kind: 'misconfigured', reason: 'vapid token refused' },
  },
  { answer: { status: 400 }, gives: { kind: 'refused', reason: 'status 400' } },
  { answer: { status: 413 }, gives: { kind: 'refused', reason: 'status 413' } },
  { answer: { status: 401 }, gives: { kind: 'retry', reason: 'status 401' } },
  { answer: { status: 302 }, gives: { kind: 'retry', reason: 'redirect' } },
  { answer: { status: 503 }, gives: { kind: 'retry', reason: 'status 503' } },
  {
    answer: { status: 429, headers: { 'retry-after': '30' } },
    gives: { kind: 'retry', reason: 'status 429', retryAfterMs: 30_000 },
  },
]

for (const { answer, gives } of VERDICTS)
  test(`${answer.status} ${answer.body ?? ''} is ${gives.kind === 'rejected' ? 'the end of the pusher' : gives.kind}`, async (t) => {
    const { service, sender, browser } = await rig(t)
    // It has taken a message with this server's token, so 401 and 403 are not for the token's sake.
    assert.equal((await sender.send(browser.endpoint, pokeTo(browser))).kind, 'delivered')
    service.answer(answer)
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
      { ...gives, status: answer.status },
    )
  })

for (const status of [401, 403])
  test(`does not remove the pusher after ${status} without a reason if the server token was never accepted`, async (t) => {
    const { service, sender, browser } = await rig(t)
    service.answer({ status })
    const result = await sender.send(browser.endpoint, pokeTo(browser))
    assert.deepEqual(
      { ...result, ms: 0 },
      { kind: 'misconfigured', reason: 'vapid token refused', status, ms: 0 },
    )
  })

test('does not call a blocked address, also if it was allowed when the pusher was set', async (t) => {
  const { service, sender, browser } = await rig(t, [])
  const result = await sender.send(browser.endpoint, pokeTo(browser))
  assert.deepEqual([result.kind, result.reason], ['misconfigured', 'blocked by the IP policy'])
  assert.equal(service.received.length, 0)
})

test('refuses a payload that is too long in every form, without a request', async (t) => {
  const { service, sender, browser } = await rig(t)
  const huge = pokeTo(browser, {}, { default_payload: { text: 'x'.repeat(4000) } })
  assert.equal((await sender.send(browser.endpoint, huge)).kind, 'refused')
  assert.equal(service.received.length, 0)
})
