import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import fc from 'fast-check'

import {
  cutJsonText,
  cutText,
  encodeJson,
  fit,
  jsonTextBytes,
  shortenLongest,
  type Forms,
} from '../../src/gateway/message-forms.ts'
import type { Json } from '../../src/lib/json.ts'

// Texts with ASCII, multi-byte characters, characters that JSON escapes, and lone surrogates.
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({
    unit: fc.constantFrom('a', '"', '\\', '\n', '\u0001', 'ü', '語', '🔔', '\ud83d', '\udd14'),
    maxLength: 60,
  }),
)

const bytesOf = (value: Json) => Buffer.byteLength(encodeJson(value))

suite('fit', () => {
  const forms: Forms = {
    full: () => 'f'.repeat(98),
    trimmed: () => 't'.repeat(48),
    eventIdOnly: () => 'e'.repeat(18),
  }
  const rows: [title: string, maxBytes: number, formName: string | undefined][] = [
    ['returns the full form when it fits', 100, 'full'],
    ['returns the trimmed form when the limit is a byte less', 99, 'trimmed'],
    ['returns the trimmed form when it just fits', 50, 'trimmed'],
    ['returns the ids only when the limit is another byte less', 49, 'event_id_only'],
    ['returns the ids only when they just fit', 20, 'event_id_only'],
    ['returns undefined when the ids do not fit', 19, undefined],
  ]
  for (const [title, maxBytes, formName] of rows) {
    test(title, () => assert.equal(fit(forms, maxBytes)?.formName, formName))
  }

  test('starts with the given form', () => {
    const form = 'e'.repeat(18)
    assert.deepEqual(fit(forms, 100, 'event_id_only'), { formName: 'event_id_only', form, text: `"${form}"` })
  })

  test('skips missing forms', () => {
    assert.equal(fit({ full: () => 'ff', eventIdOnly: () => 'e' }, 3)?.formName, 'event_id_only')
    assert.equal(fit({ full: () => 'ff' }, 3), undefined)
    assert.equal(
      fit({ full: () => 'ff', trimmed: () => undefined, eventIdOnly: () => undefined }, 3),
      undefined,
    )
    assert.equal(fit({ full: () => 'ff' }, 100, 'event_id_only'), undefined)
  })

  test('passes the limit to a form, and checks the result', () => {
    const seen: number[] = []
    const trimmed = (maxBytes: number) => {
      seen.push(maxBytes)
      return 'still too long'
    }
    assert.equal(fit({ full: () => 'far too long', trimmed }, 5), undefined)
    assert.deepEqual(seen, [5])
  })

  test('counts bytes, not characters', () => {
    assert.equal(fit({ full: () => 'üü' }, 6)?.text, '"üü"')
    assert.equal(fit({ full: () => 'üü' }, 5), undefined)
    assert.equal(fit({ full: () => '\n' }, 3), undefined)
  })

  test('the result fits and is the JSON of a form, for arbitrary payloads', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.nat(200), (full, ids, maxBytes) => {
        const fitting = fit({ full: () => full as Json, eventIdOnly: () => ids as Json }, maxBytes)
        if (fitting === undefined)
          return assert.ok(Math.min(bytesOf(full as Json), bytesOf(ids as Json)) > maxBytes)
        assert.ok(Buffer.byteLength(fitting.text) <= maxBytes)
        const form = fitting.formName === 'full' ? full : ids
        assert.equal(fitting.text, JSON.stringify(form))
      }),
    )
  })
})

suite('encodeJson', () => {
  test('replaces a lone surrogate at any position', () => {
    assert.equal(encodeJson({ a: ['x\ud83d'], b: '\udd14' }), '{"a":["x\ufffd"],"b":"\ufffd"}')
  })

  test('does not change text that looks like an escaped surrogate', () => {
    assert.equal(encodeJson({ a: 'C:\\ud83d', b: '🔔' }), String.raw`{"a":"C:\\ud83d","b":"🔔"}`)
  })
})

