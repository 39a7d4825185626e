import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '../../src/lib/ids.ts'
import { listPushers } from '../../src/pushers/list-pushers.ts'
import { removePusher, removePushersOfDevices } from '../../src/pushers/remove-pushers.ts'
import { type ReportRequest, reportPushers } from '../../src/pushers/report-pushers.ts'
import { startRemovedSweeper, sweepRemoved } from '../../src/pushers/sweep-removed.ts'
import { query } from '../../src/storage/query.ts'
import {
  alice,
  untilIdle,
  bob,
  bodies,
  createDeliveryFixture,
  carol,
  isBadge,
  room1,
} from '../delivery/delivery-fixture.ts'
import { HTTP_PUSHER, PHONE, setUp, type DeliveryFixture } from '../delivery/delivery-fixture.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'

const DATA = { url: 'https://push.example.org/_matrix/push/v1/notify' }
const DAY_MS = 24 * 60 * 60_000

/** An item that another transaction queues while the pusher is being disabled. */
const addLate = query<{ position: number }>()((db, p, d) =>
  db
    .insertInto('lane_items')
    .columns(['lane_id', 'position', 'created_at'])
    .expression(
      db.selectFrom('pushers').select(['pusher_id', d.integer(p.position).as('position'), 'created_at']),
    ),
)
const removedRows = query()((db) => db.selectFrom('removed_pushers').selectAll().orderBy('removed_id'))

const readAll = (delivery: DeliveryFixture, position: number) =>
  delivery.fixture.read({ userId: bob, roomId: room1, threadId: '', position })

async function report(delivery: DeliveryFixture, viewer: UserId, asked: Partial<ReportRequest> = {}) {
  return reportPushers(delivery.db, {
    viewer,
    of: viewer,
    now: delivery.clock.now(),
    after: 0,
    limit: 100,
    ...asked,
  })
}

