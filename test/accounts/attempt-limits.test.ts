import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLoginAttemptLimiter, createTokenMailLimiter } from '../../src/accounts/attempt-limits.ts'
import type { AttemptSource } from '../../src/accounts/deps.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { UserId } from '../../src/lib/ids.ts'
import { createManualClock } from '../support/manual-clock.ts'

const defaults = loadConfig({ argv: [], env: {} }).rate_limits
const isLimited = { status: 429, errcode: 'M_LIMIT_EXCEEDED' }
const [alice, bob] = ['@alice:x', '@bob:x'] as [UserId, UserId]

const source = (key: string, known = false): AttemptSource => ({ key, isKnown: async () => known })

function limiter(perSource: number, inSum: number, enabled = true) {
  const clock = createManualClock()
  const limits = {
    ...defaults,
    enabled,
    login_attempts_per_minute_per_account_and_address: perSource,
    login_attempts_per_minute_per_account: inSum,
  }
  return { clock, attempts: createLoginAttemptLimiter(limits, clock) }
}

test('failures are counted by account and source, and cancelled attempts are not counted', async () => {
  const { attempts, clock } = limiter(3, 1000)
  for (let count = 0; count < 10; count++) (await attempts.attempt(alice, source('a')))()
  for (let count = 0; count < 3; count++) await attempts.attempt(alice, source('a'))
  await assert.rejects(attempts.attempt(alice, source('a')), isLimited)
  await attempts.attempt(alice, source('b'))
  await attempts.attempt(bob, source('a'))
  clock.advance(20_000)
  await attempts.attempt(alice, source('a'))
})

test('an attempt above the sum of all sources waits unless its source is known', async () => {
  const { attempts, clock } = limiter(5, 6)
  for (let count = 0; count < 6; count++) await attempts.attempt(alice, source(`stranger ${count}`))
  let isAccepted = false
  const waiting = attempts.attempt(alice, source('unknown')).then((cancel) => {
    isAccepted = true
    return cancel
  })
  await attempts.attempt(alice, source('known', true))
  await attempts.attempt(bob, source('unknown'))
  assert.equal(isAccepted, false)
  clock.advance(10_000)
  const cancel = await waiting
  cancel()
  await attempts.attempt(alice, source('unknown'))
})

test('an attempt is refused when it would wait longer than ten seconds or behind too many others', async () => {
  const slow = limiter(5, 5)
  for (let count = 0; count < 5; count++) await slow.attempts.attempt(alice, source(`stranger ${count}`))
  await assert.rejects(slow.attempts.attempt(alice, source('unknown')), isLimited)

  const { attempts, clock } = limiter(1, 60)
  for (let count = 0; count < 60; count++) await attempts.attempt(alice, source(`stranger ${count}`))
  const attemptsOfOthers = Array.from({ length: 20 }, (_, n) => attempts.attempt(alice, source(`other ${n}`)))
  const outcomes = Promise.allSettled(attemptsOfOthers)
  await assert.rejects(attemptsOfOthers.at(-1) as Promise<unknown>, isLimited)
  for (let second = 0; second < 15; second++) {
    clock.advance(1000)
    await new Promise(setImmediate)
  }
  const accepted = (await outcomes).filter((outcome) => outcome.status === 'fulfilled').length
  assert.equal(accepted, 10, 'one attempt a second for ten seconds')
  await attempts.attempt(alice, source('other 19'))
})

test('attempts are not limited when rate limits are off', async () => {
  const { attempts } = limiter(1, 1, false)
  for (let count = 0; count < 50; count++) await attempts.attempt(alice, source('a'))
})

test('token mails are limited by mailbox and requesting address, and by mailbox in sum', () => {
  const clock = createManualClock()
  const limits = {
    ...defaults,
    email_tokens_per_hour_per_recipient_and_address: 2,
    email_tokens_per_hour_per_recipient: 5,
  }
  const mails = createTokenMailLimiter(limits, clock)
  const take = (asker: string, recipient = 'alice@example.org') => mails.take(recipient, asker)
  for (let count = 0; count < 2; count++) take('stranger')
  for (let count = 0; count < 5; count++) assert.throws(() => take('stranger'), isLimited)
  for (let count = 0; count < 2; count++) take('alice')
  take('third')
  assert.throws(() => take('fourth'), isLimited)
  take('fourth', 'bob@example.org')
  clock.advance(1_800_000)
  take('alice')
})
