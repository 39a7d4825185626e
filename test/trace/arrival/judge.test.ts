import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listPushers } from '../../../src/pushers/list-pushers.ts'
import { setBlindUntil } from '../../../src/trace/arrival/arrival-store.ts'
import { DEADLINE_MS, LATEST_MS } from '../../../src/trace/arrival/arrivals.ts'
import { sharesAfter } from '../../../src/trace/arrival/share-store.ts'
import { onEachSharedDatabase } from '../../support/two-processes.ts'
import { createArrivalFixture } from './fixture.ts'

onEachSharedDatabase('the sweep for pokes without a fetch', (openTwo) => {
  test('concludes not seen for a poke after its deadline, when the device was used again and the deadline is over twice', async (t) => {
    const [db, other] = await openTwo(t)
    const fixture = await createArrivalFixture(t, db)
    const { clock, judge, statesOf } = fixture
    await fixture.addHabit()
    const { position } = await fixture.poke()
    clock.advance(DEADLINE_MS - 1)
    await judge()
    assert.deepEqual(await statesOf(position), [])
    clock.advance(1)
    // Both processes check the same records.
    await Promise.all([judge(), judge(other)])
    assert.deepEqual(await statesOf(position), ['waiting'])
    clock.advance(1000)
    await fixture.seen(clock.now())
    await judge(other)
    clock.advance(DEADLINE_MS)
    await judge()
    assert.deepEqual(
      await statesOf(position),
      ['waiting'],
      'a push may arrive when the device is online again',
    )
    clock.advance(1)
    await Promise.all([judge(), judge(other)])
    assert.deepEqual(await statesOf(position), ['not seen'])
  })

  test('concludes missed, which is not shown, for an app with fewer fetches', async (t) => {
    const [db] = await openTwo(t)
    const fixture = await createArrivalFixture(t, db)
    const { clock, judge, statesOf } = fixture
    await fixture.addHabit(4)
    const { position } = await fixture.poke()
    clock.advance(DEADLINE_MS)
    await judge()
    await fixture.seen(clock.now())
    await judge()
    clock.advance(DEADLINE_MS + 1)
    await judge()
    assert.deepEqual(await statesOf(position), ['missed'])
  })

  test('does not wait for pokes whose fetch is not expected, and for devices that were used since the event', async (t) => {
    const [db] = await openTwo(t)
    const fixture = await createArrivalFixture(t, db)
    const { clock, judge } = fixture
    await fixture.addHabit()
    await fixture.poke({ isFetchExpected: false })
    const held = await fixture.say()
    const saidAt = clock.now()
    clock.advance(600_000)
    // The time of the last request can be a minute too old.
    await fixture.seen(saidAt - 60_000)
    await fixture.sent(held.position)
    clock.advance(DEADLINE_MS)
    await judge()
    assert.equal(await fixture.waiting(), 0)
    await fixture.seen(saidAt - 60_001)
    await fixture.poke()
    clock.advance(DEADLINE_MS)
    await judge()
    assert.equal(await fixture.waiting(), 1)
  })

  test('concludes nothing for a device that is not used for an hour, or that has two pushers', async (t) => {
    const [db] = await openTwo(t)
    const fixture = await createArrivalFixture(t, db)
    const { clock, judge, statesOf } = fixture
    await fixture.addHabit()
    const { position } = await fixture.poke()
    clock.advance(DEADLINE_MS)
    await judge()
    clock.advance(LATEST_MS)
    await judge()
    assert.deepEqual(await statesOf(position), [])
    await fixture.addPusher('another')
    await fixture.poke()
    clock.advance(DEADLINE_MS)
    await judge()
    assert.equal(await fixture.waiting(), 0)
  })

  test('draws no conclusions about pokes while the server was blind', async (t) => {
    const [db] = await openTwo(t)
    const fixture = await createArrivalFixture(t, db)
    const { clock, judge } = fixture
    await fixture.addHabit()
    await fixture.poke()
    clock.advance(DEADLINE_MS)
    await judge()
    assert.equal(await fixture.waiting(), 1)
    await fixture.poke()
    await db.transaction((tx) => tx.run(setBlindUntil, { at: clock.now() }))
    clock.advance(DEADLINE_MS)
    await judge()
    assert.equal(await fixture.waiting(), 0)
  })

  test('waits for at most 16 pokes of a device', async (t) => {
    const [db] = await openTwo(t)
    const fixture = await createArrivalFixture(t, db)
    await fixture.addHabit()
    for (let count = 0; count < 17; count++) {
      await fixture.poke()
      fixture.clock.advance(DEADLINE_MS)
      await fixture.judge()
    }
    assert.equal(await fixture.waiting(), 16)
  })

  test('keeps the habit of an app that stopped fetching, the newest 20 misses, and counts ten of them for the gateway', async (t) => {
    const [db] = await openTwo(t)
    const fixture = await createArrivalFixture(t, db)
    const { clock, judge } = fixture
    await fixture.addHabit()
    for (let count = 0; count < 50; count++) {
      clock.advance(DEADLINE_MS)
      await fixture.poke()
      clock.advance(DEADLINE_MS)
      await judge()
      await fixture.seen(clock.now())
      await judge()
      clock.advance(DEADLINE_MS + 1)
      await judge()
    }
    const [status] = await listPushers(db, fixture.phone.userId, clock.now())
    assert.ok(status)
    const { arrival } = status['org.belfry.status'] as { arrival: { state: string; not_seen: number } }
    assert.deepEqual([arrival.state, arrival.not_seen], ['not seen', 20])
    const counted = (await db.all(sharesAfter, { after: 0 })).map((row) => row.not_seen)
    assert.equal(
      counted.reduce((all, one) => all + one, 0),
      10,
    )
  })
})
