import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '../../src/lib/ids.ts'
import { shortHash } from '../../src/lib/short-hash.ts'
import { sql } from 'kysely'
import type { Database } from '../../src/storage/database.ts'
import { query } from '../../src/storage/query.ts'
import { decisionFor } from '../../src/trace/decisions-store.ts'
import { gatewayStepsOfEvent } from '../../src/trace/gateway-store.ts'
import { pusherChangesOf } from '../../src/trace/pushers-store.ts'
import { stepsOf } from '../../src/trace/steps-store.ts'
import { sweepTrace } from '../../src/trace/sweep.ts'
import { createTrace, type GatewayStep, NO_TRACE, type PusherStep } from '../../src/trace/trace.ts'
import { onEachDatabase } from '../support/databases.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { createNotificationsFixture, user } from '../notifications/fixture.ts'

const trace = createTrace({ isEnabled: true })
const DAY = 86_400_000
const bob = user('bob')

const delivered = (pusherId: number, position: number): PusherStep => ({
  pusherId,
  position,
  result: { kind: 'delivered', reason: 'accepted', status: 200, ms: 7.4 },
})

async function stepsAndReasons(db: Database, position: number, pusherIds: readonly number[]) {
  const steps = await stepsOf(db, { position, pusherIds })
  return steps.map(({ pusherId, step, reason }) => [pusherId, step, reason])
}

const insertItems = query<{ rows: readonly { pusher_id: number; position: number; urgent: number }[] }>()(
  (db, p, d) =>
    db
      .insertInto('lane_items')
      .columns(['lane_id', 'position', 'urgent', 'created_at'])
      .expression(
        db
          .selectFrom(
            d.rows(p.rows, { pusher_id: 'integer', position: 'integer', urgent: 'integer' }).as('r'),
          )
          .select([
            'r.pusher_id',
            'r.position',
            sql<0 | 1>`r.urgent`.as('urgent'),
            sql.lit(5).as('created_at'),
          ]),
      ),
)
const timesIn = (table: 'trace_steps' | 'trace_decisions' | 'trace_pushers' | 'trace_gateway') =>
  query()((db) =>
    db
      .selectFrom(table as 'trace_steps')
      .select('at')
      .orderBy('at'),
  )
const allSteps = query()((db) => db.selectFrom('trace_steps').selectAll().orderBy('entry_id'))

