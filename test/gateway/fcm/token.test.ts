import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { fcmError, type FcmReply } from '../../support/fake-fcm.ts'
import { eventually } from '../../support/eventually.ts'
import { messagesFor } from '../apns/fixture.ts'
import { startRig } from './fixture.ts'

const MINUTE = 60_000
const never = new AbortController().signal

suite('access tokens', () => {
  test('1,000 messages at a time ask for one', async (t) => {
    const { fake, provider } = await startRig(t)
    const results = await Promise.all(messagesFor(1000).map((message) => provider.send(message, never)))
    assert.ok(results.every(({ kind }) => kind === 'delivered'))
    assert.equal(fake.granted(), 1)
  })

  test('it is renewed five minutes early', async (t) => {
    const { fake, clock, send } = await startRig(t, { fake: { expiresIn: 3600 } })
    await send()
    clock.advance(55 * MINUTE - 1)
    await send()
    assert.equal(fake.granted(), 1)
    clock.advance(1)
    await send()
    assert.equal(fake.granted(), 2)
    assert.equal(fake.seen[2]?.headers.authorization, 'Bearer access-2')
  })

  test('a short life is used by half', async (t) => {
    const { fake, clock, send } = await startRig(t, { fake: { expiresIn: 60 } })
    await send()
    clock.advance(29_000)
    await send()
    assert.equal(fake.granted(), 1)
    clock.advance(1000)
    await send()
    assert.equal(fake.granted(), 2)
  })

  test('the old one bridges an outage of the token server, until it ends', async (t) => {
    const { fake, clock, send } = await startRig(t, { fake: { expiresIn: 3600 } })
    await send()
    clock.advance(56 * MINUTE)
    fake.scriptGrants({ status: 503 }, { status: 503 })
    assert.equal((await send()).kind, 'delivered')
    clock.advance(4 * MINUTE)
    assert.deepEqual(await send(), { kind: 'retry', reason: 'token: status 503' })
    assert.equal((await send()).kind, 'delivered')
  })

  test('one that is refused is renewed, once, and the message sent again', async (t) => {
    const { fake, send } = await startRig(t)
    await send()
    fake.revoke()
    assert.equal((await send()).kind, 'delivered')
    assert.equal(fake.granted(), 2)
    fake.script('*', fcmError(401, 'UNAUTHENTICATED'), fcmError(401, 'UNAUTHENTICATED'))
    assert.equal((await send()).kind, 'misconfigured')
    assert.equal(fake.granted(), 3)
  })

  test('many that hear so renew it once', async (t) => {
    const { fake, provider, send } = await startRig(t)
    await send()
    fake.revoke()
    const results = await Promise.all(messagesFor(200).map((message) => provider.send(message, never)))
    assert.ok(results.every(({ kind }) => kind === 'delivered'))
    assert.equal(fake.granted(), 2)
  })

  const rows: [title: string, reply: FcmReply, result: object][] = [
    [
      'a key that Google does not know',
      { status: 400, body: { error: 'invalid_grant' } },
      { kind: 'misconfigured', reason: 'token: invalid_grant' },
    ],
    [
      'an account that is off',
      { status: 401, body: { error: 'invalid_client' } },
      { kind: 'misconfigured', reason: 'token: invalid_client' },
    ],
    [
      'an address that is wrong',
      { status: 404, body: '<html>' },
      { kind: 'misconfigured', reason: 'token: status 404' },
    ],
    [
      'a word that is none',
      { status: 400, body: { error: 'a secret: x' } },
      { kind: 'misconfigured', reason: 'token: status 400' },
    ],
    [
      'a redirect',
      { status: 302, headers: { location: '/' } },
      { kind: 'misconfigured', reason: 'token: status 302' },
    ],
    [
      'too many',
      { status: 429, headers: { 'retry-after': '30' } },
      { kind: 'retry', reason: 'token: status 429', retryAfterMs: 30_000 },
    ],
    ['an outage', { status: 503 }, { kind: 'retry', reason: 'token: status 503' }],
    ['a page', { status: 200, body: '<html>' }, { kind: 'retry', reason: 'token: bad response' }],
    [
      'no token',
      { status: 200, body: { expires_in: 3599 } },
      { kind: 'retry', reason: 'token: bad response' },
    ],
    [
      'a token that is none',
      { status: 200, body: { access_token: 'a\r\nb: c' } },
      { kind: 'retry', reason: 'token: bad response' },
    ],
  ]
  for (const [title, reply, result] of rows) {
    test(title, async (t) => {
      const { fake, send } = await startRig(t)
      fake.scriptGrants(reply)
      assert.deepEqual(await send(), result)
      assert.equal(fake.seen.length, 0)
      assert.equal((await send()).kind, 'delivered')
    })
  }

  test('the token server hangs up, or hangs', async (t) => {
    const { fake, clock, send } = await startRig(t)
    fake.scriptGrants('reset')
    const closed = await send()
    assert.equal(closed.kind, 'retry')
    assert.match(closed.reason, /^token: connection/)
    fake.scriptGrants('hang')
    const sent = send()
    const call = new AbortController()
    const calledOff = send({}, call.signal)
    call.abort()
    assert.deepEqual(await calledOff, { kind: 'retry', reason: 'stopped' })
    await eventually(() => fake.asked() === 2)
    clock.advance(30_000)
    assert.deepEqual(await sent, { kind: 'retry', reason: 'token: timeout' })
  })
})
