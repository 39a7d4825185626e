import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { afterTest } from '../../support/after-test.ts'
import { eventually } from '../../support/eventually.ts'
import { silentLog } from '../../support/log.ts'
import { onEachSharedDatabase } from '../../support/two-processes.ts'
import type { Database } from '../../../src/storage/database.ts'
import { countShares } from '../../../src/trace/arrival/count-shares.ts'
import { createFetches } from '../../../src/trace/arrival/fetches.ts'
import { DEADLINE_MS } from '../../../src/trace/arrival/arrivals.ts'
import { addToShares, sharesAfter } from '../../../src/trace/arrival/share-store.ts'
import { periodOf } from '../../../src/trace/arrival/shares.ts'
import { room1 } from '../../delivery/delivery-fixture.ts'
import { createArrivalFixture } from './fixture.ts'

type Fixture = Awaited<ReturnType<typeof createArrivalFixture>>

function collect(t: TestContext, { db, clock }: Pick<Fixture, 'db' | 'clock'>, isActive = () => false) {
  const fetches = createFetches({ db, clock, log: silentLog, isActive })
  afterTest(t, () => fetches[Symbol.asyncDispose]())
  return fetches
}

onEachSharedDatabase('fetches of events', (openTwo) => {
  const openFixture = async (t: TestContext) => {
    const [db, other] = await openTwo(t)
    return { ...(await createArrivalFixture(t, db)), other: other as Database }
  }

  test('prove that a push arrived, once, in another process than the one that sent it', async (t) => {
    const fixture = await openFixture(t)
    const { phone, clock, statesOf } = fixture
    const [here, there] = [collect(t, fixture), collect(t, { db: fixture.other, clock })]
    const { position, eventId } = await fixture.poke()
    for (const fetches of [here, there]) fetches.note({ ...phone, eventId })
    there.note({ ...phone, roomIds: [room1] })
    clock.advance(1000)
    await eventually(async () => (await statesOf(position)).length > 0)
    for (const fetches of [here, there]) await fetches[Symbol.asyncDispose]()
    assert.deepEqual(await statesOf(position), ['fetched'])
  })

  test('are looked up again while the poke is in flight', async (t) => {
    const fixture = await openFixture(t)
    const { clock, phone, statesOf } = fixture
    const fetches = collect(t, fixture)
    const { position, eventId } = await fixture.say()
    fetches.note({ ...phone, eventId })
    clock.advance(50)
    // The attempt took 100 ms, so it started before the fetch.
    await fixture.sent(position)
    await eventually(async () => {
      clock.advance(1000)
      return (await statesOf(position)).length > 0
    })
    assert.deepEqual(await statesOf(position), ['fetched'])
  })

  test('prove nothing while the device syncs, from another device, and of an event without a poke', async (t) => {
    const fixture = await openFixture(t)
    const { phone, laptop, statesOf } = fixture
    let isActive = true
    const fetches = collect(t, fixture, () => isActive)
    const { position, eventId } = await fixture.poke()
    fetches.note({ ...phone, eventId })
    isActive = false
    fetches.note({ ...laptop, eventId })
    const other = await fixture.say()
    fetches.note({ ...phone, eventId: other.eventId })
    await fetches[Symbol.asyncDispose]()
    assert.deepEqual([await statesOf(position), await statesOf(other.position)], [[], []])
  })

  test('of a poke without a known result prove that it arrived', async (t) => {
    const fixture = await openFixture(t)
    const fetches = collect(t, fixture)
    const { position, eventId } = await fixture.poke({ failed: 'timeout' })
    fetches.note({ ...fixture.phone, eventId })
    await fetches[Symbol.asyncDispose]()
    assert.deepEqual(await fixture.statesOf(position), ['fetched'])
  })

  test('end the wait for a poke, also late ones', async (t) => {
    const fixture = await openFixture(t)
    const { clock, judge, statesOf } = fixture
    await fixture.addHabit()
    const { position, eventId } = await fixture.poke()
    clock.advance(DEADLINE_MS)
    await judge()
    assert.deepEqual(await statesOf(position), ['waiting'])
    clock.advance(600_000)
    const fetches = collect(t, fixture)
    fetches.note({ ...fixture.phone, eventId })
    await fetches[Symbol.asyncDispose]()
    assert.deepEqual(await statesOf(position), ['fetched'])
  })

  test('concludes nothing about pokes before fetches were lost', async (t) => {
    const fixture = await openFixture(t)
    const { clock, phone, judge } = fixture
    await fixture.addHabit()
    const { eventId } = await fixture.poke()
    clock.advance(1)
    const fetches = collect(t, fixture)
    for (let count = 0; count <= 10_000; count++)
      fetches.note({ ...phone, userId: `@nobody${count}:test` as typeof phone.userId, eventId })
    await fetches[Symbol.asyncDispose]()
    clock.advance(DEADLINE_MS)
    await judge()
    assert.equal(await fixture.waiting(), 0)
    await fixture.poke()
    clock.advance(DEADLINE_MS)
    await judge()
    assert.equal(await fixture.waiting(), 1)
  })

  test('are counted for at most 200 gateways and apps in ten minutes; further ones are counted together', async (t) => {
    const fixture = await openFixture(t)
    const { db, clock } = fixture
    const rows = Array.from({ length: 200 }, (_, n) => ({
      gateway: `host${n}`,
      app_id: 'a',
      arrived: 1,
      not_seen: 0,
      single_user: '',
    }))
    await db.transaction((tx) => tx.run(addToShares, { period: periodOf(clock.now()), rows }))
    await Promise.all(
      [db, fixture.other].map((one) =>
        one.transaction((tx) =>
          countShares(tx, clock.now(), {
            arrived: [fixture.pusherId, fixture.pusherId],
            notSeen: [fixture.pusherId],
          }),
        ),
      ),
    )
    const found = await db.all(sharesAfter, { after: 0 })
    assert.equal(found.length, 201)
    const other = found.find(({ gateway }) => gateway === '')
    assert.deepEqual([other?.arrived, other?.not_seen], [4, 2])
  })
})
