import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { sha256 } from '../../src/push-rules/sha-256.ts'
import { utf8 } from '../../src/push-rules/utf-8.ts'
import { runs } from '../support/property.ts'

const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 130 }))

describe('own implementations of Node functions', () => {
  it('sha256 equals the SHA-256 of Node', () => {
    const check = (of: string) => assert.equal(sha256(of), createHash('sha256').update(of).digest('hex'))
    for (const length of [0, 1, 55, 56, 63, 64, 119, 120, 100_000]) check('x'.repeat(length))
    fc.assert(fc.property(text, check), { numRuns: runs(200) })
  })
  it('utf8 equals the UTF-8 encoding of Node', () => {
    const check = (of: string) => assert.deepEqual(utf8(of), [...new TextEncoder().encode(of)])
    for (const one of ['', 'a\u00df€🙂', '\ud83d', '\ude42x', '\u07ff\u0800\uffff\u{10000}\u{10ffff}'])
      check(one)
    fc.assert(fc.property(text, check), { numRuns: runs(200) })
  })
})
