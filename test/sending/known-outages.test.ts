import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { createCircuits } from '../../src/sending/circuits.ts'
import { startEngine } from '../../src/sending/engine.ts'
import { outagesOf } from '../../src/sending/known-outages.ts'
import type { LanePort, Looked } from '../../src/sending/port.ts'
import type { SendResult } from '../../src/sending/result.ts'
import { NEW_LANE } from '../../src/sending/transition.ts'
import type { Database } from '../../src/storage/database.ts'
import { query } from '../../src/storage/query.ts'
import { onEachDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { leaseByKilledProcess, watchClaims } from '../support/watch-claims.ts'

const LANES = [1, 2, 3, 4, 5, 6, 7, 8]

/** A lane whose attempt failed, with an item and a retry that is due. */
const insertFailing = query<{ laneId: number; now: number; since: number }>()((db, p) =>
  db.insertInto('lanes').values({
    lane_id: p.laneId,
    kind: 'poke',
    destination: 'https://down.test',
    attempts: sql.lit(1),
    failing_since: p.since,
    next_attempt_at: p.now,
    last_error: 'timeout',
    last_error_at: p.since,
  }),
)
const insertItem = query<{ laneId: number; now: number }>()((db, p) =>
  db.insertInto('lane_items').values({ lane_id: p.laneId, position: sql.lit(1), created_at: p.now }),
)
const leasedLanes = query()((db) =>
  db.selectFrom('lanes').select('lane_id').where('lease_owner', 'is not', null),
)

/** A port that sends the only item of a lane. `sent`: the lanes in order of their attempts. */
function portOf(answer: () => Promise<SendResult>) {
  const sent: number[] = []
  const port: LanePort<Looked & { laneId: number }, SendResult> = {
    look: async ({ laneId, turn }) => ({
      laneId,
      state: NEW_LANE,
      valueDue: 0,
      valueKnown: false,
      valueMissed: false,
      passed: [],
      step: turn === 1 ? { kind: 'send', positions: [1], value: null } : { kind: 'nothing due' },
    }),
    async send({ laneId }) {
      sent.push(laneId)
      return answer()
    },
    evidenceOf: ({ kind }) => (kind === 'delivered' ? 'delivered' : 'outage'),
    record: async () => undefined,
    announce: () => undefined,
    announceCircuit: () => undefined,
  }
  return { port, sent }
}

/** Eight lanes of a destination that was down, and the start of an engine that sends for them. */
async function setUp(t: TestContext, open: (t: TestContext) => Promise<Database>) {
  const { db, claimed } = watchClaims(await open(t))
  const clock = createManualClock()
  const now = clock.now()
  await db.transaction(async (tx) => {
    for (const laneId of LANES) {
      await tx.run(insertFailing, { laneId, now, since: now - 1000 })
      await tx.run(insertItem, { laneId, now })
    }
  })
  const random = { token: () => 'owner', below: (below: number) => below - 1 }
  const start = (port: LanePort<Looked & { laneId: number }, SendResult>) => {
    const circuits = createCircuits({ clock, random, limit: 64 })
    const findOutages = () => outagesOf(db, 'poke', now)
    const settings = { kind: 'poke', concurrency: 64, leaseMs: 60_000, findOutages } as const
    return startEngine({ db, clock, random, log: silentLog, circuits }, settings, port)
  }
  return { db, claimed, clock, start }
}

onEachDatabase(
  'the start of an engine with a destination that was down',
  (open) => {
    for (const before of ['stopped', 'killed'] as const)
      test(`leases one lane for the probe when the last process was ${before}, and the others after its response`, async (t) => {
        const { db, claimed, clock, start } = await setUp(t, open)
        if (before === 'killed') await leaseByKilledProcess(db, clock.now() + 60_000)
        const answer = Promise.withResolvers<SendResult>()
        const { port, sent } = portOf(() => answer.promise)
        await using _engine = await start(port)
        await eventually(() => sent.length > 0)
        const leased = await db.all(leasedLanes, {})
        const atProbe = [[...claimed], leased.map((row) => row.lane_id), [...sent]]
        answer.resolve({ kind: 'delivered', reason: 'ok', ms: 0 })
        assert.deepEqual(atProbe, [[1], [1], [1]])
        await eventually(() => {
          if (sent.length < LANES.length) clock.advance(10)
          return sent.length === LANES.length
        })
        // Their own waits would have ended later.
        assert.ok(clock.now() < createManualClock().now() + 10_000)
      })

    test('leases a further lane when the probe has no response within half a minute', async (t) => {
      const { claimed, clock, start } = await setUp(t, open)
      const answer = Promise.withResolvers<SendResult>()
      const { port, sent } = portOf(() => answer.promise)
      await using _engine = await start(port)
      await eventually(() => sent.length === 1)
      clock.advance(29_000)
      assert.deepEqual(claimed, [1])
      await eventually(() => {
        clock.advance(100)
        return claimed.length > 1
      })
      answer.resolve({ kind: 'delivered', reason: 'ok', ms: 0 })
    })
  },
  { alone: true },
)
