import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { deleteDevices } from '../../../src/accounts/devices-store.ts'
import { deactivateUser, setDisplayName } from '../../../src/accounts/users-store.ts'
import type { DeviceId, RoomId } from '../../../src/lib/ids.ts'
import {
  announceProfile,
  removeDevicePresence,
  removePresence,
} from '../../../src/rooms/presence/change-presence.ts'
import { ACTIVE_FOR_MS, GRACE_MS, IDLE_AFTER_MS } from '../../../src/rooms/presence/presence-state.ts'
import { startPresenceSweeper, sweepDuePresence } from '../../../src/rooms/presence/sweep-presence.ts'
import { advanceIdleShards } from '../../../src/storage/idle-shards.ts'
import { query } from '../../../src/storage/query.ts'
import { currentPosition } from '../../support/current-position.ts'
import type { Database } from '../../../src/storage/database.ts'
import { afterTest } from '../../support/after-test.ts'
import { counting } from '../../support/counting-database.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { eventually } from '../../support/eventually.ts'
import { silentLog } from '../../support/log.ts'
import { deviceOf, user } from '../sync-fixture.ts'
import { createPresenceFixture, HOUR, type PresenceBody } from './fixture.ts'

const [alice, bob, carol] = [user('alice'), user('bob'), user('carol')]

const setJoinedCount = query<{ roomId: RoomId; count: number }>()((db, p) =>
  db.updateTable('rooms').set({ joined_count: p.count }).where('room_id', '=', p.roomId),
)

/** Alice and Bob share a room; Carol is in none. */
async function createFixture(t: TestContext, db: Database) {
  const fixture = await createPresenceFixture(t, db, ['alice', 'bob', 'carol'])
  const roomId = await fixture.create(alice)
  await fixture.join(roomId, bob)
  return { ...fixture, roomId }
}

