import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { call, foundingPusher, loginUser, PASSWORD, registerUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { fetchMedia, upload } from '../support/media.ts'
import { onEachServerDatabase } from '../support/server-databases.ts'
import { startTestServer } from '../support/server.ts'

const ADMIN = '/_synapse/admin'

/** A server with the administrator root, and Alice and Bob in a room. */
async function fixture(t: TestContext, flags: string[] = [], env: Record<string, string> = {}) {
  const server = await startTestServer(t, { flags, env })
  await server.accounts.add({ name: 'root', password: PASSWORD, admin: true })
  const root = await loginUser(server.url, 'root')
  const alice = await registerUser(server.url, 'alice')
  const bob = await registerUser(server.url, 'bob')
  const roomId = await alice.createRoom({ preset: 'public_chat', name: 'A room', topic: 'Of Alice' })
  await bob.post(`/join/${encodeURIComponent(roomId)}`)
  const ask = (method: string, path: string, body?: unknown, token = root.token) =>
    call(server.url + path, { method, token, body })
  const must = async (method: string, path: string, body?: unknown) => {
    const response = await ask(method, path, body)
    assert.ok(response.status < 300, `${method} ${path}: ${response.status} ${JSON.stringify(response.body)}`)
    return response.body
  }
  return { server, root, alice, bob, roomId, ask, must }
}

const id = encodeURIComponent

onEachServerDatabase('the admin API', (newFlags) => {
  test('an administrator locks and suspends accounts with the endpoints of the specification', async (t) => {
    const { server, root, alice, bob, ask, must } = await fixture(t, await newFlags(t))
    for (const [name, key] of [
      ['lock', 'locked'],
      ['suspend', 'suspended'],
    ] as const) {
      const path = (userId: string) => `/_matrix/client/v1/admin/${name}/${id(userId)}`
      assert.deepEqual(await must('GET', path(alice.userId)), { [key]: false })
      assert.deepEqual(await must('PUT', path(alice.userId), { [key]: true }), { [key]: true })
      assert.deepEqual(await must('GET', path(alice.userId)), { [key]: true })
      const status = name === 'lock' ? 401 : 403
      assert.equal((await alice.try('POST', '/createRoom', {})).status, status)
      await must('PUT', path(alice.userId), { [key]: false })
      assert.equal((await alice.try('POST', '/createRoom', {})).status, 200)

      await server.accounts.changeRole('bob', true)
      const refused: readonly [string, number, string][] = [
        [root.userId, 403, 'M_FORBIDDEN'],
        [bob.userId, 403, 'M_FORBIDDEN'],
        ['@nobody:localhost', 404, 'M_NOT_FOUND'],
        ['@alice:example.org', 400, 'M_INVALID_PARAM'],
        ['alice', 400, 'M_INVALID_PARAM'],
      ]
      for (const [userId, expected, errcode] of refused) {
        const response = await ask('PUT', path(userId), { [key]: true })
        assert.deepEqual([response.status, response.body['errcode']], [expected, errcode], userId)
      }
      await server.accounts.changeRole('bob', false)
      for (const userId of [alice.userId, '@nobody:localhost']) {
        const response = await ask('GET', path(userId), undefined, bob.token)
        assert.deepEqual([response.status, response.body['errcode']], [403, 'M_FORBIDDEN'], userId)
      }
    }
    const capabilities = async (user: typeof alice) =>
      ((await user.get('/capabilities')) as Capabilities).capabilities['m.account_moderation']
    assert.deepEqual(await capabilities(root), { lock: true, suspend: true })
    assert.equal(await capabilities(alice), undefined)
    const { devices } = (await root.get(`/admin/whois/${id(alice.userId)}`)) as unknown as Whois
    assert.equal(devices[alice.deviceId]?.sessions[0]?.connections[0]?.ip, '127.0.0.1')
    assert.equal((await alice.try('GET', `/admin/whois/${id(alice.userId)}`)).status, 200)
    assert.equal((await alice.try('GET', `/admin/whois/${id(bob.userId)}`)).status, 403)
  })

  test('accounts and their devices are listed, created, changed and closed', async (t) => {
    const { server, root, alice, bob, ask, must } = await fixture(t, await newFlags(t))
    await alice.post('/pushers/set', foundingPusher('http://127.0.0.1:1/_matrix/push/v1/notify'))
    const { users, total } = await must('GET', `${ADMIN}/v2/users?from=0&limit=10&guests=false`)
    assert.deepEqual(names(users), [alice.userId, bob.userId, root.userId])
    assert.equal(total, 3)
    const page = await must('GET', `${ADMIN}/v3/users?limit=2&dir=b&order_by=name`)
    assert.deepEqual([names(page['users']), page['next_token']], [[root.userId, bob.userId], '2'])
    assert.deepEqual(names((await must('GET', `${ADMIN}/v2/users?from=2&limit=2`))['users']), [root.userId])
    assert.deepEqual(names((await must('GET', `${ADMIN}/v2/users?name=LIC`))['users']), [alice.userId])
    assert.deepEqual(names((await must('GET', `${ADMIN}/v2/users?name=%25`))['users']), [])
    assert.deepEqual(names((await must('GET', `${ADMIN}/v2/users?admins=true`))['users']), [root.userId])
    for (const order of ['displayname', 'creation_ts', 'last_seen_ts', 'admin', 'is_guest'])
      assert.equal((await ask('GET', `${ADMIN}/v2/users?order_by=${order}&dir=b`)).status, 200)

    const path = `${ADMIN}/v2/users/${id('@carol:localhost')}`
    const created = await ask('PUT', path, { password: PASSWORD, displayname: 'Carol', admin: true })
    assert.deepEqual(
      [created.status, created.body['displayname'], created.body['admin']],
      [201, 'Carol', true],
    )
    const changed = await ask('PUT', path, { displayname: '', admin: false, locked: true })
    assert.deepEqual(
      [changed.status, changed.body['displayname'], changed.body['admin'], changed.body['locked']],
      [200, null, false, true],
    )
    const login = await ask('POST', `${ADMIN}/v1/users/${id('@carol:localhost')}/login`, {})
    assert.deepEqual([login.status, login.body['errcode']], [403, 'M_FORBIDDEN'], 'the account is locked')
    assert.deepEqual(names((await must('GET', `${ADMIN}/v2/users?name=carol`))['users']), [])
    assert.equal(names((await must('GET', `${ADMIN}/v2/users?name=carol&locked=true`))['users']).length, 1)
    await must('PUT', path, { locked: false })
    assert.equal((await ask('PUT', `${ADMIN}/v2/users/${id('@dora:localhost')}`, {})).status, 400)
    assert.equal((await ask('PUT', `${ADMIN}/v2/users/${id('@x:example.org')}`, {})).status, 400)
    assert.equal((await ask('PUT', `${ADMIN}/v2/users/${id(root.userId)}`, { admin: false })).status, 403)
    assert.equal((await ask('GET', `${ADMIN}/v2/users/${id('@nobody:localhost')}`)).status, 404)

    const of = (version: string, user: { userId: string }, more: string) =>
      `${ADMIN}/${version}/users/${id(user.userId)}/${more}`
    const { pushers } = await must('GET', of('v1', alice, 'pushers'))
    assert.equal(JSON.stringify(pushers).includes('the-routing-address'), false)
    assert.equal((await must('GET', of('v1', alice, 'joined_rooms')))['total'], 1)
    assert.deepEqual(await must('GET', of('v1', alice, 'admin')), { admin: false })
    const session = await must('POST', of('v1', alice, 'login'), { device_id: 'HELPER' })
    const token = String(session['access_token'])
    assert.equal((await call(`${server.url}/_matrix/client/v3/account/whoami`, { token })).status, 200)
    const devices = await must('GET', of('v2', alice, 'devices'))
    assert.equal(devices['total'], 2)
    await must('PUT', of('v2', alice, 'devices/HELPER'), { display_name: 'Helper' })
    assert.equal((await must('GET', of('v2', alice, 'devices/HELPER')))['display_name'], 'Helper')
    await must('DELETE', of('v2', alice, 'devices/HELPER'))
    assert.equal((await call(`${server.url}/_matrix/client/v3/account/whoami`, { token })).status, 401)

    await must('POST', `${ADMIN}/v1/reset_password/${id(bob.userId)}`, { new_password: 'another one' })
    assert.equal((await bob.try('GET', '/sync')).status, 401)
    await must('POST', `${ADMIN}/v1/deactivate/${id(bob.userId)}`, { erase: false })
    assert.deepEqual(names((await must('GET', `${ADMIN}/v2/users?name=bob`))['users']), [])
    assert.equal(names((await must('GET', `${ADMIN}/v3/users?name=bob&deactivated=true`))['users']).length, 1)
    assert.equal((await must('GET', `${ADMIN}/v2/users/${id(bob.userId)}`))['deactivated'], true)
    const available = `${ADMIN}/v1/username_available?username=`
    assert.deepEqual(await must('GET', `${available}dora`), { available: true })
    assert.equal((await ask('GET', `${available}alice`)).body['errcode'], 'M_USER_IN_USE')
  })

  test('rooms are listed and deleted, and tokens and reports managed', async (t) => {
    const { alice, bob, roomId, ask, must } = await fixture(t, await newFlags(t))
    const other = await bob.createRoom({ preset: 'private_chat', name: 'Quiet' })
    const list = await must('GET', `${ADMIN}/v1/rooms?order_by=joined_members`)
    assert.deepEqual([roomIds(list['rooms']), list['total_rooms']], [[roomId, other], 2])
    const next = await must('GET', `${ADMIN}/v1/rooms?limit=1&order_by=name&dir=b`)
    assert.deepEqual([roomIds(next['rooms']), next['next_batch']], [[other], 1])
    assert.deepEqual(roomIds((await must('GET', `${ADMIN}/v1/rooms?search_term=quiet`))['rooms']), [other])
    assert.deepEqual(roomIds((await must('GET', `${ADMIN}/v1/rooms?empty_rooms=true`))['rooms']), [])
    const room = await must('GET', `${ADMIN}/v1/rooms/${id(roomId)}`)
    assert.deepEqual(
      [room['name'], room['topic'], room['joined_members'], room['creator'], room['encryption']],
      ['A room', 'Of Alice', 2, alice.userId, null],
    )
    assert.deepEqual((await must('GET', `${ADMIN}/v1/rooms/${id(roomId)}/members`))['members'], [
      alice.userId,
      bob.userId,
    ])
    const { state } = await must('GET', `${ADMIN}/v1/rooms/${id(roomId)}/state?type=m.room.topic`)
    assert.equal((state as { content: { topic: string } }[])[0]?.content.topic, 'Of Alice')

    const eventId = await bob.say(roomId, 'rude')
    await alice.post(`/rooms/${id(roomId)}/report/${id(eventId)}`, { reason: 'rude words' })
    const { event_reports: reports } = await must('GET', `${ADMIN}/v1/event_reports`)
    const [report] = reports as unknown as { id: number; event_id: string; sender: string }[]
    assert.deepEqual([report?.event_id, report?.sender], [eventId, bob.userId])
    const { event_json: event } = await must('GET', `${ADMIN}/v1/event_reports/${report?.id}`)
    assert.equal((event as { content: { body: string } }).content.body, 'rude')
    await must('DELETE', `${ADMIN}/v1/event_reports/${report?.id}`)
    assert.equal((await ask('GET', `${ADMIN}/v1/event_reports/${report?.id}`)).status, 404)

    const tokens = `${ADMIN}/v1/registration_tokens`
    const made = await must('POST', `${tokens}/new`, { uses_allowed: 1, length: 10 })
    assert.equal(String(made['token']).length, 10)
    await must('PUT', `${tokens}/${String(made['token'])}`, { uses_allowed: 0 })
    assert.deepEqual((await must('GET', `${tokens}?valid=true`))['registration_tokens'], [])
    assert.equal((await must('GET', `${tokens}/${String(made['token'])}`))['uses_allowed'], 0)
    await must('DELETE', `${tokens}/${String(made['token'])}`)
    assert.equal((await ask('GET', `${tokens}/${String(made['token'])}`)).status, 404)

    const { delete_id: deletion } = await must('DELETE', `${ADMIN}/v2/rooms/${id(roomId)}`, { purge: true })
    assert.equal((await alice.try('POST', `/join/${id(roomId)}`, {})).status >= 403, true)
    const status = () => must('GET', `${ADMIN}/v2/rooms/delete_status/${String(deletion)}`)
    await eventually(async () => (await status())['status'] === 'complete')
    assert.equal((await ask('GET', `${ADMIN}/v1/rooms/${id(roomId)}`)).status, 404)
    assert.equal((await ask('GET', `${ADMIN}/v2/rooms/${id(other)}/delete_status`)).status, 404)
    assert.deepEqual(await must('GET', `${ADMIN}/v1/rooms/${id(other)}/block`), { block: false })
    const { results } = await must('GET', `${ADMIN}/v2/rooms/${id(roomId)}/delete_status`)
    assert.equal((results as unknown[]).length, 1)
  })

  test('an administrator lists the files of a user in pages and any order, and removes them', async (t) => {
    const { server, alice, bob, ask, must } = await fixture(t, await newFlags(t))
    const add = async (body: string, filename: string) =>
      (await upload(server.url, alice, { body, type: 'text/plain', filename })).replace('localhost/', '')
    const [large, small, middle] = [await add('12345', 'b'), await add('1', 'c'), await add('123', 'a')]
    const foreign = await upload(server.url, bob, { body: 'of Bob' })
    const path = `${ADMIN}/v1/users/${id(alice.userId)}/media`
    const list = async (query = '') => {
      const { media, ...rest } = await must('GET', path + query)
      return { ids: (media as { media_id: string }[]).map(({ media_id: mediaId }) => mediaId), ...rest }
    }
    const { media } = await must('GET', `${path}?order_by=media_id&limit=1`)
    assert.deepEqual(
      { ...(media as object[])[0], media_id: '', media_length: 0, upload_name: '', created_ts: 0 },
      {
        media_id: '',
        media_type: 'text/plain',
        media_length: 0,
        upload_name: '',
        created_ts: 0,
        last_access_ts: null,
        quarantined_by: null,
        safe_from_quarantine: false,
      },
    )
    assert.deepEqual((await list('?order_by=media_length')).ids, [small, middle, large])
    assert.deepEqual((await list('?order_by=media_length&dir=b')).ids, [large, middle, small])
    assert.deepEqual(await list('?order_by=upload_name&limit=2'), {
      ids: [middle, large],
      total: 3,
      next_token: 2,
    })
    assert.deepEqual(await list('?order_by=upload_name&limit=2&from=2'), { ids: [small], total: 3 })
    assert.equal((await ask('GET', `${path}?order_by=color`)).status, 400)
    await server.media.block(`mxc://localhost/${small}`, { isRemoved: false })
    const [blocked] = (await must('GET', `${path}?order_by=quarantined_by&dir=b`))['media'] as Note[]
    assert.deepEqual([blocked?.['media_id'], blocked?.['quarantined_by']], [small, 'belfry media block'])
    await server.media.unblock(`mxc://localhost/${small}`)

    const removed = await must('DELETE', `${path}?order_by=media_length&dir=b&limit=1`)
    assert.deepEqual(removed, { deleted_media: [large], total: 1 })
    const one = `${ADMIN}/v1/media/localhost/${middle}`
    assert.deepEqual(await must('DELETE', one), { deleted_media: [middle], total: 1 })
    assert.equal((await ask('DELETE', one)).status, 404)
    assert.equal((await ask('DELETE', `${ADMIN}/v1/media/example.org/${small}`)).status, 400)
    assert.deepEqual(await list(), { ids: [small], total: 1 })
    const statusOf = async (file: string) => (await fetchMedia(server.url, alice, `download/${file}`)).status
    assert.deepEqual(
      await Promise.all([large, middle].map((file) => statusOf(`localhost/${file}`))),
      [404, 404],
    )
    assert.deepEqual(await Promise.all([`localhost/${small}`, foreign].map(statusOf)), [200, 200])
  })
})

test('every endpoint for administrators refuses other users with 403, and clients without a token with 401', async (t) => {
  const { server, alice, roomId, ask } = await fixture(t)
  const document = (await call(`${server.url}/_belfry/v1/openapi.json`)).body as { paths: Paths }
  const open = new Set([`${ADMIN}/v1/server_version`, `${ADMIN}/v1/register`, `${ADMIN}/v1/whois/{userId}`])
  let count = 0
  for (const [path, methods] of Object.entries(document.paths)) {
    if (!/^\/(_synapse|_matrix\/client\/v1)\/admin/.test(path) || open.has(path)) continue
    const url = path
      .replace('{userId}', id(alice.userId))
      .replace('{roomId}', id(roomId))
      .replaceAll(/\{\w+\}/g, '1')
    for (const method of Object.keys(methods)) {
      count++
      const body = method === 'get' || method === 'delete' ? undefined : {}
      const refused = await ask(method.toUpperCase(), url, body, alice.token)
      assert.deepEqual([refused.status, refused.body['errcode']], [403, 'M_FORBIDDEN'], `${method} ${path}`)
      const nobody = await call(server.url + url, { method: method.toUpperCase(), body })
      assert.equal(nobody.status, 401, `${method} ${path}`)
    }
  }
  assert.ok(count > 35, String(count))
})

test('a script registers accounts with the shared secret, once for each nonce', async (t) => {
  const secret = 'a secret of the operator'
  const { server } = await fixture(t, [], { BELFRY_REGISTRATION_SHARED_SECRET: secret })
  const url = `${server.url}${ADMIN}/v1/register`
  const register = async (user: string, more: Record<string, unknown> = {}, nonce?: string) => {
    const used = nonce ?? String((await call(url)).body['nonce'])
    const admin = more['admin'] === true ? 'admin' : 'notadmin'
    const mac = createHmac('sha1', secret).update([used, user, PASSWORD, admin].join('\0')).digest('hex')
    return call(url, { body: { nonce: used, username: user, password: PASSWORD, mac, ...more } })
  }
  const made = await register('script', { admin: true, displayname: 'Script' })
  assert.deepEqual([made.status, made.body['user_id']], [200, '@script:localhost'])
  const token = String(made.body['access_token'])
  const users = await call(`${server.url}${ADMIN}/v2/users`, { token })
  assert.equal(users.status, 200)
  const nonce = String((await call(url)).body['nonce'])
  assert.equal((await register('one', {}, nonce)).status, 200)
  assert.equal((await register('two', {}, nonce)).status, 400)
  assert.equal((await register('three', { mac: '00' })).status, 403)
  assert.equal((await register('script')).body['errcode'], 'M_USER_IN_USE')
  const off = await fixture(t)
  assert.equal((await call(`${off.server.url}${ADMIN}/v1/register`)).status, 400)
})

const names = (users: unknown) => (users as { name: string }[]).map(({ name }) => name)
const roomIds = (rooms: unknown) => (rooms as { room_id: string }[]).map((room) => room.room_id)
type Capabilities = { capabilities: Record<string, unknown> }
type Whois = { devices: Record<string, { sessions: { connections: { ip: string }[] }[] }> }
type Note = Record<string, unknown>
type Paths = Record<string, Record<string, unknown>>
