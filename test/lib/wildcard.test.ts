import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { matchesWildcard } from '../../src/lib/wildcard.ts'
import { runs } from '../support/property.ts'

describe('a wildcard pattern', () => {
  test('matches like the equivalent regular expression', () => {
    const piece = fc.constantFrom('a', 'b', '.', '*')
    const pattern = fc.array(piece, { maxLength: 6 }).map((parts) => parts.join(''))
    const text = fc.array(fc.constantFrom('a', 'b', '.'), { maxLength: 8 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(pattern, text, (wildcard, whole) => {
        const source = wildcard
          .split('*')
          .map((part) => part.replaceAll('.', '\\.'))
          .join('.*')
        assert.equal(matchesWildcard(wildcard, whole), new RegExp(`^${source}$`, 's').test(whole))
      }),
      { numRuns: runs(1000) },
    )
  })

  const rows: [pattern: string, text: string, matches: boolean][] = [
    ['m.room.*', 'm.room.message', true],
    ['m.room.*', 'M.room.message', false],
    ['m.?', 'm.x', false],
    ['m.?', 'm.?', true],
    ['*', 'line\nbreak', true],
    ['', '', true],
    ['', 'a', false],
    ['ab*ba', 'aba', false],
  ]
  for (const [pattern, text, matches] of rows)
    test(`${JSON.stringify(pattern)} ${matches ? 'matches' : 'does not match'} ${JSON.stringify(text)}`, () =>
      assert.equal(matchesWildcard(pattern, text), matches))

  test('with 2,000 asterisks is matched without backtracking', () => {
    assert.equal(matchesWildcard('*a'.repeat(2000), 'a'.repeat(1999)), false)
  })
})
