import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { afterTest } from '../support/after-test.ts'
import { call, foundingPusher, registerUser, type TestUser } from '../support/client.ts'
import { newDataFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { type BrowserSubscription, startPushService } from '../support/push-service.ts'
import { startTestServer, type TestServerOptions } from '../support/server.ts'

const APP_ID = 'org.example.web'
const UNSTABLE_ACK = '/_matrix/client/unstable/org.matrix.msc4174/pushers/ack'

type Payload = {
  app_id?: string
  ack_token?: string
  event_id?: string
  room_id?: string
  unread?: number
  session?: string
  notification: {
    event_id?: string
    room_id?: string
    content?: { body?: string }
    counts?: { unread?: number }
    devices: { app_id: string; pushkey: string; data: object; tweaks?: object }[]
  }
}

/** Alice with a browser, Bob, a room with both, and a push service that verifies and decrypts. */
async function createFixture(t: TestContext, options: TestServerOptions = {}) {
  const { clock } = options.environment ?? {}
  const server = await startTestServer(t, options)
  const service = await startPushService(clock ? { now: () => clock.now() } : {})
  afterTest(t, () => service[Symbol.asyncDispose]())
  const alice = await registerUser(server.url, 'alice')
  const bob = await registerUser(server.url, 'bob')
  const roomId = await bob.createRoom()
  await alice.post(`/join/${encodeURIComponent(roomId)}`)
  const { capabilities } = (await alice.get('/capabilities')) as {
    capabilities: Record<string, { enabled: boolean; vapid: string }>
  }
  const vapid = capabilities['m.webpush']
  const browser = service.subscribe(vapid?.vapid)
  const payloads = () => service.received.map(({ text }) => JSON.parse(text ?? '{}') as Payload)
  /** The token of push number `count`, after it has arrived. */
  const tokenAfter = (count: number) => eventually(() => payloads()[count - 1]?.ack_token)
  const ack = (ackToken: string, user: TestUser = alice) =>
    user.try('POST', '/pushers/ack', { app_id: APP_ID, ack_token: ackToken })
  return { ...server, service, alice, bob, roomId, capabilities, browser, payloads, tokenAfter, ack }
}

const pusherFor = ({ endpoint, keys }: BrowserSubscription, data: object = {}, more: object = {}) =>
  foundingPusher('', {
    kind: 'webpush',
    app_id: APP_ID,
    pushkey: keys.p256dh,
    data: { url: endpoint, auth: keys.auth, ...data },
    ...more,
  })

async function shown(user: TestUser) {
  const { pushers } = (await user.get('/pushers')) as { pushers: Record<string, unknown>[] }
  const [pusher] = pushers
  const status = pusher?.['org.belfry.status'] as
    | { state: string; queued: number; last_error: string }
    | undefined
  return { pusher, activated: pusher?.['activated'], kind: pusher?.['kind'], ...status }
}

/** The fixture with a confirmed pusher. */
async function confirmed(t: TestContext, data: object = {}) {
  const all = await createFixture(t)
  await all.alice.try('POST', '/pushers/set', pusherFor(all.browser, data))
  assert.equal((await all.ack(await all.tokenAfter(1))).status, 200)
  return all
}

test('a browser gets encrypted notifications without a gateway after it has confirmed its pusher', async (t) => {
  const { url, alice, bob, roomId, service, browser, capabilities, payloads, tokenAfter, ack } =
    await createFixture(t)
  const key = capabilities['m.webpush']
  assert.equal(Buffer.from(key?.vapid ?? '', 'base64url').length, 65)
  assert.deepEqual(capabilities['org.matrix.msc4174.webpush'], key)
  const { body: versions } = await call(`${url}/_matrix/client/versions`)
  assert.equal((versions['unstable_features'] as Record<string, boolean>)['org.matrix.msc4174'], true)

  const body = pusherFor(browser, { default_payload: { session: 's1' } })
  assert.deepEqual(pick(await alice.try('POST', '/pushers/set', body)), { status: 201, body: {} })
  assert.deepEqual(await shown(alice).then(({ activated, state }) => [activated, state]), [false, 'pending'])
  const ackToken = await tokenAfter(1)
  assert.deepEqual(payloads(), [{ app_id: APP_ID, ack_token: ackToken }])
  // Before it is confirmed, nothing else is sent or queued.
  const early = await bob.say(roomId, 'too early')
  const about = `room_id=${encodeURIComponent(roomId)}&event_id=${encodeURIComponent(early)}`
  const why = async (what: string) => {
    const { body: response } = await call(`${url}/_belfry/v1/${what}?${about}`, { token: alice.token })
    return JSON.stringify(response)
  }
  assert.match(await why('explain'), /"poke":false,"reason":"not activated"/)
  assert.match(await why('journey'), /"step":"not queued","reason":"not activated"/)
  assert.equal((await shown(alice)).queued, 0)
  assert.deepEqual(pick(await ack(ackToken)), { status: 200, body: {} })
  assert.deepEqual(pick(await ack(ackToken)), { status: 200, body: {} })
  assert.deepEqual(await shown(alice).then(({ activated, state }) => [activated, state]), [true, 'ok'])

  const eventId = await bob.say(roomId, 'hello')
  const payload = await eventually(() => payloads()[1])
  assert.equal(payload.session, 's1')
  assert.equal(payload.event_id, eventId)
  assert.equal(payload.room_id, roomId)
  assert.equal(payload.unread, 1)
  const { notification } = payload
  assert.equal(notification.event_id, eventId)
  assert.equal(notification.content?.body, 'hello')
  assert.deepEqual(notification.counts, { unread: 1 })
  assert.deepEqual(notification.devices, [
    { ...notification.devices[0], app_id: APP_ID, pushkey: browser.keys.p256dh, data: {} },
  ])
  const headers = service.received[1]?.headers
  assert.equal(headers?.['ttl'], '172800')
  assert.equal(headers?.['urgency'], 'high')
  assert.equal(headers?.['content-encoding'], 'aes128gcm')
  assert.equal(service.received[0]?.headers.authorization, headers?.authorization, 'one VAPID token for both')

  // Setting it again without a change keeps its state.
  assert.equal((await alice.try('POST', '/pushers/set', body)).status, 200)
  assert.equal((await shown(alice)).activated, true)
  await alice.read(roomId, eventId)
  assert.deepEqual((await eventually(() => payloads()[2])).notification.counts, { unread: 0 })
  assert.equal(service.received.length, 3)
})

const pick = ({ status, body }: { status: number; body: unknown }) => ({ status, body })

test('a token is valid for five minutes, and only for its user and app', async (t) => {
  const clock = createManualClock(Date.now())
  const { alice, bob, browser, tokenAfter, ack, url } = await createFixture(t, { environment: { clock } })
  const refusal = async (token: string, user?: TestUser) => {
    const { status, body } = await ack(token, user)
    return [status, body['errcode']]
  }
  assert.deepEqual(await refusal('x'), [404, 'M_NOT_FOUND'])
  await alice.try('POST', '/pushers/set', pusherFor(browser))
  const first = await tokenAfter(1)
  assert.deepEqual(await refusal(first, bob), [404, 'M_NOT_FOUND'])
  assert.deepEqual(await refusal(`${first}x`), [400, 'M_UNKNOWN_ACTIVATION_TOKEN'])
  clock.advance(300_000)
  assert.deepEqual(await refusal(first), [400, 'M_EXPIRED_ACTIVATION_TOKEN'])
  assert.equal((await shown(alice)).activated, false)
  // Setting an unconfirmed pusher again without a change sends another token.
  assert.equal((await alice.try('POST', '/pushers/set', pusherFor(browser))).status, 201)
  const second = await tokenAfter(2)
  assert.notEqual(second, first)
  assert.deepEqual(await refusal(first), [400, 'M_UNKNOWN_ACTIVATION_TOKEN'])
  const asDraft = { app_id: APP_ID, ack_token: second }
  assert.equal((await call(`${url}${UNSTABLE_ACK}`, { token: alice.token, body: asDraft })).status, 200)
  assert.equal((await shown(alice)).activated, true)
})

test('a new address or secret must be confirmed, and queued notifications are sent after that', async (t) => {
  const { alice, bob, roomId, service, browser, payloads, tokenAfter, ack } = await confirmed(t)
  service.respondWith({ status: 503 })
  const waiting = await bob.say(roomId, 'waits')
  await eventually(async () => (await shown(alice)).state === 'retrying')
  const count = service.received.length
  service.respondWith(undefined)
  const other = { ...service.subscribe(), keys: browser.keys }
  // The service decrypts with the keys of its subscription. This pusher has another address with the same keys.
  service.respondWith(() => ({ status: 201 }))
  const moved = pusherFor(other)
  assert.equal((await alice.try('POST', '/pushers/set', moved)).status, 201)
  // The waiting notification can be retried at the earlier address before the change.
  await eventually(() => service.received.slice(count).some(({ endpoint }) => endpoint === other.endpoint))
  assert.equal((await shown(alice)).queued, 1)

  const before = service.received.length
  const back = pusherFor(browser)
  assert.equal((await alice.try('POST', '/pushers/set', back)).status, 201)
  const token = await tokenAfter(before + 1)
  assert.equal((await ack(token)).status, 200)
  await eventually(() => payloads().some((payload) => payload.notification?.event_id === waiting))
  const secret = pusherFor({ ...browser, keys: { ...browser.keys, auth: 'AAAAAAAAAAAAAAAAAAAAAA' } })
  assert.equal((await alice.try('POST', '/pushers/set', secret)).status, 201)
})

test('an expired subscription removes its pusher, and its owner sees the reason', async (t) => {
  for (const status of [410, 404, 403]) {
    const { url, alice, bob, roomId, service } = await confirmed(t)
    service.respondWith({ status })
    await bob.say(roomId, 'hello')
    await eventually(async () => (await shown(alice)).pusher === undefined)
    const report = await call(`${url}/_belfry/v1/pushers`, { token: alice.token })
    assert.deepEqual(
      (report.body['removed'] as Record<string, unknown>[]).map(({ kind, reason }) => [kind, reason]),
      [['webpush', 'rejected']],
    )
  }
})

test('410 for the token removes an unconfirmed pusher', async (t) => {
  const { alice, service, browser } = await createFixture(t)
  service.unsubscribe(browser)
  await alice.try('POST', '/pushers/set', pusherFor(browser))
  await eventually(async () => (await shown(alice)).pusher === undefined)
})

test('a notification over the size limit is sent in the short form, Retry-After is obeyed, and redirects are not followed', async (t) => {
  const clock = createManualClock(Date.now())
  const all = await createFixture(t, { environment: { clock } })
  const { alice, bob, roomId, service, browser, payloads, tokenAfter, ack } = all
  await alice.try('POST', '/pushers/set', pusherFor(browser))
  await ack(await tokenAfter(1))
  const long = await bob.say(roomId, 'é'.repeat(3000))
  const payload = await eventually(() => payloads()[1])
  assert.equal(payload.notification.event_id, long)
  assert.equal(payload.notification.content, undefined)
  assert.ok((service.received[1]?.body.length ?? 9999) <= 4096)

  service.respondWith({ status: 429, headers: { 'retry-after': '1200' } })
  const before = clock.now()
  await bob.say(roomId, 'later')
  const wait = await eventually(async () => {
    const { pusher } = await shown(alice)
    const status = pusher?.['org.belfry.status'] as { next_attempt_at: number | null; last_error: string }
    return status.next_attempt_at !== null && status
  })
  assert.equal(wait.next_attempt_at, before + 1_200_000)
  assert.equal(wait.last_error, 'status 429')
  service.respondWith({ status: 307, headers: { location: service.origin } })
  clock.advance(1_200_000)
  await eventually(async () => (await shown(alice)).last_error === 'redirect')
  service.respondWith(undefined)
  clock.advance(3_600_000)
  await eventually(() => payloads().at(-1)?.notification.content?.body === 'later')
})

test('test pushes, badges and disabling work as for other pushers', async (t) => {
  const { url, alice, bob, roomId, service, browser, payloads } = await confirmed(t, { events_only: true })
  const tested = await call(`${url}/_matrix/client/unstable/org.matrix.msc4173/pushers/push`, {
    token: alice.token,
    body: { app_id: APP_ID, pushkey: browser.keys.p256dh, event_id: '$test' },
  })
  assert.equal(tested.body['status'], 'ok')
  assert.equal(payloads()[1]?.notification.event_id, '$test')
  const eventId = await bob.say(roomId, 'hello')
  await eventually(() => service.received.length === 3)
  await alice.read(roomId, eventId)
  // A badge alone sends no push: the next push is that of the next message.
  await eventually(async () => (await shown(alice)).queued === 0)
  const next = await bob.say(roomId, 'again')
  assert.equal((await eventually(() => payloads()[3])).event_id, next)
  const off = pusherFor(browser, { events_only: true }, { enabled: false })
  assert.equal((await alice.try('POST', '/pushers/set', off)).status, 200)
  await bob.say(roomId, 'ignored')
  assert.equal((await shown(alice)).queued, 0)
})

test('the key is the same after a restart, and the kind keeps the name with which it was set', async (t) => {
  const data = newDataFolder(t)
  const first = await createFixture(t, { data })
  const draft = pusherFor(first.browser, {}, { kind: 'org.matrix.msc4174.webpush' })
  await first.alice.try('POST', '/pushers/set', draft)
  assert.equal((await first.ack(await first.tokenAfter(1))).status, 200)
  assert.equal((await shown(first.alice)).kind, 'org.matrix.msc4174.webpush')
  await first.close()
  const second = await startTestServer(t, { data })
  const { body } = await call(`${second.url}/_matrix/client/v3/capabilities`, { token: first.alice.token })
  assert.deepEqual(body['capabilities'], first.capabilities)
})

test('an invalid subscription is refused with advice', async (t) => {
  const { alice, browser } = await createFixture(t)
  const { endpoint, keys } = browser
  const refusal = async (fields: object) => {
    const { status, body } = await alice.try('POST', '/pushers/set', { ...pusherFor(browser), ...fields })
    assert.equal(status, 400)
    return `${String(body['errcode'])} ${String(body['error'])}`
  }
  assert.match(await refusal({ data: { url: endpoint } }), /^M_MISSING_PARAM Missing: data\.auth$/)
  assert.match(await refusal({ data: { auth: keys.auth } }), /^M_MISSING_PARAM Missing: data\.url$/)
  assert.match(await refusal({ data: undefined }), /^M_MISSING_PARAM Missing: data, data\.url, data\.auth$/)
  assert.match(await refusal({ data: { url: endpoint, auth: 7 } }), /^M_BAD_JSON data\.auth/)
  assert.match(await refusal({ data: { url: endpoint, auth: 'AAAA' } }), /^M_INVALID_PARAM data\.auth/)
  assert.match(await refusal({ data: { url: endpoint, ...keys, format: 1 } }), /^M_BAD_JSON data\.format/)
  const crowded = { url: endpoint, ...keys, default_payload: { text: 'x'.repeat(1024) } }
  assert.match(await refusal({ data: crowded }), /^M_INVALID_PARAM data without url must be at most/)
  const offCurve = Buffer.alloc(65, 7)
  offCurve[0] = 4
  for (const pushkey of ['key', keys.p256dh.slice(2), offCurve.toString('base64url')])
    assert.match(await refusal({ pushkey }), /^M_INVALID_PARAM pushkey must be/)
  const at = (url: string) => refusal({ data: { ...keys, url } })
  assert.match(
    await at('https://10.0.0.1/push'),
    /^M_INVALID_PARAM The host of data\.url is blocked by the IP policy/,
  )
  assert.match(await at('http://1.1.1.1/push'), /^M_INVALID_PARAM data\.url must use https/)
  assert.match(await at('ftp://1.1.1.1/push'), /^M_INVALID_PARAM data\.url must be an https URL/)
  assert.match(await at('not a url'), /^M_INVALID_PARAM data\.url is not a valid URL/)
})

test('the kind does not exist if it is disabled', async (t) => {
  const config = { environment: {}, env: { BELFRY_PUSH_WEB_PUSH: 'false' } }
  const { url } = await startTestServer(t, config)
  const alice = await registerUser(url, 'alice')
  const { capabilities } = (await alice.get('/capabilities')) as { capabilities: Record<string, unknown> }
  assert.equal(capabilities['m.webpush'], undefined)
  const browser = { endpoint: 'https://1.1.1.1/push', keys: { p256dh: 'x', auth: 'y' } }
  const { status, body } = await alice.try('POST', '/pushers/set', pusherFor(browser))
  assert.deepEqual(
    [status, body['error']],
    [400, 'kind must be "http" or "email", or null to delete the pusher'],
  )
  assert.equal((await alice.try('POST', '/pushers/ack', { app_id: APP_ID, ack_token: 'x' })).status, 404)
})

test('a pusher that is not confirmed is removed after a day, and its owner sees the reason', async (t) => {
  const clock = createManualClock(Date.now())
  const { alice, browser, url, tokenAfter } = await createFixture(t, { environment: { clock } })
  await alice.try('POST', '/pushers/set', pusherFor(browser))
  await tokenAfter(1)
  const report = async () => (await call(`${url}/_belfry/v1/pushers`, { token: alice.token })).body
  clock.advance(23 * 3_600_000)
  assert.deepEqual((await report())['removed'], [])
  clock.advance(2 * 3_600_000)
  const [removed] = await eventually(async () => {
    const found = (await report())['removed'] as { reason: string; pushkey: string }[]
    return found.length > 0 && found
  })
  assert.deepEqual([removed?.reason, removed?.pushkey], ['not confirmed', browser.keys.p256dh])
  assert.equal((await shown(alice)).pusher, undefined)
})
