import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { suite, test } from 'node:test'

import { jwtVerify } from 'jose'

import { makeTokenSource, makeTokenSources } from '../../../src/gateway/apns/token.ts'

const MINUTE = 60_000
const START = 1_800_000_000_000

function source() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signer = { teamId: 'TEAM', keyId: 'KEY', key: privateKey }
  return { signer, publicKey, tokens: makeTokenSource(signer) }
}

suite('APNs token source', () => {
  test('creates a token that jose verifies, with the claims that Apple requires', async () => {
    const { tokens, publicKey } = source()
    const { protectedHeader, payload } = await jwtVerify(await tokens.current(START), publicKey, {
      algorithms: ['ES256'],
    })
    assert.deepEqual(protectedHeader, { alg: 'ES256', kid: 'KEY' })
    assert.deepEqual(payload, { iss: 'TEAM', iat: START / 1000 })
  })

  test('keeps a token for 45 minutes', () => {
    const { tokens } = source()
    const first = tokens.current(START)
    assert.equal(tokens.current(START + 45 * MINUTE - 1), first)
    const second = tokens.current(START + 45 * MINUTE)
    assert.notEqual(second, first)
    assert.equal(tokens.current(START + 46 * MINUTE), second)
  })

  test('replaces an expired token, but not within 20 minutes', () => {
    const { tokens } = source()
    const first = tokens.current(START)
    assert.equal(tokens.replace(first, START + 20 * MINUTE - 1), undefined)
    assert.equal(tokens.waitMs(START + 19 * MINUTE), MINUTE)
    const second = tokens.replace(first, START + 20 * MINUTE)
    assert.ok(second !== undefined && second !== first)
    assert.equal(tokens.replace(first, START + 21 * MINUTE), second, 'already replaced by another caller')
    assert.equal(tokens.replace(second, START + 21 * MINUTE), undefined)
  })

  test('keeps the token for 20 minutes after pause()', () => {
    const { tokens } = source()
    const first = tokens.current(START)
    tokens.pause(START + 44 * MINUTE)
    assert.equal(tokens.current(START + 63 * MINUTE), first)
    assert.equal(tokens.replace(first, START + 63 * MINUTE), undefined)
    assert.notEqual(tokens.current(START + 64 * MINUTE), first)
  })

  test('creates a new token when the clock was set back far, not after a small step', () => {
    const { tokens } = source()
    const first = tokens.current(START)
    assert.equal(tokens.current(START - 4 * MINUTE), first)
    assert.notEqual(tokens.current(START - 60 * MINUTE), first)
  })

  test('does not keep a token that failed to sign', async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const tokens = makeTokenSource({ teamId: 'TEAM', keyId: 'KEY', key: privateKey })
    const first = tokens.current(START)
    assert.equal(tokens.current(START), first)
    await assert.rejects(first)
    const second = tokens.current(START)
    assert.notEqual(second, first)
    await assert.rejects(second)
  })

  test('is shared by apps with the same key, key id and team id', () => {
    const sourceFor = makeTokenSources()
    const { signer } = source()
    const other = source().signer
    const shared = sourceFor(signer)
    assert.equal(sourceFor({ ...signer }), shared)
    assert.notEqual(sourceFor({ ...signer, keyId: 'OTHER' }), shared)
    assert.notEqual(sourceFor({ ...signer, teamId: 'OTHER' }), shared)
    assert.notEqual(sourceFor(other), shared, 'another key with the same key id')
  })
})
