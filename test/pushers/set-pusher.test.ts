import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MatrixError } from '../../src/lib/errors.ts'
import type { DeviceId, UserId } from '../../src/lib/ids.ts'
import { listPushers } from '../../src/pushers/list-pushers.ts'
import { parsePusherChange } from '../../src/pushers/pusher-request.ts'
import { removeAllPushers, removePushersOfDevices } from '../../src/pushers/remove-pushers.ts'
import { setPusher } from '../../src/pushers/set-pusher.ts'
import { query } from '../../src/storage/query.ts'
import {
  alice,
  bob,
  createDeliveryFixture,
  carol,
  room1,
  HTTP_PUSHER,
  PHONE,
  type DeliveryFixture,
} from '../delivery/delivery-fixture.ts'
import { onEachDatabase } from '../support/databases.ts'

const DATA = { url: 'https://push.example.org/_matrix/push/v1/notify', custom: { kept: [1, 2] } }
const ON_PHONE = {
  enabled: true,
  'org.matrix.msc3881.enabled': true,
  device_id: PHONE,
  'org.matrix.msc3881.device_id': PHONE,
}
const APP_B = { app_id: 'org.example.other', pushkey: 'key b' }

const addTablet = query()((db) =>
  db.insertInto('devices').values({ user_id: bob, device_id: 'TABLET' as DeviceId, created_at: 0 }),
)
const withPushers = query()((db) =>
  db.selectFrom('memberships').select('user_id').where('has_pushers', '=', 1).orderBy('user_id'),
)
const badgeUsers = query()((db) => db.selectFrom('badge_rooms').select('user_id').orderBy('user_id'))

const set = (delivery: DeliveryFixture, userId: UserId, fields: object = {}) =>
  delivery.setPusher(userId, { data: DATA, ...fields })
const listed = async (delivery: DeliveryFixture, userId: UserId) =>
  (await listPushers(delivery.db, userId, delivery.clock.now())).map(
    ({ 'org.belfry.status': _status, ...settings }) => settings,
  )
const usersWithPushers = async (delivery: DeliveryFixture) =>
  (await delivery.db.all(withPushers, {})).map((row) => row.user_id)

