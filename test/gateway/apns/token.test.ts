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

suite('provider tokens', () => {
  test("are what Apple wants, by another maker's reading", async () => {
    const { tokens, publicKey } = source()
    const { protectedHeader, payload } = await jwtVerify(await tokens.current(START), publicKey, {
      algorithms: ['ES256'],
    })
    assert.deepEqual(protectedHeader, { alg: 'ES256', kid: 'KEY' })
    assert.deepEqual(payload, { iss: 'TEAM', iat: START / 1000 })
  })

  test('stay for 45 minutes', () => {
    const { tokens } = source()
    const first = tokens.current(START)
    assert.equal(tokens.current(START + 45 * MINUTE - 1), first)
    const second = tokens.current(START + 45 * MINUTE)
    assert.notEqual(second, first)
    assert.equal(tokens.current(START + 46 * MINUTE), second)
  })

  test('one that is called expired is replaced, but never within 20 minutes', () => {
    const { tokens } = source()
    const first = tokens.current(START)
    assert.equal(tokens.replace(first, START + 20 * MINUTE - 1), undefined)
    assert.equal(tokens.waitMs(START + 19 * MINUTE), MINUTE)
    const second = tokens.replace(first, START + 20 * MINUTE)
    assert.ok(second !== undefined && second !== first)
    assert.equal(tokens.replace(first, START + 21 * MINUTE), second, 'somebody has replaced it already')
    assert.equal(tokens.replace(second, START + 21 * MINUTE), undefined)
  })

  test('after too many of them, the one there is stays for 20 minutes more', () => {
    const { tokens } = source()
    const first = tokens.current(START)
    tokens.pause(START + 44 * MINUTE)
    assert.equal(tokens.current(START + 63 * MINUTE), first)
    assert.equal(tokens.replace(first, START + 63 * MINUTE), undefined)
    assert.notEqual(tokens.current(START + 64 * MINUTE), first)
  })

  test('a clock that was set back far makes a new one; a small step does not', () => {
    const { tokens } = source()
    const first = tokens.current(START)
    assert.equal(tokens.current(START - 4 * MINUTE), first)
    assert.notEqual(tokens.current(START - 60 * MINUTE), first)
  })

  test('one that cannot be signed is not kept', async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const tokens = makeTokenSource({ teamId: 'TEAM', keyId: 'KEY', key: privateKey })
    const first = tokens.current(START)
    assert.equal(tokens.current(START), first)
    await assert.rejects(first)
    const second = tokens.current(START)
    assert.notEqual(second, first)
    await assert.rejects(second)
  })

  test('apps with one key of one team share them', () => {
    const sourceFor = makeTokenSources()
    const { signer } = source()
    const other = source().signer
    const shared = sourceFor(signer)
    assert.equal(sourceFor({ ...signer }), shared)
    assert.notEqual(sourceFor({ ...signer, keyId: 'OTHER' }), shared)
    assert.notEqual(sourceFor({ ...signer, teamId: 'OTHER' }), shared)
    assert.notEqual(sourceFor(other), shared, 'another key under the same name')
  })
})
