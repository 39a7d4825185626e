import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { deviceListsSince } from '../../src/keys/device-lists.ts'
import { queryKeys } from '../../src/keys/query-keys.ts'
import { uploadKeys } from '../../src/keys/upload-keys.ts'
import type { DeviceId, UserId } from '../../src/lib/ids.ts'
import { currentPosition } from '../support/current-position.ts'
import type { Database } from '../../src/storage/database.ts'
import { advanceIdleShards } from '../../src/storage/idle-shards.ts'
import { counting } from '../support/counting-database.ts'
import { onEachDatabase } from '../support/databases.ts'
import { oneTimeKeys } from '../support/signing-key.ts'
import { deviceOf, user } from '../rooms/sync-fixture.ts'
import { createKeysFixture } from './fixture.ts'

const [alice, bob, carol, dave] = [user('alice'), user('bob'), user('carol'), user('dave')]

async function createListsFixture(t: TestContext, db: Database) {
  const fixture = await createKeysFixture(t, db, { names: ['alice', 'bob', 'carol', 'dave'] })
  /** The lists of Bob after `work`. */
  const bobsLists = async (work: () => Promise<unknown>, viewer: UserId = bob) => {
    const since = await currentPosition(db)
    await work()
    const position = await currentPosition(db)
    return deviceListsSince(db, { userId: viewer, since: [since], position: [position] })
  }
  return { ...fixture, bobsLists }
}

onEachDatabase('device lists', (open) => {
  test('name a user whose keys changed only to users who share a room, and to the user', async (t) => {
    const { create, join, upload, bobsLists } = await createListsFixture(t, await open(t))
    const roomId = await create(alice)
    await join(roomId, bob)
    assert.deepEqual(await bobsLists(() => upload(alice)), { changed: [alice], left: [] })
    assert.deepEqual(await bobsLists(() => upload(alice), alice), { changed: [alice], left: [] })
    assert.deepEqual(await bobsLists(() => upload(alice), carol), { changed: [], left: [] })
  })

  test('do not change when the same keys are uploaded again, or only one-time keys', async (t) => {
    const db = await open(t)
    const { upload, deps } = await createListsFixture(t, db)
    const { deviceKeys } = await upload(alice)
    const before = await currentPosition(db)
    const device = { userId: alice, deviceId: deviceOf(alice) }
    await uploadKeys(deps, device, { deviceKeys, oneTimeKeys: oneTimeKeys(0, 2), fallbackKeys: {} })
    assert.equal(await currentPosition(db), before)
  })

  test('name the users of a room that the viewer joins, and a user who joins a room of the viewer', async (t) => {
    const { create, join, bobsLists } = await createListsFixture(t, await open(t))
    const roomId = await create(alice)
    await join(roomId, carol)
    assert.deepEqual(await bobsLists(() => join(roomId, bob)), { changed: [alice, carol], left: [] })
    assert.deepEqual(await bobsLists(() => join(roomId, dave)), { changed: [dave], left: [] })
  })

  test('name users as left when the last shared room ends, for either side', async (t) => {
    const { create, join, leave, bobsLists } = await createListsFixture(t, await open(t))
    const [first, second] = [await create(alice), await create(alice)]
    for (const roomId of [first, second]) await join(roomId, bob)
    await join(first, carol)
    const nothing = { changed: [], left: [] }
    assert.deepEqual(await bobsLists(() => leave(second, alice)), nothing, 'they share the first room')
    assert.deepEqual(await bobsLists(() => leave(first, carol)), { changed: [], left: [carol] })
    assert.deepEqual(await bobsLists(() => leave(first, bob)), { changed: [], left: [alice] })
  })

  test('name a user who left and came back with new keys as changed, and one who came and left as left', async (t) => {
    const { create, join, leave, upload, bobsLists } = await createListsFixture(t, await open(t))
    const roomId = await create(alice)
    await join(roomId, bob)
    const back = async () => {
      await leave(roomId, alice)
      await upload(alice)
      await join(roomId, alice)
    }
    assert.deepEqual(await bobsLists(back), { changed: [alice], left: [] })
    const visit = async () => {
      await join(roomId, carol)
      await leave(roomId, carol)
    }
    assert.deepEqual(await bobsLists(visit), { changed: [], left: [carol] })
    const both = async () => {
      await leave(roomId, alice)
      await leave(roomId, bob)
    }
    assert.deepEqual(await bobsLists(both), { changed: [], left: [alice] })
  })

  test('do not change with an invitation, a profile, or a message', async (t) => {
    const { create, join, invite, say, set, bobsLists } = await createListsFixture(t, await open(t))
    const roomId = await create(alice)
    await join(roomId, bob)
    const work = async () => {
      await invite(roomId, alice, carol)
      await say(roomId, alice, 'hello')
      await set(roomId, alice, 'm.room.topic', { topic: 'a' })
    }
    assert.deepEqual(await bobsLists(work), { changed: [], left: [] })
  })

  test('cost no statement of their own in a sync for which no device list changed', async (t) => {
    const { db, count } = counting(await open(t))
    const { create, join, upload, say, held, reads } = await createListsFixture(t, db)
    const roomId = await create(alice)
    await join(roomId, bob)
    await upload(alice)
    await advanceIdleShards(db)
    const { next_batch: since } = await held(bob)
    await say(roomId, alice, 'hello')
    const statements = async () => {
      const before = count.read
      await held(bob, since)
      return count.read - before
    }
    // Fills the cache of shared rooms.
    await statements()
    const withKeys = await statements()
    reads.sections = reads.sections.slice(0, -1)
    assert.equal(withKeys - (await statements()), 0)
  })

  test('end the wait of a long poll', async (t) => {
    const { create, join, upload, held, clock } = await createListsFixture(t, await open(t))
    const roomId = await create(alice)
    await join(roomId, bob)
    const { next_batch: since } = await held(bob)
    const poll = held(bob, since, { timeoutMs: 30_000 })
    await clock.asleep(30_000)
    await upload(alice)
    assert.deepEqual((await poll).device_lists, { changed: [alice], left: [] })
  })
})

onEachDatabase('the removal of a device', (open) => {
  test('removes its keys in the same transaction and announces it, and a device without keys is not announced', async (t) => {
    const db = await open(t)
    const fixture = await createListsFixture(t, db)
    const { upload, addDevice, removeDevice, bobsLists, deps } = fixture
    const [phone, silent] = ['PHONE' as DeviceId, 'SILENT' as DeviceId]
    await addDevice(alice, phone)
    await addDevice(alice, silent)
    await upload(alice)
    await upload(alice, { oneTimeKeys: oneTimeKeys(0, 2) }, phone)
    const devices = async () =>
      Object.keys((await queryKeys(deps, alice, new Map([[alice, []]]))).deviceKeys[alice] ?? {}).toSorted()
    assert.deepEqual(await devices(), [deviceOf(alice), 'PHONE'])
    assert.deepEqual(await bobsLists(() => removeDevice(alice, silent), alice), { changed: [], left: [] })
    const lists = await bobsLists(() => removeDevice(alice, phone), alice)
    assert.deepEqual(lists, { changed: [alice], left: [] })
    assert.deepEqual(await devices(), [deviceOf(alice)])
    await addDevice(alice, phone)
    const { counts } = await upload(alice, { oneTimeKeys: oneTimeKeys(1, 1) }, phone)
    assert.deepEqual(
      counts,
      { signed_curve25519: 1 },
      'a new device with the id has none of the earlier keys',
    )
  })
})
