import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import webPush from 'web-push'
import { makeEndpointAgent } from '../../../src/gateway/endpoint.ts'
import type { ProviderResult } from '../../../src/gateway/provider.ts'
import { sendWebPush } from '../../../src/gateway/webpush/send.ts'
import { makeIpPolicy } from '../../../src/lib/outbound/ip-policy.ts'
import type { PushResponse } from '../../support/push-service.ts'
import { CERTIFICATE, PRIVATE_KEY } from '../../delivery/certificate.ts'
import { startWebPushFixture, messageTo } from './fixture.ts'

suite('sendWebPush', () => {
  test('sends an encrypted message with the required headers', async (t) => {
    const { service, send } = await startWebPushFixture(t)
    const result = await send({ urgency: 'high', topic: 'room_1-A', ttl: 60 })
    assert.equal(result.kind, 'delivered')
    assert.equal(result.status, 201)
    assert.match(result.kind === 'delivered' ? (result.providerId ?? '') : '', /^[0-9a-f]{12}$/)
    const [push] = service.received
    assert.equal(push?.text, '{"hello":"there"}')
    assert.equal(push.headers['ttl'], '60')
    assert.equal(push.headers['urgency'], 'high')
    assert.equal(push.headers['topic'], 'room_1-A')
    assert.equal(push.headers['content-encoding'], 'aes128gcm')
    assert.equal(push.headers['content-type'], 'application/octet-stream')
    assert.equal(push.claims.aud, service.origin)
    assert.equal(push.claims.sub, 'mailto:push@belfry.example')
  })

  test('sends no Topic header by default, and a TTL that is an integer of at least 0', async (t) => {
    const { service, send } = await startWebPushFixture(t)
    await send({ ttl: 1.9 })
    await send({ ttl: -5 })
    assert.deepEqual(
      service.received.map(({ headers }) => [headers['ttl'], headers['topic']]),
      [
        ['1', undefined],
        ['0', undefined],
      ],
    )
  })

  test('signs one token for 100 messages to one push service, and a new one after half a day', async (t) => {
    const { clock, service, deps } = await startWebPushFixture(t)
    const subscription = service.subscribe()
    for (let at = 0; at < 2; at++)
      await Promise.all(Array.from({ length: 50 }, () => sendWebPush(deps, messageTo(subscription))))
    const tokens = () => new Set(service.received.map(({ headers }) => headers.authorization)).size
    assert.equal(service.received.length, 100)
    assert.equal(tokens(), 1)
    clock.advance(12 * 3_600_000 - 1)
    await sendWebPush(deps, messageTo(subscription))
    assert.equal(tokens(), 1)
    clock.advance(1)
    await sendWebPush(deps, messageTo(subscription))
    assert.equal(tokens(), 2)
  })

  test('is compatible: the fake push service also accepts messages of the web-push library', async (t) => {
    const { service } = await startWebPushFixture(t, { now: Date.now })
    const keys = webPush.generateVAPIDKeys()
    const details = webPush.generateRequestDetails(service.subscribe(keys.publicKey), 'from web-push', {
      vapidDetails: { subject: 'mailto:push@belfry.example', ...keys },
    })
    const { 'Content-Length': _length, ...headers } = details.headers
    const body = new Uint8Array(details.body ?? [])
    const response = await fetch(details.endpoint, {
      method: 'POST',
      headers: headers as Record<string, string>,
      body,
    })
    assert.equal(response.status, 201, await response.text())
    assert.equal(service.received[0]?.text, 'from web-push')
  })

  test('refuses a message that is too long for one record, without a request', async (t) => {
    const { service, send } = await startWebPushFixture(t)
    assert.deepEqual(await send({ payload: Buffer.alloc(3994) }), {
      kind: 'refused',
      reason: 'too large',
    })
    assert.equal((await send({ payload: Buffer.alloc(3993, 'x') })).kind, 'delivered')
    assert.equal(service.received.length, 1)
    assert.equal(service.received[0]?.body.length, 4096)
  })

  test('verifies the server certificate', async (t) => {
    const tls = { cert: CERTIFICATE, key: PRIVATE_KEY }
    const { service, deps } = await startWebPushFixture(t, { tls, host: 'gateway.test' })
    const resultOf = async (host: string, ca: string[]) => {
      const policy = makeIpPolicy(['127.0.0.0/8'])
      await using agent = makeEndpointAgent({ policy, ca, lookup: async () => ['127.0.0.1'] })
      const { endpoint, keys } = service.subscribe()
      const url = endpoint.replace('gateway.test', host)
      return await sendWebPush({ ...deps, agent }, messageTo({ endpoint: url, keys }))
    }
    assert.equal((await resultOf('gateway.test', [CERTIFICATE])).kind, 'delivered')
    const distrusted = { kind: 'retry', reason: 'tls' }
    assert.deepEqual(await resultOf('gateway.test', []), distrusted)
    assert.deepEqual(await resultOf('other.test', [CERTIFICATE]), distrusted)
    assert.equal(service.received.length, 1)
  })
})

