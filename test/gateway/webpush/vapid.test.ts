import assert from 'node:assert/strict'
import { createECDH, createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { suite, test } from 'node:test'
import webPush from 'web-push'
import { createVapid, makeVapidKey, readVapidKey, vapidSubject } from '../../../src/gateway/webpush/vapid.ts'
import { createManualClock } from '../../support/manual-clock.ts'

const HOUR = 3_600_000

function tokenOf(header: string) {
  const [, head = '', claims = '', signature = ''] =
    /^vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), k=[\w-]{87}$/.exec(header) ?? []
  const read = (part: string) =>
    JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
  return { head: read(head), claims: read(claims), signed: `${head}.${claims}`, signature }
}

suite('VAPID', () => {
  test('says who we are to this origin, until when, and is signed with the key', async () => {
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

  test('is made once for each origin and half a day', () => {
    const clock = createManualClock()
    const vapid = createVapid(makeVapidKey().key, 'mailto:a@b.example', clock)
    const first = vapid.headerFor('https://one.example')
    assert.notEqual(vapid.headerFor('https://two.example'), first)
    clock.advance(12 * HOUR - 1)
    assert.equal(vapid.headerFor('https://one.example'), first)
    clock.advance(1)
    assert.notEqual(vapid.headerFor('https://one.example'), first)
  })

  test('a clock that is set back makes it anew: what ends in more than 24 h is not taken', async () => {
    const clock = createManualClock()
    const vapid = createVapid(makeVapidKey().key, 'mailto:a@b.example', clock)
    const first = vapid.headerFor('https://one.example')
    clock.advance(-48 * HOUR)
    const second = vapid.headerFor('https://one.example')
    assert.notEqual(second, first)
    assert.equal(tokenOf(await second).claims['exp'], Math.floor(clock.now() / 1000) + 13 * 3600)
  })

  test('forgets origins rather than growing without end', () => {
    const vapid = createVapid(makeVapidKey().key, 'mailto:a@b.example', createManualClock())
    const first = vapid.headerFor('https://first.example')
    assert.equal(vapid.headerFor('https://first.example'), first)
    for (let at = 0; at < 4096; at++) void vapid.headerFor(`https://${at}.example`)
    assert.notEqual(vapid.headerFor('https://first.example'), first)
  })
})

suite('VAPID keys', () => {
  test('are read back as they were made', () => {
    const { pem, key } = makeVapidKey()
    assert.match(pem, /^-----BEGIN PRIVATE KEY-----\n/)
    assert.equal(Buffer.from(key.publicKey, 'base64url').length, 65)
    assert.equal(readVapidKey(pem).publicKey, key.publicKey)
    const sec1 = key.privateKey.export({ type: 'sec1', format: 'pem' }) as string
    assert.equal(readVapidKey(`\n${sec1}\n`).publicKey, key.publicKey)
  })

  test('of web-push are read', () => {
    for (let at = 0; at < 20; at++) {
      const { publicKey, privateKey } = webPush.generateVAPIDKeys()
      assert.equal(readVapidKey(privateKey).publicKey, publicKey)
    }
  })

  test('with zeros in front are read', () => {
    const scalar = Buffer.alloc(32)
    scalar.writeUInt8(7, 31)
    const pair = createECDH('prime256v1')
    pair.setPrivateKey(scalar)
    assert.equal(readVapidKey(scalar.toString('base64url')).publicKey, pair.getPublicKey('base64url'))
  })

  const pem = (key: { export(options: { type: 'pkcs8'; format: 'pem' }): string | Buffer }) =>
    String(key.export({ type: 'pkcs8', format: 'pem' }))
  const bad: [what: string, text: string, message: RegExp][] = [
    ['nothing', '', /not a private key in PEM/],
    ['words', 'secret-in-no-format', /not a private key in PEM$/],
    ['another curve', pem(generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey), /P-256/],
    ['RSA', pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey), /P-256/],
    [
      'the public half',
      String(createPublicKey(makeVapidKey().key.privateKey).export({ type: 'spki', format: 'pem' })),
      /a public key; the private one is needed/,
    ],
    ['a scalar out of range', Buffer.alloc(32, 0xff).toString('base64url'), /P-256/],
    ['zero', Buffer.alloc(32).toString('base64url'), /P-256/],
  ]
  for (const [what, text, message] of bad) {
    test(`${what} is refused`, () => assert.throws(() => readVapidKey(text), { name: 'TypeError', message }))
  }
})

suite('the contact', () => {
  const rows: [contact: string, subject: string | undefined][] = [
    ['push@belfry.example', 'mailto:push@belfry.example'],
    ['mailto:push@belfry.example', 'mailto:push@belfry.example'],
    ['MAILTO:push@belfry.example', 'mailto:push@belfry.example'],
    ['https://belfry.example/contact', 'https://belfry.example/contact'],
    ['https://belfry.example', 'https://belfry.example/'],
    ['', undefined],
    ['push', undefined],
    ['x@localhost', undefined],
    ['x@mail.localhost', undefined],
    ['x@127.0.0.1', undefined],
    ['x@[::1]', undefined],
    ['x@belfry', undefined],
    ['x@belfry..example', undefined],
    ['x@belfry.example.', undefined],
    ['a b@belfry.example', undefined],
    ['Push <push@belfry.example>', undefined],
    ['a@b.example, c@d.example', undefined],
    ['https://localhost/contact', undefined],
    ['https://127.0.0.1/', undefined],
    ['http://belfry.example/', undefined],
    ['tel:+123', undefined],
  ]
  for (const [contact, subject] of rows) {
    test(`${JSON.stringify(contact)}: ${subject ?? 'refused'}`, () =>
      assert.equal(vapidSubject(contact), subject))
  }
})
