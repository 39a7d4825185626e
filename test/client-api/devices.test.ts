import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/databases.ts'
import { accountServer, registered } from './account-server.ts'

const password = { type: 'm.login.password', password: 'secret' }

onEachDatabase('devices', (open) => {
  test('a user can list, read and rename their own devices only', async (t) => {
    const { call, clock } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    await registered(call, 'bob', 'TV')
    const phone = {
      device_id: 'PHONE',
      display_name: null,
      last_seen_ip: '127.0.0.1',
      last_seen_ts: clock.now(),
    }
    assert.deepEqual(await call('GET', '/devices', { token }), { status: 200, body: { devices: [phone] } })
    const rename = await call('PUT', '/devices/PHONE', { token, body: { display_name: 'mine' } })
    assert.deepEqual(rename, { status: 200, body: {} })
    assert.deepEqual(await call('PUT', '/devices/PHONE', { token, body: {} }), { status: 200, body: {} })
    const one = await call('GET', '/devices/PHONE', { token })
    assert.deepEqual(one, { status: 200, body: { ...phone, display_name: 'mine' } })
    for (const [method, body] of [
      ['GET', undefined],
      ['PUT', { display_name: 'not mine' }],
      ['PUT', {}],
    ] as const) {
      const response = await call(method, '/devices/TV', { token, ...(body ? { body } : {}) })
      assert.deepEqual([response.status, response.body['errcode']], [404, 'M_NOT_FOUND'])
    }
    const long = { display_name: 'x'.repeat(256) }
    assert.equal((await call('PUT', '/devices/PHONE', { token, body: long })).status, 400)
  })

  test('DELETE /devices/{deviceId} removes the device after the password, with a session of that device', async (t) => {
    const { call, removed } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    const bob = await registered(call, 'bob')
    const asked = await call('DELETE', '/devices/PHONE', { token })
    assert.equal(asked.status, 401)
    assert.deepEqual(asked.body['flows'], [{ stages: ['m.login.password'] }])
    const auth = { ...password, session: asked.body['session'] as string }
    const other = await call('DELETE', '/devices/TV', { token, body: { auth } })
    assert.equal(other.status, 401, 'the session is for the other device')
    const deleted = await call('DELETE', '/devices/PHONE', { token, body: { auth } })
    assert.deepEqual(deleted, { status: 200, body: {} })
    assert.deepEqual(removed, ['@alice:localhost PHONE'])
    assert.equal((await call('GET', '/devices', { token })).status, 401)
    assert.equal((await call('GET', '/devices', { token: bob })).status, 200)
  })

  test('POST /delete_devices removes several devices and ignores unknown ones', async (t) => {
    const { call } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    const user = { type: 'm.login.password', user: 'alice', password: 'secret' }
    for (const device_id of ['WEB', 'TV']) await call('POST', '/login', { body: { ...user, device_id } })
    const devices = ['WEB', 'TV', 'GONE', 'WEB']
    assert.equal((await call('POST', '/delete_devices', { token, body: { devices } })).status, 401)
    const done = await call('POST', '/delete_devices', { token, body: { devices, auth: password } })
    assert.deepEqual(done, { status: 200, body: {} })
    const { body } = await call('GET', '/devices', { token })
    assert.equal((body['devices'] as unknown[]).length, 1)
    const none = await call('POST', '/delete_devices', { token, body: { auth: password } })
    assert.deepEqual([none.status, none.body['errcode']], [400, 'M_MISSING_PARAM'])
  })

  test('the removal of a device removes its notification settings from the account data, and no others', async (t) => {
    const { call } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    const user = { type: 'm.login.password', user: 'alice', password: 'secret' }
    const login = async (device_id: string) =>
      (await call('POST', '/login', { body: { ...user, device_id } })).body['access_token'] as string
    const web = await login('WEB')
    await login('TV')
    const paths = ['m', 'org.matrix.msc3890'].flatMap((prefix) =>
      ['PHONE', 'WEB', 'TV'].map(
        (device) =>
          `/user/@alice:localhost/account_data/${prefix}.local_notification_settings.${device}` as const,
      ),
    )
    for (const path of paths) await call('PUT', path, { token, body: { is_silenced: true } })
    await call('POST', '/logout', { token: web })
    await call('POST', '/delete_devices', { token, body: { devices: ['TV'], auth: password } })
    const statuses = []
    for (const path of paths) statuses.push((await call('GET', path, { token })).status)
    assert.deepEqual(statuses, [200, 404, 404, 200, 404, 404])
  })
})
