import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestSqlite } from '../support/databases.ts'
import { accountServer, registered } from './account-server.ts'

test('GET /capabilities lists the room versions and requires a token', async (t) => {
  const { call } = accountServer(t, await openTestSqlite(t))
  assert.equal((await call('GET', '/capabilities')).status, 401)
  const { body } = await call('GET', '/capabilities', { token: await registered(call, 'alice') })
  const capabilities = body['capabilities'] as Record<string, unknown>
  assert.deepEqual(capabilities['m.room_versions'], {
    default: '12',
    available: { 10: 'stable', 11: 'stable', 12: 'stable' },
  })
  for (const name of ['m.change_password', 'm.profile_fields'])
    assert.deepEqual(capabilities[name], { enabled: true })
})

test('GET /.well-known/matrix/client returns 404 without a public URL, and the base URL with one', async (t) => {
  const path = '/.well-known/matrix/client'
  const unset = await accountServer(t, await openTestSqlite(t)).call('GET', path)
  assert.deepEqual([unset.status, unset.body['errcode']], [404, 'M_NOT_FOUND'])
  const publicUrl = 'https://matrix.example.org'
  const set = await accountServer(t, await openTestSqlite(t), { publicUrl }).call('GET', path)
  assert.deepEqual(set, { status: 200, body: { 'm.homeserver': { base_url: publicUrl } } })
})

test('requests for features that the server does not have return 200 or 404 with an errcode', async (t) => {
  const { call } = accountServer(t, await openTestSqlite(t))
  const token = await registered(call, 'alice')
  for (const [path, status] of [
    ['/voip/turnServer', 200],
    ['/_matrix/client/r0/thirdparty/protocols', 200],
    ['/_matrix/client/unstable/org.matrix.msc2697.v2/dehydrated_device', 404],
    ['/_matrix/client/unstable/org.matrix.msc4143/rtc/transports', 404],
  ] as const) {
    const response = await call('GET', path, { token })
    assert.equal(response.status, status, path)
    assert.equal('errcode' in response.body, status === 404, path)
  }
})
