import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attempts } from '../accounts/fixture.ts'
import { onEachDatabase } from '../support/databases.ts'
import { accountServer, registered } from './account-server.ts'

const password = (text: string, more = {}) => ({ type: 'm.login.password', password: text, ...more })
const asAlice = { identifier: { type: 'm.id.user', user: 'alice' } }
const login = (text: string) => ({ body: { ...password(text), user: 'alice' } })

onEachDatabase('account', (open) => {
  test('the password is changed in one request without a session, and other devices are removed', async (t) => {
    const { call, removed } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    await call('POST', '/login', { body: { ...password('secret', asAlice), device_id: 'WEB' } })
    const changed = await call('POST', '/account/password', {
      token,
      body: { new_password: 'better', auth: password('secret', asAlice) },
    })
    assert.deepEqual(changed, { status: 200, body: {} })
    assert.deepEqual(removed, ['@alice:localhost WEB'])
    assert.equal((await call('GET', '/account/whoami', { token })).status, 200)
    assert.equal((await call('POST', '/login', login('secret'))).status, 403)
    assert.equal((await call('POST', '/login', login('better'))).status, 200)
  })

  test('after the 401 the password is changed with its session, and logout_devices false keeps the other devices', async (t) => {
    const { call, removed } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    await call('POST', '/login', { body: { ...password('secret', asAlice), device_id: 'WEB' } })
    const body = { new_password: 'better', logout_devices: false }
    const asked = await call('POST', '/account/password', { token, body })
    assert.equal(asked.status, 401)
    const { session, ...others } = asked.body
    assert.deepEqual(others, { flows: [{ stages: ['m.login.password'] }], params: {}, completed: [] })
    const wrong = await call('POST', '/account/password', {
      token,
      body: { ...body, auth: password('wrong', { session }) },
    })
    assert.deepEqual(
      [wrong.status, wrong.body['errcode'], wrong.body['session']],
      [401, 'M_FORBIDDEN', session],
    )
    const right = { ...body, auth: password('secret', { session, user: '@alice:localhost' }) }
    assert.equal((await call('POST', '/account/password', { token, body: right })).status, 200)
    assert.deepEqual(removed, [])
  })

  test('the password of another user and a session of another operation or user are refused with 401', async (t) => {
    const { call } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    const bob = await registered(call, 'bob')
    const register = await call('POST', '/register', { body: {} })
    const ofBob = await call('POST', '/account/password', { token: bob, body: { new_password: 'x' } })
    for (const auth of [
      password('secret', { user: 'bob' }),
      password('secret', { session: register.body['session'] }),
      password('secret', { session: ofBob.body['session'] }),
      { type: 'm.login.dummy' },
      { ...password('secret'), password: 7 },
    ]) {
      const { status } = await call('POST', '/account/password', { token, body: { new_password: 'x', auth } })
      assert.equal(status, 401, JSON.stringify(auth))
    }
    assert.equal((await call('POST', '/login', login('secret'))).status, 200)
  })

  test('a change of the password after too many wrong passwords returns 429', async (t) => {
    const { call } = accountServer(t, await open(t), { loginAttempts: attempts(1) })
    const token = await registered(call, 'alice')
    const guess = (text: string) =>
      call('POST', '/account/password', { token, body: { new_password: 'x', auth: password(text) } })
    assert.equal((await guess('wrong')).status, 401)
    assert.equal((await guess('secret')).status, 429)
  })

  test('a weak password is refused, and a request without a token returns 401', async (t) => {
    const { call } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    const weak = { new_password: '', auth: password('secret') }
    const { body } = await call('POST', '/account/password', { token, body: weak })
    assert.equal(body['errcode'], 'M_WEAK_PASSWORD')
    const withoutToken = await call('POST', '/account/password', { body: weak })
    assert.deepEqual([withoutToken.status, withoutToken.body['errcode']], [401, 'M_MISSING_TOKEN'])
  })

  test('a deactivated account has no devices, and its token and password are refused', async (t) => {
    const { call, removed } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    assert.equal((await call('POST', '/account/deactivate', { token, body: {} })).status, 401)
    const done = await call('POST', '/account/deactivate', { token, body: { auth: password('secret') } })
    assert.deepEqual(done, { status: 200, body: { id_server_unbind_result: 'success' } })
    assert.deepEqual(removed, ['@alice:localhost PHONE'])
    assert.equal((await call('GET', '/account/whoami', { token })).status, 401)
    assert.equal((await call('POST', '/login', login('secret'))).status, 403)
  })
})
