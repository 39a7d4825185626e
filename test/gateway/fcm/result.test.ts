import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { suite, test } from 'node:test'

import type { ProviderResult } from '../../../src/gateway/provider.ts'
import { eventually } from '../../support/eventually.ts'
import { fcmError, type FcmReply } from '../../support/fake-fcm.ts'
import { ROOM_MESSAGE } from '../message.ts'
import { startFcmFixture } from './fixture.ts'

type Row = [
  title: string,
  reply: FcmReply,
  result: Partial<ProviderResult> & { reason: string },
  requests?: number,
]

const INVALID = 'INVALID_ARGUMENT'
const notRegistered = 'The registration token is not a valid FCM registration token'

// One row for each response of FCM.
const ROWS: Row[] = [
  [
    '404 UNREGISTERED',
    fcmError(404, 'NOT_FOUND', { errorCode: 'UNREGISTERED' }),
    { kind: 'rejected', reason: 'UNREGISTERED' },
  ],
  [
    '404 without an errorCode: a wrong project or address',
    fcmError(404, 'NOT_FOUND'),
    { kind: 'misconfigured', reason: 'NOT_FOUND' },
  ],
  [
    '404 that is not from FCM',
    { status: 404, body: '<html>' },
    { kind: 'misconfigured', reason: 'status 404' },
  ],
  [
    '400 about message.token',
    fcmError(400, INVALID, { errorCode: INVALID, field: 'message.token' }),
    { kind: 'rejected', reason: INVALID },
  ],
  [
    '400 about the token in the error message',
    fcmError(400, INVALID, { message: notRegistered }),
    { kind: 'rejected', reason: INVALID },
  ],
  [
    '400 about another field',
    fcmError(400, INVALID, { field: 'message.data[0].value' }),
    { kind: 'refused', reason: INVALID },
  ],
  [
    '400 about the TTL',
    fcmError(400, INVALID, { message: 'Invalid value at ttl' }),
    { kind: 'refused', reason: INVALID },
  ],
  [
    '400 about the size',
    fcmError(400, INVALID, { message: 'Android message is too big' }),
    { kind: 'refused', reason: INVALID },
    2,
  ],
  [
    '403 SENDER_ID_MISMATCH',
    fcmError(403, 'PERMISSION_DENIED', { errorCode: 'SENDER_ID_MISMATCH' }),
    { kind: 'rejected', isDoubtful: true, reason: 'SENDER_ID_MISMATCH' },
  ],
  [
    '403 PERMISSION_DENIED',
    fcmError(403, 'PERMISSION_DENIED'),
    { kind: 'misconfigured', reason: 'PERMISSION_DENIED' },
  ],
  [
    '401 UNAUTHENTICATED',
    fcmError(401, 'UNAUTHENTICATED'),
    { kind: 'misconfigured', reason: 'UNAUTHENTICATED' },
    2,
  ],
  [
    '401 THIRD_PARTY_AUTH_ERROR',
    fcmError(401, 'UNAUTHENTICATED', { errorCode: 'THIRD_PARTY_AUTH_ERROR' }),
    { kind: 'misconfigured', reason: 'THIRD_PARTY_AUTH_ERROR', isOfDevice: true },
    1,
  ],
  [
    '429 QUOTA_EXCEEDED',
    fcmError(429, 'RESOURCE_EXHAUSTED', { errorCode: 'QUOTA_EXCEEDED' }),
    { kind: 'retry', reason: 'QUOTA_EXCEEDED', retryAfterMs: 60_000 },
  ],
  [
    '429 RESOURCE_EXHAUSTED',
    fcmError(429, 'RESOURCE_EXHAUSTED'),
    { kind: 'retry', reason: 'RESOURCE_EXHAUSTED', retryAfterMs: 60_000 },
  ],
  [
    '429 with Retry-After in seconds',
    { ...fcmError(429, 'RESOURCE_EXHAUSTED'), headers: { 'retry-after': '120' } },
    { kind: 'retry', reason: 'RESOURCE_EXHAUSTED', retryAfterMs: 120_000 },
  ],
  [
    '429 with Retry-After as a date',
    {
      ...fcmError(429, 'RESOURCE_EXHAUSTED'),
      headers: { 'retry-after': new Date(1_800_000_090_000).toUTCString() },
    },
    { kind: 'retry', reason: 'RESOURCE_EXHAUSTED', retryAfterMs: 90_000 },
  ],
  [
    '500 INTERNAL',
    fcmError(500, 'INTERNAL', { errorCode: 'INTERNAL' }),
    { kind: 'retry', reason: 'INTERNAL', retryAfterMs: 10_000 },
  ],
  [
    '502 with an HTML body',
    { status: 502, body: '<html>Bad Gateway' },
    { kind: 'retry', reason: 'status 502', retryAfterMs: 10_000 },
  ],
  [
    '503 UNAVAILABLE',
    fcmError(503, 'UNAVAILABLE', { errorCode: 'UNAVAILABLE' }),
    { kind: 'retry', reason: 'UNAVAILABLE', retryAfterMs: 10_000 },
  ],
  [
    '503 with Retry-After',
    { ...fcmError(503, 'UNAVAILABLE'), headers: { 'retry-after': '7' } },
    { kind: 'retry', reason: 'UNAVAILABLE', retryAfterMs: 7000 },
  ],
  [
    'a redirect',
    { status: 307, headers: { location: '/elsewhere' } },
    { kind: 'misconfigured', reason: 'status 307' },
  ],
  ['413', { status: 413 }, { kind: 'refused', reason: 'status 413' }, 2],
  [
    '418',
    { status: 418, body: { error: { status: 'a secret' } } },
    { kind: 'refused', reason: 'status 418' },
  ],
]

