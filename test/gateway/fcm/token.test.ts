import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { fcmError, type FcmReply } from '../../support/fake-fcm.ts'
import { eventually } from '../../support/eventually.ts'
import { messagesFor } from '../apns/fixture.ts'
import { startFcmFixture } from './fixture.ts'

const MINUTE = 60_000
const never = new AbortController().signal

suite('FCM access tokens', () => {
  test('1,000 concurrent messages request one token', async (t) => {
    const { fake, provider } = await startFcmFixture(t)
    const results = await Promise.all(messagesFor(1000).map((message) => provider.send(message, never)))
    assert.ok(results.every(({ kind }) => kind === 'delivered'))
    assert.equal(fake.granted(), 1)
  })

  test('a token is renewed five minutes before its expiration', async (t) => {
    const { fake, clock, send } = await startFcmFixture(t, { fake: { expiresIn: 3600 } })
    await send()
    clock.advance(55 * MINUTE - 1)
    await send()
    assert.equal(fake.granted(), 1)
    clock.advance(1)
    await send()
    assert.equal(fake.granted(), 2)
    assert.equal(fake.seen[2]?.headers.authorization, 'Bearer access-2')
  })

  test('a token of 60 s is renewed after half of its lifetime', async (t) => {
    const { fake, clock, send } = await startFcmFixture(t, { fake: { expiresIn: 60 } })
    await send()
    clock.advance(29_000)
    await send()
    assert.equal(fake.granted(), 1)
    clock.advance(1000)
    await send()
    assert.equal(fake.granted(), 2)
  })

  test('the current token is used during an outage of the token server, until it expires', async (t) => {
    const { fake, clock, send } = await startFcmFixture(t, { fake: { expiresIn: 3600 } })
    await send()
    clock.advance(56 * MINUTE)
    fake.scriptGrants({ status: 503 }, { status: 503 })
    assert.equal((await send()).kind, 'delivered')
    clock.advance(4 * MINUTE)
    assert.deepEqual(await send(), { kind: 'retry', reason: 'token: status 503' })
    assert.equal((await send()).kind, 'delivered')
  })

  test('a refused token is renewed once, and the message is sent again', async (t) => {
    const { fake, send } = await startFcmFixture(t)
    await send()
    fake.revoke()
    assert.equal((await send()).kind, 'delivered')
    assert.equal(fake.granted(), 2)
    fake.script('*', fcmError(401, 'UNAUTHENTICATED'), fcmError(401, 'UNAUTHENTICATED'))
    assert.equal((await send()).kind, 'misconfigured')
    assert.equal(fake.granted(), 3)
  })

  test('200 concurrent refusals renew the token once', async (t) => {
    const { fake, provider, send } = await startFcmFixture(t)
    await send()
    fake.revoke()
    const results = await Promise.all(messagesFor(200).map((message) => provider.send(message, never)))
    assert.ok(results.every(({ kind }) => kind === 'delivered'))
    assert.equal(fake.granted(), 2)
  })

  const rows: [title: string, reply: FcmReply, result: object][] = [
    [
      'token server: 400 invalid_grant',
      { status: 400, body: { error: 'invalid_grant' } },
      { kind: 'misconfigured', reason: 'token: invalid_grant' },
    ],
    [
      'token server: 401 invalid_client',
      { status: 401, body: { error: 'invalid_client' } },
      { kind: 'misconfigured', reason: 'token: invalid_client' },
    ],
    [
      'token server: 404 with an HTML body',
      { status: 404, body: '<html>' },
      { kind: 'misconfigured', reason: 'token: status 404' },
    ],
    [
      'token server: 400 with an unknown error',
      { status: 400, body: { error: 'a secret: x' } },
      { kind: 'misconfigured', reason: 'token: status 400' },
    ],
    [
      'token server: a redirect',
      { status: 302, headers: { location: '/' } },
      { kind: 'misconfigured', reason: 'token: status 302' },
    ],
    [
      'token server: 429 with Retry-After',
      { status: 429, headers: { 'retry-after': '30' } },
      { kind: 'retry', reason: 'token: status 429', retryAfterMs: 30_000 },
    ],
    ['token server: 503', { status: 503 }, { kind: 'retry', reason: 'token: status 503' }],
    [
      'token server: 200 with an HTML body',
      { status: 200, body: '<html>' },
      { kind: 'retry', reason: 'token: bad response' },
    ],
    [
      'token server: 200 without a token',
      { status: 200, body: { expires_in: 3599 } },
      { kind: 'retry', reason: 'token: bad response' },
    ],
    [
      'token server: 200 with a malformed token',
      { status: 200, body: { access_token: 'a\r\nb: c' } },
      { kind: 'retry', reason: 'token: bad response' },
    ],
  ]
  for (const [title, reply, result] of rows) {
    test(title, async (t) => {
      const { fake, send } = await startFcmFixture(t)
      fake.scriptGrants(reply)
      assert.deepEqual(await send(), result)
      assert.equal(fake.seen.length, 0)
      assert.equal((await send()).kind, 'delivered')
    })
  }

  test('token server: a reset connection and a timeout are retries', async (t) => {
    const { fake, clock, send } = await startFcmFixture(t)
    fake.scriptGrants('reset')
    const closed = await send()
    assert.equal(closed.kind, 'retry')
    assert.match(closed.reason, /^token: connection/)
    fake.scriptGrants('hang')
    const sent = send()
    const call = new AbortController()
    const aborted = send({}, call.signal)
    call.abort()
    assert.deepEqual(await aborted, { kind: 'retry', reason: 'stopped' })
    await eventually(() => fake.asked() === 2)
    clock.advance(30_000)
    assert.deepEqual(await sent, { kind: 'retry', reason: 'token: timeout' })
  })
})
