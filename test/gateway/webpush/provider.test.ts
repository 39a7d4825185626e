import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import type { ProviderDeps } from '../../../src/gateway/provider.ts'
import { webPush } from '../../../src/gateway/webpush/provider.ts'
import { makeVapidKey } from '../../../src/gateway/webpush/credentials.ts'
import { makeIpPolicy } from '../../../src/lib/outbound/ip-policy.ts'
import { afterTest } from '../../support/after-test.ts'
import { type BrowserSubscription, startPushService } from '../../support/push-service.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { NOT_PUBLIC } from '../addresses.ts'
import { EVENT, messageFor, openProvider } from '../provider-fixture.ts'

const CONTACT = 'push@belfry.example'
const going = new AbortController().signal

function keyFile(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'belfry-vapid-'))
  afterTest(t, () => rmSync(folder, { recursive: true }))
  const file = join(folder, 'vapid.pem')
  writeFileSync(file, text, { mode: 0o600 })
  return file
}

const deviceOf = ({ endpoint, keys }: BrowserSubscription, data: Record<string, unknown> = {}) => ({
  pushkey: keys.p256dh,
  data: { endpoint, auth: keys.auth, ...data },
})

async function createFixture(
  t: TestContext,
  options: Record<string, unknown> = {},
  more: Partial<ProviderDeps> = {},
) {
  const { pem, key } = makeVapidKey()
  const clock = createManualClock()
  const service = await startPushService({ now: () => clock.now() })
  afterTest(t, () => service[Symbol.asyncDispose]())
  const settings = { vapid_private_key: keyFile(t, pem), vapid_contact_email: CONTACT, ...options }
  const { provider } = await openProvider(t, webPush, settings, { ...more, clock })
  const subscription = service.subscribe(key.publicKey)
  const send = (notification?: Record<string, unknown>, data?: Record<string, unknown>) =>
    provider.send(messageFor(deviceOf(subscription, data), notification, clock), going)
  const payloads = () => service.received.map(({ text }) => JSON.parse(text ?? '') as Record<string, unknown>)
  return { service, provider, clock, subscription, send, payloads }
}

