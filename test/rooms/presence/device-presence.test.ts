import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { type DeviceId, systemRandom } from '../../../src/lib/ids.ts'
import { createDevicePresence } from '../../../src/rooms/presence/device-presence.ts'
import { ACTIVE_FOR_MS, GRACE_MS, RENEW_MS } from '../../../src/rooms/presence/presence-state.ts'
import { devicePresenceOf } from '../../../src/rooms/presence/presence-store.ts'
import { sweepDuePresence } from '../../../src/rooms/presence/sweep-presence.ts'
import type { Database } from '../../../src/storage/database.ts'
import { afterTest } from '../../support/after-test.ts'
import { counting } from '../../support/counting-database.ts'
import { openTestSqlite } from '../../support/databases.ts'
import { silentLog } from '../../support/log.ts'
import { onEachSharedDatabase } from '../../support/two-processes.ts'
import { deviceOf, user } from '../sync-fixture.ts'
import { createPresenceFixture } from './fixture.ts'

const alice = user('alice')
const phone = { userId: alice, deviceId: deviceOf(alice) }
const POLL_MS = 30_000

/** `opened`: the connections of the processes to one database. */
async function createFixture(t: TestContext, opened: readonly Database[]) {
  const counted = opened.map(counting)
  const [first] = counted
  const { db } = first as (typeof counted)[0]
  const fixture = await createPresenceFixture(t, db, ['alice'])
  const { clock, bus } = fixture
  const processes = counted.map((one) => {
    const made = createDevicePresence({ db: one.db, bus, clock, random: systemRandom, log: silentLog })
    afterTest(t, () => made[Symbol.asyncDispose]())
    return made
  })
  const transactions = () => counted.reduce((sum, { count }) => sum + count.transactions, 0)
  /**
   * Resolves when the one process that writes has written these transactions and has nothing left. It pauses
   * for a second after each.
   */
  const written = async (count = 1) => {
    for (let at = 0; at < count; at++) {
      while (clock.sleepers() === 0) await new Promise((resolve) => setImmediate(resolve))
      clock.advance(1000)
    }
  }
  return {
    ...fixture,
    processes,
    first: processes[0] as (typeof processes)[0],
    written,
    transactions,
    stateNow: async () => (await fixture.see(alice, alice)).presence,
  }
}

