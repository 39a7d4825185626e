import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/databases.ts'
import { accountServer, text } from './account-server.ts'

const dummy = { type: 'm.login.dummy' }

onEachDatabase('register', (open) => {
  test('registers in one request with m.login.dummy and no session', async (t) => {
    const { call } = accountServer(t, await open(t))
    const { status, body } = await call('POST', '/_matrix/client/r0/register', {
      body: {
        username: 'Alice',
        password: 'secret',
        auth: dummy,
        device_id: 'PHONE',
        initial_device_display_name: 'my phone',
      },
    })
    assert.equal(status, 200)
    const { access_token, ...others } = body
    assert.deepEqual(others, { user_id: '@alice:localhost', home_server: 'localhost', device_id: 'PHONE' })
    const token = text(access_token)
    const whoami = await call('GET', '/account/whoami', { token })
    assert.deepEqual(whoami.body, { user_id: '@alice:localhost', device_id: 'PHONE', is_guest: false })
    const device = await call('GET', '/devices/PHONE', { token })
    assert.equal(device.body['display_name'], 'my phone')
  })

  test('registers with the session of the 401, which is valid once', async (t) => {
    const { call } = accountServer(t, await open(t))
    const wanted = { username: 'alice', password: 'secret' }
    const asked = await call('POST', '/register', { body: wanted })
    assert.equal(asked.status, 401)
    const { session, ...others } = asked.body
    assert.deepEqual(others, { flows: [{ stages: ['m.login.dummy'] }], params: {}, completed: [] })
    assert.equal(typeof session, 'string')
    const bare = await call('POST', '/register', {
      body: { ...wanted, auth: { session: session as string } },
    })
    assert.equal(bare.status, 401)
    assert.equal(bare.body['session'], session)
    const auth = { ...dummy, session: session as string }
    const done = await call('POST', '/register', { body: { ...wanted, auth } })
    assert.equal(done.status, 200)
    assert.match(text(done.body['device_id']), /^[A-Z]{10}$/)
    const again = await call('POST', '/register', { body: { ...wanted, username: 'bob', auth } })
    assert.equal(again.status, 401, 'a session is valid once')
    assert.equal(again.body['errcode'], 'M_FORBIDDEN')
    assert.notEqual(again.body['session'], session)
  })

  test('refuses a session after 15 minutes', async (t) => {
    const { call, clock } = accountServer(t, await open(t))
    const { body } = await call('POST', '/register', { body: {} })
    clock.advance(15 * 60_000)
    const auth = { ...dummy, session: body['session'] as string }
    const late = await call('POST', '/register', { body: { username: 'a', password: 'x', auth } })
    assert.equal(late.status, 401)
  })

  test('generates a name when there is none, and returns no token with inhibit_login', async (t) => {
    const { call } = accountServer(t, await open(t))
    const { status, body } = await call('POST', '/register', {
      body: { password: 'secret', auth: dummy, inhibit_login: true },
    })
    assert.equal(status, 200)
    assert.deepEqual(Object.keys(body), ['user_id', 'home_server'])
    assert.match(text(body['user_id']), /^@[a-z]{12}:localhost$/)
  })

  test('refuses names in use, invalid names, weak passwords, invalid sessions, guests and malformed bodies', async (t) => {
    const { call } = accountServer(t, await open(t))
    const alice = { username: 'alice', password: 'secret', auth: dummy }
    assert.equal((await call('POST', '/register', { body: alice })).status, 200)
    for (const [change, status, errcode] of [
      [{}, 400, 'M_USER_IN_USE'],
      [{ username: 'ALICE' }, 400, 'M_USER_IN_USE'],
      [{ auth: null }, 400, 'M_USER_IN_USE'],
      [{ username: 'a b' }, 400, 'M_INVALID_USERNAME'],
      [{ username: '' }, 400, 'M_INVALID_USERNAME'],
      [{ username: 'bob', password: '' }, 400, 'M_WEAK_PASSWORD'],
      [{ username: 'bob', password: 'x'.repeat(513) }, 400, 'M_INVALID_PARAM'],
      [{ username: 'bob', device_id: 'x'.repeat(256) }, 400, 'M_INVALID_PARAM'],
      [{ username: 'bob', password: 7 }, 400, 'M_BAD_JSON'],
      [{ username: 'bob', auth: { type: 'm.login.password' } }, 401, 'M_FORBIDDEN'],
      [{ username: 'bob', auth: { type: 'm.login.dummy', session: 'nonsense' } }, 401, 'M_FORBIDDEN'],
      [{ username: 'bob', auth: { type: 'm.login.dummy', session: 7 } }, 401, 'M_FORBIDDEN'],
      [{ username: 'bob', auth: 'text' }, 401, undefined],
    ] as const) {
      const response = await call('POST', '/register', { body: { ...alice, ...change } })
      assert.deepEqual([response.status, response.body['errcode']], [status, errcode], JSON.stringify(change))
    }
    const missing = await call('POST', '/register', { body: { username: 'bob', auth: dummy } })
    assert.deepEqual([missing.status, missing.body['errcode']], [400, 'M_MISSING_PARAM'])
    const guest = await call('POST', '/register?kind=guest', { body: {} })
    assert.deepEqual([guest.status, guest.body['errcode']], [403, 'M_FORBIDDEN'])
    const kind = await call('POST', '/register?kind=cat', { body: {} })
    assert.deepEqual([kind.status, kind.body['errcode']], [400, 'M_INVALID_PARAM'])
  })

  test('returns 403 with the ways to create an account when registration is closed', async (t) => {
    const { call } = accountServer(t, await open(t), { openRegistration: false })
    const closed = await call('POST', '/register', {
      body: { username: 'alice', password: 'x', auth: dummy },
    })
    assert.deepEqual([closed.status, closed.body['errcode']], [403, 'M_FORBIDDEN'])
    assert.match(text(closed.body['error']), /--open-registration.*belfry user add/)
    const available = await call('GET', '/register/available?username=alice')
    assert.equal(available.status, 403)
  })

  test('GET /register/available returns 200 for a free name and 400 for others', async (t) => {
    const { call } = accountServer(t, await open(t))
    const free = await call('GET', '/register/available?username=alice')
    assert.deepEqual(free, { status: 200, body: { available: true } })
    await call('POST', '/register', { body: { username: 'alice', password: 'x', auth: dummy } })
    for (const [query, errcode] of [
      ['?username=alice', 'M_USER_IN_USE'],
      ['?username=a%20b', 'M_INVALID_USERNAME'],
      ['', 'M_MISSING_PARAM'],
    ] as const) {
      const { status, body } = await call('GET', `/register/available${query}`)
      assert.deepEqual([status, body['errcode']], [400, errcode])
    }
  })
})
