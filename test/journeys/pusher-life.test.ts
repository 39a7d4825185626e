import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createBelfry } from '../../src/app.ts'
import type { CommandContext } from '../../src/cli/command.ts'
import { runCommand } from '../../src/cli/main.ts'
import { loadConfig } from '../../src/config/load.ts'
import { shortHash } from '../../src/lib/short-hash.ts'
import { afterTest } from '../support/after-test.ts'
import { CHEAP } from '../support/cheap-passwords.ts'
import { checkedResponses } from '../support/response-check.ts'
import { call, foundingPusher, loginUser, PASSWORD, registerUser, type TestUser } from '../support/client.ts'
import { newDataFolder } from '../support/databases.ts'
import { startPokeReceiver } from '../support/poke-receiver.ts'
import { NO_ARRIVAL } from '../support/no-arrival.ts'

type Note = Record<string, unknown>
type Report = { pushers: Note[]; removed: Note[]; next_batch?: string }

const TEST_PUSH = '/_matrix/client/unstable/org.matrix.msc4173/pushers/push'

/** Alice, whose phone has a pusher, and an administrator. */
async function fixture(t: TestContext, env: Record<string, string> = {}) {
  const flags = ['--listen', '127.0.0.1:0', '--data', newDataFolder(t), '--log-level', 'silent']
  const belfry = await createBelfry(
    loadConfig({
      argv: [...flags, '--open-registration', '--allow-push-to', '127.0.0.0/8'],
      env: { BELFRY_RATE_LIMITS_ENABLED: 'false', ...env },
    }),
    { onResponse: checkedResponses(t), passwordCost: CHEAP },
  )
  afterTest(t, () => belfry.close())
  await belfry.accounts.add({ name: 'root', password: PASSWORD, admin: true })
  const { url } = await belfry.listen()
  const [alice, root] = [await registerUser(url, 'alice'), await loginUser(url, 'root')]
  const gateway = await startPokeReceiver(t)
  const pusher = foundingPusher(gateway.url)
  await alice.post('/pushers/set', pusher)
  const report = async (user: TestUser, query = '') => {
    const { status, body } = await call(`${url}/_belfry/v1/pushers${query}`, { token: user.token })
    return { status, ...(body as unknown as Report) }
  }
  const testPush = (user: TestUser, body: object = {}) => {
    const { app_id, pushkey } = pusher
    return call(`${url}${TEST_PUSH}`, { token: user.token, body: { app_id, pushkey, ...body } })
  }
  return { url, alice, root, gateway, pusher, report, testPush }
}

const auth = {
  type: 'm.login.password',
  identifier: { type: 'm.id.user', user: 'alice' },
  password: PASSWORD,
}
const ends: Record<string, (alice: TestUser, tablet: TestUser) => Promise<unknown>> = {
  'a logout': (alice) => alice.post('/logout'),
  'a logout of all devices': (_, tablet) => tablet.post('/logout/all'),
  'the removal of its device': (alice, tablet) =>
    tablet.post('/delete_devices', { devices: [alice.deviceId], auth }),
  'a change of the password': (_, tablet) =>
    tablet.post('/account/password', { new_password: 'another fine one', auth }),
}

for (const [what, end] of Object.entries(ends))
  test(`a pusher is removed by ${what}, and its owner sees the reason`, async (t) => {
    const { url, alice, root, report } = await fixture(t)
    const tablet = await loginUser(url, 'alice')
    await end(alice, tablet)
    const { pushers, removed } = await report(root, `?user_id=${encodeURIComponent(alice.userId)}`)
    assert.deepEqual(pushers, [])
    assert.deepEqual(
      removed.map(({ reason, device_id }) => [reason, device_id]),
      [['device removed', alice.deviceId]],
    )
  })

test('closing an account removes its pushers and leaves its rooms', async (t) => {
  const { url, alice, root, report } = await fixture(t)
  const bob = await registerUser(url, 'bob')
  const roomId = await bob.createRoom()
  await alice.post(`/join/${encodeURIComponent(roomId)}`)
  const invited = await bob.createRoom({ preset: 'private_chat', invite: [alice.userId] })
  await alice.post('/account/deactivate', { auth })
  const { pushers, removed } = await report(root, `?user_id=${encodeURIComponent(alice.userId)}`)
  assert.deepEqual(pushers, [])
  assert.deepEqual(
    removed.map(({ reason, device_id }) => [reason, device_id]),
    [['account closed', alice.deviceId]],
  )
  for (const id of [roomId, invited]) {
    const path = `/rooms/${encodeURIComponent(id)}/state/m.room.member/${encodeURIComponent(alice.userId)}`
    assert.equal((await bob.get(path))['membership'], 'leave')
  }
  const again = await bob.try('POST', `/rooms/${encodeURIComponent(roomId)}/invite`, {
    user_id: alice.userId,
  })
  assert.equal(again.status, 404, 'a closed account cannot be invited')
})

