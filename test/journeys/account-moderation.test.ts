import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { call, foundingPusher, loginUser, PASSWORD, registerUser } from '../support/client.ts'
import { clusterUrl, newPostgresUrl, temporaryFolder } from '../support/databases.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { runHere } from '../support/run-command.ts'
import { onEachServerDatabase } from '../support/server-databases.ts'
import { startTestServer } from '../support/server.ts'
import { untilSyncsWait } from '../support/waiting-syncs.ts'

const LOCKED = { errcode: 'M_USER_LOCKED', soft_logout: true }

/** Alice with a pusher, and Bob, who writes in a room with her. */
async function fixture(t: TestContext, flags: string[] = []) {
  const server = await startTestServer(t, { flags })
  const alice = await registerUser(server.url, 'alice')
  const bob = await registerUser(server.url, 'bob')
  const roomId = await bob.createRoom({ preset: 'public_chat', name: 'Room' })
  await alice.post(`/join/${encodeURIComponent(roomId)}`)
  const gateway = await startPokeReceiver(t)
  await alice.post('/pushers/set', foundingPusher(gateway.url))
  const run = (...args: string[]) => runHere([...args, '--data', server.data, ...flags])
  return { server, alice, bob, roomId, gateway, run }
}

const login = (url: string, user: string) =>
  call(`${url}/_matrix/client/v3/login`, {
    body: { type: 'm.login.password', identifier: { type: 'm.id.user', user }, password: PASSWORD },
  })

