import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changePassword, deactivate } from '../../src/accounts/account.ts'
import { authenticate, createAuthenticator } from '../../src/accounts/authenticate.ts'
import { deleteDevicesOf, getDevice, listDevices } from '../../src/accounts/devices.ts'
import { createLastSeen } from '../../src/accounts/last-seen.ts'
import { login } from '../../src/accounts/login.ts'
import { createUser, register } from '../../src/accounts/register.ts'
import { logout, logoutEverywhere } from '../../src/accounts/sessions.ts'
import { hashToken } from '../../src/accounts/tokens.ts'
import type { AccountDeps } from '../../src/accounts/deps.ts'
import { limitExceeded } from '../../src/lib/errors.ts'
import type { DeviceId, UserId } from '../../src/lib/ids.ts'
import { query } from '../../src/storage/query.ts'
import { onEachDatabase } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'
import { createAccountsFixture, attempts } from './fixture.ts'

const alice = '@alice:localhost' as UserId
const bob = '@bob:localhost' as UserId
const device = (name: string) => name as DeviceId
const password = (text: string) => ({ type: 'm.login.password', password: text })
const everything = query()((db) =>
  db.selectFrom(['users', 'devices', 'access_tokens']).selectAll(['users', 'devices', 'access_tokens']),
)

function logIn(deps: AccountDeps, user: string, deviceId?: string, secret = 'secret') {
  return login(deps, {
    user,
    password: secret,
    deviceId: deviceId === undefined ? undefined : device(deviceId),
    displayName: deviceId === undefined ? undefined : `${deviceId}'s name`,
    address: '192.0.2.1',
  })
}

async function withAliceAndBob(deps: AccountDeps) {
  for (const name of ['alice', 'bob'])
    await createUser(deps, { name, password: 'secret', admin: name === 'bob' })
}

