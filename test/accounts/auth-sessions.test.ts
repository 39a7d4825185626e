import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAuthSessions } from '../../src/accounts/auth-sessions.ts'
import { openSign, signWith } from '../../src/accounts/server-secret.ts'
import { systemRandom } from '../../src/lib/ids.ts'
import type { Database } from '../../src/storage/database.ts'
import { onEachSharedDatabase } from '../support/two-processes.ts'
import { createFixedClock } from './fixture.ts'

const clock = createFixedClock()

/** The sessions of one process. */
async function sessionsOf(db: Database) {
  const given = { db, clock, random: systemRandom }
  return createAuthSessions({ ...given, sign: await openSign(given), lifetimeMs: 1000 })
}

onEachSharedDatabase('sessions of user-interactive authentication', (openTwo) => {
  test('a session that one process has opened is valid in another, for its purpose, until it expires', async (t) => {
    const [here, there] = await Promise.all((await openTwo(t)).map(sessionsOf))
    assert.ok(here && there)
    const session = here.open('password @a:b')
    assert.match(session, /^[\w.~-]{1,255}$/)
    assert.equal(await there.isOpen(session, 'password @a:b'), true)
    assert.equal(await there.isOpen(session, 'password @c:b'), false)
    clock.advance(999)
    assert.equal(await there.isOpen(session, 'password @a:b'), true)
    clock.advance(1)
    assert.equal(await there.isOpen(session, 'password @a:b'), false)
  })

  test('a session is used once, also by two processes at the same time', async (t) => {
    const [here, there] = await Promise.all((await openTwo(t)).map(sessionsOf))
    assert.ok(here && there)
    const session = here.open('register')
    const uses = await Promise.all([here.use(session), there.use(session)])
    assert.equal(uses.filter(Boolean).length, 1)
    for (const process of [here, there]) {
      assert.equal(await process.isOpen(session, 'register'), false)
      assert.equal(await process.use(session), false)
    }
    assert.equal(await there.isOpen(here.open('register'), 'register'), true, 'another session stays open')
  })

  test('a changed, foreign or malformed session is not open', async (t) => {
    const [db] = await openTwo(t)
    const sessions = await sessionsOf(db)
    const session = sessions.open('register')
    const [nonce = '', expiry = '', signature = ''] = session.split('.')
    const later = (Number.parseInt(expiry, 36) + 1).toString(36)
    const foreign = createAuthSessions({ db, clock, random: systemRandom, sign: signWith('b3RoZXI') })
    for (const bad of [
      `${nonce}.${later}.${signature}`,
      `${nonce.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A'))}.${expiry}.${signature}`,
      `${nonce}.${expiry}.`,
      foreign.open('register'),
      'constructor',
      '',
    ])
      assert.equal(await sessions.isOpen(bad, 'register'), false, bad)
    assert.equal(await sessions.use('constructor'), false)
  })
})
