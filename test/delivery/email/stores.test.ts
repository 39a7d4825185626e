import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  dropStale,
  dropUpTo,
  ripePushers,
  waitingEvents,
  waitingRooms,
} from '../../../src/delivery/email/mail-store.ts'
import {
  deleteOldThrottles,
  throttlesOf,
  writeThrottles,
} from '../../../src/delivery/email/throttle-store.ts'
import { mailedPusher, unsubscribe } from '../../../src/pushers/unsubscribe.ts'
import { removeItems } from '../../../src/sending/item-store.ts'
import { claimLanes, lanesDue, lanesWithWork, type Lease } from '../../../src/sending/lane-store.ts'
import { type LaneOutcome, settleLanes } from '../../../src/sending/settle-store.ts'
import { NEW_LANE } from '../../../src/sending/transition.ts'
import { query } from '../../../src/storage/query.ts'
import { room } from '../../notifications/fixture.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { alice, bob, room1 } from '../delivery-fixture.ts'
import { createMailFixture, DELAY, MAIL_PUSHER, type MailFixture } from './mail-fixture.ts'

const room2 = room('room2')

const claim = ({ delivery }: MailFixture, laneId: number, lease: Lease) =>
  delivery.db.transaction(async (tx) =>
    (await claimLanes(tx, { kind: 'mail', laneIds: [laneId] }, lease)).get(laneId),
  )

const OUTCOME = {
  responded: false,
  onlyIfDue: false,
  valueTold: null,
  valueSeen: null,
  raiseValue: false,
  waits: true,
  release: true,
}
const settle = (
  { delivery }: MailFixture,
  lease: Lease,
  one: Pick<LaneOutcome, 'laneId'> & Partial<LaneOutcome>,
) => delivery.db.transaction(async (tx) => settleLanes(tx, lease, [{ state: NEW_LANE, ...OUTCOME, ...one }]))

/** Returns the ids of the e-mail pushers with a due event at the time `at`. */
async function duePushers({ delivery }: MailFixture, at: number): Promise<number[]> {
  const window = { now: at, before: at - DELAY, beyond: at + DELAY }
  return (await delivery.db.all(ripePushers, { after: 0, limit: 10, ...window })).map((row) => row.pusher_id)
}