onEachDatabase('sessions', (open) => {
  test('a token identifies its owner, and only its hash is stored', async (t) => {
    const db = await open(t)
    const { deps } = createAccountsFixture(db)
    await withAliceAndBob(deps)
    const session = await logIn(deps, 'bob', 'PHONE')
    assert.deepEqual(await authenticate(db, session.accessToken), {
      userId: bob,
      deviceId: 'PHONE',
      isAdmin: true,
      tokenHash: hashToken(session.accessToken),
    })
    assert.equal(await authenticate(db, `${session.accessToken}x`), undefined)
    assert.equal(await authenticate(db, ''), undefined)
    const stored = JSON.stringify(await db.all(everything, {}))
    assert.match(stored, /PHONE/)
    assert.doesNotMatch(stored, /"secret"/)
    assert.ok(!stored.includes(session.accessToken))
  })

  test('a second login on a device replaces its token and keeps its name', async (t) => {
    const db = await open(t)
    const { deps } = createAccountsFixture(db)
    await withAliceAndBob(deps)
    const first = await logIn(deps, 'alice', 'PHONE')
    const other = await logIn(deps, '@alice:localhost')
    const ofBob = await logIn(deps, 'bob', 'PHONE')
    const second = await login(deps, {
      user: 'Alice',
      password: 'secret',
      deviceId: device('PHONE'),
      displayName: 'new name',
      address: null,
    })
    assert.equal(await authenticate(db, first.accessToken), undefined)
    for (const { accessToken } of [second, other, ofBob]) assert.ok(await authenticate(db, accessToken))
    assert.equal((await getDevice(db, alice, device('PHONE'))).display_name, "PHONE's name")
    assert.equal((await listDevices(db, alice)).length, 2)
  })

  test('a wrong password, an unknown user and a user of another server get the same response', async (t) => {
    const { deps } = createAccountsFixture(await open(t))
    await withAliceAndBob(deps)
    for (const [user, secret] of [
      ['alice', 'wrong'],
      ['nobody', 'secret'],
      ['@alice:elsewhere', 'secret'],
      ['alice', ''],
    ] as const)
      await assert.rejects(logIn(deps, user, undefined, secret), {
        status: 403,
        errcode: 'M_FORBIDDEN',
        message: 'Wrong user or password',
      })
  })

  test('a login of an unknown user does the same work as a wrong password', async (t) => {
    const { deps } = createAccountsFixture(await open(t))
    const verified: (string | null | undefined)[] = []
    const counting: AccountDeps = {
      ...deps,
      passwords: {
        ...deps.passwords,
        verify: (secret, phc) => {
          verified.push(phc)
          return deps.passwords.verify(secret, phc)
        },
      },
    }
    await assert.rejects(logIn(counting, 'nobody'), { status: 403 })
    assert.deepEqual(verified, [undefined])
  })

  test('attempts are limited for each account, and correct ones do not count', async (t) => {
    const { deps } = createAccountsFixture(await open(t), { loginAttempts: attempts(2) })
    await withAliceAndBob(deps)
    for (let count = 0; count < 4; count++) await logIn(deps, 'alice', 'PHONE')
    for (let count = 0; count < 2; count++)
      await assert.rejects(logIn(deps, 'alice', undefined, 'wrong'), { status: 403 })
    await assert.rejects(logIn(deps, 'ALICE'), { status: 429, errcode: 'M_LIMIT_EXCEEDED' })
    await logIn(deps, 'bob')
  })

  test('an attempt that could not be checked does not count', async (t) => {
    const { deps } = createAccountsFixture(await open(t), { loginAttempts: attempts(1) })
    await withAliceAndBob(deps)
    const busy = { ...deps.passwords, verify: () => Promise.reject(limitExceeded(1000)) }
    await assert.rejects(logIn({ ...deps, passwords: busy }, 'alice'), { status: 429 })
    await logIn(deps, 'alice')
  })

  test('logout removes the device, its token and its pushers and nothing else', async (t) => {
    const db = await open(t)
    const { deps, removed } = createAccountsFixture(db)
    await withAliceAndBob(deps)
    const phone = await logIn(deps, 'alice', 'PHONE')
    const web = await logIn(deps, 'alice', 'WEB')
    const ofBob = await logIn(deps, 'bob', 'PHONE')
    await logout(deps, alice, device('PHONE'))
    assert.deepEqual(removed, [`${alice} PHONE`])
    assert.equal(await authenticate(db, phone.accessToken), undefined)
    assert.ok(await authenticate(db, web.accessToken))
    assert.ok(await authenticate(db, ofBob.accessToken))
    await logIn(deps, 'alice', 'TV')
    await logoutEverywhere(deps, alice)
    assert.deepEqual(removed.slice(1).sort(), [`${alice} TV`, `${alice} WEB`])
    assert.deepEqual(await listDevices(db, alice), [])
    assert.ok(await authenticate(db, ofBob.accessToken))
  })

  test('a failure of onDevicesRemoved rolls the logout back', async (t) => {
    const db = await open(t)
    const { deps } = createAccountsFixture(db, { onDevicesRemoved: () => Promise.reject(new Error('no')) })
    await withAliceAndBob(deps)
    const { accessToken } = await logIn(deps, 'alice', 'PHONE')
    await assert.rejects(logout(deps, alice, device('PHONE')), /no/)
    assert.ok(await authenticate(db, accessToken))
  })

  test('a new password ends the other sessions unless logout_devices is false', async (t) => {
    const db = await open(t)
    const { deps, removed } = createAccountsFixture(db)
    await withAliceAndBob(deps)
    const phone = await logIn(deps, 'alice', 'PHONE')
    const web = await logIn(deps, 'alice', 'WEB')
    const owner = { userId: alice, deviceId: device('PHONE') }
    const kept = { newPassword: 'second', logoutDevices: false, auth: password('secret') }
    assert.deepEqual(await changePassword(deps, owner, kept), { kind: 'done' })
    assert.ok(await authenticate(db, web.accessToken))
    await assert.rejects(logIn(deps, 'alice'), { status: 403 })
    const ended = { newPassword: 'third', logoutDevices: true, auth: password('second') }
    assert.deepEqual(await changePassword(deps, owner, ended), { kind: 'done' })
    assert.ok(await authenticate(db, phone.accessToken), 'the requesting session is kept')
    assert.equal(await authenticate(db, web.accessToken), undefined)
    assert.deepEqual(removed, [`${alice} WEB`])
    await logIn(deps, 'alice', undefined, 'third')
    await logIn(deps, 'bob')
  })

  test('one of two parallel password changes fails', async (t) => {
    const { deps } = createAccountsFixture(await open(t))
    await withAliceAndBob(deps)
    const owner = { userId: alice, deviceId: device('PHONE') }
    const change = (newPassword: string) =>
      changePassword(deps, owner, { newPassword, logoutDevices: true, auth: password('secret') })
    const results = await Promise.allSettled([change('one'), change('two')])
    // The other is refused or challenged again, because its old password is no longer correct.
    const done = results.filter((result) => result.status === 'fulfilled' && result.value.kind === 'done')
    assert.equal(done.length, 1)
  })

  test('devices are deleted only with the password, and only those of the user', async (t) => {
    const db = await open(t)
    const { deps, removed } = createAccountsFixture(db)
    await withAliceAndBob(deps)
    await logIn(deps, 'alice', 'PHONE')
    const ofBob = await logIn(deps, 'bob', 'PHONE')
    const onPhone = { userId: alice, deviceId: device('PHONE') }
    const deviceIds = [device('PHONE'), device('GONE')]
    const asked = await deleteDevicesOf(deps, onPhone, { deviceIds, auth: undefined })
    assert.equal(asked.kind, 'challenge')
    const wrong = await deleteDevicesOf(deps, onPhone, { deviceIds, auth: password('wrong') })
    assert.ok(wrong.kind === 'challenge' && wrong.body.errcode === 'M_FORBIDDEN')
    assert.equal((await listDevices(db, alice)).length, 1)
    const right = { deviceIds, auth: password('secret') }
    assert.deepEqual(await deleteDevicesOf(deps, onPhone, right), { kind: 'deleted' })
    assert.deepEqual(removed.sort(), [`${alice} GONE`, `${alice} PHONE`])
    assert.deepEqual(await listDevices(db, alice), [])
    assert.ok(await authenticate(db, ofBob.accessToken))
  })

  test('a deactivated user loses access at once and permanently', async (t) => {
    const db = await open(t)
    const { deps, removed, ended } = createAccountsFixture(db)
    await withAliceAndBob(deps)
    const { accessToken } = await logIn(deps, 'alice', 'PHONE')
    const onPhone = { userId: alice, deviceId: device('PHONE') }
    const outcome = await deactivate(deps, onPhone, { erase: true, auth: password('secret') })
    assert.deepEqual(outcome, { kind: 'done' })
    assert.deepEqual(removed, [`${alice} PHONE`])
    assert.deepEqual(ended, [alice], 'onAccountClosed was called')
    assert.equal(await authenticate(db, accessToken), undefined)
    await assert.rejects(logIn(deps, 'alice'), { status: 403 })
    await assert.rejects(createUser(deps, { name: 'alice', password: 'x', admin: false }), {
      errcode: 'M_USER_IN_USE',
    })
    await logIn(deps, 'bob')
  })

  test('one of two parallel registrations of a name succeeds', async (t) => {
    const { deps } = createAccountsFixture(await open(t))
    const wanted = {
      username: 'carol',
      password: 'secret',
      auth: { type: 'm.login.dummy' },
      inhibitLogin: false,
      deviceId: undefined,
      displayName: undefined,
      address: null,
    }
    const results = await Promise.allSettled([register(deps, wanted), register(deps, wanted)])
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const lost = results.find((result) => result.status === 'rejected')
    assert.equal(lost?.reason.errcode, 'M_USER_IN_USE')
  })

  test('the last-seen time of a device is written at most once a minute', async (t) => {
    const db = await open(t)
    const { deps, clock } = createAccountsFixture(db)
    await withAliceAndBob(deps)
    const { accessToken } = await logIn(deps, 'alice', 'PHONE')
    const ofBob = await logIn(deps, 'bob', 'PHONE')
    const start = clock.now()
    let writes = 0
    const counted = {
      ...db,
      transaction: <T>(work: Parameters<typeof db.transaction<T>>[0]) => {
        writes++
        return db.transaction(work)
      },
    }
    const lastSeen = createLastSeen({ db: counted, clock, log: silentLog })
    const authenticated = createAuthenticator({ db, lastSeen })
    clock.advance(5000)
    for (let count = 0; count < 20; count++) await authenticated(accessToken, '198.51.100.7')
    clock.advance(59_999)
    await authenticated(accessToken, '203.0.113.9')
    await lastSeen[Symbol.asyncDispose]()
    assert.equal(writes, 1)
    const seen = await getDevice(db, alice, device('PHONE'))
    assert.deepEqual([seen.last_seen_ip, seen.last_seen_ts], ['198.51.100.7', start + 5000])
    clock.advance(1)
    await authenticated(accessToken, '203.0.113.9')
    await lastSeen[Symbol.asyncDispose]()
    assert.equal((await getDevice(db, alice, device('PHONE'))).last_seen_ip, '203.0.113.9')
    assert.equal(
      (await getDevice(db, bob, device('PHONE'))).last_seen_ts,
      start,
      'the device of the other user is unchanged',
    )
    assert.ok(await authenticate(db, ofBob.accessToken))
  })
})
