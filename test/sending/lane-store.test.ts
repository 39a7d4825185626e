import assert from 'node:assert/strict'
import { test } from 'node:test'
import { raiseGeneration } from '../../src/sending/lane-changes.ts'
import {
  claimLanes,
  lanesDue,
  lanesWithWork,
  UNCERTAIN_VALUE,
  type Lease,
  releaseLanes,
} from '../../src/sending/lane-store.ts'
import { type LaneOutcome, settleLanes } from '../../src/sending/settle-store.ts'
import { NEW_LANE } from '../../src/sending/transition.ts'
import type { Database } from '../../src/storage/database.ts'
import { query } from '../../src/storage/query.ts'
import { onEachDatabase } from '../support/databases.ts'

const NOW = 1_000_000
const lease: Lease = { owner: 'process 1', until: NOW + 60_000, now: NOW }

/** The default outcome: the state is as at the start, and nothing ends the lease. */
const outcome: LaneOutcome = {
  laneId: 0,
  state: NEW_LANE,
  responded: false,
  onlyIfDue: false,
  valueTold: null,
  valueSeen: null,
  raiseValue: false,
  waits: false,
  release: false,
}
const failed = {
  ...NEW_LANE,
  attempts: 1,
  failingSince: NOW,
  nextAttemptAt: NOW + 5000,
  lastError: 'network',
  lastErrorAt: NOW,
}

type NewLane = { laneId: number; kind: 'poke' | 'mail'; due: number }
const insertLane = query<NewLane>()((db, p) =>
  db
    .insertInto('lanes')
    .values({ lane_id: p.laneId, kind: p.kind, destination: `to-${p.laneId}`, value_due: p.due }),
)
const insertItem = query<{ laneId: number; position: number }>()((db, p) =>
  db.insertInto('lane_items').values({ lane_id: p.laneId, position: p.position, created_at: NOW }),
)
const allLanes = query()((db) => db.selectFrom('lanes').selectAll().orderBy('lane_id'))

/** Inserts lanes of kind `poke`. `items`: whether each has one item. */
async function insertLanes(db: Database, laneIds: readonly number[], { items = true } = {}): Promise<void> {
  await db.transaction(async (tx) => {
    for (const laneId of laneIds) {
      await tx.run(insertLane, { laneId, kind: 'poke', due: 0 })
      if (items) await tx.run(insertItem, { laneId, position: 1 })
    }
  })
}

const claim = (db: Database, laneIds: readonly number[], by = lease) =>
  db.transaction(async (tx) => [...(await claimLanes(tx, { kind: 'poke', laneIds }, by)).keys()])
async function settle(db: Database, outcomes: readonly Partial<LaneOutcome>[], by = lease) {
  const all = outcomes.map((one) => ({ ...outcome, ...one }))
  const turns = await db.transaction(async (tx) => settleLanes(tx, by, all))
  return turns()
}
const rowOf = async (db: Database, laneId: number) =>
  (await db.all(allLanes, {})).find((row) => row.lane_id === laneId)

const DELIVERIES = [true, false].flatMap((items) =>
  [true, false].flatMap((isSetAgain) =>
    [null, 0, 2].flatMap((valueSeen) =>
      [null, 3].flatMap((valueTold) =>
        [true, false].map((release) => ({ items, isSetAgain, valueSeen, valueTold, release })),
      ),
    ),
  ),
)

type DeliveriesOf = { keepsIdle: boolean; before: Partial<LaneOutcome>; delivered: boolean }

/**
 * Settles all kinds of deliveries. Returns the rows of the lanes with the results. `before`: an earlier
 * outcome of each lane.
 */
async function settledDeliveries(db: Database, { keepsIdle, before, delivered }: DeliveriesOf) {
  const by = { ...lease, keepsIdle }
  const first = (await db.all(allLanes, {})).length + 1
  const idOf = (at: number) => first + at
  await db.transaction(async (tx) => {
    for (const [at, { items }] of DELIVERIES.entries()) {
      await tx.run(insertLane, { laneId: idOf(at), kind: 'poke', due: at % 3 })
      if (items) await tx.run(insertItem, { laneId: idOf(at), position: 1 })
    }
  })
  const laneIds = DELIVERIES.map((_, at) => idOf(at))
  await claim(db, laneIds, by)
  const earlier = laneIds.map((laneId) => ({ laneId, ...before }))
  await settle(db, earlier, { ...by, keepsIdle: true })
  await db.transaction(async (tx) => {
    for (const [at, { isSetAgain }] of DELIVERIES.entries())
      if (isSetAgain) await tx.run(raiseGeneration, { laneId: idOf(at), destination: 'other destination' })
  })
  const { lastError, lastErrorAt } = before.state ?? NEW_LANE
  const state = { ...NEW_LANE, lastError, lastErrorAt, lastSuccessAt: NOW }
  const outcomes = DELIVERIES.map(({ valueSeen, valueTold, release }, at) => {
    const value = { valueSeen, valueTold }
    return { laneId: idOf(at), state, responded: true, delivered, ...value, release }
  })
  const turns = await settle(db, outcomes, by)
  const rows = (await db.all(allLanes, {})).slice(first - 1)
  // Ids and destinations differ between the calls.
  return rows.map((row, at) => ({ ...row, lane_id: at, destination: '', turn: turns[at] }))
}

