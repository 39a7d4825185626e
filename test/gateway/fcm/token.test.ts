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
    const verdicts = await Promise.all(messagesFor(1000).map((message) => provider.send(message, never)))
    assert.ok(verdicts.every(({ outcome }) => outcome === 'delivered'))
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
    assert.equal((await send()).outcome, 'delivered')
    clock.advance(4 * MINUTE)
    assert.deepEqual(await send(), { outcome: 'retry', reason: 'token: status 503' })
    assert.equal((await send()).outcome, 'delivered')
  })

  test('one that is refused is renewed, once, and the message sent again', async (t) => {
    const { fake, send } = await startRig(t)
    await send()
    fake.revoke()
    assert.equal((await send()).outcome, 'delivered')
    assert.equal(fake.granted(), 2)
    fake.script('*', fcmError(401, 'UNAUTHENTICATED'), fcmError(401, 'UNAUTHENTICATED'))
    assert.equal((await send()).outcome, 'configuration error')
    assert.equal(fake.granted(), 3)
  })

  test('many that hear so renew it once', async (t) => {
    const { fake, provider, send } = await startRig(t)
    await send()
    fake.revoke()
    const verdicts = await Promise.all(messagesFor(200).map((message) => provider.send(message, never)))
    assert.ok(verdicts.every(({ outcome }) => outcome === 'delivered'))
    assert.equal(fake.granted(), 2)
  })

  const rows: [title: string, reply: FcmReply, verdict: object][] = [
    [
      'a key that Google does not know',
      { status: 400, body: { error: 'invalid_grant' } },
      { outcome: 'configuration error', reason: 'token: invalid_grant' },
    ],
    [
      'an account that is off',
      { status: 401, body: { error: 'invalid_client' } },
      { outcome: 'configuration error', reason: 'token: invalid_client' },
    ],
    [
      'an address that is wrong',
      { status: 404, body: '<html>' },
      { outcome: 'configuration error', reason: 'token: status 404' },
    ],
    [
      'a word that is none',
      { status: 400, body: { error: 'a secret: x' } },
      { outcome: 'configuration error', reason: 'token: status 400' },
    ],
    [
      'a redirect',
      { status: 302, headers: { location: '/' } },
      { outcome: 'configuration error', reason: 'token: status 302' },
    ],
    [
      'too many',
      { status: 429, headers: { 'retry-after': '30' } },
      { outcome: 'retry', reason: 'token: status 429', retryAfterMs: 30_000 },
    ],
    ['an outage', { status: 503 }, { outcome: 'retry', reason: 'token: status 503' }],
    ['a page', { status: 200, body: '<html>' }, { outcome: 'retry', reason: 'token: bad response' }],
    [
      'no token',
      { status: 200, body: { expires_in: 3599 } },
      { outcome: 'retry', reason: 'token: bad response' },
    ],
    [
      'a token that is none',
      { status: 200, body: { access_token: 'a\r\nb: c' } },
      { outcome: 'retry', reason: 'token: bad response' },
    ],
  ]
  for (const [title, reply, verdict] of rows) {
    test(title, async (t) => {
      const { fake, send } = await startRig(t)
      fake.scriptGrants(reply)
      assert.deepEqual(await send(), verdict)
      assert.equal(fake.seen.length, 0)
      assert.equal((await send()).outcome, 'delivered')
    })
  }

  test('the token server hangs up, or hangs', async (t) => {
    const { fake, clock, send } = await startRig(t)
    fake.scriptGrants('reset')
    const closed = await send()
    assert.equal(closed.outcome, 'retry')
    assert.match(closed.reason, /^token: connection/)
    fake.scriptGrants('hang')
    const sent = send()
    const call = new AbortController()
    const calledOff = send({}, call.signal)
    call.abort()
    assert.deepEqual(await calledOff, { outcome: 'retry', reason: 'stopped' })
    await eventually(() => fake.asked() === 2)
    clock.advance(30_000)
    assert.deepEqual(await sent, { outcome: 'retry', reason: 'token: timeout' })
  })
})
