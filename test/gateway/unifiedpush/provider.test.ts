import assert from 'node:assert/strict'
import type { IncomingHttpHeaders } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { suite, test, type TestContext } from 'node:test'
import type { ProviderDeps, ProviderResult } from '../../../src/gateway/provider.ts'
import { unifiedPush } from '../../../src/gateway/unifiedpush/provider.ts'
import { makeIpPolicy } from '../../../src/lib/outbound/ip-policy.ts'
import { httpServer } from '../../delivery/servers.ts'
import { afterTest } from '../../support/after-test.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { NOT_PUBLIC } from '../addresses.ts'
import { EVENT, messageFor, openProvider } from '../provider-fixture.ts'

const going = new AbortController().signal
type ServiceResponse = { status: number; headers?: Record<string, string> }

async function createFixture(
  t: TestContext,
  options: Record<string, unknown> = {},
  more: Partial<ProviderDeps> = {},
) {
  const received: { path: string; headers: IncomingHttpHeaders; body: Buffer }[] = []
  const state = { respondWith: (_body: Buffer): ServiceResponse => ({ status: 200 }) }
  const server = await httpServer((request, response) => {
    void buffer(request).then((body) => {
      received.push({ path: request.url ?? '', headers: request.headers, body })
      const { status, headers } = state.respondWith(body)
      response.writeHead(status, headers).end()
    })
  })
  afterTest(t, () => server[Symbol.asyncDispose]())
  const clock = createManualClock()
  const { provider } = await openProvider(t, unifiedPush, options, { ...more, clock })
  const urlOf = (path: string) => `http://127.0.0.1:${server.port}${path}`
  return {
    received,
    clock,
    provider,
    urlOf,
    respondWith: (next: ServiceResponse | ((body: Buffer) => ServiceResponse)) => {
      state.respondWith = typeof next === 'function' ? next : () => next
    },
    send: (notification?: Record<string, unknown>, pushkey = urlOf('/upAbc?up=1')) =>
      provider.send(messageFor({ pushkey, data: { secret: 'x' } }, notification, clock), going),
    bodies: () => received.map(({ body }) => JSON.parse(body.toString()) as Record<string, unknown>),
  }
}

suite('a UnifiedPush message', () => {
  test('is the notification without its devices, sent by POST to the pushkey', async (t) => {
    const { send, received, bodies } = await createFixture(t)
    assert.deepEqual(await send({ ...EVENT, 'org.example.more': [1] }), {
      kind: 'delivered',
      status: 200,
      reason: 'accepted',
    })
    assert.equal(received[0]?.path, '/upAbc?up=1')
    assert.deepEqual(bodies(), [{ notification: { ...EVENT, 'org.example.more': [1] } }])
    assert.equal(received[0].headers['content-encoding'], 'aes128gcm')
    assert.equal(received[0].headers['urgency'], 'high')
    assert.equal(received[0].headers['ttl'], '3600')
    assert.equal(received[0].headers['authorization'], undefined)
  })

  test('has the headers Urgency and TTL', async (t) => {
    const { send, received } = await createFixture(t, { ttl: 60 })
    await send({ ...EVENT, prio: 'low' })
    await send({ counts: { unread: 0 } })
    assert.deepEqual(
      received.map(({ headers }) => [headers['urgency'], headers['ttl']]),
      [
        ['normal', '60'],
        ['low', '60'],
      ],
    )
  })

  test('is trimmed when it is too long, then reduced to the ids, then refused', async (t) => {
    const { send, bodies, received } = await createFixture(t)
    const content = { msgtype: 'm.text', body: 'ä'.repeat(1200), formatted_body: 'x'.repeat(3000) }
    await send({ ...EVENT, content })
    assert.deepEqual(bodies()[0], {
      notification: { ...EVENT, content: { msgtype: 'm.text', body: `${'ä'.repeat(999)}…` } },
    })
    await send({ ...EVENT, content: { stuff: 'x'.repeat(5000) } })
    const { event_id, room_id, counts, prio } = EVENT
    assert.deepEqual(bodies()[1], { notification: { event_id, room_id, counts, prio } })
    await send({ ...EVENT, content: { body: '🔔'.repeat(2000) } })
    assert(received[2] !== undefined && received[2].body.length <= 4096 && received[2].body.length > 4085)
    const result = await send({ counts: { unread: 1 }, stuff: 'x'.repeat(5000) })
    assert.deepEqual(result, { kind: 'refused', reason: 'too large' })
  })

  test('is sent once more and shorter after a 413 response, then refused', async (t) => {
    const { send, respondWith, received } = await createFixture(t)
    respondWith((body) => ({ status: body.length > 250 ? 413 : 200 }))
    assert.equal((await send()).kind, 'delivered')
    respondWith({ status: 413 })
    assert.deepEqual(await send(), { kind: 'refused', status: 413, reason: 'status 413' })
    assert.equal(received.length, 4)
  })
})