suite('a Web Push payload', () => {
  test('is one flat object, merged into default_payload', async (t) => {
    const { send, payloads, service } = await createFixture(t)
    const result = await send(EVENT, { default_payload: { session_id: 'abc', type: 'overridden' } })
    assert.equal(result.kind, 'delivered')
    assert.deepEqual(payloads(), [
      {
        session_id: 'abc',
        room_id: EVENT.room_id,
        room_name: 'Lunch',
        event_id: EVENT.event_id,
        sender: EVENT.sender,
        sender_display_name: 'Bob',
        type: 'm.room.message',
        content: EVENT.content,
        unread: 3,
      },
    ])
    assert.equal(service.received[0]?.claims.sub, `mailto:${CONTACT}`)
  })

  test('of format event_id_only contains the ids and counts', async (t) => {
    const { send, payloads } = await createFixture(t)
    await send({ event_id: '$e', room_id: '!r', counts: { unread: 0, missed_calls: 2 } })
    assert.deepEqual(payloads(), [{ event_id: '$e', room_id: '!r', unread: 0, missed_calls: 2 }])
  })

  test('of an invitation contains user_is_target, membership and room_alias', async (t) => {
    const { send, payloads } = await createFixture(t)
    await send({
      ...EVENT,
      type: 'm.room.member',
      membership: 'invite',
      user_is_target: true,
      room_alias: '#a:b',
    })
    const [payload] = payloads()
    assert.equal(payload?.['user_is_target'], true)
    assert.equal(payload['membership'], 'invite')
    assert.equal(payload['room_alias'], '#a:b')
  })

  test('ignores a default_payload that is not an object', async (t) => {
    const { send, payloads } = await createFixture(t)
    for (const wrong of ['text', 5, null, [1], true]) {
      assert.equal((await send({ event_id: '$e' }, { default_payload: wrong })).kind, 'delivered')
    }
    assert.deepEqual(
      payloads(),
      Array.from({ length: 5 }, () => ({ event_id: '$e' })),
    )
  })

  test('is sent with Urgency, TTL and Topic', async (t) => {
    const { provider, service, clock, subscription } = await createFixture(t, { ttl: 600 })
    const send = (
      notification: Record<string, unknown>,
      lifeMs: number,
      data: Record<string, unknown> = {},
    ) =>
      provider.send(
        { ...messageFor(deviceOf(subscription, data), notification, clock), expiresAt: clock.now() + lifeMs },
        going,
      )
    const other = { ...EVENT, event_id: '$other' }
    await send(EVENT, 3_600_000)
    await send({ ...EVENT, prio: 'low' }, 30_500)
    await send({ ...EVENT, prio: undefined }, -1)
    await send(EVENT, 3_600_000, { only_last_per_room: true })
    await send(other, 3_600_000, { only_last_per_room: true })
    await send(other, 3_600_000)
    await send({ counts: { unread: 1 } }, 3_600_000)
    await send({ ...EVENT, event_id: '$THIS_IS_A_FAKE_EVENT_ID' }, 3_600_000)
    const sent = service.received.map(({ headers }) => ({
      urgency: headers['urgency'],
      ttl: headers['ttl'],
      topic: headers['topic'],
    }))
    assert.deepEqual(
      sent.map(({ urgency, ttl }) => [urgency, ttl]),
      [
        ['high', '600'],
        ['normal', '30'],
        ['high', '0'],
        ['high', '600'],
        ['high', '600'],
        ['high', '600'],
        ['low', '600'],
        ['high', '600'],
      ],
    )
    const [event, again, , room, sameRoom, otherEvent, counts, fake] = sent.map(({ topic }) => topic)
    assert.match(String(event), /^[\w-]{32}$/)
    assert.equal(again, event)
    assert.equal(sameRoom, room)
    assert.equal(new Set([event, room, otherEvent, counts, fake]).size, 5)
    assert.equal(fake, undefined)
  })

  test('of counts only is not sent when events_only is true', async (t) => {
    const { send, payloads } = await createFixture(t)
    const nothing = { kind: 'delivered', reason: 'nothing to send' }
    assert.deepEqual(await send({ counts: { unread: 2 } }, { events_only: true }), nothing)
    assert.equal((await send({ counts: { unread: 2 } }, { events_only: 'true' })).status, 201)
    assert.equal((await send(EVENT, { events_only: true })).status, 201)
    assert.deepEqual(payloads()[0], { unread: 2 })
    assert.equal(payloads().length, 2)
  })
})