test('the report contains the pushkey for the owner, a hash for an administrator, and nothing for other users', async (t) => {
  const { url, alice, root, pusher, gateway, report } = await fixture(t)
  const own = await report(alice)
  const hash = shortHash(String(pusher['pushkey']))
  assert.deepEqual(own, {
    status: 200,
    removed: [],
    pushers: [
      {
        pusher_id: own.pushers[0]?.['pusher_id'],
        user_id: alice.userId,
        app_id: pusher['app_id'],
        pushkey: pusher['pushkey'],
        pushkey_hash: hash,
        kind: 'http',
        app_display_name: pusher['app_display_name'],
        device_display_name: pusher['device_display_name'],
        device_id: alice.deviceId,
        instance_handle: pusher['instance_handle'],
        enabled: true,
        disable_badge_count: false,
        hold_while_active_ms: 0,
        gateway: new URL(gateway.url).origin,
        created_at: own.pushers[0]?.['created_at'],
        set_at: own.pushers[0]?.['created_at'],
        state: 'ok',
        queued: 0,
        last_success_at: null,
        failing_since: null,
        attempts: 0,
        sending_since: null,
        held_until: null,
        next_attempt_at: null,
        last_error: null,
        last_error_at: null,
        handle_shared_with: [],
        arrival: NO_ARRIVAL,
      },
    ],
  })
  const all = await report(root, '?limit=1')
  assert.ok(!JSON.stringify(all).includes(String(pusher['pushkey'])))
  assert.equal(all.pushers[0]?.['pushkey_hash'], hash)
  assert.deepEqual((await report(root, `?from=${all.next_batch}`)).pushers, [])
  const bob = await registerUser(url, 'bob')
  assert.deepEqual((await report(bob)).pushers, [])
  assert.equal((await report(bob, `?user_id=${encodeURIComponent(alice.userId)}`)).status, 403)
  for (const query of ['?user_id=nobody', '?limit=0', '?limit=1001', '?from=-1', '?from=x'])
    assert.equal((await report(root, query)).status, 400, query)
  assert.equal((await call(`${url}/_belfry/v1/pushers`)).status, 401)
})

test('a test push arrives, and the response contains the result', async (t) => {
  const { url, alice, root, gateway, testPush, report } = await fixture(t)
  const done = await testPush(alice, { event_id: '$Ding_dong-1' })
  const attempt = done.body['org.belfry.attempt'] as Note
  assert.equal(done.status, 200)
  assert.equal(done.body['status'], 'ok')
  assert.deepEqual(
    { ...attempt, ms: typeof attempt['ms'] },
    { event_id: '$Ding_dong-1', gateway_status: 200, ms: 'number', error: null },
  )
  assert.equal(gateway.pokes[0]?.event_id, '$Ding_dong-1')
  assert.equal((await testPush(root)).body['status'], 'not_registered', 'it is a pusher of another user')

  for (const event_id of ['ding', '$', '$a b', `$${'x'.repeat(129)}`, '$a:b', '$a\n', 7])
    assert.equal((await testPush(alice, { event_id })).status, 400, String(event_id))
  assert.equal((await testPush(alice, { pushkey: undefined })).body['errcode'], 'M_MISSING_PARAM')
  assert.equal((await call(`${url}${TEST_PUSH}`, { body: {} })).status, 401)
  assert.equal(gateway.pokes.length, 1)

  gateway.respondWith({ body: { rejected: ['the-routing-address'] } })
  assert.equal((await testPush(alice)).body['status'], 'rejected')
  const { pushers, removed } = await report(alice)
  assert.deepEqual([pushers.length, removed[0]?.['reason']], [0, 'rejected'])
})

test('test pushes of one user are limited', async (t) => {
  const { alice, testPush, gateway } = await fixture(t, {
    BELFRY_RATE_LIMITS_ENABLED: 'true',
    BELFRY_RATE_LIMITS_TEST_PUSHES_PER_MINUTE_PER_USER: '2',
  })
  const statuses = []
  for (let n = 0; n < 3; n++) statuses.push((await testPush(alice)).status)
  assert.deepEqual(statuses, [200, 200, 429])
  assert.equal(gateway.pokes.length, 2)
})

test('/versions contains the flags for disabling pushers', async (t) => {
  const { url } = await fixture(t)
  const { body } = await call(`${url}/_matrix/client/versions`)
  const features = body['unstable_features'] as Note
  assert.deepEqual([features['org.matrix.msc3881'], features['org.matrix.msc3881.stable']], [true, true])
})

test('belfry push test prints a line for each pusher and sets the exit code', async (t) => {
  const { url, alice, gateway, pusher } = await fixture(t)
  await alice.post('/pushers/set', {
    ...pusher,
    pushkey: 'off',
    device_display_name: 'Tablet',
    enabled: false,
  })
  const run = async (...argv: string[]) => {
    const lines: string[] = []
    const print = (line: string) => void lines.push(line)
    const env = { BELFRY_TOKEN: alice.token, BELFRY_URL: url }
    const context = { env, fetch, print, complain: print } as unknown as CommandContext
    return { code: await runCommand(['push', 'test', ...argv], context), text: lines.join('\n') }
  }
  const both = await run()
  assert.equal(both.code, 1)
  const [phone, tablet] = [shortHash(String(pusher['pushkey'])), shortHash('off')]
  assert.equal(
    both.text.replace(/\d+ ms/, 'N ms'),
    `Alice's phone (org.example.app.ios, ${phone}): ok, the gateway accepted it (status 200, N ms)\n` +
      `Tablet (org.example.app.ios, ${tablet}): not sent, the pusher is disabled`,
  )
  assert.equal((await run('--pushkey', phone, '--event', '$chosen')).code, 0)
  assert.equal(gateway.pokes.at(-1)?.event_id, '$chosen')
  const json = await run('--app', 'org.example.app.ios', '--pushkey', String(pusher['pushkey']), '--json')
  assert.equal((JSON.parse(json.text) as Note)['status'], 'ok')
  assert.deepEqual(await run('--app', 'org.example.none'), {
    code: 1,
    text: 'belfry: no pusher matches',
  })
  assert.equal((await run('--event', 'ding')).code, 1)
  assert.equal((await run('--what')).code, 2)
})
