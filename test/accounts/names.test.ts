import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  checkDevice,
  checkNewPassword,
  generatedUserId,
  knownAs,
  newUserId,
} from '../../src/accounts/names.ts'
import { systemRandom } from '../../src/lib/ids.ts'

const server = 'example.org'

test('a user name becomes a user id in lower case', () => {
  for (const [name, userId] of [
    ['alice', '@alice:example.org'],
    ['Alice', '@alice:example.org'],
    ['a.b_c=d-e/f+0', '@a.b_c=d-e/f+0:example.org'],
    ['7', '@7:example.org'],
  ] as const)
    assert.equal(newUserId(name, server), userId)
})

test('returns M_INVALID_USERNAME for a name outside the grammar', () => {
  for (const name of [
    '',
    ' ',
    'a b',
    'ålice',
    '@alice',
    'alice:example.org',
    'a\n',
    '\u212A',
    'a\0',
    'x'.repeat(244),
  ])
    assert.throws(() => newUserId(name, server), { errcode: 'M_INVALID_USERNAME', status: 400 }, name)
  assert.equal(newUserId('x'.repeat(242), server).length, 255)
})

test('a generated name matches the grammar', () => {
  const userId = generatedUserId(systemRandom, server)
  assert.equal(newUserId(userId.slice(1, userId.indexOf(':')), server), userId)
})

test('a user name or a full user id resolves to the user id', () => {
  for (const [name, userId] of [
    ['alice', '@alice:example.org'],
    ['ALICE', '@alice:example.org'],
    ['@alice:example.org', '@alice:example.org'],
    ['@alice:elsewhere.org', undefined],
    ['@alice', undefined],
    ['@', undefined],
    ['x'.repeat(300), undefined],
  ] as const)
    assert.equal(knownAs(name, server), userId, name)
})

test('refuses a password outside 1 to 512 bytes', () => {
  assert.throws(() => checkNewPassword(''), { errcode: 'M_WEAK_PASSWORD', status: 400 })
  checkNewPassword('x')
  checkNewPassword('é'.repeat(256))
  assert.throws(() => checkNewPassword('é'.repeat(257)), { errcode: 'M_INVALID_PARAM', status: 400 })
})

test('refuses device ids and device names that are too long', () => {
  checkDevice('D', 'x'.repeat(255))
  assert.throws(() => checkDevice('', undefined), { errcode: 'M_INVALID_PARAM' })
  assert.throws(() => checkDevice('x'.repeat(256), undefined), { errcode: 'M_INVALID_PARAM' })
  assert.throws(() => checkDevice('D', 'x'.repeat(256)), { errcode: 'M_INVALID_PARAM' })
})
