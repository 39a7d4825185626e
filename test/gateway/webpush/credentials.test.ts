import assert from 'node:assert/strict'
import { createECDH, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { suite, test } from 'node:test'
import webPush from 'web-push'
import { makeVapidKey, readVapidKey, vapidSubject } from '../../../src/gateway/webpush/credentials.ts'

suite('VAPID keys', () => {
  test('are written as PEM and read back unchanged, also as SEC1', () => {
    const { pem, key } = makeVapidKey()
    assert.match(pem, /^-----BEGIN PRIVATE KEY-----\n/)
    assert.equal(Buffer.from(key.publicKey, 'base64url').length, 65)
    assert.equal(readVapidKey(pem).publicKey, key.publicKey)
    const sec1 = key.privateKey.export({ type: 'sec1', format: 'pem' }) as string
    assert.equal(readVapidKey(`\n${sec1}\n`).publicKey, key.publicKey)
  })

  test('of the web-push library are read', () => {
    for (let at = 0; at < 20; at++) {
      const { publicKey, privateKey } = webPush.generateVAPIDKeys()
      assert.equal(readVapidKey(privateKey).publicKey, publicKey)
    }
  })

  test('with leading zeros are read', () => {
    const scalar = Buffer.alloc(32)
    scalar.writeUInt8(7, 31)
    const pair = createECDH('prime256v1')
    pair.setPrivateKey(scalar)
    assert.equal(readVapidKey(scalar.toString('base64url')).publicKey, pair.getPublicKey('base64url'))
  })

  const pem = (key: { export(options: { type: 'pkcs8'; format: 'pem' }): string | Buffer }) =>
    String(key.export({ type: 'pkcs8', format: 'pem' }))
  const bad: [title: string, text: string, message: RegExp][] = [
    ['an empty text', '', /not a private key in PEM/],
    ['a text in no format', 'secret-in-no-format', /not a private key in PEM$/],
    [
      'a key on another curve',
      pem(generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey),
      /P-256/,
    ],
    ['an RSA key', pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey), /P-256/],
    [
      'a public key',
      String(createPublicKey(makeVapidKey().key.privateKey).export({ type: 'spki', format: 'pem' })),
      /a public key; the private one is needed/,
    ],
    ['a scalar out of range', Buffer.alloc(32, 0xff).toString('base64url'), /P-256/],
    ['a scalar of 0', Buffer.alloc(32).toString('base64url'), /P-256/],
  ]
  for (const [title, text, message] of bad) {
    test(`refuse ${title}`, () => assert.throws(() => readVapidKey(text), { name: 'TypeError', message }))
  }
})

suite('vapidSubject', () => {
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