async function refusal(request: Promise<unknown>): Promise<MatrixError> {
  const error: unknown = await request.then(
    () => assert.fail('the request was accepted'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof MatrixError, String(error))
  return error
}

onEachDatabase('setting and removing pushers', (open) => {
  test('GET /pushers returns the settings as they were set, with the handle under both names', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    await set(delivery, bob, { instance_handle: 'h1' })
    await set(delivery, bob, { ...APP_B })
    assert.deepEqual(await listed(delivery, bob), [
      { ...HTTP_PUSHER, ...ON_PHONE, instance_handle: 'h1', profile_tag: 'h1', data: DATA },
      { ...HTTP_PUSHER, ...ON_PHONE, ...APP_B, data: DATA },
    ])
    assert.deepEqual(await listed(delivery, alice), [])
  })

  test('"It must be unique among all the pushers for a given user": a handle of another app is refused, and the error names the app', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    await set(delivery, bob, { instance_handle: 'h1' })
    await set(delivery, bob, { ...APP_B, instance_handle: 'h2' })
    const before = await delivery.pusherRows()
    const error = await refusal(set(delivery, bob, { ...APP_B, instance_handle: 'h1', lang: 'de' }))
    assert.deepEqual([error.status, error.errcode], [400, 'M_INVALID_PARAM'])
    assert.match(error.message, /org\.example\.app/)
    assert.deepEqual(await delivery.pusherRows(), before, 'the refused request changes nothing')
    // The same handle of another user is accepted.
    await set(delivery, carol, { ...APP_B, pushkey: 'c', instance_handle: 'h1' })
  })

  test('a handle set as profile_tag need not be unique', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    await set(delivery, bob, { instance_handle: 'h1' })
    await set(delivery, bob, { ...APP_B, profile_tag: 'h1' })
    assert.deepEqual(
      (await listed(delivery, bob)).map((pusher) => pusher['instance_handle']),
      ['h1', 'h1'],
    )
  })

  test('"this ID remain the same (ie. be shared by multiple pushers for multiple devices)": pushers of one app may share a handle, and the status lists the other devices', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    await delivery.db.transaction((tx) => tx.run(addTablet, {}))
    await set(delivery, bob, { instance_handle: 'h1' })
    const copy = parsePusherChange(
      { ...HTTP_PUSHER, pushkey: 'copy', instance_handle: 'h1', data: DATA },
      { handleRequired: true },
    )
    await setPusher(delivery.pushers, { userId: bob, deviceId: 'TABLET' as DeviceId }, copy)
    const listed = await listPushers(delivery.db, bob, delivery.clock.now())
    assert.deepEqual(
      listed.map(
        (pusher) => (pusher['org.belfry.status'] as { handle_shared_with: string[] }).handle_shared_with,
      ),
      [['TABLET'], ['PHONE']],
    )
  })

  test('"reset the instance_handle": the pusher gets the new handle, and another app may use the old one', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    await set(delivery, bob, { instance_handle: 'h1' })
    await set(delivery, bob, { instance_handle: 'h2', 'org.belfry.copy_push_rules': true })
    await set(delivery, bob, { ...APP_B, instance_handle: 'h1' })
    assert.deepEqual(
      (await listed(delivery, bob)).map((pusher) => pusher['instance_handle']),
      ['h2', 'h1'],
    )
  })

  test('kind null deletes one pusher with its queue, and a second request has no effect', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    await set(delivery, bob)
    await set(delivery, bob, { pushkey: 'key 2' })
    await set(delivery, bob, APP_B)
    await set(delivery, carol, { append: true })
    await delivery.say(alice, 'hello')
    assert.equal(await delivery.queued(), 4)
    for (let time = 0; time < 2; time++) await set(delivery, bob, { kind: null })
    assert.deepEqual(
      (await listed(delivery, bob)).map((pusher) => pusher['pushkey']),
      ['key 2', 'key b'],
    )
    assert.equal((await listed(delivery, carol)).length, 1)
    assert.equal(await delivery.queued(), 3)
  })

  test('append false removes pushers of other users with the same app and pushkey, and append true keeps them', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    await set(delivery, bob)
    await set(delivery, bob, { ...APP_B, pushkey: 'key' })
    await set(delivery, carol, { append: true })
    assert.equal((await listed(delivery, bob)).length, 2)
    await set(delivery, carol)
    assert.deepEqual(
      (await listed(delivery, bob)).map((pusher) => pusher['app_id']),
      ['org.example.other'],
    )
    await set(delivery, alice, { ...APP_B, pushkey: 'key' })
    assert.deepEqual(await usersWithPushers(delivery), [alice, carol], 'bob has no pusher left')
  })

  test('has_pushers and the badge of a user start with the first pusher and end with the last one', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    await delivery.say(alice, 'hello')
    assert.deepEqual(await usersWithPushers(delivery), [])
    await set(delivery, bob)
    await set(delivery, bob, APP_B)
    assert.deepEqual(await usersWithPushers(delivery), [bob])
    assert.deepEqual(await delivery.db.all(badgeUsers, {}), [{ user_id: bob }])
    await set(delivery, bob, { kind: null })
    assert.deepEqual(await usersWithPushers(delivery), [bob])
    await set(delivery, bob, { ...APP_B, kind: null })
    assert.deepEqual(await usersWithPushers(delivery), [])
    assert.deepEqual(await delivery.db.all(badgeUsers, {}), [])
    await delivery.say(alice, room1)
    assert.equal(await delivery.queued(), 0)
  })

  test('a pusher is removed with the device that created it, not with a device that edited it', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    await delivery.db.transaction((tx) => tx.run(addTablet, {}))
    const tablet = 'TABLET' as DeviceId
    await set(delivery, bob)
    const change = parsePusherChange({ ...HTTP_PUSHER, data: DATA, lang: 'de' }, { handleRequired: false })
    await setPusher(delivery.pushers, { userId: bob, deviceId: tablet }, change)
    await delivery.db.transaction((tx) =>
      removePushersOfDevices(delivery.pushers, tx, { userId: bob, deviceIds: [tablet] }),
    )
    assert.deepEqual(
      (await listed(delivery, bob)).map((pusher) => pusher['lang']),
      ['de'],
    )
    await delivery.db.transaction((tx) =>
      removePushersOfDevices(delivery.pushers, tx, { userId: bob, deviceIds: [PHONE] }),
    )
    assert.deepEqual(await listed(delivery, bob), [])
    assert.deepEqual(await usersWithPushers(delivery), [])
  })

  test('removeAllPushers removes the pushers of one user only', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    await set(delivery, bob)
    await set(delivery, bob, APP_B)
    await set(delivery, carol, { append: true })
    await delivery.db.transaction((tx) => removeAllPushers(delivery.pushers, tx, bob))
    assert.deepEqual(
      (await delivery.pusherRows()).map((row) => row.user_id),
      [carol],
    )
  })

  test('a set from a device that was removed meanwhile returns M_UNKNOWN_TOKEN', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    const change = parsePusherChange({ ...HTTP_PUSHER, data: DATA }, { handleRequired: false })
    const error = await refusal(
      setPusher(delivery.pushers, { userId: bob, deviceId: 'GONE' as DeviceId }, change),
    )
    assert.equal(error.errcode, 'M_UNKNOWN_TOKEN')
    assert.deepEqual(await delivery.pusherRows(), [])
  })

  test('a new pusher above the limit is refused, and an update at the limit is accepted', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    for (let n = 0; n < 10; n++) await set(delivery, bob, { pushkey: `key ${n}` })
    const error = await refusal(set(delivery, bob, { pushkey: 'key 10' }))
    assert.equal(error.errcode, 'M_INVALID_PARAM')
    await set(delivery, bob, { pushkey: 'key 9', lang: 'de' })
    assert.equal((await listed(delivery, bob)).length, 10)
  })

  test('a blocked URL is refused with the reason, and no pusher is set', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    delivery.pushers.checkUrl = async () => ({
      kind: 'refused',
      reason: 'The host of data.url is blocked by the IP policy',
    })
    const error = await refusal(set(delivery, bob))
    assert.deepEqual([error.status, error.errcode], [400, 'M_INVALID_PARAM'])
    assert.match(error.message, /blocked by the IP policy/)
    assert.deepEqual(await delivery.pusherRows(), [])
    // A deletion does not check the URL.
    await set(delivery, bob, { kind: null })
  })
})
