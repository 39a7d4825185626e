import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '../../src/lib/ids.ts'
import { listPushers } from '../../src/pushers/list-pushers.ts'
import { removePusher, removePushersOfDevices } from '../../src/pushers/remove-pushers.ts'
import { type ReportRequest, reportPushers } from '../../src/pushers/report-pushers.ts'
import { startRemovedSweeper, sweepRemoved } from '../../src/pushers/sweep-removed.ts'
import { query } from '../../src/storage/query.ts'
import { alice, atRest, bob, bodies, buildTower, carol, isBadge, kitchen } from '../delivery/tower.ts'
import { ORDINARY, PHONE, setUp, type Tower } from '../delivery/tower.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'

const DATA = { url: 'https://push.example.org/_matrix/push/v1/notify' }
const DAY_MS = 24 * 60 * 60_000

/** As one that was put there while its pusher was being switched off. */
const addLate = query<{ position: number }>()((db, p, d) =>
  db
    .insertInto('lane_items')
    .columns(['lane_id', 'position', 'created_at'])
    .expression(
      db.selectFrom('pushers').select(['pusher_id', d.integer(p.position).as('position'), 'created_at']),
    ),
)
const removedRows = query()((db) => db.selectFrom('removed_pushers').selectAll().orderBy('removed_id'))

const readAll = (tower: Tower, position: number) =>
  tower.house.read({ userId: bob, roomId: kitchen, threadId: '', position })

async function report(tower: Tower, viewer: UserId, asked: Partial<ReportRequest> = {}) {
  return reportPushers(tower.db, {
    viewer,
    of: viewer,
    now: tower.clock.now(),
    after: 0,
    limit: 100,
    ...asked,
  })
}