onEachDatabase('the store of lanes', (open) => {
  test('a held lane can be leased before its time, and a failed one cannot; an open circuit ends the hold', async (t) => {
    const db = await open(t)
    await insertLanes(db, [1, 2])
    assert.deepEqual(await claim(db, [1, 2]), [1, 2])
    const held = { ...NEW_LANE, heldUntil: NOW + 9000, nextAttemptAt: NOW + 5000 }
    const turns = await settle(db, [
      { laneId: 1, state: held, waits: true },
      { laneId: 2, state: failed, waits: true },
    ])
    assert.deepEqual(turns, ['released', 'released'])
    assert.deepEqual(
      (await db.all(allLanes, {})).map((row) => [row.held_until, row.next_attempt_at, row.failing_since]),
      [
        [NOW + 9000, NOW + 5000, null],
        [null, NOW + 5000, NOW],
      ],
    )
    const due = (now: number) => lanesDue(db, { kind: 'poke', now, limit: 9 })
    assert.deepEqual(await due(NOW + 4999), { due: [], nextAt: NOW + 5000 })
    const found = (await due(NOW + 5000)).due.map(({ laneId }) => laneId)
    assert.deepEqual(new Set(found), new Set([1, 2]))

    assert.deepEqual(await claim(db, [1, 2]), [1])
    await settle(db, [{ laneId: 1, state: { ...held, nextAttemptAt: null }, release: true }])
    assert.equal((await rowOf(db, 1))?.held_until, NOW + 9000)
    assert.deepEqual(await claim(db, [1]), [1])
    await settle(db, [{ laneId: 1, state: failed, onlyIfDue: true, waits: true, release: true }])
    assert.equal((await rowOf(db, 1))?.held_until, null)
    assert.deepEqual(await claim(db, [1]), [])
  })

  test('an open circuit writes no failure and no retry time to a lane with nothing to send', async (t) => {
    const db = await open(t)
    await insertLanes(db, [1], { items: false })
    await claim(db, [1])
    await settle(db, [{ laneId: 1, state: failed, onlyIfDue: true, waits: true, release: true }])
    const row = await rowOf(db, 1)
    assert.deepEqual(
      [row?.failing_since, row?.next_attempt_at, row?.last_error, row?.lease_owner],
      [null, null, null, null],
    )
  })

  test('the lease continues while an item or a value is due, and otherwise ends', async (t) => {
    const db = await open(t)
    await insertLanes(db, [1, 2, 3])
    await insertLanes(db, [4], { items: false })
    await db.transaction((tx) => tx.run(insertLane, { laneId: 5, kind: 'poke', due: 2 }))
    assert.equal((await claim(db, [1, 2, 3, 4, 5])).length, 5)
    const turns = await settle(db, [
      { laneId: 1 },
      { laneId: 2, release: true },
      { laneId: 3, state: failed, waits: true },
      { laneId: 4 },
      { laneId: 5, valueSeen: 1 },
      { laneId: 6 },
    ])
    assert.deepEqual(turns, ['more', 'released', 'released', 'released', 'more', 'gone'])
    assert.equal((await rowOf(db, 1))?.lease_until, lease.until)
    assert.equal((await rowOf(db, 5))?.value_due, 2, 'the second change came after the value was read')
    assert.deepEqual(await settle(db, [{ laneId: 5, valueSeen: 2, valueTold: 7 }]), ['released'])
    const row = await rowOf(db, 5)
    assert.deepEqual([row?.value_due, row?.value_told], [0, 7])
  })

  test('for a lane that was set again since the look, only the value and the lease change, and a response ends a failure', async (t) => {
    const db = await open(t)
    await insertLanes(db, [1, 2])
    await claim(db, [1, 2])
    await settle(db, [{ laneId: 2, state: { ...failed, nextAttemptAt: null } }])
    await db.transaction(async (tx) => {
      for (const laneId of [1, 2]) await tx.run(raiseGeneration, { laneId, destination: 'other destination' })
    })
    const turns = await settle(db, [
      { laneId: 1, state: failed, waits: true, valueSeen: 0 },
      { laneId: 2, state: { ...NEW_LANE, lastSuccessAt: NOW }, responded: true, valueTold: 3 },
    ])
    assert.deepEqual(turns, ['more', 'more'], 'the next item can be sent at once')
    const first = await rowOf(db, 1)
    assert.deepEqual([first?.attempts, first?.next_attempt_at, first?.last_error], [0, null, null])
    const second = await rowOf(db, 2)
    assert.deepEqual(
      [second?.attempts, second?.failing_since, second?.last_success_at, second?.value_told],
      [0, null, NOW, null],
    )
  })

  test('the value is uncertain when a lane was set again during the attempt, and when a lease was not given back', async (t) => {
    const db = await open(t)
    await insertLanes(db, [1, 2, 3])
    await claim(db, [1, 2, 3])
    await settle(db, [
      { laneId: 1, valueTold: 7 },
      { laneId: 2, valueTold: 7 },
    ])
    await db.transaction((tx) => tx.run(raiseGeneration, { laneId: 1, destination: 'other destination' }))
    await settle(db, [{ laneId: 1, valueTold: 8 }])
    const later = { owner: 'process 2', until: lease.until * 2, now: lease.until }
    assert.equal((await claim(db, [2, 3], later)).length, 2)
    const values = await Promise.all([1, 2, 3].map(async (id) => (await rowOf(db, id))?.value_told))
    assert.deepEqual(values, [UNCERTAIN_VALUE, UNCERTAIN_VALUE, null])
  })

  test('the statement for deliveries writes the same values and reports the same turns as the statement for all outcomes', async (t) => {
    const db = await open(t)
    for (const keepsIdle of [true, false])
      for (const before of [{}, { state: { ...failed, nextAttemptAt: null }, valueTold: 3 }]) {
        const general = await settledDeliveries(db, { keepsIdle, before, delivered: false })
        assert.deepEqual(await settledDeliveries(db, { keepsIdle, before, delivered: true }), general)
        assert.deepEqual(
          new Set(general.map(({ turn }) => turn)),
          new Set(keepsIdle ? ['idle', 'more', 'released'] : ['more', 'released']),
        )
      }
  })

  test('a value that an item would have contained becomes due, and the lease continues for it', async (t) => {
    const db = await open(t)
    await insertLanes(db, [1], { items: false })
    await claim(db, [1])
    assert.deepEqual(await settle(db, [{ laneId: 1, raiseValue: true }]), ['more'])
    assert.equal((await rowOf(db, 1))?.value_due, 1)
  })

  test('keeps the lease of an idle lane if its holder asks for it, but not if the lane waits or is given back', async (t) => {
    const db = await open(t)
    await insertLanes(db, [1, 2, 3], { items: false })
    await claim(db, [1, 2, 3])
    const outcomes = [{ laneId: 1 }, { laneId: 2, state: failed, waits: true }, { laneId: 3, release: true }]
    const turns = await settle(db, outcomes, { ...lease, keepsIdle: true })
    assert.deepEqual(turns, ['idle', 'released', 'released'])
    const owners = await Promise.all([1, 2, 3].map(async (id) => (await rowOf(db, id))?.lease_owner))
    assert.deepEqual(owners, [lease.owner, null, null])
  })

  test('releases the leases of their holder alone', async (t) => {
    const db = await open(t)
    await insertLanes(db, [1, 2])
    await claim(db, [1])
    await claim(db, [2], { ...lease, owner: 'process 2' })
    await db.transaction((tx) => releaseLanes(tx, { owner: lease.owner, laneIds: [1, 2] }))
    const owners = await Promise.all([1, 2].map(async (id) => (await rowOf(db, id))?.lease_owner))
    assert.deepEqual(owners, [null, 'process 2'])
  })

  test('a process without the lease changes nothing, and can lease the lane only after the lease has ended', async (t) => {
    const db = await open(t)
    await insertLanes(db, [1])
    await claim(db, [1])
    const other = { ...lease, owner: 'process 2' }
    assert.deepEqual(await claim(db, [1], other), [])
    const later = { ...other, now: lease.until, until: lease.until + 60_000 }
    assert.deepEqual(await claim(db, [1], later), [1])
    const before = await rowOf(db, 1)
    assert.deepEqual(await settle(db, [{ laneId: 1, state: failed, waits: true, valueTold: 1 }]), ['gone'])
    assert.deepEqual(await rowOf(db, 1), before)
  })

  test('finds lanes of one kind with a due item or value, without a lease and without a wait', async (t) => {
    const db = await open(t)
    await insertLanes(db, [1, 2, 3, 4])
    await insertLanes(db, [5], { items: false })
    await db.transaction(async (tx) => {
      await tx.run(insertLane, { laneId: 6, kind: 'poke', due: 1 })
      await tx.run(insertLane, { laneId: 7, kind: 'mail', due: 1 })
      await tx.run(insertItem, { laneId: 7, position: 1 })
    })
    await claim(db, [2, 3])
    await settle(db, [{ laneId: 3, state: failed, waits: true }])
    const page = { kind: 'poke', owner: 'process 2', after: 0, limit: 10, now: NOW } as const
    assert.deepEqual(await lanesWithWork(db, page), [1, 4, 6])
    assert.deepEqual(await lanesWithWork(db, { ...page, after: 1, limit: 1 }), [4])
    assert.deepEqual(await lanesWithWork(db, { ...page, kind: 'mail' }), [7])
    // The clock was set back by three hours: leases and waits that end later than the longest possible one
    // count as over.
    const earlier = NOW - 3 * 3_600_000
    assert.deepEqual(await lanesWithWork(db, { ...page, now: earlier }), [1, 2, 3, 4, 6])
    assert.deepEqual(await claim(db, [7]), [], 'a lane of another kind is not claimed')
  })
})