suite('cutText and cutJsonText', () => {
  const rows: [text: string, maxBytes: number, expected: string][] = [
    ['abcdef', 6, 'abcdef'],
    ['abcdef', 5, 'ab…'],
    ['abcdef', 3, '…'],
    ['abcdef', 2, ''],
    ['ab', 2, 'ab'],
    ['', 0, ''],
    ['üüü', 6, 'üüü'],
    ['üüü', 5, 'ü…'],
    ['üüü', 4, '…'],
    ['🔔🔔', 8, '🔔🔔'],
    ['🔔🔔', 7, '🔔…'],
    ['🔔🔔', 6, '…'],
  ]
  for (const [whole, maxBytes, expected] of rows) {
    test(`${JSON.stringify(whole)} to ${maxBytes} bytes`, () =>
      assert.equal(cutText(whole, maxBytes), expected))
  }

  test('cutJsonText counts escapes as they are encoded', () => {
    assert.equal(cutJsonText('a\n\n', 5), 'a\n\n')
    assert.equal(cutJsonText('a\n\n', 4), 'a…')
    assert.equal(cutJsonText('\u0001\u0001', 11), '\u0001…')
  })

  test('the result is within the limit, splits no code point and is as long as possible', () => {
    const ways = [
      { cut: cutText, size: (one: string) => Buffer.byteLength(one) },
      { cut: cutJsonText, size: jsonTextBytes },
    ]
    for (const { cut, size } of ways) {
      fc.assert(
        fc.property(text, fc.nat(80), (whole, maxBytes) => {
          const left = cut(whole, maxBytes)
          if (size(whole) <= maxBytes) return assert.equal(left, whole)
          assert.ok(size(left) <= maxBytes)
          if (maxBytes < 3) return assert.equal(left, '')
          assert.ok(left.endsWith('…'))
          const points = Array.from(whole)
          const kept = Array.from(left).slice(0, -1)
          assert.deepEqual(kept, points.slice(0, kept.length))
          assert.ok(
            size(points.slice(0, kept.length + 1).join('')) > maxBytes - 3,
            'one more code point would fit',
          )
        }),
      )
    }
  })
})

suite('shortenLongest', () => {
  const rows: [texts: string[], maxBytes: number, expected: string[] | undefined][] = [
    [['abc', 'defg'], 7, ['abc', 'defg']],
    [['abc', 'defghijk'], 9, ['abc', 'def…']],
    [['aaaaaaaaaa', 'bbbbbbbbbb'], 16, ['aaaaa…', 'bbbbb…']],
    [['a', 'bbbbbbbbbb', 'cc'], 9, ['a', 'bbb…', 'cc']],
    [['aaaaaaaaaa'], 3, undefined],
    [['aaaaaaaaaa', 'bbbbbbbbbb'], 5, undefined],
    [['aaa'], 3, ['aaa']],
    [[], 0, []],
    [['', ''], 0, ['', '']],
    [['a'], 0, undefined],
    [['a'], -1, undefined],
  ]
  for (const [texts, maxBytes, expected] of rows) {
    test(`${JSON.stringify(texts)} to ${maxBytes} bytes`, () =>
      assert.deepEqual(shortenLongest(texts, maxBytes), expected))
  }

  test('the result fits, and no text is cut to less than a longer one', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 5 }), fc.nat(200), (texts, maxBytes) => {
        const shortened = shortenLongest(texts, maxBytes)
        const total = texts.reduce((sum, one) => sum + jsonTextBytes(one), 0)
        if (total <= maxBytes) return assert.deepEqual(shortened, texts)
        if (shortened === undefined) return
        assert.ok(shortened.reduce((sum, one) => sum + jsonTextBytes(one), 0) <= maxBytes)
        const longest = Math.max(...shortened.map(jsonTextBytes))
        for (const [index, one] of shortened.entries()) {
          const whole = texts[index] ?? ''
          if (one === whole) continue
          assert.ok(one.endsWith('…') && whole.startsWith(one.slice(0, -1)))
          // Cut to the length of the longest, up to one escaped code point.
          assert.ok(jsonTextBytes(one) > longest - 6 - 3)
        }
      }),
    )
  })
})
