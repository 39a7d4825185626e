import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { suite, test } from 'node:test'
import { makeVapidKey } from '../../../src/gateway/webpush/credentials.ts'
import { createVapid } from '../../../src/gateway/webpush/token.ts'
import { createManualClock } from '../../support/manual-clock.ts'

const HOUR = 3_600_000

function tokenOf(header: string) {
  const [, head = '', claims = '', signature = ''] =
    /^vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), k=[\w-]{87}$/.exec(header) ?? []
  const read = (part: string) =>
    JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
  return { head: read(head), claims: read(claims), signed: `${head}.${claims}`, signature }
}

suite('createVapid', () => {
  test('signs a token with the origin, the expiration and the contact', async () => {
    const { key } = makeVapidKey()
    const clock = createManualClock()
    const header = await createVapid(key, 'mailto:a@b.example', clock).headerFor('https://push.example')
    const { head, claims, signed, signature } = tokenOf(header)
    assert.deepEqual(head, { typ: 'JWT', alg: 'ES256' })
    assert.deepEqual(claims, {
      aud: 'https://push.example',
      exp: Math.floor(clock.now() / 1000) + 13 * 3600,
      sub: 'mailto:a@b.example',
    })
    const publicKey = createPublicKey(key.privateKey)
    const bytes = Buffer.from(signature, 'base64url')
    assert(verify('sha256', Buffer.from(signed), { key: publicKey, dsaEncoding: 'ieee-p1363' }, bytes))
    assert(header.endsWith(`k=${key.publicKey}`))
  })

  test('creates one token for each origin and half a day', () => {
    const clock = createManualClock()
    const vapid = createVapid(makeVapidKey().key, 'mailto:a@b.example', clock)
    const first = vapid.headerFor('https://one.example')
    assert.notEqual(vapid.headerFor('https://two.example'), first)
    clock.advance(12 * HOUR - 1)
    assert.equal(vapid.headerFor('https://one.example'), first)
    clock.advance(1)
    assert.notEqual(vapid.headerFor('https://one.example'), first)
  })

  test('creates a new token when the clock is set back, because push services refuse an expiration more than 24 h ahead', async () => {
    const clock = createManualClock()
    const vapid = createVapid(makeVapidKey().key, 'mailto:a@b.example', clock)
    const first = vapid.headerFor('https://one.example')
    clock.advance(-48 * HOUR)
    const second = vapid.headerFor('https://one.example')
    assert.notEqual(second, first)
    assert.equal(tokenOf(await second).claims['exp'], Math.floor(clock.now() / 1000) + 13 * 3600)
  })

  test('does not keep a token that failed to sign', async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const key = { ...makeVapidKey().key, privateKey }
    const vapid = createVapid(key, 'mailto:a@b.example', createManualClock())
    const first = vapid.headerFor('https://push.example')
    assert.equal(vapid.headerFor('https://push.example'), first)
    await assert.rejects(first)
    const second = vapid.headerFor('https://push.example')
    assert.notEqual(second, first)
    await assert.rejects(second)
  })

  test('keeps tokens for a limited number of origins', () => {
    const vapid = createVapid(makeVapidKey().key, 'mailto:a@b.example', createManualClock())
    const first = vapid.headerFor('https://first.example')
    assert.equal(vapid.headerFor('https://first.example'), first)
    for (let at = 0; at < 4096; at++) void vapid.headerFor(`https://${at}.example`)
    assert.notEqual(vapid.headerFor('https://first.example'), first)
  })
})
