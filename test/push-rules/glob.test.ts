import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compileGlob, containsWords, matchesWhole, matchesWords } from '../../src/push-rules/glob.ts'
import { fold } from '../../src/push-rules/text.ts'
import { referenceWhole, referenceWords } from './reference-glob.ts'
import { runs } from '../support/property.ts'

const whole = (pattern: string, text: string) => matchesWhole(compileGlob(pattern), fold(text))
const words = (pattern: string, text: string) => matchesWords(compileGlob(pattern), fold(text))

describe('glob, whole words', () => {
  it('matches names literally', () => {
    assert.equal(containsWords('hello b*b', 'B*B'), true)
    assert.equal(containsWords('hello bob', 'b*b'), false)
    assert.equal(containsWords('hello bob', 'b?b'), false)
    assert.equal(containsWords('hello b?b', 'b?b'), true)
    assert.equal(containsWords('bobby', 'bob'), false)
    assert.equal(containsWords('', ''), false)
    assert.equal(containsWords('bob', ''), false)
  })
})

// Few different characters, so that texts and patterns match often; lone surrogates may join to a code point.
const units = ['a', 'b', 'A', '_', '1', ' ', '-', '\n', 'é', 'Σ', 'ς', 'İ', '🙂', '\ud83d', '\ude42']
const textOf = (maxLength: number) => fc.string({ unit: fc.constantFrom(...units), maxLength })
const patternOf = (maxLength: number) =>
  fc.string({ unit: fc.oneof(fc.constantFrom(...units), fc.constantFrom('*', '?')), maxLength })

/**
 * A part of the text, repeated or not, with some characters replaced by wildcards: mostly near misses and matches.
 */
const related = fc
  .record({
    syllable: fc.string({ unit: fc.constantFrom('a', 'b', ' ', '-', '🙂'), minLength: 1, maxLength: 4 }),
    repeats: fc.integer({ min: 1, max: 30 }),
    around: fc.tuple(textOf(5), textOf(5)),
    cut: fc.tuple(fc.nat(8), fc.nat(8)),
    wild: fc.array(fc.tuple(fc.nat(120), fc.constantFrom('*', '?', 'a', '')), { maxLength: 4 }),
  })
  .map(({ syllable, repeats, around, cut, wild }) => {
    const text = around[0] + syllable.repeat(repeats) + around[1]
    const chars = Array.from(text)
    const pattern = chars.slice(cut[0], Math.max(cut[0], chars.length - cut[1]))
    for (const [at, symbol] of wild) if (at < pattern.length) pattern[at] = symbol
    return { pattern: pattern.join(''), text }
  })

describe('glob, compared with the reference matcher', () => {
  it('has the same result for short texts and patterns', () => {
    const seen = { matches: 0, misses: 0 }
    fc.assert(
      fc.property(patternOf(6), textOf(8), (pattern, text) => {
        const expected = referenceWords(pattern, text)
        seen[expected ? 'matches' : 'misses']++
        assert.equal(words(pattern, text), expected)
        assert.equal(whole(pattern, text), referenceWhole(pattern, text))
      }),
      { numRuns: runs(3000) },
    )
    assert.ok(seen.matches > 300 && seen.misses > 300, JSON.stringify(seen))
  })

  it('has the same result for long runs, which use other searches', () => {
    const seen = { matches: 0, misses: 0, long: 0 }
    fc.assert(
      fc.property(related, ({ pattern, text }) => {
        const expected = referenceWords(pattern, text)
        seen[expected ? 'matches' : 'misses']++
        if (pattern.split('*').some((run) => run.length > 32)) seen.long++
        assert.equal(words(pattern, text), expected)
        assert.equal(whole(pattern, text), referenceWhole(pattern, text))
      }),
      { numRuns: runs(2000) },
    )
    assert.ok(seen.matches > 200 && seen.misses > 200 && seen.long > 200, JSON.stringify(seen))
  })
})

/** Replaces a text and counts the units that are read. */
class CountedText {
  reads = 0
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }
  get length(): number {
    return this.#text.length
  }
  charCodeAt(at: number): number {
    this.reads++
    return this.#text.charCodeAt(at)
  }
  codePointAt(at: number): number | undefined {
    this.reads++
    return this.#text.codePointAt(at)
  }
  startsWith(needle: string, at: number): boolean {
    this.reads += needle.length
    return this.#text.startsWith(needle, at)
  }
  /** Charged like the most naive search. */
  indexOf(needle: string, from: number): number {
    const at = this.#text.indexOf(needle, from)
    this.reads += ((at === -1 ? this.#text.length : at + 1) - from) * needle.length
    return at
  }
}

describe('glob, hostile patterns', () => {
  const size = 16_384
  const hostile: [name: string, pattern: string, text: string][] = [
    ['10,000 stars and question marks', '*?'.repeat(5000) + 'b', 'a'.repeat(size)],
    ['10,000 stars between letters', 'a*'.repeat(10_000), 'a'.repeat(size)],
    ['10,000 question marks', '?'.repeat(10_000) + 'b', 'a'.repeat(size)],
    ['many stars', 'a*'.repeat(500) + 'b', 'a'.repeat(size)],
    ['stars and question marks', '*?'.repeat(500) + 'b', 'a'.repeat(size)],
    ['question marks between stars', '?*'.repeat(1000), 'a'.repeat(size)],
    ['a long run that fails at its start', 'b' + 'a'.repeat(2000), 'a'.repeat(size)],
    ['a long run that fails at its end', 'a'.repeat(2000) + 'b', 'a'.repeat(size)],
    ['a short run that matches everywhere, within words', 'a', 'a'.repeat(size)],
    ['a long run that matches everywhere, within words', ' ab'.repeat(600) + ' a', ' ab'.repeat(size / 3)],
    ['a long run with a gap that fails at its start', 'b?' + 'a'.repeat(2000), 'a'.repeat(size)],
    ['a long run with a gap that fails at its end', 'a'.repeat(2000) + '?b', 'a'.repeat(size)],
    ['runs that are found late', 'ab?b*'.repeat(300) + 'c', 'a'.repeat(size)],
    ['a last run that matches everywhere', 'a*' + ' ab'.repeat(600) + ' a', 'a' + ' ab'.repeat(size / 3)],
  ]
  for (const [name, pattern, text] of hostile) {
    it(`reads the text a bounded number of times: ${name}`, () => {
      for (const matches of [matchesWords, matchesWhole]) {
        const counted = new CountedText(text)
        matches(compileGlob(pattern), counted as unknown as string)
        // Runs of up to 32 units may be compared at every position; word boundaries need a few more reads.
        assert.ok(counted.reads <= 70 * text.length, `${counted.reads} reads of ${text.length} units`)
      }
    })
  }
})
