import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { call, foundingPusher, loginUser, PASSWORD, registerUser } from '../support/client.ts'
import { clusterUrl, newPostgresUrl, temporaryFolder, newDataFolder } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { runBelfry } from '../support/process.ts'
import { runHere } from '../support/run-command.ts'
import { startTestServer } from '../support/server.ts'
import { SLEEP_MS, untilSyncsSleep } from '../support/waiting-syncs.ts'

/** Runs `belfry user …` with these flags. */
const commandsWith =
  (flags: readonly string[]) =>
  (args: readonly string[], input = '') =>
    runHere(['user', ...args, ...flags], input)

/** As `commandsWith`, in processes of their own. */
const processesWith =
  (t: TestContext, flags: readonly string[]) =>
  async (args: readonly string[], input = '') => {
    const { code, stdout, stderr } = await runBelfry(t, ['user', ...args, ...flags], { input })
    return { code, out: stdout.trim(), err: stderr.trim() }
  }

const login = (url: string, user: string, password: string) =>
  call(`${url}/_matrix/client/v3/login`, {
    body: { type: 'm.login.password', identifier: { type: 'm.id.user', user }, password },
  })

describe('belfry user beside a running server', () => {
  for (const dialect of ['sqlite', 'postgres'] as const) {
    test(`replaces a forgotten password and logs out every device, on ${dialect}`, async (t) => {
      const data = newDataFolder(t)
      const database: string[] = []
      if (dialect === 'postgres') {
        const cluster = clusterUrl()
        if (typeof cluster !== 'string') return t.skip(cluster.missing)
        database.push('--database', await newPostgresUrl(cluster))
      }
      const flags = ['--data', data, ...database]
      const belfryUser = processesWith(t, flags)
      const server = await startTestServer(t, { data, flags: database })
      const alice = await registerUser(server.url, 'alice')
      await alice.post('/pushers/set', foundingPusher('http://127.0.0.1:9/_matrix/push/v1/notify'))

      const changed = await belfryUser(['password', 'alice'], 'a new one\n')
      assert.deepEqual(changed, {
        code: 0,
        out: 'changed the password of @alice:localhost; its devices are logged out',
        err: '',
      })
      const whoami = await alice.try('GET', '/account/whoami')
      assert.deepEqual([whoami.status, whoami.body['errcode']], [401, 'M_UNKNOWN_TOKEN'])
      assert.equal((await login(server.url, 'alice', PASSWORD)).status, 403)
      const again = await login(server.url, 'alice', 'a new one')
      assert.equal(again.status, 200)
      const token = String(again.body['access_token'])
      const { body } = await call(`${server.url}/_matrix/client/v3/pushers`, { token })
      assert.deepEqual(body['pushers'], [], 'pushers are removed with the devices')

      const kept = await belfryUser(['password', '@alice:localhost', '--keep-sessions'], 'the third\n')
      assert.equal(kept.out, 'changed the password of @alice:localhost; its devices stay logged in')
      assert.equal((await call(`${server.url}/_matrix/client/v3/account/whoami`, { token })).status, 200)
    })
  }

  for (const command of ['password', 'deactivate'])
    test(`user ${command} ends waiting syncs at once, on postgres`, async (t) => {
      const cluster = clusterUrl()
      if (typeof cluster !== 'string') return t.skip(cluster.missing)
      // No wait ends by itself while the clock stands still.
      const clock = createManualClock(Date.now())
      const flags = ['--data', temporaryFolder(t), '--database', await newPostgresUrl(cluster)]
      const server = await startTestServer(t, { flags, environment: { clock } })
      const alice = await registerUser(server.url, 'alice')
      const { next_batch: since } = await alice.get('/sync')
      const waiting = alice.try('GET', `/sync?since=${String(since)}&timeout=${SLEEP_MS}`)
      await untilSyncsSleep(clock, 1)
      const args = command === 'password' ? ['password', 'alice'] : ['deactivate', 'alice', '--yes']
      const { code, err } = await commandsWith(flags)(args, 'a new one\n')
      assert.deepEqual({ code, err }, { code: 0, err: '' })
      const { status, body } = await waiting
      assert.deepEqual([status, body['errcode']], [401, 'M_UNKNOWN_TOKEN'])
    })

  test('the version is in /health, and in /metrics as a label', async (t) => {
    const { url } = await startTestServer(t)
    const health = await call(`${url}/health`)
    const { version } = health.body
    assert.match(String(version), /^\d+\.\d+\.\d+/)
    const metrics = await call(`${url}/metrics`)
    assert.ok(String(metrics.body['text']).includes(`belfry_build_info{version="${String(version)}"} 1`))
    assert.equal((await commandsWith([])(['list', '--version'])).out, `belfry ${String(version)}`)
  })

  test('list prints roles, devices and deactivated accounts, and no secrets', async (t) => {
    const server = await startTestServer(t)
    const flags = ['--data', server.data]
    const belfryUser = commandsWith(flags)
    assert.match((await belfryUser(['list'])).out, /^There are no accounts/)
    await registerUser(server.url, 'alice')
    await loginUser(server.url, 'alice')
    await belfryUser(['add', 'root', '--admin'], 'secret\n')
    await belfryUser(['add', '@carol:localhost'], 'secret\n')
    await belfryUser(['deactivate', 'carol', '--yes'])

    const { out } = await belfryUser(['list'])
    const [head, ...rows] = out.split('\n')
    assert.match(head ?? '', /^USER +STATE +DEVICES +CREATED +LAST REQUEST$/)
    assert.equal(rows.length, 3)
    assert.match(rows[0] ?? '', /^@alice:localhost +active +2 /)
    assert.match(rows[1] ?? '', /^@carol:localhost +deactivated \d{4}-\d\d-\d\d +0 .* never$/)
    assert.match(rows[2] ?? '', /^@root:localhost +administrator +0 /)

    const json = JSON.parse((await belfryUser(['list', '--json'])).out) as { users: object[] }
    assert.deepEqual(
      json.users.map((user) => Object.keys(user).toSorted()),
      Array.from({ length: 3 }, () => [
        'created_at',
        'deactivated_at',
        'devices',
        'is_admin',
        'last_seen_at',
        'locked_at',
        'suspended_at',
        'user_id',
      ]),
    )
  })

  test('promote and demote take effect at the next request', async (t) => {
    const server = await startTestServer(t)
    const flags = ['--data', server.data]
    const belfryUser = commandsWith(flags)
    const alice = await registerUser(server.url, 'alice')
    await registerUser(server.url, 'bob')
    const pushersOfBob = () =>
      call(`${server.url}/_belfry/v1/pushers?user_id=${encodeURIComponent('@bob:localhost')}`, {
        token: alice.token,
      })
    assert.equal((await pushersOfBob()).status, 403)
    assert.equal((await belfryUser(['promote', 'alice'])).out, '@alice:localhost is now an administrator')
    assert.equal((await pushersOfBob()).status, 200)
    const demoted = await belfryUser(['demote', '@alice:localhost', '--json'])
    assert.deepEqual(JSON.parse(demoted.out), { user_id: '@alice:localhost', is_admin: false })
    assert.equal((await pushersOfBob()).status, 403)
  })

  test('a deactivated account cannot be used, and leaves its rooms within a minute', async (t) => {
    const clock = createManualClock()
    const server = await startTestServer(t, { environment: { clock } })
    const flags = ['--data', server.data]
    const belfryUser = commandsWith(flags)
    const alice = await registerUser(server.url, 'alice')
    const bob = await registerUser(server.url, 'bob')
    const roomId = await bob.createRoom()
    await alice.post(`/join/${encodeURIComponent(roomId)}`)

    const asked = await belfryUser(['deactivate', 'alice'])
    assert.equal(asked.code, 2)
    assert.match(asked.err, /^belfry: deactivating alice cannot be undone.*--yes$/)
    assert.equal((await alice.try('GET', '/account/whoami')).status, 200)

    const done = await belfryUser(['deactivate', 'alice', '--yes', '--erase'])
    assert.deepEqual([done.code, done.err], [0, ''])
    assert.equal((await alice.try('GET', '/account/whoami')).status, 401)
    assert.equal((await login(server.url, 'alice', PASSWORD)).status, 403)
    clock.advance(60_000)
    await eventually(async () => {
      const { joined } = await bob.get(`/rooms/${encodeURIComponent(roomId)}/joined_members`)
      return !Object.hasOwn(joined as object, alice.userId)
    })
    for (const args of [
      ['password', 'alice'],
      ['promote', 'alice'],
      ['deactivate', 'alice', '--yes'],
    ]) {
      const { code, err } = await belfryUser(args, 'x\n')
      assert.deepEqual(
        [code, err],
        [1, 'belfry: The account @alice:localhost is deactivated, which cannot be undone'],
      )
    }
    const taken = await belfryUser(['add', 'alice'], 'x\n')
    assert.deepEqual([taken.code, taken.err], [1, 'belfry: This user name is taken'])
  })

  test('prints one line for each name without an account', async (t) => {
    const flags = ['--data', newDataFolder(t), '--server-name', 'localhost']
    const belfryUser = commandsWith(flags)
    for (const [args, message] of [
      [['promote', 'nope'], 'There is no account @nope:localhost'],
      [['promote', '@x:elsewhere.test'], '"@x:elsewhere.test" is not a user of this server (localhost)'],
      [['add', '@x:elsewhere.test'], '"@x:elsewhere.test" is not a user of this server (localhost)'],
      [
        ['password', '@_belfry-ringer:localhost'],
        '@_belfry-ringer:localhost is an internal account of the server',
      ],
    ] as const)
      assert.deepEqual(await belfryUser(args, 'password\n'), {
        code: 1,
        out: '',
        err: `belfry: ${message}`,
      })
  })
})