onEachDatabase('the states of a pusher', (open) => {
  test('a disabled pusher has an empty queue, and gets neither pokes nor a badge', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    await delivery.say(alice, 'before')
    assert.equal(await delivery.queued(), 1)
    await delivery.setPusher(bob, { data: { url: gateway.url }, enabled: false })
    assert.equal(await delivery.queued(), 0)
    const [listed] = await listPushers(delivery.db, bob, delivery.clock.now())
    assert.deepEqual([listed?.['enabled'], listed?.['org.matrix.msc3881.enabled']], [false, false])

    await using _worker = await delivery.start()
    const position = await delivery.say(alice, 'meanwhile')
    await readAll(delivery, position)
    assert.equal(await delivery.queued(), 0)
    assert.deepEqual(
      (await delivery.pusherRows()).map((row) => row.value_due),
      [0],
    )
    await delivery.setPusher(bob, { data: { url: gateway.url } })
    await delivery.say(alice, 'after')
    await untilIdle(delivery)
    assert.deepEqual(bodies(gateway.pokes), ['after'])
  })

  test('an item queued while its pusher is being disabled is skipped with the reason disabled', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    await delivery.setPusher(bob, { data: { url: gateway.url }, enabled: false })
    const position = await delivery.say(alice, 'late')
    await delivery.db.transaction((tx) => tx.run(addLate, { position }))
    await using _worker = await delivery.start()
    await untilIdle(delivery)
    assert.deepEqual(gateway.pokes, [])
    assert.deepEqual(
      delivery.reported.map(({ event, fields }) => [event, fields['reason']]),
      [['pokeSkipped', 'disabled']],
    )
  })

  test('after it is enabled, a pusher gets the badge if it has changed', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    await using _worker = await delivery.start()
    const position = await delivery.say(alice, 'one')
    await untilIdle(delivery)
    await delivery.setPusher(bob, { data: { url: gateway.url }, enabled: false })
    await readAll(delivery, position)
    await delivery.setPusher(bob, { data: { url: gateway.url }, enabled: true })
    const poke = await gateway.waitFor(isBadge)
    assert.deepEqual(poke.counts, { unread: 0 })
    await untilIdle(delivery)
    assert.equal(gateway.pokes.length, 2)
  })

  test('disabling a failing pusher ends its back-off and its failure state', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    gateway.respondWith({ status: 500 })
    await using _worker = await delivery.start()
    await delivery.say(alice, 'one')
    await eventually(() => delivery.reported.some(({ event }) => event === 'pusherFailing'))
    const state = async () => (await report(delivery, bob)).pushers[0]?.['state']
    assert.equal(await state(), 'retrying')
    const aDayLater = { now: delivery.clock.now() + DAY_MS }
    assert.equal((await report(delivery, bob, aDayLater)).pushers[0]?.['state'], 'failing')
    await delivery.setPusher(bob, { data: { url: gateway.url }, enabled: false })
    const [row] = await delivery.pusherRows()
    assert.deepEqual(
      [row?.failing_since, row?.attempts, row?.next_attempt_at, row?.last_error],
      [null, 0, null, 'status 500'],
    )
    assert.equal(await state(), 'off')
  })

  test('disable_badge_count removes the counts from pokes and prevents badge pokes until it is removed', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    await using _worker = await delivery.start()
    await delivery.say(alice, 'counted')
    await untilIdle(delivery)
    await delivery.setPusher(bob, { data: { url: gateway.url }, disable_badge_count: true })
    const position = await delivery.say(alice, 'not counted')
    await untilIdle(delivery)
    await readAll(delivery, position)
    await delivery.say(alice, 'not counted either')
    await untilIdle(delivery)
    assert.deepEqual(
      gateway.pokes.map((poke) => [poke.content?.['body'], poke.counts]),
      [
        ['counted', { unread: 1 }],
        ['not counted', undefined],
        ['not counted either', undefined],
      ],
    )
    assert.equal(
      (await listPushers(delivery.db, bob, delivery.clock.now()))[0]?.['disable_badge_count'],
      true,
    )
    const last = await delivery.say(alice, 'one more')
    await untilIdle(delivery)
    await readAll(delivery, last)
    await delivery.setPusher(bob, { data: { url: gateway.url } })
    assert.deepEqual((await gateway.waitFor(isBadge)).counts, { unread: 0 })
  })

  test('a badge that is due is not sent after disable_badge_count was set', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    const position = await delivery.say(alice, 'one')
    await readAll(delivery, position)
    await delivery.setPusher(bob, { data: { url: gateway.url }, disable_badge_count: true })
    await using _worker = await delivery.start()
    await untilIdle(delivery)
    assert.deepEqual(gateway.pokes, [])
  })

  test('a rejected pusher is removed, and its owner sees the time and the reason for 30 days', async (t) => {
    const { delivery, gateway } = await setUp(t, open)
    gateway.respondWith({ body: { rejected: ['key'] } })
    await using _worker = await delivery.start()
    await delivery.say(alice, 'one')
    await eventually(async () => (await delivery.pusherRows()).length === 0)
    const removedAt = delivery.clock.now()
    const { pushers, removed } = await report(delivery, bob)
    assert.deepEqual(pushers, [])
    const { pushkey_hash: hash, ...note } = removed[0] ?? {}
    assert.match(typeof hash === 'string' ? hash : '', /^[0-9a-f]{12}$/)
    assert.deepEqual(note, {
      user_id: bob,
      app_id: HTTP_PUSHER.app_id,
      pushkey: 'key',
      kind: 'http',
      app_display_name: 'App',
      device_display_name: 'Phone',
      device_id: PHONE,
      instance_handle: null,
      reason: 'rejected',
      removed_at: removedAt,
      last_success_at: null,
      failing_since: null,
      last_error: null,
    })
    assert.deepEqual((await report(delivery, alice)).removed, [], 'alice does not see pushers of bob')

    delivery.clock.advance(30 * DAY_MS)
    assert.equal((await report(delivery, bob)).removed.length, 1)
    assert.equal(await sweepRemoved(delivery), 0)
    delivery.clock.advance(1)
    assert.deepEqual((await report(delivery, bob)).removed, [], 'also before the sweep')
    assert.equal(await sweepRemoved(delivery), 1)
    assert.deepEqual(await delivery.db.all(removedRows, {}), [])
  })

  test('each kind of removal stores its reason, and the report lists the newest first', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    const set = (userId: UserId, fields: object) => delivery.setPusher(userId, { data: DATA, ...fields })
    await set(bob, { pushkey: 'mine' })
    await set(bob, { pushkey: 'mine', kind: null })
    await set(bob, { pushkey: 'shared' })
    await set(carol, { pushkey: 'shared' })
    await set(bob, { pushkey: 'on the phone' })
    await delivery.db.transaction((tx) =>
      removePushersOfDevices(delivery.pushers, tx, { userId: bob, deviceIds: [PHONE] }),
    )
    await set(bob, { pushkey: 'invalid' })
    const [{ pusher_id: pusherId } = { pusher_id: 0 }] = (await delivery.pusherRows()).filter(
      (row) => row.pushkey === 'invalid',
    )
    await delivery.db.transaction((tx) => removePusher(delivery.pushers, tx, pusherId))
    const { removed } = await report(delivery, bob)
    assert.deepEqual(
      removed.map((note) => [note['pushkey'], note['reason']]),
      [
        ['invalid', 'rejected'],
        ['on the phone', 'device removed'],
        ['shared', 'taken over'],
        ['mine', 'deleted'],
      ],
    )
    assert.deepEqual((await report(delivery, carol)).removed, [])
  })

  test('only the newest 100 removal notes of a user are kept', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    await delivery.setPusher(carol, { data: DATA, pushkey: 'of carol' })
    await delivery.setPusher(carol, { pushkey: 'of carol', kind: null })
    for (let n = 0; n < 101; n++) {
      await delivery.setPusher(bob, { data: DATA, pushkey: `key ${n}` })
      await delivery.setPusher(bob, { pushkey: `key ${n}`, kind: null })
    }
    const keys = (await delivery.db.all(removedRows, {})).map((row) => row.pushkey)
    assert.deepEqual(keys, ['of carol', ...Array.from({ length: 100 }, (_, n) => `key ${n + 1}`)])
  })

  test('the sweeper deletes old removal notes once a day', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    await using _sweeper = startRemovedSweeper({ ...delivery, log: silentLog })
    await delivery.setPusher(bob, { data: DATA })
    await delivery.setPusher(bob, { kind: null })
    delivery.clock.advance(31 * DAY_MS)
    await eventually(async () => (await delivery.db.all(removedRows, {})).length === 0)
  })

  test('the report lists pushers of all users in pages, and shows pushkeys to their owner only', async (t) => {
    const delivery = await createDeliveryFixture(t, await open(t))
    for (const [userId, pushkey] of [
      [bob, 'b1'],
      [carol, 'c1'],
      [bob, 'b2'],
    ] as const)
      await delivery.setPusher(userId, { data: DATA, pushkey, instance_handle: 'same' })
    await delivery.say(alice, 'hello')
    const first = await report(delivery, bob, { of: 'all', limit: 2 })
    assert.deepEqual(
      first.pushers.map(({ user_id, pushkey, queued }) => [user_id, pushkey, queued]),
      [
        [bob, 'b1', 1],
        [carol, undefined, 1],
      ],
    )
    const hashes = new Set(first.pushers.map((pusher) => pusher['pushkey_hash']))
    assert.equal(hashes.size, 2)
    assert.equal(first.pushers[0]?.['gateway'], 'https://push.example.org')
    assert.deepEqual(
      first.pushers[0]?.['handle_shared_with'],
      [PHONE],
      'shared with a pusher of the next page',
    )
    assert.deepEqual(
      first.pushers[1]?.['handle_shared_with'],
      [],
      'the same handle of another user is not shared',
    )
    const second = await report(delivery, bob, { of: 'all', limit: 2, after: first.nextBatch ?? 0 })
    assert.deepEqual(
      second.pushers.map(({ pushkey }) => pushkey),
      ['b2'],
    )
    assert.equal(second.nextBatch, undefined)
    const ofCarol = await report(delivery, alice, { of: carol })
    assert.equal(ofCarol.pushers.length, 1)
    assert.ok(!JSON.stringify(ofCarol).includes('c1'))
  })
})
