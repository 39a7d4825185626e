import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPasswords } from '../../src/accounts/passwords.ts'
import { CHEAP } from '../support/cheap-passwords.ts'

test('a password is stored as argon2id in PHC form and verifies', async () => {
  const passwords = createPasswords({ cost: CHEAP })
  const phc = await passwords.hash('a password ✓')
  assert.match(phc, /^\$argon2id\$v=19\$m=8,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  assert.equal(await passwords.verify('a password ✓', phc), true)
  assert.equal(await passwords.verify('a password', phc), false)
  assert.notEqual(await passwords.hash('a password ✓'), phc, 'each hash has its own salt')
})

test('a hash with other parameters still verifies', async () => {
  const phc = await createPasswords({ cost: { memory: 16, passes: 2 } }).hash('secret')
  assert.equal(await createPasswords({ cost: CHEAP }).verify('secret', phc), true)
})

test('a hash of the reference implementation of RFC 9106 verifies', async () => {
  // Made with the reference implementation: echo -n password | argon2 somesalt -id -t 2 -k 256 -p 1
  const phc = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'
  const passwords = createPasswords()
  assert.equal(await passwords.verify('password', phc), true)
  assert.equal(await passwords.verify('passwore', phc), false)
})

test('verification without a hash is false', async () => {
  const passwords = createPasswords({ cost: CHEAP })
  assert.equal(await passwords.verify('', undefined), false)
  assert.equal(await passwords.verify('secret', null), false)
})

test('an unreadable hash throws and does not count as a wrong password', async () => {
  await assert.rejects(
    createPasswords({ cost: CHEAP }).verify('secret', '$2b$10$abc'),
    /not a readable PHC string/,
  )
})

test('many checks from one address do not delay other addresses', async () => {
  const passwords = createPasswords({ cost: CHEAP, atOnce: 1, waiting: 4 })
  const flood = Promise.allSettled(
    Array.from({ length: 20 }, () => passwords.verify('x', undefined, 'stranger')),
  )
  assert.equal(await passwords.verify('x', undefined, 'owner'), false)
  assert.ok((await flood).some(({ status }) => status === 'rejected'))
})

test('work is refused when the queue is full, and queued work completes', async () => {
  const passwords = createPasswords({ cost: CHEAP, atOnce: 2, waiting: 3 })
  const results = await Promise.allSettled(Array.from({ length: 7 }, () => passwords.hash('x')))
  const refused = results.filter((result) => result.status === 'rejected')
  assert.equal(refused.length, 2)
  for (const { reason } of refused) assert.equal(reason.errcode, 'M_LIMIT_EXCEEDED')
  assert.equal(
    (await passwords.hash('x')).startsWith('$argon2id$'),
    true,
    'the places in the queue are released',
  )
})
