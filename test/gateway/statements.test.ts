import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import type { Database } from '../../src/storage/database.ts'
import { query } from '../../src/storage/query.ts'
import { counting } from '../support/counting-database.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { leaseByKilledProcess, watchClaims } from '../support/watch-claims.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { countingClock } from './counting-clock.ts'
import { openGateway, type PushGiven, type Script, unavailable } from './fixture.ts'

/** A gateway whose provider is unavailable for the device `unavailable`. */
async function open(given: Database) {
  const { db, count } = counting(given)
  const { clock, areAtRest, loopsAtRest } = countingClock()
  const script: Script = ({ device }) =>
    device.pushkey === 'unavailable' ? { ...unavailable, isOfDevice: true } : undefined
  const fixture = await openGateway(db, { script, clock })
  await loopsAtRest()
  /** Counts the statements of a notification until everything is written. */
  const statementsOf = async (push: PushGiven) => {
    Object.assign(count, { read: 0, write: 0, transactions: 0 })
    await fixture.push(push)
    // With the deadlines of the response and of the attempt.
    await eventually(() => count.transactions > 0 && areAtRest(2))
    await fixture.gateway[Symbol.asyncDispose]()
    return { ...count }
  }
  return { fixture, statementsOf }
}

onEachDatabase('the database statements of a notification in the gateway', (onDatabase) => {
  test('one read, and one write after the response, when the first attempt is delivered and nothing is queued', async (t) => {
    const { statementsOf } = await open(await onDatabase(t))
    assert.deepEqual(await statementsOf({ counts: { unread: 1 } }), { read: 1, write: 1, transactions: 1 })
  })

  test('one write more while a notification for another device is queued', async (t) => {
    const { fixture, statementsOf } = await open(await onDatabase(t))
    await fixture.push({ pushkey: 'unavailable' })
    const { write, transactions } = await statementsOf({ event: '$2', counts: { unread: 1 } })
    assert.deepEqual({ write, transactions }, { write: 2, transactions: 1 })
  })

  test('three writes and no more reads when it is queued as the first of its device', async (t) => {
    const { statementsOf } = await open(await onDatabase(t))
    const statements = await statementsOf({ pushkey: 'unavailable', counts: { unread: 1 } })
    assert.deepEqual(statements, { read: 1, write: 3, transactions: 1 })
  })
})

onEachDatabase(
  'the start of a gateway with a paused line',
  (onDatabase) => {
    for (const before of ['stopped', 'killed'] as const)
      test(`claims one device, which sends the probe, when the last process was ${before}`, async (t) => {
        const db = await onDatabase(t)
        const clock = await pauseLine(db, 120)
        if (before === 'killed') await leaseByKilledProcess(db, clock.now() + 90_000)
        const { claimed, db: watched } = watchClaims(db)
        const { clock: again, areAtRest } = countingClock(clock.now())
        await using fixture = await openGateway(watched, { script: () => unavailable, clock: again })
        // With the deadline of the probe.
        await eventually(() => fixture.outcomes().length > 0 && areAtRest(1))
        assert.deepEqual([fixture.sent.length, claimed.length], [1, 1])
      })

    test('continues all devices after the response to the probe', async (t) => {
      const db = await onDatabase(t)
      const clock = await pauseLine(db, 120)
      const { clock: again } = countingClock(clock.now())
      await using fixture = await openGateway(db, { clock: again })
      await eventually(() => fixture.sent.length > 0)
      await eventually(() => {
        // The devices continue within ten seconds.
        if (again.now() < clock.now() + 10_000) again.advance(100)
        return new Set(fixture.sent.map(({ device }) => device.pushkey)).size === 120
      })
      assert.equal(fixture.sent.length, 120)
    })
  },
  { alone: true },
)

/** `waiting`: lanes that wait for their time. */
const lanesAt = query<{ now: number }>()((db, p) =>
  db
    .selectFrom('lanes')
    .select((eb) => [
      eb.fn.countAll<number>().as('lanes'),
      sql<number>`sum(case when last_error = 'line paused' then 1 else 0 end)`.as('paused'),
      sql<number>`sum(case when next_attempt_at > ${sql.val(p.now)} and lease_owner is null then 1 else 0 end)`.as(
        'waiting',
      ),
    ]),
)

/**
 * Queues a notification for each of these devices. The line breaks, and holds all of them but those whose
 * attempts failed.
 */
async function pauseLine(db: Database, devices: number) {
  const clock = createManualClock()
  await using fixture = await openGateway(db, { script: () => unavailable, clock })
  for (let n = 0; n < devices; n++) await fixture.push({ pushkey: `${n}` })
  await eventually(async () => {
    const row = await db.first(lanesAt, { now: clock.now() })
    const isPaused = row?.lanes === devices && Number(row.paused) >= devices - 6
    if (!isPaused) clock.advance(1000)
    return isPaused && Number(row.waiting) === devices
  })
  return clock
}
