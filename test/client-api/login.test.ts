import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attempts } from '../accounts/fixture.ts'
import { onEachDatabase } from '../support/databases.ts'
import { accountServer, registered, text } from './account-server.ts'

const byName = (user: string, password = 'secret') => ({
  type: 'm.login.password',
  identifier: { type: 'm.id.user', user },
  password,
})

onEachDatabase('login', (open) => {
  test('GET /login lists m.login.password', async (t) => {
    const { call } = accountServer(t, await open(t))
    assert.deepEqual(await call('GET', '/login'), {
      status: 200,
      body: { flows: [{ type: 'm.login.password' }] },
    })
  })

  test('POST /login accepts an identifier, a full user id in any case, and the user key of old clients', async (t) => {
    const { call } = accountServer(t, await open(t), { publicUrl: 'https://matrix.example.org' })
    await registered(call, 'alice')
    for (const body of [
      byName('alice'),
      byName('@alice:localhost'),
      byName('ALICE'),
      byName('@ALICE:localhost'),
      { type: 'm.login.password', user: '@Alice:localhost', password: 'secret' },
      { type: 'm.login.password', user: 'alice', password: 'secret' },
      { ...byName('alice'), refresh_token: true, device_id: 'WEB', initial_device_display_name: 'web' },
    ]) {
      const response = await call('POST', '/_matrix/client/r0/login', { body })
      assert.equal(response.status, 200)
      const { access_token, device_id, ...others } = response.body
      assert.deepEqual(others, {
        user_id: '@alice:localhost',
        home_server: 'localhost',
        well_known: { 'm.homeserver': { base_url: 'https://matrix.example.org' } },
      })
      const whoami = await call('GET', '/account/whoami', { token: text(access_token) })
      assert.equal(whoami.body['device_id'], device_id)
    }
  })

  test('POST /login refuses wrong passwords, unknown users, third-party ids, other types and malformed bodies', async (t) => {
    const { call } = accountServer(t, await open(t))
    await registered(call, 'alice')
    for (const [body, status, errcode] of [
      [byName('alice', 'wrong'), 403, 'M_FORBIDDEN'],
      [byName('nobody'), 403, 'M_FORBIDDEN'],
      [byName('@alice:elsewhere'), 403, 'M_FORBIDDEN'],
      [byName('\u0001'), 403, 'M_FORBIDDEN'],
      [{ ...byName('alice'), identifier: { type: 'm.id.thirdparty' } }, 403, 'M_FORBIDDEN'],
      [{ type: 'm.login.password', medium: 'email', address: 'a@b', password: 'x' }, 403, 'M_FORBIDDEN'],
      [{ ...byName('alice'), identifier: { type: 'm.id.cat', user: 'x' } }, 400, 'M_UNKNOWN'],
      [{ type: 'm.login.token', token: 'x' }, 400, 'M_UNKNOWN'],
      [{}, 400, 'M_MISSING_PARAM'],
      [{ type: 'm.login.password' }, 400, 'M_MISSING_PARAM'],
      [{ type: 'm.login.password', user: 'alice' }, 400, 'M_MISSING_PARAM'],
      [{ ...byName('alice'), password: 7 }, 400, 'M_BAD_JSON'],
      [{ ...byName('alice'), device_id: '' }, 400, 'M_INVALID_PARAM'],
    ] as const) {
      const response = await call('POST', '/login', { body })
      assert.deepEqual([response.status, response.body['errcode']], [status, errcode], JSON.stringify(body))
    }
  })

  test('too many wrong passwords return 429 for that account only', async (t) => {
    const { call } = accountServer(t, await open(t), { loginAttempts: attempts(1) })
    await registered(call, 'alice')
    await registered(call, 'bob')
    assert.equal((await call('POST', '/login', { body: byName('alice', 'wrong') })).status, 403)
    const refused = await call('POST', '/login', { body: byName('alice') })
    assert.deepEqual([refused.status, refused.body['errcode']], [429, 'M_LIMIT_EXCEEDED'])
    assert.equal((await call('POST', '/login', { body: byName('bob') })).status, 200)
  })

  test('the token is unknown after a logout, and all tokens of the user after /logout/all', async (t) => {
    const { call } = accountServer(t, await open(t))
    const phone = await registered(call, 'alice')
    const web = text((await call('POST', '/login', { body: byName('alice') })).body['access_token'])
    const bob = await registered(call, 'bob')
    const whoami = async (token: string) => {
      const { status, body } = await call('GET', '/account/whoami', { token })
      return [status, body['errcode']]
    }
    assert.deepEqual(await call('POST', '/logout', { token: phone }), { status: 200, body: {} })
    assert.deepEqual(await whoami(phone), [401, 'M_UNKNOWN_TOKEN'])
    assert.deepEqual(await whoami(web), [200, undefined])
    assert.deepEqual(await call('POST', '/logout/all', { token: web }), { status: 200, body: {} })
    assert.deepEqual(await whoami(web), [401, 'M_UNKNOWN_TOKEN'])
    assert.deepEqual(await whoami(bob), [200, undefined])
  })
})
