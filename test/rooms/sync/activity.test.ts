import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createLocalBus } from '../../../src/cluster/bus.ts'
import { type DeviceId, systemRandom } from '../../../src/lib/ids.ts'
import { createActivity, type ActivityQuery } from '../../../src/rooms/sync/activity.ts'
import { afterTest } from '../../support/after-test.ts'
import { openTestSqlite } from '../../support/databases.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { createSyncFixture, user } from '../sync-fixture.ts'

const alice = user('alice')
const [phone, laptop] = ['PHONE', 'LAPTOP'].map((deviceId) => ({
  userId: alice,
  deviceId: deviceId as DeviceId,
})) as [{ userId: typeof alice; deviceId: DeviceId }, { userId: typeof alice; deviceId: DeviceId }]

/** An activity tracker whose process started an hour ago. */
function createFixture(t: TestContext, bus = createLocalBus()) {
  const clock = createManualClock()
  const createProcess = () => {
    const created = createActivity({ bus, clock, random: systemRandom })
    afterTest(t, () => created[Symbol.dispose]())
    return created
  }
  const activity = createProcess()
  clock.advance(3_600_000)
  const ask = { userId: alice, except: phone.deviceId, wasActive: false }
  const left = (of: Partial<ActivityQuery> = {}, which = activity) => {
    const until = which.activeUntil({ ...ask, ...of })
    return until === undefined ? undefined : until - clock.now()
  }
  return { activity, clock, createProcess, left }
}

test('a device is active during a poll and for 15 s after it', (t) => {
  const { activity, clock, left } = createFixture(t)
  assert.equal(left(), undefined)
  const poll = activity.startPoll(laptop, 30_000)
  assert.equal(left(), 15_000)
  clock.advance(30_000)
  assert.equal(left(), 15_000)
  poll[Symbol.dispose]()
  clock.advance(14_999)
  assert.equal(left(), 1)
  clock.advance(1)
  assert.equal(left(), undefined)
})

test('a device with two polls is active until 15 s after the end of the second', (t) => {
  const { activity, clock, left } = createFixture(t)
  const polls = [activity.startPoll(laptop, 0), activity.startPoll(laptop, 0)]
  polls[0]?.[Symbol.dispose]()
  clock.advance(60_000)
  assert.equal(left(), 15_000)
  polls[1]?.[Symbol.dispose]()
  clock.advance(60_000)
  assert.equal(left(), undefined)
})

test('the excepted device and the devices of other users are not considered', (t) => {
  const { activity, left } = createFixture(t)
  using _own = activity.startPoll(phone, 0)
  using _other = activity.startPoll({ ...laptop, userId: user('bob') }, 0)
  assert.equal(left(), undefined)
  assert.equal(left({ except: null }), 15_000)
  assert.equal(left({ except: laptop.deviceId }), 15_000)
})

test('a user who was active before the start of the process counts as active for 15 s', (t) => {
  const { clock, createProcess, left } = createFixture(t)
  const restarted = createProcess()
  assert.equal(left({}, restarted), undefined)
  assert.equal(left({ wasActive: true }, restarted), 15_000)
  clock.advance(15_000)
  assert.equal(left({ wasActive: true }, restarted), undefined)
})

test('processes publish activity to each other, and it expires', (t) => {
  const { activity, clock, createProcess, left } = createFixture(t)
  const other = createProcess()
  const poll = activity.startPoll(laptop, 30_000)
  assert.equal(left({}, other), 45_000)
  clock.advance(30_000)
  poll[Symbol.dispose]()
  assert.equal(left({}, other), 15_000)
  // A message about a device that polls here does not shorten its activity.
  using _there = other.startPoll(laptop, 0)
  assert.equal(left({}, other), 15_000)
  assert.equal(left(), 15_000)
  clock.advance(15_000)
  assert.equal(left(), undefined)
  assert.equal(left({}, other), 15_000)
})

test('a client that polls without waiting is published at intervals and not for each poll', (t) => {
  const bus = createLocalBus()
  const { activity, clock } = createFixture(t, bus)
  let messages = 0
  bus.subscribe(['activity'], () => messages++)
  for (let poll = 0; poll < 100; poll++) {
    activity.startPoll(laptop, 0)[Symbol.dispose]()
    clock.advance(100)
  }
  assert.equal(messages, 2)
})

test('/sync marks its device as active unless its presence is not online', async (t) => {
  const fixture = await createSyncFixture(t, await openTestSqlite(t), ['alice'])
  const isActive = () =>
    fixture.activity.activeUntil({ userId: alice, except: null, wasActive: false }) !== undefined
  const { next_batch: since } = await fixture.sync(alice, undefined, { presence: 'offline' })
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
