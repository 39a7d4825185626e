import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createLoginAttemptLimiter, createTokenMailLimiter } from '../../src/accounts/attempt-limits.ts'
import type { AttemptSource } from '../../src/accounts/deps.ts'
import { signWith } from '../../src/accounts/server-secret.ts'
import { startAttemptSweepers } from '../../src/accounts/sweep-attempts.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { UserId } from '../../src/lib/ids.ts'
import type { Database } from '../../src/storage/database.ts'
import { query } from '../../src/storage/query.ts'
import { afterTest } from '../support/after-test.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { onEachSharedDatabase } from '../support/two-processes.ts'

const defaults = loadConfig({ argv: [], env: {} }).rate_limits
const isLimited = { status: 429, errcode: 'M_LIMIT_EXCEEDED' }
const [alice, bob] = ['@alice:x', '@bob:x'] as [UserId, UserId]
const sign = signWith('c2VjcmV0')

const allCounts = query()((db) => db.selectFrom('attempts').selectAll())

const source = (key: string, known = false): AttemptSource => ({ key, isKnown: async () => known })

/** The limiters of two processes on one database, with one clock. */
function limiters(databases: readonly [Database, Database], perSource: number, inSum: number) {
  const clock = createManualClock()
  let sleeping = 0
  const counted = {
    ...clock,
    sleep: async (...[ms, signal]: Parameters<typeof clock.sleep>) => {
      sleeping++
      await clock.sleep(ms, signal)
      sleeping--
    },
  }
  const limits = {
    ...defaults,
    enabled: true,
    login_attempts_per_minute_per_account_and_address: perSource,
    login_attempts_per_minute_per_account: inSum,
  }
  const [here, there] = databases.map((db) => createLoginAttemptLimiter(limits, { db, clock: counted, sign }))
  assert.ok(here && there)
  return { clock, here, there, sleeping: () => sleeping }
}

