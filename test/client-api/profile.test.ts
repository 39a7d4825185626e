import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/databases.ts'
import { accountServer, registered } from './account-server.ts'

const ALICE = encodeURIComponent('@alice:localhost')

onEachDatabase('profile', (open) => {
  test('a field that was set is readable without a token, and an unset field returns 404', async (t) => {
    const { call, profilesChanged } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    await registered(call, 'bob')
    assert.deepEqual(await call('GET', `/profile/${ALICE}`), { status: 200, body: {} })
    assert.equal((await call('GET', `/profile/${ALICE}/displayname`)).status, 404)
    const body = { displayname: 'Alice 🔔', avatar_url: 'mxc://localhost/a' }
    for (const field of ['displayname', 'avatar_url'] as const) {
      const put = await call('PUT', `/profile/${ALICE}/${field}`, { token, body: { [field]: body[field] } })
      assert.deepEqual(put, { status: 200, body: {} })
      assert.deepEqual((await call('GET', `/profile/${ALICE}/${field}`)).body, { [field]: body[field] })
    }
    assert.deepEqual(await call('GET', '/_matrix/client/r0/profile/@alice:localhost'), { status: 200, body })
    assert.deepEqual(await call('GET', '/profile/@bob:localhost'), { status: 200, body: {} })
    assert.deepEqual(profilesChanged, ['@alice:localhost', '@alice:localhost'])
  })

  test('is served at the path of MSC4133, for clients that do not ask for version 1.16', async (t) => {
    const { call } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    const path = `/_matrix/client/unstable/uk.tcpip.msc4133/profile/${ALICE}`
    const body = { 'org.example.pronouns': 'they' }
    assert.equal((await call('PUT', `${path}/org.example.pronouns`, { token, body })).status, 200)
    assert.deepEqual((await call('GET', `${path}/org.example.pronouns`)).body, body)
    assert.deepEqual((await call('GET', path)).body, body)
    assert.equal((await call('DELETE', `${path}/org.example.pronouns`, { token })).status, 200)
    assert.deepEqual((await call('GET', `/profile/${ALICE}`)).body, {})
  })

  test('member events are updated when the profile changes, and not when it is set to the same value', async (t) => {
    const { call, profilesChanged } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    const put = (displayname: string | null) =>
      call('PUT', `/profile/${ALICE}/displayname`, { token, body: { displayname } })
    for (const name of ['A', 'A', '', null]) assert.equal((await put(name)).status, 200)
    assert.equal(profilesChanged.length, 2, 'the change to A, and the change to none')
    assert.equal((await call('GET', `/profile/${ALICE}/displayname`)).status, 404)
    await put('B')
    assert.deepEqual(await call('DELETE', `/profile/${ALICE}/displayname`, { token }), {
      status: 200,
      body: {},
    })
    assert.equal(profilesChanged.length, 4)
    assert.deepEqual((await call('GET', `/profile/${ALICE}`)).body, {})
  })

  test('a PUT is refused for another user, invalid names of fields and malformed values, and a GET of an unknown user returns 404', async (t) => {
    const { call, profilesChanged } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    await registered(call, 'bob')
    for (const [path, body, status, errcode] of [
      ['/profile/@bob:localhost/displayname', { displayname: 'x' }, 403, 'M_FORBIDDEN'],
      ['/profile/@alice:localhost/m.tz', { 'm.tz': 1 }, 400, 'M_BAD_JSON'],
      ['/profile/@alice:localhost/m.tz', { 'm.tz': 'Mars/Base' }, 400, 'M_INVALID_PARAM'],
      ['/profile/@alice:localhost/m.tz', { 'm.tz': '+02:00' }, 400, 'M_INVALID_PARAM'],
      ['/profile/@alice:localhost/org.example.x', {}, 400, 'M_MISSING_PARAM'],
      ['/profile/@alice:localhost/nickname', { nickname: 'x' }, 400, 'M_INVALID_PARAM'],
      ['/profile/@alice:localhost/Org.Example', { 'Org.Example': 'x' }, 400, 'M_INVALID_PARAM'],
      [
        `/profile/@alice:localhost/a.${'x'.repeat(254)}`,
        { [`a.${'x'.repeat(254)}`]: 1 },
        400,
        'M_KEY_TOO_LARGE',
      ],
      ['/profile/@alice:localhost/displayname', {}, 400, 'M_MISSING_PARAM'],
      ['/profile/@alice:localhost/displayname', { displayname: 7 }, 400, 'M_BAD_JSON'],
      ['/profile/@alice:localhost/displayname', [], 400, 'M_BAD_JSON'],
      ['/profile/@alice:localhost/displayname', { displayname: 'x'.repeat(256) }, 400, 'M_INVALID_PARAM'],
      ['/profile/@alice:localhost/avatar_url', { avatar_url: 'x'.repeat(1001) }, 400, 'M_INVALID_PARAM'],
      ['/profile/alice/displayname', { displayname: 'x' }, 400, 'M_INVALID_PARAM'],
    ] as const) {
      const response = await call('PUT', path, { token, body: body as never })
      assert.deepEqual([response.status, response.body['errcode']], [status, errcode], path)
    }
    assert.equal((await call('PUT', `/profile/${ALICE}/displayname`, { body: {} })).status, 401)
    for (const path of [
      '/profile/@nobody:localhost',
      '/profile/@a:elsewhere',
      '/profile/@alice:localhost/m.tz',
    ])
      assert.equal((await call('GET', path)).status, 404, path)
    assert.deepEqual(profilesChanged, [])
  })

  test('a field with any name and JSON value can be set, read and removed, and changes no member event', async (t) => {
    const { call, profilesChanged } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    const fields = {
      'm.tz': 'Europe/Berlin',
      'org.example.list': [1, { a: null }],
      'org.example.none': null,
      'io.fsky.nyx.pro-nouns': [],
    }
    for (const [name, value] of Object.entries(fields)) {
      const put = await call('PUT', `/profile/${ALICE}/${name}`, { token, body: { [name]: value } })
      assert.deepEqual(put, { status: 200, body: {} })
      assert.deepEqual(await call('GET', `/profile/${ALICE}/${name}`), {
        status: 200,
        body: { [name]: value },
      })
    }
    await call('PUT', `/profile/${ALICE}/m.tz`, { token, body: { 'm.tz': 'Asia/Tokyo' } })
    assert.deepEqual((await call('GET', `/profile/${ALICE}`)).body, { ...fields, 'm.tz': 'Asia/Tokyo' })
    for (const name of [...Object.keys(fields), 'org.example.never'])
      assert.equal((await call('DELETE', `/profile/${ALICE}/${name}`, { token })).status, 200)
    assert.deepEqual((await call('GET', `/profile/${ALICE}`)).body, {})
    const other = await registered(call, 'bob')
    const refused = await call('DELETE', `/profile/${ALICE}/m.tz`, { token: other })
    assert.deepEqual([refused.status, refused.body['errcode']], [403, 'M_FORBIDDEN'])
    const invalid = await call('DELETE', `/profile/${ALICE}/nickname`, { token })
    assert.deepEqual([invalid.status, invalid.body['errcode']], [400, 'M_INVALID_PARAM'])
    assert.deepEqual(profilesChanged, [])
  })

  test('a profile of 64 KiB or more is refused, and a field of a large profile can be made smaller', async (t) => {
    const { call } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    const put = async (name: string, length: number) => {
      const body = { [name]: 'x'.repeat(length) }
      const response = await call('PUT', `/profile/${ALICE}/${name}`, { token, body })
      return [response.status, response.body['errcode']]
    }
    const accepted = [200, undefined]
    const refused = [400, 'M_PROFILE_TOO_LARGE']
    assert.deepEqual(await put('org.a', 40_000), accepted)
    // The JSON of both fields has 23 characters without their values: 65,535 bytes in total.
    assert.deepEqual(await put('org.b', 25_513), refused)
    assert.deepEqual(await put('org.b', 25_512), accepted)
    assert.deepEqual(await put('displayname', 1), refused)
    assert.deepEqual(await put('org.a', 39_000), accepted)
    assert.deepEqual(await put('displayname', 1), accepted)
  })

  test('all fields are removed with the account when it is erased', async (t) => {
    const { call } = accountServer(t, await open(t))
    const token = await registered(call, 'alice')
    await call('PUT', `/profile/${ALICE}/m.tz`, { token, body: { 'm.tz': 'Europe/Berlin' } })
    const auth = { type: 'm.login.password', user: 'alice', password: 'secret' }
    assert.equal(
      (await call('POST', '/account/deactivate', { token, body: { auth, erase: true } })).status,
      200,
    )
    assert.deepEqual(await call('GET', `/profile/${ALICE}`), { status: 200, body: {} })
  })
})
