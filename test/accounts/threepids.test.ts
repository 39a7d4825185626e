import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import {
  addressOfToken,
  requestToken,
  TOKEN_LIFE_MS,
  VALIDATED_LIFE_MS,
  validateByToken,
  type ValidationDeps,
} from '../../src/accounts/email-validation.ts'
import { register } from '../../src/accounts/register.ts'
import { startValidationSweeper } from '../../src/accounts/sweep-validations.ts'
import { addThreepid, listThreepids, ownsAddress, removeThreepid } from '../../src/accounts/threepids.ts'
import { deactivate } from '../../src/accounts/account.ts'
import { limitExceeded, MatrixError } from '../../src/lib/errors.ts'
import type { DeviceId, UserId } from '../../src/lib/ids.ts'
import type { SendResult } from '../../src/sending/result.ts'
import type { Database } from '../../src/storage/database.ts'
import { query } from '../../src/storage/query.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createAccountsFixture } from './fixture.ts'

const SENT: SendResult = { kind: 'delivered', reason: 'accepted', status: 250, ms: 1 }
const alice = '@alice:localhost' as UserId
const bob = '@bob:localhost' as UserId
const { signal } = new AbortController()
const auth = { type: 'm.login.password', password: 'secret' }

async function createThreepidFixture(t: TestContext, open: (t: TestContext) => Promise<Database>) {
  const db = await open(t)
  const accounts = createAccountsFixture(db)
  const mails: { address: string; token: string }[] = []
  const asked: string[] = []
  let result: SendResult = SENT
  const deps: ValidationDeps = {
    ...accounts.deps,
    mailToken: async (mail) => {
      mails.push(mail)
      return result
    },
    tokenMails: { take: async (_tx, recipient, asker) => void asked.push(`${recipient} from ${asker}`) },
  }
  for (const username of ['alice', 'bob'])
    await register(accounts.deps, {
      username,
      password: 'secret',
      auth: { type: 'm.login.dummy' },
      inhibitLogin: true,
      deviceId: undefined,
      displayName: undefined,
      address: null,
    })
  const ask = (email = 'alice@example.org', clientSecret = 's', sendAttempt = 1) =>
    requestToken(deps, { email, clientSecret, sendAttempt, from: '192.0.2.1', languages: [], signal })
  const add = (userId: UserId, sid: string, clientSecret = 's') =>
    addThreepid(deps, { userId, deviceId: 'D' as DeviceId }, { sid, clientSecret, auth })
  const lastToken = () => mails.at(-1)?.token ?? ''
  const setResult = (next: SendResult) => void (result = next)
  return { ...accounts, db, deps, mails, asked, ask, add, lastToken, setResult }
}

