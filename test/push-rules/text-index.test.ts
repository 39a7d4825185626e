import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { compileGlob, containsIndexed, containsWords, matchesIndexed } from '../../src/push-rules/glob.ts'
import { meter } from '../../src/push-rules/meter.ts'
import {
  ANY_EDGES,
  BOTH_EDGES,
  compileRun,
  findRun,
  LEFT_EDGE,
  RIGHT_EDGE,
} from '../../src/push-rules/runs.ts'
import { fold } from '../../src/push-rules/text.ts'
import { findPart, indexText } from '../../src/push-rules/text-index.ts'
import { referenceWords } from './reference-glob.ts'
import { runs } from '../support/property.ts'

const units = ['a', 'b', 'A', '_', '1', ' ', '-', '\n', 'é', 'Σ', 'ς', 'İ', '🙂', '\ud83d', '\ude42']
const textOf = (maxLength: number) => fc.string({ unit: fc.constantFrom(...units), maxLength })
const periodic = fc
  .tuple(
    fc.string({ unit: fc.constantFrom('a', 'b', ' ', '-', '🙂'), minLength: 1, maxLength: 3 }),
    fc.nat(12),
  )
  .map(([syllable, times]) => syllable.repeat(times))
const anyText = fc.oneof(
  textOf(12),
  periodic,
  fc.tuple(periodic, textOf(4), periodic).map((parts) => parts.join('')),
)
const patternOf = fc.oneof(
  fc.string({ unit: fc.oneof(fc.constantFrom(...units), fc.constantFrom('*', '?')), maxLength: 6 }),
  fc.tuple(periodic, fc.constantFrom('*', '?', '', ' '), periodic).map((parts) => parts.join('')),
)

/** A text, and a string that is often a part of it. */
const textAndPart = fc.oneof(
  fc.record({ text: anyText.map(fold), part: anyText.map(fold) }),
  fc.tuple(anyText.map(fold), fc.nat(20), fc.nat(20)).map(([text, from, length]) => ({
    text,
    part: text.slice(from % (text.length + 1), (from % (text.length + 1)) + length),
  })),
)
/** A pattern made of parts of the text, in order or not. */
const textAndPattern = fc.oneof(
  fc.record({ text: anyText, pattern: patternOf }),
  fc
    .record({
      text: anyText,
      cuts: fc.array(fc.tuple(fc.nat(20), fc.nat(6)), { maxLength: 3 }),
      ends: fc.tuple(fc.constantFrom('', '*'), fc.constantFrom('', '*')),
    })
    .map(({ text, cuts, ends }) => ({
      text,
      pattern: ends[0] + cuts.map(([from, length]) => text.slice(from, from + length)).join('*') + ends[1],
    })),
)

describe('the index of a text', () => {
  test('finds a part exactly when a search of the text finds it', () => {
    const seen = { found: 0, missed: 0 }
    fc.assert(
      fc.property(
        textAndPart,
        fc.constantFrom(ANY_EDGES, LEFT_EDGE, RIGHT_EDGE, BOTH_EDGES),
        ({ text, part }, edges) => {
          if (part === '') return
          const result = findPart(indexText(text), part, edges)
          if (result === undefined) return
          const end = findRun(compileRun(part.replaceAll('?', 'x')), text, 0, edges)
          assert.equal(result !== null, end !== -1)
          seen[result === null ? 'missed' : 'found']++
        },
      ),
      { numRuns: runs(5000) },
    )
    assert.ok(seen.found > 300 && seen.missed > 300, JSON.stringify(seen))
  })

  test('has the result of the reference matcher for a pattern', () => {
    const seen = { matches: 0, misses: 0, unknown: 0 }
    fc.assert(
      fc.property(textAndPattern, ({ pattern, text }) => {
        const result = matchesIndexed(compileGlob(pattern), indexText(fold(text)))
        if (result === undefined) seen.unknown++
        else {
          seen[result ? 'matches' : 'misses']++
          assert.equal(result, referenceWords(pattern, text))
        }
      }),
      { numRuns: runs(8000) },
    )
    assert.ok(seen.matches > 500 && seen.misses > 500, JSON.stringify(seen))
  })

  test('has the result of a search of the text for a name', () => {
    fc.assert(
      fc.property(anyText, anyText, (name, text) => {
        const result = containsIndexed(indexText(fold(text)), name)
        if (result !== undefined) assert.equal(result, containsWords(fold(text), name))
      }),
      { numRuns: runs(3000) },
    )
  })

  const size = 8192
  const texts: [name: string, text: string][] = [
    ['one letter', 'a'.repeat(size)],
    ['one sign', '.'.repeat(size)],
    ['a short period', 'aab '.repeat(size / 4)],
    [
      'many different characters',
      Array.from({ length: size }, (_, at) => String.fromCharCode(0x4e00 + at)).join(''),
    ],
  ]
  for (const [name, text] of texts) {
    test(`costs the length of the pattern and not of the text: ${name}`, () => {
      const index = indexText(text)
      for (const pattern of [
        text.slice(0, 400),
        `${text.slice(7, 300)}x`,
        'x',
        `${text.slice(0, 100)}*${text.slice(0, 100)}`,
      ]) {
        meter.left = 1_000_000
        assert.notEqual(matchesIndexed(compileGlob(pattern), index), undefined)
        const cost = 1_000_000 - meter.left
        assert.ok(cost <= 16 + 8 * (2 * pattern.length + 4), `${cost} steps for ${pattern.length} units`)
      }
    })
  }
})
