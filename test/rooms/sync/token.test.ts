import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { pointOfCounts } from '../../support/points.ts'
import { isSamePoint, notAhead, pageToken, parseToken, syncToken } from '../../../src/rooms/sync/token.ts'

const FULL = { position: [12], typing: 1_700_000_000_000, defaults: '0123abcd', toDevice: 9 }

describe('sync tokens and page tokens', () => {
  test('parse to the values that they were created from', () => {
    assert.equal(syncToken(FULL), 's12_t1700000000000_r0123abcd_d9')
    assert.deepEqual(parseToken(syncToken(FULL), 'since'), FULL)
    assert.deepEqual(parseToken(syncToken({ position: [12], defaults: '0123abcd' }), 'since'), {
      position: [12],
      defaults: '0123abcd',
    })
    assert.deepEqual(parseToken(pageToken(12), 'from'), { position: [12] })
    assert.equal(pageToken(-1), pageToken(0))
  })

  for (const [text, expected] of [
    ['s12', { position: [12] }],
    ['s12_3', { position: [12], typing: 3, defaults: undefined }],
    ['s12_3_deadbeef', { position: [12], typing: 3, defaults: 'deadbeef' }],
  ] as const)
    test(`parse from the earlier form ${text}`, () => {
      assert.deepEqual(parseToken(text, 'since'), expected)
    })

  test('parse without the parts that this version does not know, in any order', () => {
    assert.deepEqual(parseToken('s12_z9.a-b~c_r0123abcd_t3', 'since'), {
      position: [12],
      typing: 3,
      defaults: '0123abcd',
    })
  })

  test('with an unknown part are valid, because a newer version may have created them before the operator went back', () => {
    assert.deepEqual(parseToken('s9_zz', 'since'), { position: [9] })
  })

  for (const [text, message] of [
    ['9', 'since is not a token of this server: tokens have the form s123_t45_r0123abcd'],
    ['s9_t', 'since is not a token of this server: tokens have the form s123_t45_r0123abcd'],
    ['s9_tx', 'since is not a token of this server: the part "t" has an invalid value'],
    ['s9_r0_z1', 'since is not a token of this server: the part "r" has an invalid value'],
    ['s9_z1_z2', 'since is not a token of this server: the part "z" occurs twice'],
  ] as const)
    test(`refuses ${text} with the reason`, () => {
      assert.throws(() => parseToken(text, 'since'), { status: 400, errcode: 'M_INVALID_PARAM', message })
    })

  for (const garbage of [
    '',
    's',
    '12',
    's-1',
    's1_',
    's1.5',
    's1.a.b.c_p1.5',
    's1.a.123456789',
    `s1${'.a'.repeat(65)}`,
    's1.a.\u00e9',
    's1_2_3',
    's1_2_0123ABCD',
    's1_2_0123abcd4',
    's1__0123abcd',
    's1_t',
    's1_tx',
    's1_t2_t3',
    's1_rABCDEF01',
    's1_T2',
    's1_t2_',
    's1_2_t3',
    's1_z\u00e9',
    `s1_z${'9'.repeat(257)}`,
    'S1',
    ' s1',
    's1\n',
    `s${'9'.repeat(16)}`,
  ])
    test(`refuses ${JSON.stringify(garbage)}`, () => {
      assert.throws(() => parseToken(garbage, 'since'), { status: 400, errcode: 'M_INVALID_PARAM' })
    })
})

describe('two tokens', () => {
  test('are the same point only if the position and every part are equal', () => {
    assert.equal(isSamePoint(FULL, { ...FULL }), true)
    assert.equal(isSamePoint({ position: [12] }, FULL), false)
    for (const other of [{ position: [13] }, { typing: 1 }, { defaults: 'ffffffff' }])
      assert.equal(isSamePoint(FULL, { ...FULL, ...other }), false, JSON.stringify(other))
  })

  test('a token of several shards is short, and parses to the values that it was created from', () => {
    const point = fc.array(fc.nat(), { minLength: 16, maxLength: 16 }).map(pointOfCounts)
    fc.assert(
      fc.property(point, point, (position, presence) => {
        const token = { position, presence, typing: 3, toDevice: 5 }
        const text = syncToken(token)
        assert.deepEqual(parseToken(text, 'since'), token)
      }),
    )
    const busy = pointOfCounts(Array.from({ length: 16 }, (_, shard) => 900_000_000_000 + shard * 250))
    const text = syncToken({ position: busy })
    assert.ok(text.length < 80, text)
  })

  test('a token of several shards is cut to the current point in each shard where it is ahead', () => {
    const now = { position: [10, 11], typing: 5 }
    assert.deepEqual(notAhead({ position: [4, 99], toDevice: 3 }, now), { position: [4, 11] })
    assert.deepEqual(notAhead({ position: [4, 5], toDevice: 3 }, now), { position: [4, 5], toDevice: 3 })
  })

  test('a token with another number of shards continues at its lowest position in all of them', () => {
    const now = { position: [10, 11] }
    assert.deepEqual(notAhead({ position: [7] }, now), { position: [7, 7] })
    assert.deepEqual(notAhead({ position: [3, 7, 8] }, now), { position: [3, 3] })
    assert.deepEqual(notAhead({ position: [3, 7] }, { position: [10] }), { position: [3] })
  })

  test('a token ahead of the server continues at its current point', () => {
    const now = { position: [10], typing: 5, defaults: 'ffffffff' }
    assert.deepEqual(notAhead(FULL, now), { position: [10], typing: 5, defaults: '0123abcd' })
    assert.deepEqual(notAhead({ position: [3] }, now), { position: [3] })
  })
})