onEachDatabase('the store of mail', (open) => {
  test('finds lanes of e-mail pushers with an old event that are enabled, not leased and not waiting for a retry', async (t) => {
    const fixture = await createMailFixture(t, await open(t))
    const { delivery } = fixture
    await delivery.setPusher(bob, { data: { url: 'http://127.0.0.1:9/' } })
    const mail = (await fixture.pusher()).pusher_id
    const now = delivery.clock.now()
    assert.deepEqual(await duePushers(fixture, now + DELAY), [], 'nothing is queued')
    await delivery.say(alice, 'one')
    assert.deepEqual(await duePushers(fixture, now + DELAY - 1), [])
    assert.deepEqual(await duePushers(fixture, now + DELAY), [mail])
    const later = { after: mail, limit: 10, now: now + DELAY, before: now, beyond: now + 2 * DELAY }
    assert.deepEqual(await delivery.db.all(ripePushers, later), [])
    const lease = { owner: 'me', until: now + DELAY + 1000, now: now + DELAY }
    assert.ok(await claim(fixture, mail, lease))
    assert.deepEqual(await duePushers(fixture, now + DELAY), [], 'the lane is leased')
    assert.equal(await claim(fixture, mail, { ...lease, owner: 'other' }), undefined)
    assert.ok(await claim(fixture, mail, lease), 'the holder of a lease can claim again')
    await settle(fixture, { ...lease, owner: 'other' }, { laneId: mail })
    assert.deepEqual(await duePushers(fixture, now + DELAY), [], 'only the holder can release the lease')
    await settle(fixture, lease, { laneId: mail, state: { ...NEW_LANE, nextAttemptAt: now + DELAY + 1 } })
    assert.deepEqual(await duePushers(fixture, now + DELAY), [], 'the lane waits for its retry')
    assert.deepEqual(await duePushers(fixture, now + DELAY + 1), [mail])
    await delivery.setPusher(bob, { ...MAIL_PUSHER, enabled: false })
    assert.deepEqual(await duePushers(fixture, now + DELAY + 1), [], 'the queue was cleared')
    const http = (await delivery.pusherRows()).find((row) => row.kind === 'http')
    assert.equal(await claim(fixture, http?.pusher_id ?? 0, lease), undefined)
  })

  test('the queries of the poke worker return no e-mail pusher', async (t) => {
    const fixture = await createMailFixture(t, await open(t))
    const { delivery } = fixture
    await delivery.say(alice, 'one')
    const pusherId = (await fixture.pusher()).pusher_id
    const now = delivery.clock.now()
    const lease = { owner: 'me', until: now + 1000, now }
    const page = { kind: 'poke', owner: 'another', after: 0, limit: 10, now } as const
    assert.deepEqual(await lanesWithWork(delivery.db, page), [])
    const claimed = await delivery.db.transaction((tx) =>
      claimLanes(tx, { kind: 'poke', laneIds: [pusherId] }, lease),
    )
    assert.deepEqual([...claimed], [])
    assert.ok(await claim(fixture, pusherId, lease))
    await settle(fixture, lease, { laneId: pusherId, state: { ...NEW_LANE, nextAttemptAt: now + 5 } })
    const due = (at: number) => lanesDue(delivery.db, { kind: 'poke', now: at, limit: 10 })
    assert.deepEqual(await due(now + 10), { due: [], nextAt: undefined })
    assert.deepEqual(await due(now), { due: [], nextAt: undefined })
  })

  test('reads the newest events and the oldest event of each room, for the newest rooms of one pusher', async (t) => {
    const fixture = await createMailFixture(t, await open(t))
    const { delivery } = fixture
    await fixture.joinAll(room2)
    await delivery.setPusher(alice, { data: { url: 'http://127.0.0.1:9/' } })
    const pusherId = (await fixture.pusher()).pusher_id
    const inRoom1: number[] = []
    for (let n = 0; n < 5; n++) inRoom1.push(await delivery.say(alice, `${n}`))
    const inRoom2 = (await delivery.fixture.say(room2, alice, 'room2')).position
    const rows = await delivery.db.all(waitingEvents, { pusherId, perRoom: 2, rooms: 10 })
    assert.deepEqual(
      rows.map((row) => [row.position, row.room_rows]),
      [
        [inRoom1[0], 5],
        [inRoom1[3], 5],
        [inRoom1[4], 5],
        [inRoom2, 1],
      ],
    )
    assert.equal(rows[0]?.membership, 'join')
    const newest = await delivery.db.all(waitingEvents, { pusherId, perRoom: 2, rooms: 1 })
    assert.deepEqual(
      newest.map((row) => row.position),
      [inRoom2],
    )
    const rooms = async (upTo: number) =>
      (await delivery.db.first(waitingRooms, { pusherId, upTo: [upTo] }))?.rooms
    assert.deepEqual([await rooms(inRoom1[4] as number), await rooms(inRoom2)], [1, 2])
    await delivery.db.transaction(async (tx) =>
      removeItems(tx, [{ laneId: pusherId, position: inRoom1[0] as number }]),
    )
    await delivery.db.transaction((tx) => tx.run(dropUpTo, { pusherId, upTo: [inRoom1[3] as number] }))
    const remaining = await delivery.db.all(waitingEvents, { pusherId, perRoom: 9, rooms: 9 })
    assert.deepEqual(
      remaining.map((row) => row.position),
      [inRoom1[4], inRoom2],
    )
  })

  test('removes old items of e-mail pushers, and no newer ones and none of other pushers', async (t) => {
    const fixture = await createMailFixture(t, await open(t))
    const { delivery } = fixture
    await delivery.setPusher(bob, { data: { url: 'http://127.0.0.1:9/' } })
    await delivery.say(alice, 'old')
    delivery.clock.advance(1000)
    const newer = await delivery.say(alice, 'newer')
    const before = delivery.clock.now()
    await delivery.db.transaction((tx) => tx.run(dropStale, { before, limit: 10 }))
    const { pusher_id: pusherId } = await fixture.pusher()
    const rows = await delivery.db.all(items, {})
    assert.deepEqual(
      rows.filter((row) => row.lane_id === pusherId).map((row) => row.position),
      [newer],
    )
    assert.equal(rows.filter((row) => row.lane_id !== pusherId).length, 2)
  })

  test('replaces the throttle of a room, removes old throttles, and keeps all others', async (t) => {
    const { delivery } = await createMailFixture(t, await open(t))
    const row = (roomId: typeof room2, at: number) => ({
      room_id: roomId,
      told_at: at,
      wait_ms: at,
      last_event_at: at,
    })
    await delivery.db.transaction(async (tx) => {
      await tx.run(writeThrottles, { pusherId: 1, rooms: [row(room2, 5), row(room1, 9)] })
      await tx.run(writeThrottles, { pusherId: 2, rooms: [row(room2, 7)] })
      await tx.run(writeThrottles, { pusherId: 1, rooms: [row(room2, 6)] })
    })
    const of = async (pusherId: number) =>
      (await delivery.db.all(throttlesOf, { pusherId })).map((one) => [one.room_id, one.told_at])
    assert.deepEqual(
      new Map((await of(1)) as [string, number][]),
      new Map([
        [room2, 6],
        [room1, 9],
      ]),
    )
    assert.deepEqual(await of(2), [[room2, 7]])
    await delivery.db.transaction((tx) => tx.run(deleteOldThrottles, { before: 7, limit: 10 }))
    assert.deepEqual([await of(1), await of(2)], [[[room1, 9]], [[room2, 7]]])
  })

  test('removes only the pusher of an unsubscribe link', async (t) => {
    const fixture = await createMailFixture(t, await open(t))
    const { delivery } = fixture
    await delivery.setPusher(bob, { data: { url: 'http://127.0.0.1:9/' } })
    const deps = { ...delivery.pushers }
    const link = (await fixture.pusher()).unsubscribe_token ?? ''
    assert.match(link, /^token-/)
    for (const token of ['', 'token-9', 'null']) {
      assert.equal(await mailedPusher(deps, token), undefined)
      assert.equal(await unsubscribe(deps, token), false)
    }
    assert.deepEqual(await mailedPusher(deps, link), {
      userId: bob,
      address: 'bob@example.org',
      lang: 'en',
    })
    assert.equal(await unsubscribe(deps, link), true)
    assert.deepEqual(
      (await delivery.pusherRows()).map((row) => row.kind),
      ['http'],
    )
    assert.equal(await unsubscribe(deps, link), false)
    await delivery.setPusher(bob, MAIL_PUSHER)
    assert.equal(await mailedPusher(deps, link), undefined, 'an old link does not remove a new pusher')
  })
})

const items = query()((db) => db.selectFrom('lane_items').selectAll().orderBy('position'))
