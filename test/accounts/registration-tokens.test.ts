import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newRegistrationToken } from '../../src/accounts/registration-tokens.ts'
import { systemRandom } from '../../src/lib/ids.ts'

test('a random registration token never begins like a flag, and has the wanted length', () => {
  const random = { ...systemRandom, token: () => '-Hfz-0123456789abcdefg' }
  assert.equal(newRegistrationToken(random), '_Hfz-0123456789a')
  assert.equal(newRegistrationToken(random, 3), '_Hf')
  assert.match(newRegistrationToken(systemRandom), /^[\w-]{16}$/)
  assert.notEqual(newRegistrationToken(systemRandom), newRegistrationToken(systemRandom))
})