suite('a Web Push payload that is too long', () => {
  const content = (more: Record<string, unknown>) => ({ ...EVENT, content: { msgtype: 'm.text', ...more } })

  test('is not cut when it fits', async (t) => {
    const { send, payloads } = await createFixture(t)
    const long = content({ body: 'x'.repeat(1500), formatted_body: '<b>x</b>', ciphertext: 'y'.repeat(2001) })
    await send({ ...long, content: { ...long.content, ciphertext: undefined } })
    assert.deepEqual(payloads()[0]?.['content'], {
      msgtype: 'm.text',
      body: 'x'.repeat(1500),
      formatted_body: '<b>x</b>',
    })
  })

  test('loses formatted_body, the end of body, and a long ciphertext', async (t) => {
    const { send, payloads } = await createFixture(t)
    await send(
      content({ body: 'x'.repeat(1001), formatted_body: 'z'.repeat(3000), ciphertext: 'y'.repeat(2001) }),
    )
    await send(
      content({ body: 'x'.repeat(1000), formatted_body: 'z'.repeat(3000), ciphertext: 'y'.repeat(2000) }),
    )
    assert.deepEqual(payloads()[0]?.['content'], { msgtype: 'm.text', body: `${'x'.repeat(999)}…` })
    assert.deepEqual(payloads()[1]?.['content'], {
      msgtype: 'm.text',
      body: 'x'.repeat(1000),
      ciphertext: 'y'.repeat(2000),
    })
  })

  test('is cut further when a thousand characters have too many bytes, and no character is split', async (t) => {
    const { send, payloads, service } = await createFixture(t)
    await send(content({ body: '🔔'.repeat(1200) }))
    const body = String((payloads()[0]?.['content'] as { body?: string } | undefined)?.body)
    assert.match(body, /^(?:🔔){900,}…$/u)
    assert(service.received[0] !== undefined && service.received[0].body.length > 4090)
  })

  test('is reduced to the ids when cutting is not enough, and refused when they do not fit', async (t) => {
    const { send, payloads } = await createFixture(t)
    const result = await send(content({ stuff: 'x'.repeat(5000) }), { default_payload: { session_id: 's' } })
    assert.equal(result.kind, 'delivered')
    assert.deepEqual(payloads(), [
      { session_id: 's', unread: 3, event_id: EVENT.event_id, room_id: EVENT.room_id },
    ])
    const tooLarge = { default_payload: { session_id: 's'.repeat(4000) } }
    assert.deepEqual(await send(EVENT, tooLarge), { kind: 'refused', reason: 'too large' })
    assert.deepEqual(await send({ counts: { unread: 1 } }, tooLarge), {
      kind: 'refused',
      reason: 'too large',
    })
  })

  test('is sent once more and shorter after a 413 response, then refused', async (t) => {
    const { send, payloads, service } = await createFixture(t)
    service.respondWith(({ body }) => ({ status: body.length > 250 ? 413 : 201 }))
    assert.equal((await send()).kind, 'delivered')
    assert.deepEqual(Object.keys(payloads()[1] ?? {}), ['unread', 'event_id', 'room_id'])
    service.respondWith({ status: 413 })
    assert.deepEqual(await send(), { kind: 'refused', status: 413, reason: 'status 413' })
    assert.equal(payloads().length, 4)
    assert.deepEqual(await send({ counts: { unread: 1 } }), {
      kind: 'refused',
      status: 413,
      reason: 'status 413',
    })
    assert.equal(payloads().length, 5)
  })
})

