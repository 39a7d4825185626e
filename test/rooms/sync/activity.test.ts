import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createLocalBus } from '../../../src/cluster/bus.ts'
import { type DeviceId, systemRandom } from '../../../src/lib/ids.ts'
import { createActivity, type Elsewhere } from '../../../src/rooms/sync/activity.ts'
import { openTestSqlite } from '../../support/databases.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { createNotificationsFixture, user } from '../sync-fixture.ts'

const alice = user('alice')
const [phone, laptop] = ['PHONE', 'LAPTOP'].map((deviceId) => ({
  userId: alice,
  deviceId: deviceId as DeviceId,
})) as [{ userId: typeof alice; deviceId: DeviceId }, { userId: typeof alice; deviceId: DeviceId }]

/** An hour after the start of the process. */
function built(t: TestContext, bus = createLocalBus()) {
  const clock = createManualClock()
  const make = () => {
    const made = createActivity({ bus, clock, random: systemRandom })
    t.after(() => made[Symbol.dispose]())
    return made
  }
  const activity = make()
  clock.advance(3_600_000)
  const ask = { userId: alice, except: phone.deviceId, wasActive: false }
  const left = (of: Partial<Elsewhere> = {}, which = activity) => {
    const until = which.until({ ...ask, ...of })
    return until === undefined ? undefined : until - clock.now()
  }
  return { activity, clock, make, left }
}

test('a device is active while it waits, and 15 s after', (t) => {
  const { activity, clock, left } = built(t)
  assert.equal(left(), undefined)
  const poll = activity.enter(laptop, 30_000)
  assert.equal(left(), 15_000)
  clock.advance(30_000)
  assert.equal(left(), 15_000)
  poll[Symbol.dispose]()
  clock.advance(14_999)
  assert.equal(left(), 1)
  clock.advance(1)
  assert.equal(left(), undefined)
})

test('of two polls of a device the last one counts', (t) => {
  const { activity, clock, left } = built(t)
  const polls = [activity.enter(laptop, 0), activity.enter(laptop, 0)]
  polls[0]?.[Symbol.dispose]()
  clock.advance(60_000)
  assert.equal(left(), 15_000)
  polls[1]?.[Symbol.dispose]()
  clock.advance(60_000)
  assert.equal(left(), undefined)
})

test('the device that asks does not count, nor do other users', (t) => {
  const { activity, left } = built(t)
  using _own = activity.enter(phone, 0)
  using _other = activity.enter({ ...laptop, userId: user('bob') }, 0)
  assert.equal(left(), undefined)
  assert.equal(left({ except: null }), 15_000)
  assert.equal(left({ except: laptop.deviceId }), 15_000)
})

test('who was active when the process began may still be, for 15 s', (t) => {
  const { clock, make, left } = built(t)
  const fresh = make()
  assert.equal(left({}, fresh), undefined)
  assert.equal(left({ wasActive: true }, fresh), 15_000)
  clock.advance(15_000)
  assert.equal(left({ wasActive: true }, fresh), undefined)
})

test('processes tell each other, and forget each other in time', (t) => {
  const { activity, clock, make, left } = built(t)
  const other = make()
  const poll = activity.enter(laptop, 30_000)
  assert.equal(left({}, other), 45_000)
  clock.advance(30_000)
  poll[Symbol.dispose]()
  assert.equal(left({}, other), 15_000)
  // What is heard of somebody who is waiting here does not shorten that.
  using _there = other.enter(laptop, 0)
  assert.equal(left({}, other), 15_000)
  assert.equal(left(), 15_000)
  clock.advance(15_000)
  assert.equal(left(), undefined)
  assert.equal(left({}, other), 15_000)
})

test('a client that polls without waiting is announced now and then, not each time', (t) => {
  const bus = createLocalBus()
  const { activity, clock } = built(t, bus)
  let messages = 0
  bus.subscribe(['activity'], () => messages++)
  for (let poll = 0; poll < 100; poll++) {
    activity.enter(laptop, 0)[Symbol.dispose]()
    clock.advance(100)
  }
  assert.equal(messages, 2)
})

test('/sync says who is there, unless it says that nobody is', async (t) => {
  const fixture = await createNotificationsFixture(t, await openTestSqlite(t), ['alice'])
  const isActive = () =>
    fixture.activity.until({ userId: alice, except: null, wasActive: false }) !== undefined
  const { next_batch: since } = await fixture.sync(alice, undefined, { isAway: true })
  assert.equal(isActive(), false)
  const waiting = fixture.sync(alice, since, { timeoutMs: 30_000 })
  assert.equal(isActive(), true)
  await fixture.clock.asleep(20_000)
  fixture.clock.advance(20_000)
  assert.equal(isActive(), true)
  fixture.clock.advance(10_000)
  await waiting
  assert.equal(isActive(), true)
  fixture.clock.advance(15_000)
  assert.equal(isActive(), false)
})