suite('Web Push results', () => {
  const rows: [response: PushResponse, result: ProviderResult][] = [
    [{ status: 201 }, { kind: 'delivered', status: 201, reason: 'accepted' }],
    [{ status: 200 }, { kind: 'delivered', status: 200, reason: 'accepted' }],
    [{ status: 202 }, { kind: 'delivered', status: 202, reason: 'accepted' }],
    [{ status: 404 }, { kind: 'rejected', status: 404, reason: 'status 404', isCertain: true }],
    [{ status: 410 }, { kind: 'rejected', status: 410, reason: 'status 410', isCertain: true }],
    [{ status: 403 }, { kind: 'misconfigured', status: 403, reason: 'status 403' }],
    [{ status: 401 }, { kind: 'misconfigured', status: 401, reason: 'status 401' }],
    [{ status: 400 }, { kind: 'refused', status: 400, reason: 'status 400' }],
    [{ status: 413 }, { kind: 'refused', status: 413, reason: 'status 413' }],
    [{ status: 415 }, { kind: 'refused', status: 415, reason: 'status 415' }],
    [{ status: 408 }, { kind: 'retry', status: 408, reason: 'status 408' }],
    [{ status: 429 }, { kind: 'retry', status: 429, reason: 'status 429' }],
    [
      { status: 429, headers: { 'retry-after': '120' } },
      { kind: 'retry', status: 429, reason: 'status 429', retryAfterMs: 120_000 },
    ],
    [{ status: 500 }, { kind: 'retry', status: 500, reason: 'status 500' }],
    [
      { status: 503, headers: { 'retry-after': '7' } },
      { kind: 'retry', status: 503, reason: 'status 503', retryAfterMs: 7000 },
    ],
    [
      { status: 302, headers: { location: '/x' } },
      { kind: 'retry', status: 302, reason: 'status 302' },
    ],
  ]
  for (const [response, result] of rows) {
    test(`${response.status} ${JSON.stringify(response.headers ?? {})}: ${result.kind}`, async (t) => {
      const { service, send } = await startWebPushFixture(t)
      service.respondWith(response)
      assert.deepEqual(await send(), result)
      assert.equal(service.received.length, 1)
    })
  }

  test('Retry-After as a date becomes retryAfterMs', async (t) => {
    const { clock, service, send } = await startWebPushFixture(t)
    const headers = { 'retry-after': new Date(clock.now() + 90_000).toUTCString() }
    service.respondWith({ status: 429, headers })
    assert.deepEqual(await send(), {
      kind: 'retry',
      status: 429,
      reason: 'status 429',
      retryAfterMs: 90_000,
    })
  })

  test('403 is a rejection if the push service has accepted the VAPID key before', async (t) => {
    const { service, deps } = await startWebPushFixture(t)
    const known = { ...deps, isKnown: (origin: string) => origin === service.origin }
    service.respondWith({ status: 403, body: '{"reason":"VapidPkHashMismatch"}' })
    assert.deepEqual(await sendWebPush(known, messageTo(service.subscribe())), {
      kind: 'rejected',
      status: 403,
      reason: 'VapidPkHashMismatch',
      isCertain: true,
    })
  })

  test('the known reasons of Apple and Mozilla are kept; others are not', async (t) => {
    const { service, send } = await startWebPushFixture(t)
    const reasonFor = async (body: unknown) => {
      service.respondWith({ status: 400, body: typeof body === 'string' ? body : JSON.stringify(body) })
      return (await send()).reason
    }
    assert.equal(await reasonFor({ reason: 'BadJwtToken' }), 'BadJwtToken')
    assert.equal(await reasonFor({ code: 400, errno: 113, message: 'x' }), 'invalid Topic')
    assert.equal(await reasonFor({ reason: 'https://push.example/secret' }), 'status 400')
    assert.equal(await reasonFor({ errno: 12345 }), 'status 400')
    assert.equal(await reasonFor({ errno: 'toString' }), 'status 400')
    assert.equal(await reasonFor('<html>'), 'status 400')
    assert.equal(await reasonFor(`{"reason":"BadJwtToken","x":"${'x'.repeat(5000)}"}`), 'status 400')
  })

  test('the apns-id of Apple is kept as the provider id', async (t) => {
    const { service, send } = await startWebPushFixture(t)
    const id = '123E4567-E89B-12D3-A456-4266554400A0'
    service.respondWith({ status: 201, headers: { 'apns-id': id, location: '/m/1' } })
    assert.deepEqual(await send(), {
      kind: 'delivered',
      status: 201,
      reason: 'accepted',
      providerId: id,
    })
  })

  const malformed: [title: string, more: object, reason: string][] = [
    ['no endpoint', { endpoint: undefined }, 'bad endpoint'],
    ['an endpoint that is not a URL', { endpoint: 'push.example/1' }, 'bad endpoint'],
    ['an endpoint with file:', { endpoint: 'file:///etc/passwd' }, 'bad endpoint'],
    ['an endpoint with a password', { endpoint: 'https://a:b@push.example/1' }, 'bad endpoint'],
    ['an endpoint with a fragment', { endpoint: 'https://push.example/1#x' }, 'bad endpoint'],
    ['no p256dh', { p256dh: undefined }, 'bad p256dh'],
    ['no auth', { auth: undefined }, 'bad auth'],
  ]
  for (const [title, more, reason] of malformed) {
    test(`${title}: rejected without a request`, async (t) => {
      const { service, send } = await startWebPushFixture(t)
      assert.deepEqual(await send(more), { kind: 'rejected', reason })
      assert.equal(service.received.length, 0)
    })
  }
})

suite('sendWebPush without a response', () => {
  test('returns a retry after the deadline', async (t) => {
    const { service, deps } = await startWebPushFixture(t)
    service.respondWith(() => new Promise(() => {}))
    const result = await sendWebPush({ ...deps, deadlineMs: 20 }, messageTo(service.subscribe()))
    assert.deepEqual(result, { kind: 'retry', reason: 'timeout' })
  })

  test('returns stopped when the send is aborted', async (t) => {
    const { service, send } = await startWebPushFixture(t)
    const stop = new AbortController()
    service.respondWith(() => {
      stop.abort()
      return new Promise(() => {})
    })
    assert.deepEqual(await send({}, stop.signal), { kind: 'retry', reason: 'stopped' })
    assert.deepEqual(await send({}, stop.signal), { kind: 'retry', reason: 'stopped' })
    assert.equal(service.received.length, 1)
  })

  test('returns a retry when the connection is refused', async (t) => {
    const { service, deps } = await startWebPushFixture(t)
    const subscription = service.subscribe()
    await service[Symbol.asyncDispose]()
    const result = await sendWebPush(deps, messageTo(subscription))
    assert.deepEqual(result, { kind: 'retry', reason: 'connection refused' })
  })
})