describe('the presence of devices', () => {
  test('is written at the first sync and then about once a minute', async (t) => {
    const { first, clock, written, transactions, stateNow } = await createFixture(t, [
      await openTestSqlite(t),
    ])
    const before = transactions()
    first.synced(phone, 'online', POLL_MS)
    await written()
    assert.equal(await stateNow(), 'online')
    assert.equal(transactions() - before, 1)
    for (let at = 1000; at < RENEW_MS; at += 1000) {
      first.synced(phone, 'online', POLL_MS)
      clock.advance(1000)
    }
    assert.equal(transactions() - before, 1)
    clock.advance(1)
    first.synced(phone, 'online', POLL_MS)
    await written()
    assert.equal(transactions() - before, 2)
  })

  test('lasts over the longest sync and a grace time after it', async (t) => {
    const { first, clock, written, stateNow } = await createFixture(t, [await openTestSqlite(t)])
    first.synced(phone, 'online', POLL_MS)
    await written()
    clock.advance(POLL_MS + GRACE_MS)
    assert.equal(await stateNow(), 'online')
    clock.advance(RENEW_MS)
    assert.equal(await stateNow(), 'offline')
  })

  test('is written with one transaction for all syncs of a second', async (t) => {
    const { first, addDevice, written, transactions } = await createFixture(t, [await openTestSqlite(t)])
    const devices = Array.from({ length: 9 }, (_, at) => `DEVICE${at}` as DeviceId)
    for (const deviceId of devices) await addDevice(alice, deviceId)
    const before = transactions()
    first.synced(phone, 'online', POLL_MS)
    for (const deviceId of devices) first.synced({ userId: alice, deviceId }, 'online', POLL_MS)
    await written(2)
    assert.equal(transactions() - before, 2)
  })

  test('is written with at most 500 changes in a transaction', async (t) => {
    const { first, written, transactions } = await createFixture(t, [await openTestSqlite(t)])
    const before = transactions()
    for (let at = 0; at <= 501; at++) {
      const userId = user(`user-${at}`)
      first.synced({ userId, deviceId: deviceOf(userId) }, 'online', POLL_MS)
    }
    // The first change is being written.
    assert.equal(first.pending, 501)
    await written(3)
    assert.equal(transactions() - before, 3)
    assert.equal(first.pending, 0)
  })

  test('changes with at most 22 of 60 changes of set_presence in a minute', async (t) => {
    const { first, bus, clock } = await createFixture(t, [await openTestSqlite(t)])
    let changes = 0
    afterTest(
      t,
      bus.subscribe(['presence'], () => changes++),
    )
    for (let at = 0; at < 60; at++) {
      first.synced(phone, at % 2 === 0 ? 'online' : 'unavailable', POLL_MS)
      clock.advance(1000)
    }
    assert.ok(changes >= 20 && changes <= 22, String(changes))
  })

  test('changes at once with set_presence, at most ten times in a row', async (t) => {
    const { first, written, transactions, stateNow } = await createFixture(t, [await openTestSqlite(t)])
    const before = transactions()
    first.synced(phone, 'online', POLL_MS)
    await written()
    first.synced(phone, 'unavailable', POLL_MS)
    await written()
    assert.equal(await stateNow(), 'unavailable')
    assert.equal(transactions() - before, 2)
    const more = () => {
      for (let at = 0; at < 10; at++) first.synced(phone, at % 2 === 0 ? 'online' : 'unavailable', POLL_MS)
    }
    more()
    await written(2)
    const after = transactions()
    more()
    assert.equal(transactions(), after)
  })

  test('is not changed by a sync with set_presence=offline', async (t) => {
    const { first, written, transactions, stateNow } = await createFixture(t, [await openTestSqlite(t)])
    first.synced(phone, 'offline', POLL_MS)
    assert.equal(await stateNow(), 'offline')
    first.synced(phone, 'online', POLL_MS)
    await written()
    const before = transactions()
    first.synced(phone, 'offline', POLL_MS)
    assert.equal(transactions(), before)
    assert.equal(await stateNow(), 'online')
  })

  test('has the time of the last activity, written once a minute', async (t) => {
    const { first, clock, see, written, transactions } = await createFixture(t, [await openTestSqlite(t)])
    first.synced(phone, 'online', 600_000)
    await written()
    clock.advance(ACTIVE_FOR_MS)
    assert.equal((await see(alice, alice)).currently_active, false)
    const before = transactions()
    for (let message = 0; message < 5; message++) first.active(phone)
    await written()
    assert.equal(transactions() - before, 1)
    assert.equal((await see(alice, alice)).currently_active, true)
    clock.advance(RENEW_MS)
    first.active(phone)
    await written()
    assert.equal(transactions() - before, 2)
  })

  test('is online again with the next activity after the device was set to unavailable', async (t) => {
    const { first, set, written, stateNow } = await createFixture(t, [await openTestSqlite(t)])
    first.synced(phone, 'online', POLL_MS)
    first.active(phone)
    await written(2)
    await set(alice, 'unavailable')
    assert.equal(await stateNow(), 'unavailable')
    first.active(phone)
    await written()
    assert.equal(await stateNow(), 'online')
  })

  test('is written again with the next sync when it could not be written', async (t) => {
    const opened = await openTestSqlite(t)
    let isBroken = false
    const transaction: Database['transaction'] = (work, options) =>
      isBroken ? Promise.reject(new Error('the disk is full')) : opened.transaction(work, options)
    const { first, written, stateNow } = await createFixture(t, [{ ...opened, transaction }])
    isBroken = true
    first.synced(phone, 'online', POLL_MS)
    await written()
    isBroken = false
    assert.equal(await stateNow(), 'offline')
    first.synced(phone, 'online', POLL_MS)
    await written()
    assert.equal(await stateNow(), 'online')
  })
})

onEachSharedDatabase('the presence of devices with two processes', (openTwo) => {
  test('follows a device that syncs with both in turn', async (t) => {
    const { processes, written, stateNow } = await createFixture(t, await openTwo(t))
    const [one, other] = processes as [(typeof processes)[0], (typeof processes)[0]]
    one.synced(phone, 'online', POLL_MS)
    await written()
    other.synced(phone, 'unavailable', POLL_MS)
    await written()
    assert.equal(await stateNow(), 'unavailable')
    one.synced(phone, 'online', POLL_MS)
    await written()
    assert.equal(await stateNow(), 'online')
  })

  test('ends when the process that heard the device last is killed', async (t) => {
    const databases = await openTwo(t)
    const { bus, clock, first, written, presence } = await createFixture(t, databases)
    first.synced(phone, 'online', POLL_MS)
    await written()
    const { since } = await presence(alice)
    clock.advance(POLL_MS + GRACE_MS + RENEW_MS)
    // Both processes sweep, and one change is seen.
    const swept = databases.map((db) => sweepDuePresence({ db, bus, clock }))
    await Promise.all(swept)
    const after = await presence(alice, since)
    assert.deepEqual(after.seen, ['alice offline'])
    assert.deepEqual((await presence(alice, after.since)).seen, [])
  })

  test('keeps the changes that both write at the same time', async (t) => {
    const databases = await openTwo(t)
    const { addDevice, processes, stateNow, db } = await createFixture(t, databases)
    const devices = Array.from({ length: 8 }, (_, at) => `DEVICE${at}` as DeviceId)
    for (const deviceId of devices) await addDevice(alice, deviceId)
    devices.forEach((deviceId, at) =>
      processes[at % 2]?.synced({ userId: alice, deviceId }, 'online', POLL_MS),
    )
    for (const one of processes) await one[Symbol.asyncDispose]()
    assert.equal(await stateNow(), 'online')
    const rows = await db.all(devicePresenceOf, { userIds: [alice] })
    assert.equal(rows.filter((row) => row.state === 'online').length, devices.length)
  })
})
