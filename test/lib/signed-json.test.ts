import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isPublicKey, isSameSignedPart, isSignedBy } from '../../src/lib/signed-json.ts'
import { createSigningKey, signed, signingKeyFromSeed } from '../support/signing-key.ts'

// The Matrix appendices, "Cryptographic Test Vectors".
const { publicKey } = signingKeyFromSeed('YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1')
const EMPTY = 'K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ'
const TWO = 'KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw'

describe('isSignedBy', () => {
  test('accepts the signatures of the specification', () => {
    assert.equal(isSignedBy({}, publicKey, EMPTY), true)
    assert.equal(isSignedBy({ two: 'Two', one: 1 }, publicKey, TWO), true)
  })

  test('ignores signatures and unsigned in the object', () => {
    const object = { one: 1, two: 'Two', signatures: { domain: {} }, unsigned: { age: 0.5 } }
    assert.equal(isSignedBy(object, publicKey, TWO), true)
  })

  test('refuses a changed object, another key, and malformed parts', () => {
    const other = createSigningKey().publicKey
    assert.equal(isSignedBy({ one: 2, two: 'Two' }, publicKey, TWO), false)
    assert.equal(isSignedBy({ one: 1, two: 'Two' }, other, TWO), false)
    assert.equal(isSignedBy({ one: 1, two: 'Two' }, publicKey, EMPTY), false)
    assert.equal(isSignedBy({}, publicKey, EMPTY.slice(4)), false)
    assert.equal(isSignedBy({}, publicKey, 'not base64 !'), false)
    assert.equal(isSignedBy({}, publicKey.slice(4), EMPTY), false)
    assert.equal(isSignedBy({ half: 0.5 }, publicKey, EMPTY), false)
    // A public key that is no point of the curve.
    assert.equal(isSignedBy({}, Buffer.alloc(32, 255).toString('base64'), EMPTY), false)
  })

  test('accepts a signature over nested content with a letter outside ASCII', () => {
    const key = createSigningKey()
    const object = signed({ a: [1, { b: 'ü' }] }, key, { userId: '@alice:localhost', keyId: 'PHONE' })
    const signature = (object['signatures'] as Record<string, Record<string, string>>)['@alice:localhost']
    assert.equal(isSignedBy(object, key.publicKey, signature?.['ed25519:PHONE'] ?? ''), true)
  })
})

test('isPublicKey accepts 32 bytes of base64 only', () => {
  assert.equal(isPublicKey(publicKey), true)
  for (const text of ['', 'short', `${publicKey}AAAA`, publicKey.replace(/.$/, '-')])
    assert.equal(isPublicKey(text), false)
})

test('isSameSignedPart compares without signatures, unsigned and order', () => {
  assert.equal(isSameSignedPart({ a: 1, b: 2, signatures: {} }, { b: 2, a: 1, unsigned: {} }), true)
  assert.equal(isSameSignedPart({ a: 1 }, { a: 2 }), false)
  assert.equal(isSameSignedPart({ a: 0.5 }, { a: 0.5 }), false)
})