suite('the Web Push provider', () => {
  test('403 is a rejection only if the push service has accepted the VAPID key before', async (t) => {
    const { send, service } = await createFixture(t)
    service.respondWith({ status: 403 })
    assert.equal((await send()).kind, 'misconfigured')
    service.respondWith({ status: 410 })
    assert.equal((await send()).kind, 'rejected')
    service.respondWith({ status: 403 })
    assert.equal((await send()).kind, 'misconfigured')
    service.respondWith(undefined)
    assert.equal((await send()).kind, 'delivered')
    service.respondWith({ status: 403 })
    assert.equal((await send()).kind, 'rejected')
  })

  test('VapidPkHashMismatch is a retry, and a configuration error after five devices', async (t) => {
    const { service, provider, clock, send } = await createFixture(t)
    service.respondWith({ status: 400, body: '{"reason":"VapidPkHashMismatch"}' })
    const outcomes = []
    for (let at = 0; at < 6; at++) {
      const result = await provider.send(messageFor(deviceOf(service.subscribe()), EVENT, clock), going)
      outcomes.push(result.kind)
    }
    const waits = Array.from({ length: 4 }, () => 'retry')
    assert.deepEqual(outcomes, [...waits, 'misconfigured', 'misconfigured'])
    service.respondWith(undefined)
    assert.equal((await send()).kind, 'delivered')
    service.respondWith({ status: 400, body: '{"reason":"VapidPkHashMismatch"}' })
    assert.equal((await send()).kind, 'rejected')
  })

  test('429 with Retry-After pauses this push service, and no other', async (t) => {
    const { send, service, clock, provider } = await createFixture(t)
    const other = await startPushService({ now: () => clock.now() })
    afterTest(t, () => other[Symbol.asyncDispose]())
    service.respondWith({ status: 429, headers: { 'retry-after': '60' } })
    assert.equal((await send()).kind, 'retry')
    service.respondWith(undefined)
    clock.advance(20_000)
    assert.deepEqual(await send(), {
      kind: 'retry',
      status: 429,
      reason: 'push service rests',
      retryAfterMs: 40_000,
    })
    assert.equal(service.received.length, 1)
    const message = messageFor(deviceOf(other.subscribe()), EVENT, clock)
    assert.equal((await provider.send(message, going)).kind, 'delivered')
    clock.advance(40_000)
    assert.equal((await send()).kind, 'delivered')
  })

  test('a clock that was set back does not lengthen the pause', async (t) => {
    const { send, service, clock } = await createFixture(t)
    service.respondWith({ status: 503, headers: { 'retry-after': '60' } })
    await send()
    service.respondWith(undefined)
    clock.advance(-7_200_000)
    assert.equal((await send()).kind, 'delivered')
  })

  test('a host that has never accepted a message has a rate limit over all its ports', async (t) => {
    const { send, service, clock, provider } = await createFixture(t)
    const other = await startPushService({ now: () => clock.now() })
    afterTest(t, () => other[Symbol.asyncDispose]())
    service.respondWith({ status: 400 })
    for (let at = 0; at < 200; at++) assert.equal((await send()).kind, 'refused')
    const wait = {
      kind: 'retry',
      reason: 'too many for a host that is not known',
      isOfDevice: true,
      retryAfterMs: 50,
    }
    assert.deepEqual(await send(), wait)
    assert.deepEqual(await provider.send(messageFor(deviceOf(other.subscribe()), EVENT, clock), going), wait)
    assert.deepEqual([service.received.length, other.received.length], [200, 0])
    clock.advance(50)
    service.respondWith(undefined)
    for (let at = 0; at < 300; at++) assert.equal((await send()).kind, 'delivered')
  })

  test('lineOf returns the origin of the endpoint', async (t) => {
    const { provider } = await createFixture(t)
    const lineOf = (endpoint: unknown) =>
      provider.lineOf(messageFor({ pushkey: 'x', data: { endpoint } }).device)
    assert.equal(lineOf('https://PUSH.example:443/a?b'), 'https://push.example')
    assert.equal(lineOf('https://push.example:8443/a'), 'https://push.example:8443')
    assert.equal(lineOf('https://user:secret@push.example/'), 'bad endpoint')
    assert.equal(lineOf(7), 'bad endpoint')
    assert.equal(provider.lineOf(messageFor({ pushkey: 'x' }).device), 'bad endpoint')
  })

  test('a push service outside allowed_endpoints is not called: a configuration error, not a rejection', async (t) => {
    const { send, service } = await createFixture(t, {
      allowed_endpoints: ['*.push.example', 'push.example'],
    })
    assert.deepEqual(await send(), {
      kind: 'misconfigured',
      reason: 'endpoint not allowed',
      isOfAddress: true,
    })
    assert.equal(service.received.length, 0)
    const within = await createFixture(t, { allowed_endpoints: ['127.0.0.1'] })
    assert.equal((await within.send()).kind, 'delivered')
  })

  const malformed: [title: string, device: { pushkey: string; data?: Record<string, unknown> }][] = [
    ['no data', { pushkey: 'x' }],
    ['no endpoint', { pushkey: 'x', data: { auth: 'y' } }],
    ['an endpoint that is a number', { pushkey: 'x', data: { endpoint: 5, auth: 'y' } }],
    [
      'a pushkey that is not a point on the curve',
      { pushkey: 'x', data: { endpoint: 'https://push.example/', auth: 'y' } },
    ],
  ]
  for (const [title, device] of malformed) {
    test(`${title}: rejected without a request`, async (t) => {
      const { provider } = await createFixture(t)
      const result = await provider.send(messageFor(device), going)
      assert.equal(result.kind, 'rejected')
      assert.equal(result.status, undefined)
    })
  }
})