onEachDatabase('the stored trace', (open) => {
  test('returns the steps of an event for the given pushers only', async (t) => {
    const db = await open(t)
    const first = { pusherId: 1, position: 10 }
    const refused = { kind: 'refused', reason: 'status 400', status: 400, ms: 3 } as const
    const rejected = { kind: 'rejected', reason: 'rejected', status: 200, ms: 3 } as const
    await db.transaction(async (tx) =>
      trace.recordSteps(tx, 1000, [
        { ...first, result: { kind: 'retry', reason: 'status 503', status: 503, ms: 3 } },
        { ...first, result: refused, but: 'shorter next' },
        { ...first, result: { kind: 'misconfigured', reason: 'timeout', ms: 30_000 } },
        { ...first, result: refused },
        { ...first, result: rejected, but: 'too late' },
        { ...first, result: rejected },
        delivered(1, 11),
        delivered(2, 10),
        { pusherId: 1, position: 10, step: 'skipped', reason: 'read' },
      ]),
    )
    const common = { pusherId: 1, position: 10, at: 1000 }
    assert.deepEqual(await stepsOf(db, { position: 10, pusherIds: [1, 3] }), [
      { ...common, step: 'failed', reason: 'status 503', status: 503, ms: 3 },
      { ...common, step: 'refused', reason: 'status 400', status: 400, ms: 3 },
      { ...common, step: 'failed', reason: 'timeout', status: null, ms: 30_000 },
      { ...common, step: 'dropped', reason: 'status 400', status: 400, ms: 3 },
      { ...common, step: 'rejected too late', reason: null, status: 200, ms: 3 },
      { ...common, step: 'rejected', reason: null, status: 200, ms: 3 },
      { ...common, step: 'skipped', reason: 'read', status: null, ms: null },
    ])
    const [other] = await stepsOf(db, { position: 11, pusherIds: [1] })
    assert.deepEqual([other?.status, other?.ms, other?.reason], [200, 7, null])
  })

  test('stores the steps of an event for a hundred pushers in four rows', async (t) => {
    const db = await open(t)
    const pusherIds = Array.from({ length: 100 }, (_, at) => at + 1)
    await db.transaction(async (tx) =>
      trace.recordSteps(
        tx,
        1,
        pusherIds.map((pusherId) => delivered(pusherId, 10)),
      ),
    )
    assert.equal((await db.all(allSteps, {})).length, 4)
    assert.deepEqual(
      (await stepsOf(db, { position: 10, pusherIds })).map(({ pusherId }) => pusherId),
      pusherIds,
    )
  })

  test('records each event of a collapsed backlog in one statement', async (t) => {
    const db = await open(t)
    const rule = {
      scope: 'device',
      kind: 'override',
      ruleId: '"],[8,"sent"',
      schedule: '22:00-07:00',
    } as const
    const rows = [1, 2, 3, 4, 5, 6].flatMap((position) =>
      [7, 8].map((pusher_id) => ({ pusher_id, position, urgent: position === 4 ? 1 : 0 })),
    )
    await db.transaction(async (tx) => {
      await tx.run(insertItems, { rows })
      let statements = 0
      const run: typeof tx.run = (...of) => {
        statements++
        return tx.run(...of)
      }
      await trace.recordCollapsed({ ...tx, run }, 9, [
        {
          pusherId: 7,
          upTo: [5],
          keep: [3],
          others: [
            { position: 2, reason: 'read' },
            { position: 5, reason: 'suppressed by a device rule', rule },
          ],
        },
      ])
      assert.equal(statements, 1)
    })
    const found = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((position) => stepsOf(db, { position, pusherIds: [7, 8] })),
    )
    assert.deepEqual(
      found.flat().map(({ pusherId, position, step, reason, at }) => [pusherId, position, step, reason, at]),
      [
        [7, 1, 'skipped', 'collapsed', 9],
        [7, 2, 'skipped', 'read', 9],
        [7, 5, 'skipped', 'suppressed by a device rule', 9],
      ],
      'no kept, urgent or later events, and no events of other pushers',
    )
    assert.deepEqual(
      found.flat().map((step) => step.rule),
      [undefined, undefined, rule],
    )
  })

  test('records the queued events of a removed pusher as cleared', async (t) => {
    const db = await open(t)
    await db.transaction(async (tx) => {
      await tx.run(insertItems, {
        rows: [
          { pusher_id: 7, position: 1, urgent: 0 },
          { pusher_id: 7, position: 2, urgent: 1 },
          { pusher_id: 8, position: 1, urgent: 0 },
        ],
      })
      trace.recordSteps(tx, 3, [
        { pusherId: 7, position: 2, result: { kind: 'retry', reason: 'dns', ms: 1 } },
      ])
      await trace.recordCleared(tx, 4, { pusherIds: [7], reason: 'pusher removed' })
    })
    assert.deepEqual(await stepsAndReasons(db, 1, [7, 8]), [[7, 'cleared', 'pusher removed']])
    assert.deepEqual(await stepsAndReasons(db, 2, [7]), [
      [7, 'failed', 'dns'],
      [7, 'cleared', 'pusher removed'],
    ])
  })

  test('records a hold once, for the oldest queued event only', async (t) => {
    const db = await open(t)
    const enabled = createTrace({ isEnabled: true })
    const hold = (at: number) =>
      db.transaction((tx) => enabled.recordHeld(tx, at, { pusherIds: [7], reason: 'circuit open' }))
    await hold(1)
    await db.transaction((tx) =>
      tx.run(insertItems, {
        rows: [
          { pusher_id: 7, position: 5, urgent: 0 },
          { pusher_id: 7, position: 6, urgent: 0 },
          { pusher_id: 8, position: 4, urgent: 0 },
        ],
      }),
    )
    await hold(2)
    await hold(3)
    assert.deepEqual(await stepsAndReasons(db, 5, [7, 8]), [[7, 'held', 'circuit open']])
    assert.equal((await db.all(allSteps, {})).length, 1)
  })

  test('returns the decision for the member before that for the cohort or for all', async (t) => {
    const db = await open(t)
    const rule = { kind: 'room', ruleId: '!room' }
    await db.transaction(async (tx) => {
      trace.recordDecisions(tx, { position: 1, at: 5 }, [
        { cohort: 'muted', reason: 'does not notify', rule },
        {
          cohort: 'muted',
          userId: bob,
          reason: 'does not notify',
          rule: { kind: 'content', ruleId: 'spam' },
        },
        { cohort: 'other', reason: 'no rule matched' },
      ])
      trace.recordDecisions(tx, { position: 2, at: 5 }, [{ cohort: '*', reason: 'rules failed' }])
      trace.recordDecisions(tx, { position: 3, at: 5 }, [])
    })
    const reasonFor = async (position: number, cohort: string, userId: UserId) => {
      const found = await decisionFor(db, { position, cohort, userId })
      return found && [found.reason, found.rule?.kind ?? null, found.rule?.ruleId ?? null]
    }
    assert.deepEqual(await reasonFor(1, 'muted', user('carol')), ['does not notify', 'room', '!room'])
    assert.deepEqual(await reasonFor(1, 'muted', bob), ['does not notify', 'content', 'spam'])
    assert.deepEqual(await reasonFor(1, 'other', user('carol')), ['no rule matched', null, null])
    assert.equal(await reasonFor(1, 'default', user('carol')), undefined)
    assert.deepEqual(await reasonFor(2, 'default', bob), ['rules failed', null, null])
    assert.equal(await reasonFor(3, 'default', bob), undefined)
  })

  test('records changed and removed pushers by hash and name until the account is closed', async (t) => {
    const db = await open(t)
    const fixture = createNotificationsFixture(db)
    const pusherId = await fixture.addPusher(bob)
    const other = await fixture.addPusher(user('carol'))
    await db.transaction(async (tx) => {
      await trace.recordPusherChange(tx, 3, { pusherIds: [pusherId], change: 'off' })
      await trace.recordPusherChange(tx, 4, {
        pusherIds: [pusherId, other],
        change: 'removed',
        reason: 'deleted',
      })
      await trace.recordPusherChange(tx, 5, { pusherIds: [999], change: 'on' })
    })
    await fixture.removePushers(bob)
    const changes = await db.all(pusherChangesOf, { userId: bob })
    assert.deepEqual(
      changes.map((change) => [change.pusher_id, change.at, change.change, change.reason]),
      [
        [pusherId, 3, 'off', null],
        [pusherId, 4, 'removed', 'deleted'],
      ],
    )
    assert.equal(changes[0]?.pushkey_hash, shortHash('key'))
    assert.ok(!JSON.stringify(changes).includes('"key"'), 'a row contains a pushkey')
    await db.transaction((tx) => NO_TRACE.forgetUser(tx, bob))
    assert.deepEqual(await db.all(pusherChangesOf, { userId: bob }), [])
    assert.equal((await db.all(pusherChangesOf, { userId: user('carol') })).length, 1)
  })

  test('cuts the reasons of gateway steps at 200 characters', async (t) => {
    const db = await open(t)
    const step: GatewayStep = {
      eventId: '$event',
      appId: 'org.example.app',
      pushkeyHash: 'abc',
      at: 7,
      attempt: 1,
      outcome: 'retry',
      reason: 'x'.repeat(1000),
      status: 503,
      ms: 3.6,
    }
    await db.transaction((tx) =>
      trace.recordGatewaySteps(tx, [
        step,
        { ...step, eventId: '$other' },
        { ...step, attempt: 2, outcome: 'delivered', reason: undefined, providerId: 'id', ms: undefined },
      ]),
    )
    const rows = await db.all(gatewayStepsOfEvent, { eventId: '$event' })
    assert.deepEqual(
      rows.map(({ attempt, outcome, reason, status, provider_id, ms }) => [
        attempt,
        outcome,
        reason?.length ?? null,
        status,
        provider_id,
        ms,
      ]),
      [
        [1, 'retry', 200, 503, null, 4],
        [2, 'delivered', null, 503, 'id', null],
      ],
    )
  })

  test('records nothing when disabled or for empty lists', async (t) => {
    const db = await open(t)
    await db.transaction(async (tx) => {
      await tx.run(insertItems, { rows: [{ pusher_id: 7, position: 1, urgent: 0 }] })
      const disabled = createTrace({ isEnabled: false })
      disabled.recordSteps(tx, 1, [delivered(7, 1)])
      await disabled.recordCollapsed(tx, 1, [{ pusherId: 7, upTo: [5], keep: [], others: [] }])
      await disabled.recordCleared(tx, 1, { pusherIds: [7], reason: 'pusher removed' })
      await disabled.recordHeld(tx, 1, { pusherIds: [7], reason: 'circuit open' })
      trace.recordSteps(tx, 1, [])
      await trace.recordCollapsed(tx, 1, [])
      await trace.recordCleared(tx, 1, { pusherIds: [], reason: 'pusher removed' })
      await trace.recordHeld(tx, 1, { pusherIds: [], reason: 'circuit open' })
      await trace.recordGatewaySteps(tx, [])
    })
    assert.deepEqual(await db.all(allSteps, {}), [])
  })

  test('a step is rolled back with its transaction', async (t) => {
    const db = await open(t)
    const failing = db.transaction(async (tx) => {
      trace.recordSteps(tx, 1, [delivered(7, 1)])
      throw new Error('rolled back')
    })
    await assert.rejects(failing, /rolled back/)
    assert.deepEqual(await db.all(allSteps, {}), [])
  })

  test('a sweep removes rows older than the retention and rows from the future', async (t) => {
    const db = await open(t)
    const clock = createManualClock(100 * DAY)
    const gatewayStep = {
      eventId: '$e',
      appId: 'a',
      pushkeyHash: 'h',
      attempt: 1,
      outcome: 'delivered',
    } as const
    const fixture = createNotificationsFixture(db)
    const pusherId = await fixture.addPusher(bob)
    for (const [position, at] of [
      [1, 85 * DAY],
      [2, 86 * DAY],
      [3, 500 * DAY],
      [4, 99 * DAY],
    ] as const)
      await db.transaction(async (tx) => {
        trace.recordSteps(tx, at, [delivered(7, position)])
        trace.recordDecisions(tx, { position, at }, [{ cohort: '*', reason: 'rules failed' }])
        await trace.recordPusherChange(tx, at, { pusherIds: [pusherId], change: 'off' })
        await trace.recordGatewaySteps(tx, [{ ...gatewayStep, at }])
      })
    const swept = await sweepTrace({ db, clock }, { retentionDays: 14, maxRows: 1000 })
    assert.equal(swept, 8, 'two rows for each of the four tables')
    for (const table of ['trace_steps', 'trace_decisions', 'trace_pushers', 'trace_gateway'] as const) {
      const left = await db.all(timesIn(table), {})
      assert.deepEqual(
        left.map(({ at }) => at / DAY),
        [86, 99],
        table,
      )
    }
  })

  test('a sweep keeps the newest rows up to the maximum', async (t) => {
    const db = await open(t)
    const clock = createManualClock(DAY)
    // Steps of different events are stored in different rows.
    const rows = Array.from({ length: 1700 }, (_, at) => delivered(7, at))
    await db.transaction(async (tx) => trace.recordSteps(tx, DAY, rows))
    assert.equal(await sweepTrace({ db, clock }, { retentionDays: 14, maxRows: 1000 }), 700)
    const left = await db.all(allSteps, {})
    assert.deepEqual([left.length, left[0]?.position, left.at(-1)?.position], [1000, 700, 1699])
    assert.equal(await sweepTrace({ db, clock }, { retentionDays: 14, maxRows: 1000 }), 0)
  })
})
