import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isBetterKey } from '../../../src/accounts/key-backup/better-key.ts'

const key = (isVerified: boolean, firstMessageIndex: number, forwardedCount: number) => ({
  isVerified,
  firstMessageIndex,
  forwardedCount,
})

describe('a key replaces the stored key of its session', () => {
  // In order: each key is better than all keys after it.
  const ranking = [
    key(true, 0, 0),
    key(true, 0, 5),
    key(true, 9, 0),
    key(false, 0, 0),
    key(false, 0, 1),
    key(false, 1, 0),
    key(false, 2, 9),
  ]
  for (const [at, one] of ranking.entries())
    test(`only if the stored key is worse: ${JSON.stringify(one)}`, () => {
      for (const [place, stored] of ranking.entries())
        assert.equal(isBetterKey(one, stored), at < place, JSON.stringify(stored))
    })
})
