import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import type { ProviderResult } from '../../../src/gateway/provider.ts'
import { messageOf, ROOM_MESSAGE } from '../message.ts'
import { DEVICE, PUSHKEY, startApnsFixture } from './fixture.ts'

type Row = {
  status: number
  reason?: string
  result: Partial<ProviderResult>
  requests?: number
  more?: object
}

const rejected = { kind: 'rejected' } as const
const doubtful = { kind: 'rejected', isDoubtful: true } as const
const dropped = { kind: 'refused' } as const
const wrong = { kind: 'misconfigured' } as const
const retry = { kind: 'retry' } as const

// One row for each response of APNs.
const ROWS: Row[] = [
  { status: 410, reason: 'Unregistered', result: rejected },
  { status: 410, reason: 'ExpiredToken', result: rejected },
  { status: 400, reason: 'BadDeviceToken', result: doubtful },
  { status: 400, reason: 'DeviceTokenNotForTopic', result: doubtful },
  { status: 400, reason: 'MissingDeviceToken', result: rejected },
  ...[
    'TopicDisallowed',
    'BadTopic',
    'MissingTopic',
    'InvalidPushType',
    'BadPriority',
    'BadMessageId',
    'BadExpirationDate',
    'BadCollapseId',
    'DuplicateHeaders',
    'PayloadEmpty',
    'SomethingNew',
  ].map((reason) => ({ status: 400, reason, result: dropped })),
  { status: 404, reason: 'BadPath', result: dropped },
  { status: 405, reason: 'MethodNotAllowed', result: dropped },
  { status: 413, reason: 'PayloadTooLarge', result: dropped, requests: 2 },
  { status: 403, reason: 'ExpiredProviderToken', result: retry, more: { retryAfterMs: 20 * 60_000 } },
  ...[
    'InvalidProviderToken',
    'MissingProviderToken',
    'BadCertificate',
    'BadCertificateEnvironment',
    'Forbidden',
    'BadEnvironmentKeyIdInToken',
    'BadEnvironmentKeyInToken',
    'UnrelatedKeyIdInToken',
    'SomethingNew',
  ].map((reason) => ({ status: 403, reason, result: wrong })),
  { status: 429, reason: 'TooManyRequests', result: retry, more: { isOfDevice: true } },
  { status: 429, reason: 'TooManyProviderTokenUpdates', result: retry, more: { retryAfterMs: 60_000 } },
  { status: 500, reason: 'InternalServerError', result: retry },
  { status: 503, reason: 'ServiceUnavailable', result: retry },
  { status: 503, reason: 'Shutdown', result: retry },
  { status: 400, reason: 'IdleTimeout', result: retry },
  { status: 502, result: retry },
  { status: 401, result: wrong },
  { status: 302, result: wrong },
  { status: 418, result: dropped },
]

suite('the result of an APNs response', () => {
  for (const { status, reason, result, requests = 1, more = {} } of ROWS) {
    test(`${status} ${reason ?? 'without a reason'}`, async (t) => {
      const { fake, send } = await startApnsFixture(t)
      const reply = { status, ...(reason === undefined ? { raw: '<html>' } : { reason }) }
      fake.script('*', reply, reply, reply)
      const expected = { reason: reason ?? `status ${status}`, status, ...result, ...more }
      assert.deepEqual(await send({ device: { pushkey: PUSHKEY } }), expected)
      assert.equal(fake.seen.length, requests)
    })
  }

  test('200', async (t) => {
    const { fake, send } = await startApnsFixture(t)
    const result = await send({ device: { pushkey: PUSHKEY } })
    const [push] = fake.seen
    const providerId = push?.headers['apns-id']
    assert.deepEqual(result, { kind: 'delivered', reason: 'accepted', status: 200, providerId })
    assert.equal(push?.device, DEVICE)
  })

  test('Retry-After becomes retryAfterMs', async (t) => {
    const { fake, send } = await startApnsFixture(t)
    fake.script('*', { status: 503, reason: 'ServiceUnavailable', headers: { 'retry-after': '900' } })
    assert.deepEqual(await send(), {
      kind: 'retry',
      reason: 'ServiceUnavailable',
      status: 503,
      retryAfterMs: 900_000,
    })
  })

  test('a malformed or unknown reason is not repeated in the result', async (t) => {
    const { fake, send } = await startApnsFixture(t)
    for (const raw of [
      '{"reason":"https://secret.example/?token=1"}',
      '{"reason":7}',
      '[]',
      '{',
      'x'.repeat(100_000),
    ]) {
      fake.script('*', { status: 400, raw })
      assert.deepEqual(await send(), { kind: 'refused', reason: 'status 400', status: 400 })
    }
  })
})

suite('the timestamp of a 410 response', () => {
  const seconds = 1_700_000_000
  const rows: [
    title: string,
    timestamp: number | undefined,
    pushkeyTs: number | null,
    attempt: number,
    outcome: string,
  ][] = [
    ['later than pushkey_ts: rejected', seconds * 1000 + 1, seconds, 1, 'rejected'],
    ['in the second of pushkey_ts: rejected', seconds * 1000, seconds, 1, 'rejected'],
    ['before pushkey_ts: retried once', seconds * 1000 - 1, seconds, 1, 'retry'],
    [
      'before pushkey_ts, second attempt: refused, and the pushkey is kept',
      seconds * 1000 - 1,
      seconds,
      2,
      'refused',
    ],
    ['absent: rejected', undefined, seconds, 1, 'rejected'],
    ['pushkey_ts is unknown: rejected', seconds * 1000 - 1, null, 1, 'rejected'],
  ]
  for (const [title, timestamp, pushkey_ts, attempt, outcome] of rows) {
    test(title, async (t) => {
      const { fake, send } = await startApnsFixture(t)
      fake.script('*', { status: 410, reason: 'Unregistered', ...(timestamp !== undefined && { timestamp }) })
      const result = await send({ device: { pushkey_ts }, attempt })
      assert.equal(result.kind, outcome)
      assert.equal(result.reason, 'Unregistered')
    })
  }
})

