import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pageToken, parseToken, syncToken } from '../../../src/rooms/sync/token.ts'

describe('tokens', () => {
  test('read back what they were made of', () => {
    assert.deepEqual(parseToken(syncToken({ position: 12, typing: 1_700_000_000_000 }), 'since'), {
      position: 12,
      typing: 1_700_000_000_000,
    })
    assert.deepEqual(parseToken(pageToken(12), 'from'), { position: 12, typing: 0 })
    assert.equal(pageToken(-1), pageToken(0))
  })

  for (const garbage of [
    '',
    's',
    '12',
    's-1',
    's1_',
    's1.5',
    's1_2_3',
    'S1',
    ' s1',
    's1\n',
    `s${'9'.repeat(16)}`,
  ])
    test(`refuses ${JSON.stringify(garbage)}`, () => {
      assert.throws(() => parseToken(garbage, 'since'), { status: 400, errcode: 'M_INVALID_PARAM' })
    })
})
