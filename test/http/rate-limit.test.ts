import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { loadConfig } from '../../src/config/load.ts'
import { addressGroup } from '../../src/http/address.ts'
import { createRateLimiter } from '../../src/http/rate-limit.ts'
import { createTokenBuckets } from '../../src/lib/token-buckets.ts'
import { createFixedClock } from './server-fixture.ts'

const defaults = loadConfig({ argv: [], env: {} }).rate_limits
const isLimited = (error: unknown) => (error as { errcode?: string }).errcode === 'M_LIMIT_EXCEEDED'

test('a bucket allows its burst at once, then its rate, and returns the time to wait', () => {
  const clock = createFixedClock()
  const buckets = createTokenBuckets({ rate: { perSecond: 2, burst: 3 }, clock })
  assert.deepEqual(
    [1, 2, 3, 4].map(() => buckets.take('a')),
    [0, 0, 0, 500],
  )
  assert.equal(buckets.take('b'), 0)
  clock.advance(499)
  assert.equal(buckets.take('a'), 1)
  clock.advance(1)
  assert.equal(buckets.take('a'), 0)
})

test('the returned time to wait is always enough, and never allows more than burst and rate', () => {
  const rate = fc.record({
    perSecond: fc.integer({ min: 1, max: 500 }),
    burst: fc.integer({ min: 1, max: 20 }),
  })
  const property = fc.property(rate, fc.array(fc.nat(3000), { maxLength: 60 }), (limits, steps) => {
    const clock = createFixedClock()
    const start = clock.now()
    const buckets = createTokenBuckets({ rate: limits, clock })
    let passed = 0
    for (const step of steps) {
      clock.advance(step)
      const waitMs = buckets.take('k')
      if (waitMs > 0) {
        clock.advance(waitMs)
        assert.equal(buckets.take('k'), 0)
      }
      passed++
      assert.ok(passed <= limits.burst + ((clock.now() - start) / 1000) * limits.perSecond + 1e-6)
    }
  })
  fc.assert(property)
})

test('the number of buckets is limited, and the least recently used is evicted', () => {
  const buckets = createTokenBuckets({
    rate: { perSecond: 1, burst: 1 },
    clock: createFixedClock(),
    maxKeys: 3,
  })
  for (const key of ['a', 'b', 'c', 'a', 'd']) buckets.take(key)
  assert.equal(buckets.size, 3)
  assert.ok(buckets.take('a') > 0, 'a was used recently and is kept')
  assert.equal(buckets.take('b'), 0, 'b was evicted')
})

test('a user over the sync limit can still send', () => {
  const limits = { ...defaults, requests_per_second_per_user: 1, request_burst_per_user: 1 }
  const limiter = createRateLimiter(limits, createFixedClock())
  limiter.user('sync', '@a:x')
  assert.throws(() => limiter.user('sync', '@a:x'), isLimited)
  limiter.user('send', '@a:x')
  limiter.user('default', '@a:x')
  limiter.user('sync', '@b:x')
})

test('nothing is refused if rate limits are disabled', () => {
  const limits = {
    ...defaults,
    enabled: false,
    registrations_per_minute_per_address: 1,
  }
  const limiter = createRateLimiter(limits, createFixedClock())
  for (let count = 0; count < 50; count++) {
    limiter.address('register', '192.0.2.1')
  }
})

test('an IPv6 /64 counts as one address', () => {
  assert.equal(addressGroup('2001:db8:1:2:3:4:5:6'), addressGroup('2001:db8:1:2::1'))
  assert.notEqual(addressGroup('2001:db8:1:2::1'), addressGroup('2001:db8:1:3::1'))
  assert.equal(addressGroup('192.0.2.1'), '192.0.2.1')
  assert.equal(addressGroup('unknown'), 'unknown')
})