onEachServerDatabase('account moderation', (newFlags) => {
  test('a locked account gets 401 until it is unlocked, keeps its sessions, and nothing is pushed to it', async (t) => {
    const { server, alice, bob, roomId, gateway, run } = await fixture(t, await newFlags(t))
    const tablet = await loginUser(server.url, 'alice')
    const { next_batch: since } = await alice.get('/sync')
    const waiting = alice.try('GET', `/sync?since=${String(since)}&timeout=40000`)
    await untilSyncsWait(server.url, 1)
    assert.match((await run('user', 'lock', 'alice')).out, /^@alice:localhost is locked$/)
    const requests = [
      alice.try('GET', '/sync'),
      alice.try('GET', '/account/whoami'),
      alice.try('POST', '/createRoom', {}),
      login(server.url, 'alice'),
    ]
    for (const { status, body } of await Promise.all(requests)) {
      assert.equal(status, 401)
      assert.equal(body['errcode'], LOCKED.errcode)
    }
    assert.equal((await alice.try('GET', '/sync')).body['soft_logout'], true)
    assert.equal((await tablet.try('POST', '/logout', {})).status, 200)
    assert.match((await run('user', 'list')).out, /@alice:localhost +locked \d{4}/)
    const missed = await bob.say(roomId, 'while locked')
    // The event wakes the waiting request where the command could not.
    const { status, body } = await waiting
    assert.deepEqual([status, body['errcode'], body['soft_logout']], [401, LOCKED.errcode, true])

    assert.equal(JSON.parse((await run('user', 'unlock', 'alice', '--json')).out).locked, false)
    assert.equal((await alice.get('/account/whoami'))['user_id'], alice.userId)
    const { rooms } = (await alice.get('/sync')) as { rooms: { join: Record<string, Counted> } }
    assert.equal(rooms.join[roomId]?.unread_notifications.notification_count, 1)
    const seen = await bob.say(roomId, 'after it')
    const poke = await gateway.waitFor(({ event_id: id }) => id === seen)
    assert.equal(poke.counts?.unread, 1)
    assert.deepEqual(
      gateway.pokes.filter(({ event_id: id }) => id === missed),
      [],
    )
  })

  test('a suspended account reads, leaves and redacts its own events, and does nothing else', async (t) => {
    const { server, alice, bob, roomId } = await fixture(t, await newFlags(t))
    const other = await bob.createRoom()
    const room = `/rooms/${encodeURIComponent(roomId)}`
    const own = await alice.say(roomId, 'mine')
    const foreign = await bob.say(roomId, 'not hers')
    await bob.post(`/rooms/${encodeURIComponent(other)}/invite`, { user_id: alice.userId })
    await server.accounts.suspend('alice', true)
    const member = `${room}/state/m.room.member/${encodeURIComponent(alice.userId)}`
    const refused: readonly [string, string, object][] = [
      ['PUT', `${room}/send/m.room.message/1`, { msgtype: 'm.text', body: 'no' }],
      ['PUT', `${room}/send/m.room.redaction/2`, { redacts: foreign }],
      ['PUT', `${room}/redact/${encodeURIComponent(foreign)}/3`, {}],
      ['PUT', `${room}/state/m.room.topic/`, { topic: 'no' }],
      ['PUT', member, { membership: 'join', displayname: 'No' }],
      ['PUT', `${room}/typing/${encodeURIComponent(alice.userId)}`, { typing: true, timeout: 1000 }],
      ['POST', `${room}/invite`, { user_id: bob.userId }],
      ['POST', `${room}/kick`, { user_id: bob.userId }],
      ['POST', `/join/${encodeURIComponent(other)}`, {}],
      ['POST', `/knock/${encodeURIComponent(other)}`, {}],
      ['POST', '/createRoom', {}],
      ['PUT', `/profile/${encodeURIComponent(alice.userId)}/displayname`, { displayname: 'No' }],
      ['POST', '/account/3pid/delete', { medium: 'email', address: 'a@example.org' }],
    ]
    for (const [method, path, body] of refused) {
      const response = await alice.try(method, path, body)
      assert.deepEqual([response.status, response.body['errcode']], [403, 'M_USER_SUSPENDED'], path)
    }
    await alice.get('/sync')
    await alice.get(`${room}/messages?dir=b`)
    await alice.read(roomId, foreign)
    await alice.put(`${room}/redact/${encodeURIComponent(own)}/4`, {})
    await alice.post(`/rooms/${encodeURIComponent(other)}/leave`)
    await alice.put(member, { membership: 'leave' })
    const tablet = await loginUser(server.url, 'alice')
    assert.equal((await tablet.try('POST', '/createRoom', {})).body['errcode'], 'M_USER_SUSPENDED')
    await server.accounts.suspend('alice', false)
    await alice.createRoom()
  })

  test('user export writes the data of one person, without secrets, into a new private file', async (t) => {
    const { alice, bob, roomId, run } = await fixture(t, await newFlags(t))
    const said = await alice.say(roomId, 'a word of hers')
    const foreign = await bob.say(roomId, 'a word of his')
    await alice.put(`/user/${encodeURIComponent(alice.userId)}/account_data/org.example`, { a: 1 })
    await alice.put('/pushrules/global/content/word', { actions: ['notify'], pattern: 'word' })
    const file = join(temporaryFolder(t), 'alice.json')
    const { code, out } = await run('user', 'export', 'alice', file)
    assert.equal(code, 0)
    assert.match(out, /^exported @alice:localhost to .*alice\.json, \d/)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    const text = readFileSync(file, 'utf8')
    for (const secret of [alice.token, PASSWORD, 'the-routing-address', 'argon2'])
      assert.ok(!text.includes(secret), secret)
    const data = JSON.parse(text) as Exported
    assert.deepEqual(Object.keys(data), KEYS)
    assert.equal(data.user_id, alice.userId)
    assert.ok(
      data.events.some(({ event_id: id }) => id === said),
      'own events are in the file',
    )
    assert.ok(!text.includes('a word of his'), 'events of others are not')
    assert.deepEqual(
      data.notifications.map(({ event_id: id }) => id),
      [foreign],
    )
    assert.deepEqual(
      data.rooms.map(({ room_id: id, membership }) => [id, membership]),
      [[roomId, 'join']],
    )
    assert.ok(data.account_data.some(({ type }) => type === 'org.example'))
    assert.equal(data.push_rules.global.content[0]?.rule_id, 'word')
    assert.equal(data.pushers[0]?.app_id, 'org.example.app.ios')
    const again = await run('user', 'export', 'alice', file)
    assert.deepEqual([again.code, readFileSync(file, 'utf8')], [1, text])
    assert.match(again.err, /exist/)
    assert.equal((await run('user', 'export', 'nobody', `${file}.2`)).code, 1)
    assert.equal((await run('user', 'lock', 'nobody')).code, 1)
  })
})

type Counted = { unread_notifications: { notification_count: number } }
type Exported = {
  user_id: string
  events: { event_id: string }[]
  notifications: { event_id: string }[]
  rooms: { room_id: string; membership: string }[]
  account_data: { type: string }[]
  push_rules: { global: { content: { rule_id: string }[] } }
  pushers: { app_id: string }[]
}
const KEYS = [
  'user_id',
  'exported_at',
  'account',
  'profile',
  'email_addresses',
  'devices',
  'pushers',
  'push_rules',
  'account_data',
  'rooms',
  'media',
  'notifications',
  'events',
]

test('a lock in one process ends long polls in another process at once', async (t) => {
  const cluster = clusterUrl()
  if (typeof cluster !== 'string') return t.skip(cluster.missing)
  const flags = ['--database', await newPostgresUrl(cluster)]
  const one = await startTestServer(t, { flags })
  const two = await startTestServer(t, { flags, data: temporaryFolder(t) })
  const alice = await registerUser(two.url, 'alice')
  const { next_batch: since } = await alice.get('/sync')
  const waiting = alice.try('GET', `/sync?since=${String(since)}&timeout=40000`)
  await untilSyncsWait(two.url, 1)
  const before = performance.now()
  await one.accounts.lock('alice', true)
  const { status, body } = await waiting
  assert.deepEqual([status, body['errcode']], [401, LOCKED.errcode])
  assert.ok(performance.now() - before < 30_000)
})
