import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { outagesOf } from '../../src/sending/known-outages.ts'
import type { Database } from '../../src/storage/database.ts'
import { query } from '../../src/storage/query.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { leaseByKilledProcess } from '../support/watch-claims.ts'
import { createEngineFixture } from './engine-fixture.ts'

const LANES = [1, 2, 3, 4, 5, 6, 7, 8]

const failAll = query<{ now: number; since: number }>()((db, p) =>
  db.updateTable('lanes').set({
    attempts: sql.lit(1),
    failing_since: p.since,
    next_attempt_at: p.now,
    last_error: 'timeout',
    last_error_at: p.since,
  }),
)

/** An engine with eight lanes of a destination that was down. Their retries are due. */
async function setUp(t: TestContext, open: (t: TestContext) => Promise<Database>) {
  const lanes = LANES.map(() => 'https://down.test')
  const fixture = await createEngineFixture(t, open, { lanes, limit: 64 })
  const { db } = fixture
  const now = fixture.clock.now()
  await db.transaction((tx) => tx.run(failAll, { now, since: now - 1000 }))
  return { ...fixture, now, start: () => fixture.start({ findOutages: () => outagesOf(db, 'poke', now) }) }
}

onEachDatabase(
  'the start of an engine with a destination that was down',
  (open) => {
    for (const before of ['stopped', 'killed'] as const)
      test(`leases one lane for the probe when the last process was ${before}, and the others after its response`, async (t) => {
        const { db, now, claimed, clock, start, sent, deliver, leased } = await setUp(t, open)
        if (before === 'killed') await leaseByKilledProcess(db, now + 60_000)
        await using _engine = await start()
        await eventually(() => sent.length > 0)
        const atProbe = [[...claimed], await leased(), [...sent]]
        deliver(LANES)
        assert.deepEqual(atProbe, [[1], [1], [1]])
        await eventually(() => {
          if (sent.length < LANES.length) clock.advance(10)
          return sent.length === LANES.length
        })
        // Their own waits would have ended later.
        assert.ok(clock.now() < now + 10_000)
      })

    test('leases a further lane when the probe has no response within half a minute', async (t) => {
      const { claimed, clock, start, sent, deliver } = await setUp(t, open)
      await using _engine = await start()
      await eventually(() => sent.length === 1)
      clock.advance(29_000)
      assert.deepEqual(claimed, [1])
      await eventually(() => {
        clock.advance(100)
        return claimed.length > 1
      })
      deliver(LANES)
    })
  },
  { alone: true },
)