suite('addresses of Web Push endpoints', () => {
  const blocked = { kind: 'misconfigured', reason: 'blocked by the IP policy', isOfAddress: true }

  test('that are not public are not called, in any spelling', async (t) => {
    const { provider, subscription } = await createFixture(t, {}, { policy: makeIpPolicy([]) })
    for (const endpoint of NOT_PUBLIC) {
      const device = deviceOf(subscription, { endpoint })
      assert.deepEqual(await provider.send(messageFor(device), going), blocked, endpoint)
    }
  })

  test('behind a name are all checked', async (t) => {
    for (const addresses of [['127.0.0.1'], ['10.1.2.3'], ['8.8.8.8', '127.0.0.1'], ['::ffff:10.0.0.1']]) {
      const policy = makeIpPolicy([])
      const { provider, subscription } = await createFixture(t, {}, { policy, lookup: async () => addresses })
      const device = deviceOf(subscription, { endpoint: 'https://push.example/x' })
      assert.deepEqual(await provider.send(messageFor(device), going), blocked, addresses.join())
    }
  })

  test('with plain http must be in an allowed range', async (t) => {
    const { provider, subscription } = await createFixture(t, {}, { lookup: async () => ['8.8.8.8'] })
    const device = deviceOf(subscription, { endpoint: 'http://push.example/x' })
    assert.deepEqual(await provider.send(messageFor(device), going), blocked)
  })

  test('in redirects are not called', async (t) => {
    const { send, service } = await createFixture(t)
    service.respondWith({ status: 307, headers: { location: `${service.origin}/elsewhere` } })
    assert.deepEqual(await send(), { kind: 'retry', status: 307, reason: 'status 307' })
    assert.equal(service.received.length, 1)
  })

  test('that fail in DNS are retried', async (t) => {
    const lookup = () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' }))
    const { provider, subscription } = await createFixture(t, {}, { lookup })
    const device = deviceOf(subscription, { endpoint: 'https://push.example/x' })
    assert.deepEqual(await provider.send(messageFor(device), going), { kind: 'retry', reason: 'dns' })
  })
})

suite('the Web Push configuration', () => {
  test('accepts the keys of Sygnal', () => {
    assert.deepEqual(webPush.options.parse({ vapid_private_key: '/k.pem', vapid_contact_email: CONTACT }), {
      vapid_private_key: '/k.pem',
      vapid_contact_email: CONTACT,
      ttl: 900,
      max_connections: 20,
    })
  })

  const bad: Record<string, unknown>[] = [
    { vapid_contact_email: undefined },
    { vapid_contact_email: 'x@localhost' },
    { vapid_private_key: undefined },
    { ttl: -1 },
    { ttl: 2_419_201 },
    { max_connections: 0 },
    { allowed_endpoints: ['https://push.example/'] },
    { allowed_endpoints: 'push.example' },
  ]
  for (const more of bad) {
    test(`refuses ${JSON.stringify(more)}`, () => {
      const options = { vapid_private_key: '/k.pem', vapid_contact_email: CONTACT, ...more }
      assert.equal(webPush.options.safeParse(options).success, false)
    })
  }

  test('fails at once for a missing key file', async (t) => {
    const options = { vapid_private_key: '/nowhere/k.pem', vapid_contact_email: CONTACT }
    await assert.rejects(openProvider(t, webPush, options), {
      name: 'ConfigError',
      message: /apps\.org\.example\.web\.vapid_private_key \(\/nowhere\/k\.pem\): there is no such file/,
    })
  })

  test('reports a key that cannot be used, and no pushkey is rejected', async (t) => {
    const options = { vapid_private_key: keyFile(t, 'no key'), vapid_contact_email: CONTACT }
    const { provider } = await openProvider(t, webPush, options)
    const [fault] = await provider.check()
    assert.match(
      String(fault),
      /vapid\.pem\): not a private key in PEM; "belfry gateway vapid" creates a key\.$/,
    )
    const result = await provider.send(messageFor({ pushkey: 'x' }), going)
    assert.deepEqual(result, { kind: 'misconfigured', reason: 'credentials' })
  })

  test('reports no fault for a valid key', async (t) => {
    const { provider } = await createFixture(t)
    assert.deepEqual(await provider.check(), [])
  })
})
