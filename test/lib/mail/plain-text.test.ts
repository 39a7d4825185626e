import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fewLines, oneLine } from '../../../src/lib/mail/plain-text.ts'

const any = fc.string({ unit: 'binary', maxLength: 300 })
const UNSEEN = /[\p{Cc}\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\ufeff\u2028\u2029]/u

test('oneLine replaces every kind of line break', () => {
  assert.equal(oneLine('Hi\r\nBcc: eve@example.org\u2028\u0085x\ty', 100), 'Hi Bcc: eve@example.org x y')
  assert.equal(oneLine('\u202eevil\u2066 \u200b\u0007name\ufeff', 100), 'evil name')
  assert.equal(oneLine('   ', 10), '')
})

test('a long text is cut between characters', () => {
  assert.equal(oneLine('x'.repeat(50), 10), `${'x'.repeat(9)}…`)
  assert.equal(oneLine('🔔'.repeat(10), 10), '🔔'.repeat(10))
  assert.equal(oneLine('🔔'.repeat(11), 10), `${'🔔'.repeat(9)}…`)
  assert.equal(oneLine('x'.repeat(1_000_000), 10).length, 10)
  assert.deepEqual(fewLines('a\nb\nc\nd', { max: 100, lines: 2 }), ['a', 'b', '…'])
})

test('emoji sequences and other scripts stay unchanged, and stacked combining marks are cut', () => {
  for (const text of ['👨‍👩‍👧', 'می‌خواهم', 'שלום', 'مرحبا', 'ä̈']) assert.equal(oneLine(text, 100), text)
  assert.equal(oneLine(`a${'\u0301'.repeat(200)}`, 500), `a${'\u0301'.repeat(8)}`)
})

test('fewLines removes empty lines at the end and keeps one of several in between', () => {
  assert.deepEqual(fewLines('a\n\n\n\nb\r\nc\n\n', { max: 100, lines: 20 }), ['a', '', 'b', 'c'])
  assert.deepEqual(fewLines('\n\n', { max: 100, lines: 20 }), [])
})

test('the result has no invisible character, line break or lone surrogate, and is not longer', () => {
  fc.assert(
    fc.property(any, (text) => {
      const line = oneLine(text, 40)
      const lines = fewLines(text, { max: 40, lines: 3 })
      for (const one of [line, ...lines]) {
        assert.doesNotMatch(one, UNSEEN)
        assert.ok(one.isWellFormed())
      }
      assert.ok(Array.from(line).length <= 40 && lines.length <= 4)
    }),
  )
})
