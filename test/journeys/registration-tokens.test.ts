import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, PASSWORD, registerUser } from '../support/client.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { runHere } from '../support/run-command.ts'
import { onEachServerDatabase } from '../support/server-databases.ts'
import { startTestServer } from '../support/server.ts'

const STAGE = 'm.login.registration_token'
const TOKEN_REQUIRED = { BELFRY_REGISTRATION_REQUIRES_TOKEN: 'true' }

onEachServerDatabase('registration tokens', (newFlags) => {
  test('an account can be registered with a token only, as often and as long as the token allows', async (t) => {
    const flags = await newFlags(t)
    const clock = createManualClock(Date.now())
    const { url, data } = await startTestServer(t, { flags, env: TOKEN_REQUIRED, environment: { clock } })
    const run = (...args: string[]) => runHere([...args, '--data', data, ...flags])
    const register = (username: string, auth?: object) =>
      call(`${url}/_matrix/client/v3/register`, {
        body: { username, password: PASSWORD, ...(auth && { auth }) },
      })
    const isValid = async (token: string) =>
      (await call(`${url}/_matrix/client/v1/register/${STAGE}/validity?token=${token}`)).body['valid']

    const asked = await register('alice')
    assert.equal(asked.status, 401)
    assert.deepEqual(asked.body['flows'], [{ stages: [STAGE] }])
    const { session } = asked.body as { session: string }
    for (const auth of [
      { type: 'm.login.dummy', session },
      { type: STAGE, session, token: 'unknown' },
      { type: STAGE, session },
    ])
      assert.equal((await register('alice', auth)).status, 401)

    const token = (await run('token', 'create', '--uses', '2', '--expires-in', '1h')).out
    assert.match(token, /^[\w-]{16}$/)
    assert.equal(await isValid(token), true)
    assert.equal(await isValid('unknown'), false)
    const first = await register('alice', { type: STAGE, session, token })
    assert.deepEqual([first.status, first.body['user_id']], [200, '@alice:localhost'])
    // Both may be the last use; one of them is.
    const statuses = await Promise.all(
      ['bob', 'carol'].map(async (name) => (await register(name, { type: STAGE, token })).status),
    )
    assert.equal(statuses.filter((status) => status === 200).length, 1)
    assert.equal(await isValid(token), false)

    const named = await run('token', 'create', 'team', '--expires-in', '30m', '--json')
    const created = JSON.parse(named.out) as Record<string, unknown>
    assert.deepEqual([created['token'], created['uses_allowed'], created['completed']], ['team', null, 0])
    assert.match((await run('token', 'list')).out, /team +0 of any number +\d{4}-\d\d-\d\dT\d\d:\d\dZ +valid/)
    clock.step(31 * 60_000)
    assert.equal(await isValid('team'), false)
    assert.equal((await register('dora', { type: STAGE, token: 'team' })).status, 401)
    assert.deepEqual((await run('token', 'delete', 'team')).out, 'deleted team')
    assert.deepEqual((await run('token', 'delete', 'team')).code, 1)
    for (const [args, error] of [
      [['create', 'not allowed'], /1 to 64 of the characters/],
      [['create', '--uses', 'many'], /"many" is not a number of accounts/],
      [['create', '--expires-in', '5 days'], /is not a time/],
      [['create', token], /exists already/],
    ] as const)
      assert.match((await run('token', ...args)).err, error)
  })

  test('belfry login prints an access token, and a known device gets a new one', async (t) => {
    const flags = await newFlags(t)
    const { url, data, accounts } = await startTestServer(t, { flags })
    const run = (...args: string[]) => runHere([...args, '--data', data, ...flags])
    const alice = await registerUser(url, 'alice')
    const whoami = (token: string) => call(`${url}/_matrix/client/v3/account/whoami`, { token })
    const first = await run('login', 'alice', '--device', 'BOT', '--device-name', 'A bot')
    assert.match(first.out, /^blf_[\w-]+$/)
    const { body } = await whoami(first.out)
    assert.deepEqual([body['user_id'], body['device_id']], [alice.userId, 'BOT'])
    assert.equal((await alice.get('/devices/BOT'))['display_name'], 'A bot')
    const second = JSON.parse((await run('login', alice.userId, '--device', 'BOT', '--json')).out) as Login
    assert.deepEqual([second.user_id, second.device_id], [alice.userId, 'BOT'])
    assert.equal((await whoami(second.access_token)).status, 200)
    assert.equal((await whoami(first.out)).status, 401)
    await accounts.lock('alice', true)
    const locked = await run('login', 'alice')
    assert.deepEqual([locked.code, locked.out], [1, ''])
    assert.match(locked.err, /is locked/)
    assert.equal((await run('login', 'nobody')).code, 1)
  })
})

type Login = { user_id: string; device_id: string; access_token: string }
