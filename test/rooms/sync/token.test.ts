import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pageToken, parseToken, syncToken } from '../../../src/rooms/sync/token.ts'

describe('sync tokens and page tokens', () => {
  test('parse to the values that they were created from', () => {
    const values = { position: 12, typing: 1_700_000_000_000, defaults: '0123abcd' }
    assert.deepEqual(parseToken(syncToken(values), 'since'), values)
    const without = { ...values, defaults: undefined }
    assert.deepEqual(parseToken(syncToken(without), 'since'), without)
    assert.deepEqual(parseToken('s12_3', 'since'), { position: 12, typing: 3, defaults: undefined })
    assert.deepEqual(parseToken(pageToken(12), 'from'), { position: 12, typing: 0, defaults: undefined })
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
    's1_2_0123ABCD',
    's1_2_0123abcd4',
    's1__0123abcd',
    'S1',
    ' s1',
    's1\n',
    `s${'9'.repeat(16)}`,
  ])
    test(`refuses ${JSON.stringify(garbage)}`, () => {
      assert.throws(() => parseToken(garbage, 'since'), { status: 400, errcode: 'M_INVALID_PARAM' })
    })
})
