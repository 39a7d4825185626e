import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAuthSessions } from '../../src/accounts/auth-sessions.ts'
import { systemRandom, type UserId } from '../../src/lib/ids.ts'
import { createFixedClock } from './fixture.ts'

test('a session is valid for its purpose until it is closed or expires', () => {
  const clock = createFixedClock()
  const sessions = createAuthSessions({ clock, random: systemRandom, lifetimeMs: 1000 })
  const one = sessions.open('register')
  const two = sessions.open('password @a:b')
  assert.equal(sessions.isOpen(one, 'register'), true)
  assert.equal(sessions.isOpen(one, 'password @a:b'), false)
  assert.equal(sessions.isOpen('constructor', 'register'), false)
  sessions.close(one)
  assert.equal(sessions.isOpen(one, 'register'), false)
  clock.advance(999)
  assert.equal(sessions.isOpen(two, 'password @a:b'), true)
  clock.advance(1)
  assert.equal(sessions.isOpen(two, 'password @a:b'), false)
})

test('the oldest session of a user is closed above twenty, and sessions of other users stay', () => {
  const clock = createFixedClock()
  const sessions = createAuthSessions({ clock, random: systemRandom, lifetimeMs: 1000 })
  const [alice, bob] = ['@alice:here' as UserId, '@bob:here' as UserId]
  const others = [sessions.open('register'), sessions.open('password', bob)]
  const own = Array.from({ length: 25 }, () => sessions.open('password', alice))
  assert.deepEqual(
    own.map((session) => sessions.isOpen(session, 'password')),
    own.map((_, at) => at >= 5),
  )
  assert.ok(sessions.isOpen(others[0] ?? '', 'register') && sessions.isOpen(others[1] ?? '', 'password'))
  for (const session of own.slice(5)) sessions.close(session)
  assert.equal(sessions.size, 2)
})

test('the oldest session is closed above the limit, and expired sessions are removed', () => {
  const clock = createFixedClock()
  const sessions = createAuthSessions({ clock, random: systemRandom, limit: 3, lifetimeMs: 1000 })
  const opened = ['a', 'b', 'c', 'd'].map((purpose) => [sessions.open(purpose), purpose] as const)
  assert.deepEqual(
    opened.map(([session, purpose]) => sessions.isOpen(session, purpose)),
    [false, true, true, true],
  )
  clock.advance(1000)
  sessions.open('e')
  assert.equal(sessions.size, 1)
})