onEachDatabase('the life of a pusher', (open) => {
  test('switched off, it is sent nothing, no badge either, and what waited is forgotten', async (t) => {
    const { tower, gateway } = await setUp(t, open)
    await tower.say(alice, 'before')
    assert.equal(await tower.queued(), 1)
    await tower.setPusher(bob, { data: { url: gateway.url }, enabled: false })
    assert.equal(await tower.queued(), 0)
    const [shown] = await listPushers(tower.db, bob, tower.clock.now())
    assert.deepEqual([shown?.['enabled'], shown?.['org.matrix.msc3881.enabled']], [false, false])

    await using _worker = await tower.start()
    const position = await tower.say(alice, 'meanwhile')
    await readAll(tower, position)
    assert.equal(await tower.queued(), 0)
    assert.deepEqual(
      (await tower.pusherRows()).map((row) => row.value_due),
      [0],
    )
    await tower.setPusher(bob, { data: { url: gateway.url } })
    await tower.say(alice, 'after')
    await atRest(tower)
    assert.deepEqual(bodies(gateway.pokes), ['after'])
  })

  test('what comes into the queue while it is switched off is not sent', async (t) => {
    const { tower, gateway } = await setUp(t, open)
    await tower.setPusher(bob, { data: { url: gateway.url }, enabled: false })
    const position = await tower.say(alice, 'late')
    await tower.db.transaction((tx) => tx.run(addLate, { position }))
    await using _worker = await tower.start()
    await atRest(tower)
    assert.deepEqual(gateway.pokes, [])
    assert.deepEqual(
      tower.told.map(({ event, fields }) => [event, fields['reason']]),
      [['pokeSkipped', 'disabled']],
    )
  })

  test('switched on again, it is told the badge if that is another one than it was told last', async (t) => {
    const { tower, gateway } = await setUp(t, open)
    await using _worker = await tower.start()
    const position = await tower.say(alice, 'one')
    await atRest(tower)
    await tower.setPusher(bob, { data: { url: gateway.url }, enabled: false })
    await readAll(tower, position)
    await tower.setPusher(bob, { data: { url: gateway.url }, enabled: true })
    const poke = await gateway.waitFor(isBadge)
    assert.deepEqual(poke.counts, { unread: 0 })
    await atRest(tower)
    assert.equal(gateway.pokes.length, 2)
  })

  test('switching it off ends its back-off and its state of failure', async (t) => {
    const { tower, gateway } = await setUp(t, open)
    gateway.answer({ status: 500 })
    await using _worker = await tower.start()
    await tower.say(alice, 'one')
    await eventually(() => tower.told.some(({ event }) => event === 'pusherFailing'))
    const state = async () => (await report(tower, bob)).pushers[0]?.['state']
    assert.equal(await state(), 'retrying')
    const aDayLater = { now: tower.clock.now() + DAY_MS }
    assert.equal((await report(tower, bob, aDayLater)).pushers[0]?.['state'], 'failing')
    await tower.setPusher(bob, { data: { url: gateway.url }, enabled: false })
    const [row] = await tower.pusherRows()
    assert.deepEqual(
      [row?.failing_since, row?.attempts, row?.next_attempt_at, row?.last_error],
      [null, 0, null, 'status 500'],
    )
    assert.equal(await state(), 'off')
  })

  test('disable_badge_count: pokes without counts, and none for a badge; taken back, the badge is told', async (t) => {
    const { tower, gateway } = await setUp(t, open)
    await using _worker = await tower.start()
    await tower.say(alice, 'counted')
    await atRest(tower)
    await tower.setPusher(bob, { data: { url: gateway.url }, disable_badge_count: true })
    const position = await tower.say(alice, 'not counted')
    await atRest(tower)
    await readAll(tower, position)
    await tower.say(alice, 'nor is this')
    await atRest(tower)
    assert.deepEqual(
      gateway.pokes.map((poke) => [poke.content?.['body'], poke.counts]),
      [
        ['counted', { unread: 1 }],
        ['not counted', undefined],
        ['nor is this', undefined],
      ],
    )
    assert.equal((await listPushers(tower.db, bob, tower.clock.now()))[0]?.['disable_badge_count'], true)
    const last = await tower.say(alice, 'one more')
    await atRest(tower)
    await readAll(tower, last)
    await tower.setPusher(bob, { data: { url: gateway.url } })
    assert.deepEqual((await gateway.waitFor(isBadge)).counts, { unread: 0 })
  })

  test('a badge that became due before disable_badge_count is not told after it', async (t) => {
    const { tower, gateway } = await setUp(t, open)
    const position = await tower.say(alice, 'one')
    await readAll(tower, position)
    await tower.setPusher(bob, { data: { url: gateway.url }, disable_badge_count: true })
    await using _worker = await tower.start()
    await atRest(tower)
    assert.deepEqual(gateway.pokes, [])
  })

  test('a pusher that its gateway rejects is gone at once, and its owner sees when and why for 30 days', async (t) => {
    const { tower, gateway } = await setUp(t, open)
    gateway.answer({ body: { rejected: ['key'] } })
    await using _worker = await tower.start()
    await tower.say(alice, 'one')
    await eventually(async () => (await tower.pusherRows()).length === 0)
    const removedAt = tower.clock.now()
    const { pushers, removed } = await report(tower, bob)
    assert.deepEqual(pushers, [])
    const { pushkey_hash: hash, ...note } = removed[0] ?? {}
    assert.match(typeof hash === 'string' ? hash : '', /^[0-9a-f]{12}$/)
    assert.deepEqual(note, {
      user_id: bob,
      app_id: ORDINARY.app_id,
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
    assert.deepEqual((await report(tower, alice)).removed, [], "what was bob's is not alice's business")

    tower.clock.advance(30 * DAY_MS)
    assert.equal((await report(tower, bob)).removed.length, 1)
    assert.equal(await sweepRemoved(tower), 0)
    tower.clock.advance(1)
    assert.deepEqual((await report(tower, bob)).removed, [], 'also before the sweeper has come')
    assert.equal(await sweepRemoved(tower), 1)
    assert.deepEqual(await tower.db.all(removedRows, {}), [])
  })

  test('every way to go leaves its reason, the newest first', async (t) => {
    const tower = await buildTower(t, await open(t))
    const set = (userId: UserId, fields: object) => tower.setPusher(userId, { data: DATA, ...fields })
    await set(bob, { pushkey: 'mine' })
    await set(bob, { pushkey: 'mine', kind: null })
    await set(bob, { pushkey: 'shared' })
    await set(carol, { pushkey: 'shared' })
    await set(bob, { pushkey: 'on the phone' })
    await tower.db.transaction((tx) =>
      removePushersOfDevices(tower.pushers, tx, { userId: bob, deviceIds: [PHONE] }),
    )
    await set(bob, { pushkey: 'invalid' })
    const [{ pusher_id: pusherId } = { pusher_id: 0 }] = (await tower.pusherRows()).filter(
      (row) => row.pushkey === 'invalid',
    )
    await tower.db.transaction((tx) => removePusher(tower.pushers, tx, pusherId))
    const { removed } = await report(tower, bob)
    assert.deepEqual(
      removed.map((note) => [note['pushkey'], note['reason']]),
      [
        ['invalid', 'rejected'],
        ['on the phone', 'device removed'],
        ['shared', 'taken over'],
        ['mine', 'deleted'],
      ],
    )
    assert.deepEqual((await report(tower, carol)).removed, [])
  })

  test('of one user only the newest hundred notes are kept', async (t) => {
    const tower = await buildTower(t, await open(t))
    await tower.setPusher(carol, { data: DATA, pushkey: 'hers' })
    await tower.setPusher(carol, { pushkey: 'hers', kind: null })
    for (let n = 0; n < 101; n++) {
      await tower.setPusher(bob, { data: DATA, pushkey: `key ${n}` })
      await tower.setPusher(bob, { pushkey: `key ${n}`, kind: null })
    }
    const keys = (await tower.db.all(removedRows, {})).map((row) => row.pushkey)
    assert.deepEqual(keys, ['hers', ...Array.from({ length: 100 }, (_, n) => `key ${n + 1}`)])
  })

  test('the sweeper comes once a day', async (t) => {
    const tower = await buildTower(t, await open(t))
    await using _sweeper = startRemovedSweeper({ ...tower, log: silentLog })
    await tower.setPusher(bob, { data: DATA })
    await tower.setPusher(bob, { kind: null })
    tower.clock.advance(31 * DAY_MS)
    await eventually(async () => (await tower.db.all(removedRows, {})).length === 0)
  })

  test('the report shows everybody page by page, and pushkeys to their owner alone', async (t) => {
    const tower = await buildTower(t, await open(t))
    for (const [userId, pushkey] of [
      [bob, 'b1'],
      [carol, 'c1'],
      [bob, 'b2'],
    ] as const)
      await tower.setPusher(userId, { data: DATA, pushkey, instance_handle: 'same' })
    await tower.say(alice, 'hello')
    const first = await report(tower, bob, { of: 'all', limit: 2 })
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
    assert.deepEqual(first.pushers[0]?.['handle_shared_with'], [PHONE], 'with the one on the next page')
    assert.deepEqual(first.pushers[1]?.['handle_shared_with'], [], "another user's handle is another one")
    const second = await report(tower, bob, { of: 'all', limit: 2, after: first.nextBatch ?? 0 })
    assert.deepEqual(
      second.pushers.map(({ pushkey }) => pushkey),
      ['b2'],
    )
    assert.equal(second.nextBatch, undefined)
    const ofCarol = await report(tower, alice, { of: carol })
    assert.equal(ofCarol.pushers.length, 1)
    assert.ok(!JSON.stringify(ofCarol).includes('c1'))
  })
})
