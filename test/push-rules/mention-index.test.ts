import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compileGlob, containsWords, matchesWords } from '../../src/push-rules/glob.ts'
import { bodyKeys, mentionKey } from '../../src/push-rules/mention-index.ts'
import { fold } from '../../src/push-rules/text.ts'
import { runs } from '../support/property.ts'

describe('mentionKey', () => {
  const cases: [name: string, key: string][] = [
    ['Alice', 'alice'],
    ['Alice Smith', 'alice'],
    ['~ Bob_7 ~', 'bob_7'],
    ['José', 'jos'],
    ['Ångström', 'ngstr'],
    ['!!', '!!'],
    ['!', '!'],
    ['🙂', '🙂'],
    ['🙂🙂🙂', '🙂🙂'],
    ['张伟', '张伟'],
    ['ΟΔΟΣ', 'οδ'],
    ['', ''],
    ['\0!', '\ufffd!'],
    ['\ud83d', '\ufffd'],
    ['A'.repeat(100), 'a'.repeat(64)],
  ]
  for (const [name, key] of cases) {
    it(JSON.stringify(name.slice(0, 20)), () => assert.equal(mentionKey(name), key))
  }
})

describe('bodyKeys', () => {
  it('has every word once, and other possible starts of a name', () => {
    assert.deepEqual(bodyKeys('Hi Bob, hi', 100), ['hi', ' ', 'bob', ',', ', '])
  })
  it('is empty for an empty body', () => assert.deepEqual(bodyKeys('', 100), []))
  it('has at most the limit of keys', () => {
    assert.deepEqual(bodyKeys('a-b-c-d', 3), ['a', '-', 'b'])
    assert.deepEqual(bodyKeys('a', 0), [])
    assert.equal(bodyKeys(Array.from({ length: 20_000 }, (_, at) => `w${at}`).join(' '), 1000).length, 1000)
  })
})

const text = (maxLength: number) =>
  fc.string({
    unit: fc.constantFrom(
      'a',
      'B',
      '7',
      '_',
      ' ',
      '!',
      '-',
      'é',
      'Σ',
      'ς',
      'σ',
      'İ',
      'K',
      '🙂',
      '\ud83d',
      '\ude42',
      '\0',
    ),
    maxLength,
  })
/** A name, and a body that probably contains it, possibly in another case. */
const nameAndBody = fc
  .record({
    name: text(6),
    before: text(5),
    after: text(5),
    change: fc.constantFrom('upper', 'lower', 'none'),
  })
  .map(({ name, before, after, change }) => {
    const written = change === 'upper' ? name.toUpperCase() : change === 'lower' ? name.toLowerCase() : name
    return { name, body: before + written + after }
  })

describe('the invariant', () => {
  it('the key of every name in a body is among the keys of the body', () => {
    let found = 0
    fc.assert(
      fc.property(nameAndBody, ({ name, body }) => {
        const folded = fold(body)
        const contains = containsWords(folded, name)
        if (name !== '') assert.equal(matchesWords(compileGlob(name), folded), contains)
        if (!contains) return
        found++
        assert.ok(bodyKeys(body, Infinity).includes(mentionKey(name)))
      }),
      { numRuns: runs(5000) },
    )
    assert.ok(found > 1000, `only ${found} names were found`)
  })

  it('a limit only shortens the list', () => {
    fc.assert(
      fc.property(text(30), fc.nat(20), (body, limit) => {
        assert.deepEqual(bodyKeys(body, limit), bodyKeys(body, Infinity).slice(0, limit))
      }),
    )
  })

  it('keys can be stored in both databases', () => {
    fc.assert(
      fc.property(text(30), (body) => {
        for (const key of [mentionKey(body), ...bodyKeys(body, Infinity)]) {
          assert.ok(key.isWellFormed() && !key.includes('\0') && key.length <= 64)
        }
      }),
    )
  })
})