suite('the result of an FCM response', () => {
  for (const [title, reply, result, requests = 1] of ROWS) {
    test(title, async (t) => {
      const { fake, send } = await startFcmFixture(t)
      fake.script('*', reply, reply, reply)
      const status = typeof reply === 'object' ? reply.status : undefined
      assert.deepEqual(await send(), { status, ...result })
      assert.equal(fake.seen.length, requests)
    })
  }

  test('200', async (t) => {
    const { fake, send } = await startFcmFixture(t)
    const providerId = 'projects/example-1a2b3/messages/1'
    assert.deepEqual(await send(), { kind: 'delivered', reason: 'accepted', status: 200, providerId })
    assert.equal(fake.accepted(), 1)
  })

  test('503: the back-off doubles with each attempt', async (t) => {
    const { fake, send } = await startFcmFixture(t)
    const waits: unknown[] = []
    for (const attempt of [1, 2, 3, 20]) {
      fake.script('*', fcmError(503, 'UNAVAILABLE'))
      const result = await send({ attempt })
      waits.push(result.kind === 'retry' && result.retryAfterMs)
    }
    assert.deepEqual(waits, [10_000, 20_000, 40_000, 640_000])
  })

  test('a response that is too long is refused, and a reset connection is a retry', async (t) => {
    const { fake, send } = await startFcmFixture(t)
    fake.script('*', { status: 400, body: { error: { status: 'x'.repeat(200_000) } } }, 'reset')
    assert.deepEqual(await send(), { kind: 'refused', reason: 'status 400', status: 400 })
    assert.equal((await send()).kind, 'retry')
  })

  test('no response within 30 s is a timeout', async (t) => {
    const { fake, clock, send } = await startFcmFixture(t)
    fake.script('*', 'hang')
    const sent = send()
    await eventually(() => fake.seen.length === 1)
    clock.advance(30_000)
    assert.deepEqual(await sent, { kind: 'retry', reason: 'timeout' })
  })

  test('an aborted send returns stopped', async (t) => {
    const { fake, send } = await startFcmFixture(t)
    fake.script('*', 'hang')
    const call = new AbortController()
    const sent = send({}, call.signal)
    await eventually(() => fake.seen.length === 1)
    call.abort()
    assert.deepEqual(await sent, { kind: 'retry', reason: 'stopped' })
    assert.deepEqual(await send({}, AbortSignal.abort()), { kind: 'retry', reason: 'stopped' })
  })

  test('a refused connection is a retry', async (t) => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    const { send } = await startFcmFixture(t, { options: { base_url: `http://127.0.0.1:${port}` } })
    assert.deepEqual(await send(), { kind: 'retry', reason: 'connection refused' })
  })

  test('a redirect is not followed', async (t) => {
    const { fake, send } = await startFcmFixture(t)
    fake.script('*', { status: 308, headers: { location: `${fake.url}/token` } })
    assert.equal((await send()).kind, 'misconfigured')
    assert.equal(fake.granted(), 1)
  })
})

suite('an FCM message that is too large', () => {
  test('is sent once more with the ids only', async (t) => {
    const { fake, send } = await startFcmFixture(t)
    fake.script('*', fcmError(400, INVALID, { message: 'Android message is too big' }))
    assert.equal((await send()).kind, 'delivered')
    assert.deepEqual(fake.seen[1]?.message.data, {
      event_id: ROOM_MESSAGE.event_id,
      room_id: ROOM_MESSAGE.room_id,
      prio: 'high',
      unread: '2',
      missed_calls: '1',
    })
    assert.equal(fake.seen.length, 2)
  })

  test('is refused when it has no event', async (t) => {
    const { fake, send } = await startFcmFixture(t)
    fake.script('*', { status: 413 })
    const result = await send({ notification: { counts: { unread: 1 } } })
    assert.deepEqual(result, { kind: 'refused', reason: 'status 413', status: 413 })
    assert.equal(fake.seen.length, 1)
  })

  test('is refused without a request when the ids do not fit', async (t) => {
    const { fake, send } = await startFcmFixture(t)
    const data = { default_payload: { x: 'x'.repeat(5000) } }
    assert.deepEqual(await send({ device: { data } }), { kind: 'refused', reason: 'too large' })
    assert.equal(fake.seen.length + fake.granted(), 0)
  })
})

suite('results of FCM without a request', () => {
  const rows: [title: string, parts: object, result: ProviderResult, options?: object][] = [
    ['an empty pushkey', { device: { pushkey: '' } }, { kind: 'rejected', reason: 'pushkey is empty' }],
    [
      'a default payload that is not an object',
      { device: { data: { default_payload: [] } } },
      { kind: 'rejected', reason: 'default_payload is not an object' },
    ],
    [
      'an empty notification',
      { notification: { prio: 'low', counts: {} } },
      { kind: 'delivered', reason: 'nothing to send' },
    ],
    [
      'counts when send_badge_counts is off',
      { notification: { counts: { unread: 1 } } },
      { kind: 'delivered', reason: 'nothing to send' },
      { send_badge_counts: false },
    ],
  ]
  for (const [title, parts, result, options = {}] of rows) {
    test(title, async (t) => {
      const { fake, send } = await startFcmFixture(t, { options })
      assert.deepEqual(await send(parts), result)
      assert.equal(fake.seen.length + fake.granted(), 0)
    })
  }
})