onEachDatabase('presence', (open) => {
  test('is in an initial sync of users who share a room, and not when the user is offline', async (t) => {
    const { connect, set, presence } = await createFixture(t, await open(t))
    await connect(alice)
    assert.deepEqual((await presence(bob)).seen, ['alice online'])
    assert.deepEqual((await presence(alice)).seen, ['alice online'])
    assert.deepEqual((await presence(carol)).seen, [])
    await set(alice, 'offline', 'on holiday')
    assert.deepEqual((await presence(bob)).seen, [])
  })

  test('is in an incremental sync when it changes, once', async (t) => {
    const { connect, set, presence } = await createFixture(t, await open(t))
    let { since } = await presence(bob)
    const next = async () => {
      const response = await presence(bob, since)
      since = response.since
      return response.seen
    }
    await connect(alice)
    assert.deepEqual(await next(), ['alice online'])
    assert.deepEqual(await next(), [])
    await connect(alice)
    assert.deepEqual(await next(), [], 'nothing has changed')
    await set(alice, 'unavailable')
    assert.deepEqual(await next(), ['alice unavailable'])
    await set(alice, 'offline')
    assert.deepEqual(await next(), ['alice offline'])
    await connect(carol)
    assert.deepEqual(await next(), [])
  })

  test('has the keys of the specification, with the name and the avatar of the profile', async (t) => {
    const { db, clock, connect, set, presence, see } = await createFixture(t, await open(t))
    await db.transaction((tx) => tx.run(setDisplayName, { userId: alice, value: 'Alice' }))
    await connect(alice)
    await set(alice, 'online', 'lunch')
    clock.advance(5000)
    const status = { presence: 'online', last_active_ago: 5000, currently_active: true, status_msg: 'lunch' }
    const content = { ...status, displayname: 'Alice' }
    assert.deepEqual((await presence(bob)).events, [{ type: 'm.presence', sender: alice, content }])
    assert.deepEqual(await see(bob, alice), status)
  })

  test('of another user can only be read with a shared room; an unknown user is not found', async (t) => {
    const { roomId, connect, leave, see } = await createFixture(t, await open(t))
    await connect(alice)
    assert.equal((await see(bob, alice)).presence, 'online')
    assert.equal((await see(alice, alice)).presence, 'online')
    assert.deepEqual(await see(alice, bob), { presence: 'offline' })
    await assert.rejects(see(carol, alice), { status: 403, errcode: 'M_FORBIDDEN' })
    await assert.rejects(see(carol, user('nobody')), { status: 404, errcode: 'M_NOT_FOUND' })
    await leave(roomId, bob)
    await assert.rejects(see(bob, alice), { status: 403 })
  })

  test('changes by the sweep after the times in the database, and at once for a reader', async (t) => {
    const { db, bus, clock, connect, presence, see } = await createFixture(t, await open(t))
    await connect(alice)
    const { since } = await presence(bob)
    // The sweep knows nothing but the database, like another process after this one was killed.
    const sweep = () => sweepDuePresence({ db, bus, clock })
    clock.advance(ACTIVE_FOR_MS)
    assert.deepEqual((await see(bob, alice)).currently_active, false)
    assert.equal(await sweep(), 1)
    assert.equal(await sweep(), 0)
    assert.equal((await presence(bob, since)).events[0]?.content['currently_active'], false)
    clock.advance(IDLE_AFTER_MS - ACTIVE_FOR_MS)
    assert.equal((await see(bob, alice)).presence, 'unavailable')
    assert.equal(await sweep(), 1)
    assert.deepEqual((await presence(bob, since)).seen, ['alice unavailable'])
    clock.advance(HOUR)
    assert.equal(await sweep(), 1)
    assert.deepEqual((await presence(bob, since)).seen, ['alice offline'])
    clock.advance(24 * HOUR)
    assert.equal(await sweep(), 0)
  })

  test('of a user whose client returns within 30 s after a start does not change', async (t) => {
    const { db, bus, clock, connect, presence, see } = await createFixture(t, await open(t))
    await connect(alice)
    await connect(bob)
    const { since } = await presence(bob)
    clock.advance(2 * HOUR)
    const sweeper = startPresenceSweeper({ db, bus, clock, log: silentLog })
    afterTest(t, () => sweeper[Symbol.asyncDispose]())
    clock.advance(GRACE_MS - 1)
    await connect(alice)
    clock.advance(1)
    await eventually(async () => (await presence(bob, since)).seen.length > 0)
    assert.deepEqual((await presence(bob, since)).seen, ['bob offline'])
    assert.equal((await see(bob, alice)).presence, 'online')
  })

  test('of a user who begins to share a room appears, for both', async (t) => {
    const { roomId, connect, join, presence } = await createFixture(t, await open(t))
    await connect(alice)
    await connect(carol)
    const [ofBob, ofCarol] = [await presence(bob), await presence(carol)]
    await join(roomId, carol)
    assert.deepEqual((await presence(bob, ofBob.since)).seen, ['carol online'])
    assert.deepEqual((await presence(carol, ofCarol.since)).seen, ['alice online'])
  })

  test('of ignored users is left out, and appears when they are no longer ignored', async (t) => {
    const { connect, ignore, presence } = await createFixture(t, await open(t))
    await ignore(bob, [alice])
    const { since } = await presence(bob)
    await connect(alice)
    const hidden = await presence(bob, since)
    assert.deepEqual(hidden.seen, [])
    assert.deepEqual((await presence(bob)).seen, [])
    await ignore(bob, [])
    assert.deepEqual((await presence(bob, hidden.since)).seen, ['alice online'])
  })

  test('of a user who goes offline is shown also when the list of ignored users changes', async (t) => {
    const { connect, set, ignore, presence } = await createFixture(t, await open(t))
    await connect(alice)
    const { since } = await presence(bob)
    await set(alice, 'offline')
    await ignore(bob, [carol])
    assert.deepEqual((await presence(bob, since)).seen, ['alice offline'])
  })

  test('passes the filter for presence', async (t) => {
    const { connect, presence } = await createFixture(t, await open(t))
    await connect(bob)
    await connect(alice)
    const seen = async (filter: object) => (await presence(bob, undefined, { ...filter })).seen
    assert.deepEqual(await seen({}), ['alice online', 'bob online'])
    assert.deepEqual(await seen({ not_senders: [bob] }), ['alice online'])
    assert.deepEqual(await seen({ senders: [bob] }), ['bob online'])
    assert.deepEqual(await seen({ types: ['m.presence'] }), ['alice online', 'bob online'])
    assert.deepEqual(await seen({ types: ['m.*'], limit: 1 }), ['alice online'])
    for (const none of [
      { types: [] },
      { types: ['m.room.*'] },
      { not_types: ['*'] },
      { senders: [] },
      { limit: 0 },
    ])
      assert.deepEqual(await seen(none), [])
  })

  test('comes in several responses when there are more changes than the limit, and misses none', async (t) => {
    const { connect, ignore, roomId, join, presence } = await createFixture(t, await open(t))
    await join(roomId, carol)
    await ignore(bob, [alice])
    let { since } = await presence(bob)
    for (const userId of [alice, bob, carol]) await connect(userId)
    const pages: string[][] = []
    for (let at = 0; at < 3; at++) {
      const page = await presence(bob, since, { limit: 1 })
      pages.push(page.seen)
      since = page.since
      assert.equal(/_p\d+/.test(since), at === 0, since)
    }
    assert.deepEqual(pages, [['bob online'], ['carol online'], []])
  })

  test('costs an incremental sync no statement without news, and one with news', async (t) => {
    const { db, count } = counting(await open(t))
    const { connect, presence, say, roomId } = await createFixture(t, db)
    await connect(alice)
    await advanceIdleShards(db)
    let { since } = await presence(bob)
    const cost = async (filter: object) => {
      const before = count.read
      since = (await presence(bob, since, { ...filter })).since
      return count.read - before
    }
    const difference = async (work: () => Promise<unknown>) => {
      const start = since
      await work()
      // What the members of a room share is read by the first sync.
      await cost({})
      since = start
      const none = await cost({ limit: 0 })
      since = start
      return (await cost({})) - none
    }
    assert.equal(await difference(() => say(roomId, alice, 'hello')), 0)
    assert.equal(await difference(() => connect(alice, 'unavailable')), 1)
  })

  test('changes of the same state take no position', async (t) => {
    const { db, clock, connect, pass } = await createFixture(t, await open(t))
    await connect(alice)
    const before = await currentPosition(db)
    clock.advance(60_000)
    await connect(alice)
    await pass(alice, { kind: 'activity', deviceId: deviceOf(alice) })
    await pass(alice)
    await pass(carol)
    assert.equal(await currentPosition(db), before)
  })

  test('wakes a waiting sync, and not that of a user without a shared room or with a filter against it', async (t) => {
    const { clock, connect, sync, presence } = await createFixture(t, await open(t))
    const wait = async (viewer: typeof alice, filter: object = {}) => {
      const { since } = await presence(viewer)
      return { done: sync(viewer, since, { timeoutMs: 30_000, filter: { presence: { ...filter } } }), since }
    }
    const waiting = [await wait(bob), await wait(carol), await wait(bob, { types: [] })]
    while (clock.sleepers() < 3) await new Promise((resolve) => setImmediate(resolve))
    await connect(alice)
    const first = (await waiting[0]?.done) as PresenceBody
    assert.equal(first.presence.events.length, 1)
    assert.equal(clock.sleepers(), 2)
    clock.advance(30_000)
    await Promise.all(waiting.map(({ done }) => done))
  })

  test('does not wake the syncs of a large room, which have it in their response at the time-out', async (t) => {
    const { db, clock, connect, sync, presence, roomId } = await createFixture(t, await open(t))
    await db.transaction((tx) => tx.run(setJoinedCount, { roomId, count: 51 }))
    const { since } = await presence(bob)
    const waiting = sync(bob, since, { timeoutMs: 30_000 })
    await clock.asleep(30_000)
    await connect(alice)
    assert.equal(clock.sleepers(), 1)
    clock.advance(30_000)
    assert.equal(((await waiting) as PresenceBody).presence.events.length, 1)
  })

  test('of a user is that of the other devices when a device is removed', async (t) => {
    const { db, bus, clock, addDevice, connect, pass, presence } = await createFixture(t, await open(t))
    const phone = 'PHONE' as DeviceId
    await addDevice(alice, phone)
    await connect(alice)
    const connectedUntil = clock.now() + HOUR
    await pass(alice, { kind: 'sync', deviceId: phone, state: 'unavailable', connectedUntil })
    const { since } = await presence(bob)
    const remove = (deviceId: DeviceId) =>
      db.transaction(
        async (tx) => {
          await tx.run(deleteDevices, { userId: alice, deviceIds: [deviceId] })
          await removeDevicePresence({ bus, clock }, tx, { userId: alice, deviceIds: [deviceId] })
        },
        { orderedBy: alice },
      )
    await remove(deviceOf(alice))
    assert.deepEqual((await presence(bob, since)).seen, ['alice unavailable'])
    await remove(phone)
    assert.deepEqual((await presence(bob, since)).seen, ['alice offline'])
    // A sync that was on its way.
    await pass(alice, { kind: 'sync', deviceId: phone, state: 'online', connectedUntil })
    assert.deepEqual((await presence(bob)).seen, [])
  })

  test('of a closed account is removed, and a late change does not bring it back', async (t) => {
    const { db, clock, connect, set, presence, see } = await createFixture(t, await open(t))
    await set(alice, 'online', 'here')
    await db.transaction(async (tx) => {
      await tx.run(deactivateUser, { userId: alice, now: clock.now() })
      removePresence(tx, alice)
    })
    await connect(alice)
    assert.deepEqual((await presence(bob)).seen, [])
    await assert.rejects(see(bob, alice), { status: 404 })
  })

  test('is shown again when the profile changes', async (t) => {
    const { db, bus, clock, connect, presence } = await createFixture(t, await open(t))
    await connect(alice)
    const { since } = await presence(bob)
    await db.transaction((tx) => tx.run(setDisplayName, { userId: alice, value: 'Alice L.' }))
    await announceProfile({ db, bus, clock }, alice)
    assert.equal((await presence(bob, since)).events[0]?.content['displayname'], 'Alice L.')
    const after = await currentPosition(db)
    await announceProfile({ db, bus, clock }, carol)
    assert.equal(await currentPosition(db), after, 'a user without presence')
  })
})