suite('UnifiedPush results', () => {
  const rows: [reply: ServiceResponse, result: ProviderResult][] = [
    [{ status: 200 }, { kind: 'delivered', status: 200, reason: 'accepted' }],
    [{ status: 201 }, { kind: 'delivered', status: 201, reason: 'accepted' }],
    [{ status: 202 }, { kind: 'delivered', status: 202, reason: 'accepted' }],
    [{ status: 404 }, { kind: 'rejected', status: 404, reason: 'status 404', isCertain: true }],
    [{ status: 410 }, { kind: 'rejected', status: 410, reason: 'status 410', isCertain: true }],
    [{ status: 401 }, { kind: 'rejected', status: 401, reason: 'status 401', isDoubtful: true }],
    [{ status: 403 }, { kind: 'rejected', status: 403, reason: 'status 403', isDoubtful: true }],
    [{ status: 400 }, { kind: 'refused', status: 400, reason: 'status 400' }],
    [{ status: 413 }, { kind: 'refused', status: 413, reason: 'status 413' }],
    [{ status: 429 }, { kind: 'retry', status: 429, reason: 'status 429' }],
    [
      { status: 429, headers: { 'retry-after': '90' } },
      { kind: 'retry', status: 429, reason: 'status 429', retryAfterMs: 90_000 },
    ],
    [{ status: 500 }, { kind: 'retry', status: 500, reason: 'status 500' }],
    [{ status: 503 }, { kind: 'retry', status: 503, reason: 'status 503' }],
    [{ status: 507 }, { kind: 'retry', status: 507, reason: 'status 507', isOfDevice: true }],
    [
      { status: 301, headers: { location: '/x' } },
      { kind: 'retry', status: 301, reason: 'status 301' },
    ],
  ]
  for (const [reply, result] of rows) {
    test(`${reply.status} ${JSON.stringify(reply.headers ?? {})}: ${result.kind}`, async (t) => {
      const { send, respondWith, received } = await createFixture(t)
      respondWith(reply)
      assert.deepEqual(await send(), result)
      assert.equal(received.length, reply.status === 413 ? 2 : 1)
    })
  }

  for (const pushkey of ['', 'upAbc', 'ftp://push.example/x', 'https://a:b@push.example/x', 'https://x/#y']) {
    test(`${JSON.stringify(pushkey)}: rejected without a request`, async (t) => {
      const { send, received } = await createFixture(t)
      assert.deepEqual(await send(EVENT, pushkey), { kind: 'rejected', reason: 'bad endpoint' })
      assert.equal(received.length, 0)
    })
  }

  test('a server outside allowed_endpoints is a configuration error, not a rejection', async (t) => {
    const { send, received } = await createFixture(t, { allowed_endpoints: ['ntfy.example'] })
    assert.deepEqual(await send(), {
      kind: 'misconfigured',
      reason: 'endpoint not allowed',
      isOfAddress: true,
    })
    assert.equal(received.length, 0)
  })
})