async function refusal(
  work: Promise<unknown>,
): Promise<{ status: number; errcode: string; reason: unknown }> {
  const error: unknown = await work.then(
    () => assert.fail('the request succeeded'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof MatrixError, String(error))
  const { status, errcode, extra } = error
  return { status, errcode, reason: extra['org.belfry.reason'] }
}

onEachDatabase('addresses', (open) => {
  test('an address is added after its token and the password, for its owner only', async (t) => {
    const { db, deps, ask, add, lastToken, mails } = await createThreepidFixture(t, open)
    const { sid } = await ask('Alice@EXAMPLE.org')
    assert.equal(mails[0]?.address, 'alice@example.org')
    assert.equal(await validateByToken(deps, lastToken()), 'alice@example.org')
    assert.deepEqual(await add(alice, sid), { kind: 'added' })
    assert.equal(await ownsAddress(db, alice, 'alice@example.org'), true)
    assert.equal(await ownsAddress(db, bob, 'alice@example.org'), false)
    assert.equal(await ownsAddress(db, alice, 'bob@example.org'), false)
    assert.deepEqual(
      (await listThreepids(db, alice)).map(({ medium, address }) => [medium, address]),
      [['email', 'alice@example.org']],
    )
    assert.deepEqual(await listThreepids(db, bob), [])
    assert.equal((await refusal(ask('alice@example.org', 'other'))).errcode, 'M_THREEPID_IN_USE')
    assert.equal(
      (await refusal(add(alice, sid))).errcode,
      'M_THREEPID_AUTH_FAILED',
      'a session can be used once',
    )
  })

  test('secrets and tokens are not stored in the database', async (t) => {
    const { db, ask, lastToken } = await createThreepidFixture(t, open)
    await ask('alice@example.org', 'client-secret-1')
    const kept = JSON.stringify(await db.all(validations, {}))
    assert.ok(kept.includes('alice@example.org') && lastToken().length > 40)
    for (const secret of ['client-secret-1', lastToken()]) assert.ok(!kept.includes(secret))
  })

  test('the same send_attempt sends no second mail, and a higher one sends a mail whose token replaces the last', async (t) => {
    const { deps, ask, mails, asked, lastToken } = await createThreepidFixture(t, open)
    const { sid } = await ask()
    assert.deepEqual(await ask(), { sid })
    assert.deepEqual(await ask('ALICE@example.org', 's', 0), { sid })
    assert.equal(mails.length, 1)
    const first = lastToken()
    assert.deepEqual(await ask('alice@example.org', 's', 2), { sid })
    assert.deepEqual([mails.length, asked.length], [2, 2])
    assert.notEqual((await ask('alice@example.org', 'another secret')).sid, sid)
    assert.notEqual((await ask('bob@example.org')).sid, sid)
    assert.equal(await addressOfToken(deps, first), undefined)
    assert.deepEqual(await addressOfToken(deps, mails[1]?.token ?? ''), {
      address: 'alice@example.org',
      isValidated: false,
    })
    assert.equal(await addressOfToken(deps, 'guess'), undefined)
  })

  test('an expired validation starts again, even with the same send_attempt', async (t) => {
    const { deps, clock, ask, add, mails, lastToken } = await createThreepidFixture(t, open)
    const { sid } = await ask()
    await validateByToken(deps, lastToken())
    assert.deepEqual(await ask('alice@example.org', 's', 9), { sid })
    assert.equal(mails.length, 1, 'a validated address gets no second mail')
    clock.advance(VALIDATED_LIFE_MS)
    assert.deepEqual(await ask(), { sid })
    assert.equal(mails.length, 2)
    assert.equal((await refusal(add(alice, sid))).reason, 'M_SESSION_NOT_VALIDATED')
    clock.advance(TOKEN_LIFE_MS)
    await ask()
    await validateByToken(deps, lastToken())
    assert.deepEqual(await add(alice, sid), { kind: 'added' })
  })

  test('two parallel requests send one mail', async (t) => {
    const { ask, mails } = await createThreepidFixture(t, open)
    const [one, two] = await Promise.all([ask(), ask()])
    assert.deepEqual([one, mails.length], [two, 1])
  })

  test('a mail that could not be sent can be requested again with the same send_attempt', async (t) => {
    const { ask, mails, setResult } = await createThreepidFixture(t, open)
    setResult({ kind: 'retry', reason: 'timeout', ms: 1 })
    assert.equal((await refusal(ask())).status, 503)
    setResult({ kind: 'refused', reason: 'smtp 550', status: 550, ms: 1 })
    assert.deepEqual(await refusal(ask()), { status: 400, errcode: 'M_INVALID_PARAM', reason: undefined })
    setResult(SENT)
    await ask()
    assert.equal(mails.length, 3)
  })

  test('too many mails to one address are refused without a write', async (t) => {
    const { db, deps, mails } = await createThreepidFixture(t, open)
    const tokenMails = {
      take: () => Promise.reject(limitExceeded(1000)),
    }
    const asked = {
      email: 'alice@example.org',
      clientSecret: 's',
      sendAttempt: 1,
      from: '192.0.2.1',
      languages: [],
      signal,
    }
    assert.equal((await refusal(requestToken({ ...deps, tokenMails }, asked))).status, 429)
    assert.deepEqual([mails, await db.all(validations, {})], [[], []])
  })

  test('refuses an invalid address without sending a mail', async (t) => {
    const { ask, mails } = await createThreepidFixture(t, open)
    for (const email of ['', 'alice', '@example.org', 'a@b\r\nBcc: c@d.e', 'a@b.c,d@e.f', 'Alice <a@b.c>'])
      assert.equal((await refusal(ask(email))).errcode, 'M_INVALID_PARAM', email)
    assert.deepEqual(mails, [])
  })

  test('reports whether a validation is unknown, not validated or expired', async (t) => {
    const { deps, clock, ask, add, lastToken } = await createThreepidFixture(t, open)
    const { sid } = await ask()
    const why = async (...of: Parameters<typeof add>) => {
      const { errcode, reason } = await refusal(add(...of))
      assert.equal(errcode, 'M_THREEPID_AUTH_FAILED')
      return reason
    }
    assert.equal(await why(alice, sid), 'M_SESSION_NOT_VALIDATED')
    assert.equal(await why(alice, 'other'), 'M_NO_VALID_SESSION')
    assert.equal(await why(alice, sid, 'wrong'), 'M_NO_VALID_SESSION')
    clock.advance(TOKEN_LIFE_MS)
    assert.equal(await why(alice, sid), 'M_SESSION_EXPIRED')
    assert.equal(await validateByToken(deps, lastToken()), undefined)
    await ask('alice@example.org', 's', 2)
    assert.equal(await validateByToken(deps, lastToken()), 'alice@example.org')
    assert.equal(
      await validateByToken(deps, lastToken()),
      'alice@example.org',
      'a repeated validation has the same result',
    )
    clock.advance(VALIDATED_LIFE_MS)
    assert.equal(await why(alice, sid), 'M_SESSION_EXPIRED')
  })

  test('ten wrong secrets end a validation', async (t) => {
    const { deps, ask, add, lastToken } = await createThreepidFixture(t, open)
    const { sid } = await ask()
    await validateByToken(deps, lastToken())
    for (let n = 0; n < 10; n++) await refusal(add(alice, sid, `guess ${n}`))
    assert.equal((await refusal(add(alice, sid))).reason, 'M_NO_VALID_SESSION')
  })

  test('the first user to add an address gets it, and a validation of another user is refused', async (t) => {
    const { deps, ask, add, lastToken } = await createThreepidFixture(t, open)
    const one = await ask('shared@example.org', 'one')
    await validateByToken(deps, lastToken())
    const two = await ask('shared@example.org', 'two')
    await validateByToken(deps, lastToken())
    await add(alice, one.sid, 'one')
    assert.equal((await refusal(add(bob, two.sid, 'two'))).errcode, 'M_THREEPID_IN_USE')
    assert.deepEqual(
      await add(alice, two.sid, 'two'),
      { kind: 'added' },
      'the address already belongs to alice',
    )
    assert.equal((await listThreepids(deps.db, alice)).length, 1)
  })

  test('a wrong password adds no address', async (t) => {
    const { db, deps, ask, lastToken } = await createThreepidFixture(t, open)
    const { sid } = await ask()
    await validateByToken(deps, lastToken())
    const owner = { userId: alice, deviceId: 'D' as DeviceId }
    const outcome = await addThreepid(deps, owner, {
      sid,
      clientSecret: 's',
      auth: { ...auth, password: 'wrong' },
    })
    assert.equal(outcome.kind, 'challenge')
    assert.deepEqual(await listThreepids(db, alice), [])
  })

  test('removes only addresses of the user, with their pushers, idempotently, and all of them with the account', async (t) => {
    const { db, deps, removed, ask, add, lastToken } = await createThreepidFixture(t, open)
    for (const email of ['alice@example.org', 'alice@work.example']) {
      const { sid } = await ask(email)
      await validateByToken(deps, lastToken())
      await add(alice, sid)
    }
    await removeThreepid(deps, bob, { medium: 'email', address: 'alice@example.org' })
    await removeThreepid(deps, alice, { medium: 'msisdn', address: 'alice@example.org' })
    await removeThreepid(deps, alice, { medium: 'email', address: 'nonsense' })
    assert.deepEqual([(await listThreepids(db, alice)).length, removed], [2, []])
    for (let n = 0; n < 2; n++)
      await removeThreepid(deps, alice, { medium: 'email', address: 'ALICE@example.org' })
    assert.deepEqual(removed, [`${alice} alice@example.org`])
    assert.deepEqual(
      (await listThreepids(db, alice)).map(({ address }) => address),
      ['alice@work.example'],
    )
    await deactivate(deps, { userId: alice, deviceId: 'D' as DeviceId }, { erase: false, auth })
    assert.deepEqual(await listThreepids(db, alice), [])
    await ask('alice@work.example', 'new owner')
  })

  test('refuses an address above the limit of addresses', async (t) => {
    const { deps, ask, add, lastToken } = await createThreepidFixture(t, open)
    const addOne = async (n: number) => {
      const { sid } = await ask(`a${n}@example.org`)
      await validateByToken(deps, lastToken())
      return add(alice, sid)
    }
    for (let n = 0; n < 20; n++) await addOne(n)
    assert.equal((await refusal(addOne(20))).errcode, 'M_INVALID_PARAM')
  })

  test('ended validations are swept and others are kept', async (t) => {
    const { db, clock, ask } = await createThreepidFixture(t, open)
    await ask('old@example.org')
    clock.advance(TOKEN_LIFE_MS + VALIDATED_LIFE_MS)
    const { sid } = await ask('young@example.org')
    clock.advance(1)
    const sweeping = startValidationSweeper({ db, log: silentLog, clock: createManualClock(clock.now()) })
    await eventually(async () => (await db.all(validations, {})).length === 1)
    await sweeping[Symbol.asyncDispose]()
    assert.deepEqual(
      (await db.all(validations, {})).map((row) => row.sid),
      [sid],
    )
  })
})

test('returns an error before any other check when no mail server is configured', async () => {
  const deps = { mailToken: undefined } as unknown as ValidationDeps
  const asked = requestToken(deps, {
    email: 'nonsense',
    clientSecret: 's',
    sendAttempt: 1,
    from: '192.0.2.1',
    languages: [],
    signal,
  })
  assert.equal((await refusal(asked)).errcode, 'M_THREEPID_MEDIUM_NOT_SUPPORTED')
})

const validations = query()((db) => db.selectFrom('threepid_validations').selectAll().orderBy('sid'))