onEachSharedDatabase('limits of login attempts', (openTwo) => {
  const open = async (t: TestContext, perSource: number, inSum: number) =>
    limiters(await openTwo(t), perSource, inSum)

  test('failures are counted by account and source over all processes, and cancelled attempts are not counted', async (t) => {
    const { here, there, clock } = await open(t, 3, 1000)
    for (let count = 0; count < 10; count++) await (await here.attempt(alice, source('a')))()
    for (const one of [here, there, here]) await one.attempt(alice, source('a'))
    await assert.rejects(here.attempt(alice, source('a')), isLimited)
    await assert.rejects(there.attempt(alice, source('a')), isLimited)
    await there.attempt(alice, source('b'))
    await there.attempt(bob, source('a'))
    clock.advance(20_000)
    await there.attempt(alice, source('a'))
    await assert.rejects(here.attempt(alice, source('a')), isLimited)
  })

  test('attempts at the same time in two processes do not exceed the limit', async (t) => {
    const { here, there } = await open(t, 5, 1000)
    const both = [here, there].flatMap((one) =>
      Array.from({ length: 5 }, () => one.attempt(alice, source('a'))),
    )
    const outcomes = await Promise.allSettled(both)
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 5)
  })

  test('an attempt above the sum of all sources waits unless its source is known', async (t) => {
    const { here, there, clock, sleeping } = await open(t, 5, 6)
    for (let count = 0; count < 6; count++) await here.attempt(alice, source(`stranger ${count}`))
    let isAccepted = false
    const waiting = there.attempt(alice, source('unknown')).then((cancel) => {
      isAccepted = true
      return cancel
    })
    await there.attempt(alice, source('known', true))
    await there.attempt(bob, source('unknown'))
    await eventually(() => sleeping() === 1)
    assert.equal(isAccepted, false)
    clock.advance(10_000)
    await (
      await waiting
    )()
    await there.attempt(alice, source('unknown'))
  })

  test('an attempt is refused when it would wait longer than ten seconds or behind too many others', async (t) => {
    const databases = await openTwo(t)
    const slow = limiters(databases, 5, 5)
    for (let count = 0; count < 5; count++) await slow.here.attempt(bob, source(`stranger ${count}`))
    await assert.rejects(slow.here.attempt(bob, source('unknown')), isLimited)

    const { here, clock, sleeping } = limiters(databases, 1, 60)
    for (let count = 0; count < 60; count++) await here.attempt(alice, source(`stranger ${count}`))
    let settled = 0
    const others = Array.from({ length: 20 }, (_, n) => here.attempt(alice, source(`other ${n}`)))
    const outcomes = Promise.allSettled(others.map((one) => one.finally(() => settled++)))
    const isQuiet = () => eventually(() => sleeping() + settled === 20)
    for (let second = 0; second < 15; second++) {
      await isQuiet()
      clock.advance(1000)
      await new Promise(setImmediate)
    }
    await isQuiet()
    const accepted = (await outcomes).filter((outcome) => outcome.status === 'fulfilled').length
    assert.equal(accepted, 10, 'one attempt a second for ten seconds')
    await assert.doesNotReject(here.attempt(alice, source('other 19')))
  })

  test('counts contain neither the account nor the address, and are deleted when they decide nothing', async (t) => {
    const databases = await openTwo(t)
    const { here, clock } = limiters(databases, 3, 1000)
    const cancel = await here.attempt(bob, source('address 192.0.2.7'))
    await here.attempt(alice, source('address 192.0.2.7'))
    const [db] = databases
    assert.doesNotMatch(JSON.stringify(await db.all(allCounts, {})), /alice|bob|192/)
    await cancel()
    assert.equal((await db.all(allCounts, {})).length, 2, 'a cancelled attempt leaves no row')
    clock.advance(60_000)
    const sweepers = startAttemptSweepers({ db, clock, log: silentLog })
    for (const sweeper of sweepers) afterTest(t, () => sweeper[Symbol.asyncDispose]())
    await eventually(async () => (await db.all(allCounts, {})).length === 0)
  })

  test('a count from a clock that is far ahead refuses for a minute at most', async (t) => {
    const databases = await openTwo(t)
    const { here, clock } = limiters(databases, 3, 1000)
    const ahead = limiters(databases, 3, 1000)
    ahead.clock.step(3_600_000)
    await ahead.there.attempt(alice, source('a', true))
    await assert.rejects(here.attempt(alice, source('a', true)), isLimited)
    clock.advance(60_000)
    await here.attempt(alice, source('a', true))
  })
})

onEachSharedDatabase('limits of token mails', (openTwo) => {
  test('mails are limited by mailbox and requesting address, and by mailbox in sum, over all processes', async (t) => {
    const databases = await openTwo(t)
    const clock = createManualClock()
    const limits = {
      ...defaults,
      enabled: true,
      email_tokens_per_hour_per_recipient_and_address: 2,
      email_tokens_per_hour_per_recipient: 5,
    }
    let turn = 0
    const take = (asker: string, recipient = 'alice@example.org') => {
      const db = databases[turn++ % 2] ?? databases[0]
      const mails = createTokenMailLimiter(limits, { clock, sign })
      return db.transaction((tx) => mails.take(tx, recipient, asker))
    }
    for (let count = 0; count < 2; count++) await take('stranger')
    for (let count = 0; count < 5; count++) await assert.rejects(take('stranger'), isLimited)
    for (let count = 0; count < 2; count++) await take('alice')
    await take('third')
    await assert.rejects(take('fourth'), isLimited)
    await take('fourth', 'bob@example.org')
    clock.advance(1_800_000)
    await take('alice')
  })

  test('attempts and mails are not limited when rate limits are off', async (t) => {
    const [db] = await openTwo(t)
    const clock = createManualClock()
    const limits = { ...defaults, enabled: false, login_attempts_per_minute_per_account: 1 }
    const attempts = createLoginAttemptLimiter(limits, { db, clock, sign })
    const mails = createTokenMailLimiter(limits, { clock, sign })
    for (let count = 0; count < 50; count++) {
      await attempts.attempt(alice, source('a', true))
      await db.transaction((tx) => mails.take(tx, 'alice@example.org', 'a'))
    }
    assert.deepEqual(await db.all(allCounts, {}), [])
  })
})
