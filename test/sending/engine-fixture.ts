import type { TestContext } from 'node:test'
import { sql } from 'kysely'
import { createCircuits } from '../../src/sending/circuits.ts'
import { type EngineSettings, startEngine } from '../../src/sending/engine.ts'
import type { LanePort, Looked, Visit } from '../../src/sending/port.ts'
import type { SendResult } from '../../src/sending/result.ts'
import { NEW_LANE } from '../../src/sending/transition.ts'
import type { Database } from '../../src/storage/database.ts'
import { query } from '../../src/storage/query.ts'
import { silentLog } from '../support/log.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { watchClaims } from '../support/watch-claims.ts'

export const delivered: SendResult = { kind: 'delivered', reason: 'ok', ms: 0 }

const insertLane = query<{ laneId: number; destination: string }>()((db, p) =>
  db.insertInto('lanes').values({ lane_id: p.laneId, kind: 'poke', destination: p.destination }),
)
const insertItem = query<{ laneId: number; now: number }>()((db, p) =>
  db.insertInto('lane_items').values({ lane_id: p.laneId, position: sql.lit(1), created_at: p.now }),
)
const leasedLanes = query()((db) =>
  db.selectFrom('lanes').select('lane_id').where('lease_owner', 'is not', null),
)

/** The results of sending, by lane. A lane without a result hangs. `sent`: the lanes in order of their attempts. */
function createPort() {
  const sent: number[] = []
  const looked = new WeakSet<Visit>()
  const results = new Map<number, PromiseWithResolvers<SendResult>>()
  const resultOf = (laneId: number) => {
    const result = results.get(laneId) ?? Promise.withResolvers<SendResult>()
    results.set(laneId, result)
    return result
  }
  const port: LanePort<Looked & { laneId: number }, SendResult> = {
    async look(visit) {
      const { laneId } = visit
      const isFirst = !looked.has(visit)
      looked.add(visit)
      const step = isFirst
        ? ({ kind: 'send', positions: [1], value: null } as const)
        : ({ kind: 'nothing due' } as const)
      return { laneId, state: NEW_LANE, passed: [], step }
    },
    async send({ laneId }) {
      sent.push(laneId)
      return resultOf(laneId).promise
    },
    evidenceOf: ({ kind }) => (kind === 'delivered' ? 'delivered' : 'outage'),
    record: async () => undefined,
    announce: () => undefined,
    announceCircuit: () => undefined,
  }
  /** These lanes are sent with success, now or later. */
  const deliver = (laneIds: readonly number[]) => {
    for (const laneId of laneIds) resultOf(laneId).resolve(delivered)
  }
  return { port, sent, deliver }
}

/** An engine with lanes that have one item each. `lanes`: the destination of each lane, from lane 1 on. */
export async function createEngineFixture(
  t: TestContext,
  open: (t: TestContext) => Promise<Database>,
  { lanes, limit }: { lanes: readonly string[]; limit: number },
) {
  const { db, claimed } = watchClaims(await open(t))
  const clock = createManualClock()
  const now = clock.now()
  await db.transaction(async (tx) => {
    for (const [index, destination] of lanes.entries()) {
      await tx.run(insertLane, { laneId: index + 1, destination })
      await tx.run(insertItem, { laneId: index + 1, now })
    }
  })
  const random = { token: () => 'owner', below: (below: number) => below - 1 }
  const circuits = createCircuits({ clock, random, limit })
  const { port, sent, deliver } = createPort()
  const start = (settings: Partial<EngineSettings> = {}) =>
    startEngine(
      { db, clock, random, log: silentLog, circuits },
      { kind: 'poke', leaseMs: 60_000, ...settings },
      port,
    )
  /** Like `start`, as another process: with a port and circuits of its own. */
  const startOther = async (name: string, settings: Partial<EngineSettings> = {}) => {
    const own = {
      random: { ...random, token: () => name },
      circuits: createCircuits({ clock, random, limit }),
    }
    const other = createPort()
    const engine = await startEngine(
      { db, clock, log: silentLog, ...own },
      { kind: 'poke', leaseMs: 60_000, ...settings },
      other.port,
    )
    return { ...other, engine }
  }
  const leased = async () => (await db.all(leasedLanes, {})).map((row) => row.lane_id)
  return { db, claimed, clock, circuits, start, startOther, sent, deliver, leased }
}