suite('results of APNs without a request', () => {
  const sendWithoutRequest = async (
    t: Parameters<typeof startApnsFixture>[0],
    parts: object,
    options: object = {},
  ) => {
    const { fake, send } = await startApnsFixture(t, { options })
    const result = await send(parts)
    assert.equal(fake.seen.length, 0)
    assert.equal(fake.connections(), 0)
    return result
  }

  const reason = 'pushkey is no device token'
  const rows: [title: string, pushkey: string, fromBase64: boolean, result: object][] = [
    ['a pushkey that is not base64', 'a b!', true, { kind: 'rejected', reason }],
    ['an empty pushkey', '', true, { kind: 'rejected', reason }],
    ['a pushkey of base64 with an invalid length', 'abcde', true, { kind: 'rejected', reason }],
    ['a pushkey that is not hexadecimal', 'xyz!', false, { kind: 'rejected', reason }],
    ['a hexadecimal pushkey with an odd number of digits', 'abcde', false, { kind: 'rejected', reason }],
    // The configuration of the whole app may be wrong.
    [
      'a base64 pushkey when hexadecimal is configured',
      'spqrspqr',
      false,
      { kind: 'rejected', reason, isDoubtful: true },
    ],
    ['hexadecimal digits when base64 is configured', 'abcdef0123', true, { kind: 'delivered' }],
  ]
  for (const [title, pushkey, fromBase64, result] of rows.slice(0, -1)) {
    test(title, async (t) => {
      const options = { convert_device_token_to_hex: fromBase64 }
      assert.deepEqual(await sendWithoutRequest(t, { device: { pushkey } }, options), result)
    })
  }

  test('a default payload that is not an object', async (t) => {
    const result = await sendWithoutRequest(t, { device: { data: { default_payload: [] } } })
    assert.deepEqual(result, { kind: 'rejected', reason: 'default_payload is not an object' })
  })

  test('an empty notification', async (t) => {
    const result = await sendWithoutRequest(t, { notification: {} })
    assert.deepEqual(result, { kind: 'delivered', reason: 'nothing to send' })
  })

  test('a badge when send_badge_counts is off', async (t) => {
    const result = await sendWithoutRequest(
      t,
      { notification: { counts: { unread: 1 } } },
      { send_badge_counts: false },
    )
    assert.deepEqual(result, { kind: 'delivered', reason: 'nothing to send' })
  })

  test('a payload that is too large with the ids only', async (t) => {
    const data = { default_payload: { x: 'x'.repeat(5000) } }
    assert.deepEqual(await sendWithoutRequest(t, { device: { data } }), {
      kind: 'refused',
      reason: 'too large',
    })
  })

  test('a send that is aborted before it starts', async (t) => {
    const { fake, provider } = await startApnsFixture(t)
    assert.deepEqual(await provider.send(messageOf(), AbortSignal.abort()), {
      kind: 'retry',
      reason: 'stopped',
    })
    assert.equal(fake.connections(), 0)
  })
})

suite('APNs device tokens', () => {
  const rows: [pushkey: string, fromBase64: boolean, device: string][] = [
    [PUSHKEY, true, DEVICE],
    ['/+8=', true, 'ffef'],
    ['_-8', true, 'ffef'],
    ['ABCDEF', false, 'abcdef'],
  ]
  for (const [pushkey, fromBase64, device] of rows) {
    test(`pushkey ${pushkey} is token ${device}`, async (t) => {
      const { fake, send } = await startApnsFixture(t, {
        options: { convert_device_token_to_hex: fromBase64 },
      })
      assert.equal((await send({ device: { pushkey } })).kind, 'delivered')
      assert.equal(fake.seen[0]?.device, device)
    })
  }
})

suite('APNs status 413', () => {
  test('the ids only are sent once, with the same apns-id', async (t) => {
    const { fake, send } = await startApnsFixture(t)
    fake.script('*', { status: 413, reason: 'PayloadTooLarge' })
    assert.equal((await send()).kind, 'delivered')
    const [first, second, ...rest] = fake.seen
    assert.deepEqual(rest, [])
    assert.deepEqual(JSON.parse(second?.body ?? ''), {
      room_id: ROOM_MESSAGE.room_id,
      event_id: ROOM_MESSAGE.event_id,
      unread_count: 2,
      missed_calls: 1,
    })
    assert.equal(second?.headers['apns-id'], first?.headers['apns-id'])
  })

  test('a message without an event is dropped', async (t) => {
    const { fake, send } = await startApnsFixture(t)
    fake.script('*', { status: 413, reason: 'PayloadTooLarge' })
    const result = await send({ notification: { counts: { unread: 1 } } })
    assert.deepEqual(result, { kind: 'refused', reason: 'PayloadTooLarge', status: 413 })
    assert.equal(fake.seen.length, 1)
  })
})
