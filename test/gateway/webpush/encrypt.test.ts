import assert from 'node:assert/strict'
import { createECDH, randomBytes } from 'node:crypto'
import { suite, test } from 'node:test'
import ece from 'http_ece'
import webPush from 'web-push'
import { encryptPush, MAX_PLAINTEXT_BYTES } from '../../../src/gateway/webpush/encrypt.ts'
import { readSubscriptionKeys, type SubscriptionKeys } from '../../../src/gateway/webpush/subscription.ts'
import { decryptPush } from '../../support/decrypt-push.ts'

/** RFC 8291, appendix A. */
const RFC = {
  plaintext: 'When I grow up, I want to be a watermelon',
  senderPrivate: 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw',
  receiverPrivate: 'q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94',
  receiverPublic: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  salt: 'DGv6ra1nlYgDCS1FRnbzlw',
  auth: 'BTBZMqHH6r4Tts7J_aSIgg',
  body:
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_y' +
    'l95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
}

const bytes = (text: string) => Buffer.from(text, 'base64url')

function createBrowser() {
  const pair = createECDH('prime256v1')
  const p256dh = pair.generateKeys('base64url')
  const auth = randomBytes(16)
  return { pair, p256dh, auth }
}

function keysOf(p256dh: unknown, auth: unknown): SubscriptionKeys {
  const keys = readSubscriptionKeys(p256dh, auth)
  assert(typeof keys !== 'string')
  return keys
}

suite('encryptPush', () => {
  test('produces the vector of RFC 8291, appendix A', () => {
    const body = encryptPush(Buffer.from(RFC.plaintext), keysOf(RFC.receiverPublic, RFC.auth), {
      salt: bytes(RFC.salt),
      privateKey: bytes(RFC.senderPrivate),
    })
    assert.equal(body.toString('base64url'), RFC.body)
    const pair = createECDH('prime256v1')
    pair.setPrivateKey(bytes(RFC.receiverPrivate))
    assert.equal(decryptPush(body, { pair, auth: bytes(RFC.auth) }).toString(), RFC.plaintext)
  })

  test('produces bodies that http_ece decrypts, of any length up to the limit', () => {
    const { pair, p256dh, auth } = createBrowser()
    for (const length of [0, 1, 100, MAX_PLAINTEXT_BYTES]) {
      const plaintext = randomBytes(length)
      const body = encryptPush(plaintext, keysOf(p256dh, auth.toString('base64url')))
      const read = ece.decrypt(body, { version: 'aes128gcm', privateKey: pair, authSecret: auth })
      assert.deepEqual(read, plaintext, String(length))
      if (length === MAX_PLAINTEXT_BYTES) assert.equal(body.length, 4096)
    }
  })

  test('decryptPush reads the bodies of the web-push library', () => {
    const { pair, p256dh, auth } = createBrowser()
    const keys = { p256dh, auth: auth.toString('base64url') }
    const { body } = webPush.generateRequestDetails({ endpoint: 'https://push.example/1', keys }, 'héllo')
    assert.equal(decryptPush(body ?? Buffer.alloc(0), { pair, auth }).toString(), 'héllo')
  })

  test('throws RangeError for one byte more than the limit', () => {
    const { p256dh, auth } = createBrowser()
    const keys = keysOf(p256dh, auth.toString('base64url'))
    assert.throws(() => encryptPush(Buffer.alloc(MAX_PLAINTEXT_BYTES + 1), keys), RangeError)
  })

  test('uses a new salt and key for each message', () => {
    const { p256dh, auth } = createBrowser()
    const keys = keysOf(p256dh, auth.toString('base64url'))
    const [one, two] = [encryptPush(Buffer.from('x'), keys), encryptPush(Buffer.from('x'), keys)]
    assert.notDeepEqual(one.subarray(0, 16), two.subarray(0, 16))
    assert.notDeepEqual(one.subarray(21, 86), two.subarray(21, 86))
  })
})

suite('readSubscriptionKeys', () => {
  const { p256dh, auth } = createBrowser()
  const secret = auth.toString('base64url')
  const point = bytes(p256dh)
  const flipped = Buffer.from(point)
  flipped.writeUInt8(flipped.readUInt8(64) ^ 1, 64)
  const compressed = Buffer.concat([Buffer.of(2 + (point.readUInt8(64) & 1)), point.subarray(1, 33)])

  const bad: [title: string, p256dh: unknown, auth: unknown, fault: string][] = [
    ['no p256dh', undefined, secret, 'bad p256dh'],
    ['a p256dh that is a number', 5, secret, 'bad p256dh'],
    ['an empty p256dh', '', secret, 'bad p256dh'],
    ['a p256dh that is not base64', `${p256dh.slice(1)}*`, secret, 'bad p256dh'],
    ['a p256dh that is a byte too short', point.toString('base64url', 0, 64), secret, 'bad p256dh'],
    [
      'a p256dh that is a byte too long',
      Buffer.concat([point, Buffer.of(0)]).toString('base64url'),
      secret,
      'bad p256dh',
    ],
    ['a compressed point', compressed.toString('base64url'), secret, 'bad p256dh'],
    ['a point that is not on the curve', flipped.toString('base64url'), secret, 'bad p256dh'],
    ['the point at infinity', Buffer.alloc(65).toString('base64url'), secret, 'bad p256dh'],
    ['no auth secret', p256dh, undefined, 'bad auth'],
    ['an auth secret that is an object', p256dh, {}, 'bad auth'],
    ['an auth secret of 15 bytes', p256dh, auth.toString('base64url', 1), 'bad auth'],
    ['an auth secret of 17 bytes', p256dh, Buffer.alloc(17).toString('base64url'), 'bad auth'],
  ]
  for (const [title, key, authSecret, fault] of bad) {
    test(`refuses ${title}`, () => assert.equal(readSubscriptionKeys(key, authSecret), fault))
  }

  test('accepts base64 and base64url, with and without padding', () => {
    for (const alphabet of ['base64', 'base64url'] as const) {
      assert.deepEqual(keysOf(point.toString(alphabet), auth.toString(alphabet)), { publicKey: point, auth })
    }
  })
})