suite('a remembered UnifiedPush result', () => {
  test('of an address that returned 404 is used for ten minutes, for this address only', async (t) => {
    const { send, respondWith, received, clock, urlOf } = await createFixture(t)
    respondWith({ status: 404 })
    const refused = { kind: 'rejected', status: 404, reason: 'status 404', isCertain: true }
    assert.deepEqual(await send(), refused)
    respondWith({ status: 200 })
    clock.advance(599_999)
    assert.deepEqual(await send(), refused)
    assert.equal(received.length, 1)
    assert.equal((await send(EVENT, urlOf('/upOther'))).kind, 'delivered')
    clock.advance(1)
    assert.equal((await send()).kind, 'delivered')
  })

  test('of an address that returned 507 is used for a minute', async (t) => {
    const { send, respondWith, received, clock } = await createFixture(t)
    respondWith({ status: 507 })
    await send()
    clock.advance(20_000)
    assert.deepEqual(await send(), {
      kind: 'retry',
      status: 507,
      reason: 'status 507',
      isOfDevice: true,
      retryAfterMs: 40_000,
    })
    assert.equal(received.length, 1)
    clock.advance(40_000)
    respondWith({ status: 200 })
    assert.equal((await send()).kind, 'delivered')
  })

  test('of a response with Retry-After is used for that time', async (t) => {
    const { send, respondWith, received, clock } = await createFixture(t)
    respondWith({ status: 429, headers: { 'retry-after': '300' } })
    await send()
    clock.advance(299_999)
    await send()
    assert.equal(received.length, 1)
    clock.advance(1)
    await send()
    assert.equal(received.length, 2)
  })

  test('of a failed DNS lookup is used for a minute, for all addresses of the host', async (t) => {
    let lookups = 0
    const lookup = () => {
      lookups++
      return Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' }))
    }
    const { send, clock } = await createFixture(t, {}, { lookup })
    assert.deepEqual(await send(EVENT, 'https://ntfy.example/one'), { kind: 'retry', reason: 'dns' })
    clock.advance(1000)
    assert.deepEqual(await send(EVENT, 'https://ntfy.example/two'), {
      kind: 'retry',
      reason: 'dns',
      retryAfterMs: 59_000,
    })
    assert.equal(lookups, 1)
    clock.advance(59_000)
    await send(EVENT, 'https://ntfy.example/two')
    assert.equal(lookups, 2)
  })

  test('of a host blocked by the IP policy is used for ten minutes', async (t) => {
    let lookups = 0
    const lookup = async () => {
      lookups++
      return ['10.0.0.1']
    }
    const { send, clock } = await createFixture(t, {}, { lookup, policy: makeIpPolicy([]) })
    for (let at = 0; at < 3; at++) {
      assert.deepEqual(await send(EVENT, `https://inside.example/${at}`), {
        kind: 'misconfigured',
        reason: 'blocked by the IP policy',
        isOfAddress: true,
      })
    }
    assert.equal(lookups, 1)
    clock.advance(600_000)
    await send(EVENT, 'https://inside.example/')
    assert.equal(lookups, 2)
  })

  test('is forgotten when the clock is set back', async (t) => {
    const { send, respondWith, clock } = await createFixture(t)
    respondWith({ status: 404 })
    await send()
    respondWith({ status: 200 })
    clock.advance(-86_400_000)
    assert.equal((await send()).kind, 'delivered')
  })
})

test('UnifiedPush: addresses that are not public are not called, in any spelling', async (t) => {
  const { send } = await createFixture(t, {}, { policy: makeIpPolicy([]) })
  for (const pushkey of NOT_PUBLIC) {
    assert.deepEqual(
      await send(EVENT, pushkey),
      { kind: 'misconfigured', reason: 'blocked by the IP policy', isOfAddress: true },
      pushkey,
    )
  }
})

test('UnifiedPush: redirects are not followed', async (t) => {
  const { send, respondWith, received, urlOf } = await createFixture(t)
  respondWith({ status: 308, headers: { location: urlOf('/inside') } })
  assert.equal((await send()).kind, 'retry')
  assert.equal(received.length, 1)
})

test('UnifiedPush: a host that has never accepted a message has a rate limit over all its addresses', async (t) => {
  const { send, respondWith, received, urlOf, clock } = await createFixture(t)
  respondWith({ status: 404 })
  for (let at = 0; at < 200; at++) assert.equal((await send(EVENT, urlOf(`/${at}`))).kind, 'rejected')
  const result = await send(EVENT, urlOf('/more'))
  assert.equal(result.kind, 'retry')
  assert.equal(received.length, 200)
  clock.advance(50)
  respondWith({ status: 200 })
  assert.equal((await send(EVENT, urlOf('/more'))).kind, 'delivered')
})
