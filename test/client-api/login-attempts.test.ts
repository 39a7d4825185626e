import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createManualClock } from '../support/manual-clock.ts'
import { startTestServer } from '../support/server.ts'

type ClientResponse = { status: number; body: Record<string, unknown> }
type Request = { from: string; method?: string; token?: string; body?: unknown }

const OWNER = '198.51.100.1'
const ATTACKER = '203.0.113.66'

/** A server behind a proxy, which forwards the client addresses, and the user alice, who registered from `OWNER`. */
async function withAlice(t: TestContext, env: Record<string, string>) {
  const clock = createManualClock()
  const server = await startTestServer(t, {
    env: { BELFRY_RATE_LIMITS_ENABLED: 'true', BELFRY_TRUST_PROXY: 'true', ...env },
    environment: { clock },
  })
  const ask = async (
    path: string,
    { from, method = 'POST', token, body }: Request,
  ): Promise<ClientResponse> => {
    const response = await fetch(`${server.url}/_matrix/client/v3${path}`, {
      method,
      headers: {
        'x-forwarded-for': from,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const body = { username: 'alice', password: 'right', auth: { type: 'm.login.dummy' } }
  const registered = await ask('/register', { from: OWNER, body })
  const login = async (from: string, password: string) => {
    const identifier = { type: 'm.id.user', user: 'alice' }
    return (await ask('/login', { from, body: { type: 'm.login.password', identifier, password } })).status
  }
  return { clock, ask, login, token: String(registered.body['access_token']) }
}

const PAIR = 'BELFRY_RATE_LIMITS_LOGIN_ATTEMPTS_PER_MINUTE_PER_ACCOUNT_AND_ADDRESS'
const SUM = 'BELFRY_RATE_LIMITS_LOGIN_ATTEMPTS_PER_MINUTE_PER_ACCOUNT'

test('too many wrong passwords from one address return 429 there and do not block logins from other addresses', async (t) => {
  const { login, ask, token } = await withAlice(t, { [PAIR]: '2' })
  const guesses = []
  for (let count = 0; count < 4; count++) guesses.push(await login(ATTACKER, `guess ${count}`))
  assert.deepEqual(guesses, [403, 403, 429, 429])
  assert.equal(await login(ATTACKER, 'right'), 429, 'the right password, above the limit')
  assert.equal(await login('192.0.2.77', 'right'), 200, 'an unknown address')
  assert.equal(await login(OWNER, 'right'), 200)
  const auth = { type: 'm.login.password', password: 'right' }
  const changed = await ask('/account/password', {
    from: ATTACKER,
    token,
    body: { new_password: 'new', auth },
  })
  assert.equal(changed.status, 200, 'a signed-in device, from the address of the attacker')
})

test('wrong passwords from many addresses delay logins from unknown addresses, not from addresses of the account', async (t) => {
  const { login, clock } = await withAlice(t, { [PAIR]: '5', [SUM]: '6' })
  for (let count = 0; count < 6; count++) assert.equal(await login(`203.0.113.${count}`, 'guess'), 403)
  let isDone = false
  const fromUnknown = login('192.0.2.77', 'right').then((status) => {
    isDone = true
    return status
  })
  assert.equal(await login(OWNER, 'right'), 200)
  assert.equal(isDone, false)
  while (!isDone) {
    clock.advance(1000)
    await new Promise(setImmediate)
  }
  assert.equal(await fromUnknown, 200)
})

test('wrong passwords in POST /account/password return 429 above the limit and do not block logins', async (t) => {
  const { login, ask, token } = await withAlice(t, { [PAIR]: '2' })
  const change = async (password: string) => {
    const auth = { type: 'm.login.password', password }
    const body = { new_password: 'new', auth }
    return (await ask('/account/password', { from: OWNER, token, body })).status
  }
  assert.deepEqual([await change('a'), await change('b'), await change('right')], [401, 401, 429])
  assert.equal(await login(OWNER, 'right'), 200)
})

test('GET /register/available has the rate limit of registrations', async (t) => {
  const { ask } = await withAlice(t, { BELFRY_RATE_LIMITS_REGISTRATIONS_PER_MINUTE_PER_ADDRESS: '3' })
  const probe = async (from: string) =>
    (await ask('/register/available?username=alice', { from, method: 'GET' })).status
  const probes = []
  for (let count = 0; count < 4; count++) probes.push(await probe(ATTACKER))
  assert.deepEqual(probes, [400, 400, 400, 429])
  assert.equal(await probe('192.0.2.77'), 400)
})
