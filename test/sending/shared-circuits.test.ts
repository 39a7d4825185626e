import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createLocalBus } from '../../src/cluster/bus.ts'
import type { Evidence } from '../../src/sending/circuits.ts'
import { createSharedCircuits } from '../../src/sending/shared-circuits.ts'
import { openTestSqlite } from '../support/databases.ts'
import { silentLog } from '../support/log.ts'
import { createManualClock } from '../support/manual-clock.ts'

const LINE = 'https://gateway.test'

/** Processes on one bus. The first one probes. */
async function setUp(t: TestContext) {
  const db = await openTestSqlite(t)
  const bus = createLocalBus()
  const clock = createManualClock()
  const advanced: number[] = []
  const join = (name: string) => {
    const random = { token: () => name, below: (below: number) => below - 1 }
    const share = {
      owns: () => name === 'prober',
      onChange: () => () => undefined,
      silentFor: () => 0,
      nextHeartbeat: async () => undefined,
    }
    const circuits = createSharedCircuits(
      { db, bus, clock, random, log: silentLog, kind: 'poke', share },
      { clock, random, limit: 100 },
    )
    circuits.connect({
      riseBy: () => undefined,
      advance: async (lanes) => void advanced.push(...lanes.map(({ laneId }) => laneId)),
    })
    return circuits
  }
  return { clock, join, advanced }
}

type Circuits = ReturnType<Awaited<ReturnType<typeof setUp>>['join']>

function attempt(circuits: Circuits, laneId: number, evidence: Evidence): void {
  const admission = circuits.admit(LINE, { laneId })
  assert.equal(admission.kind, 'go')
  if (admission.kind !== 'go') return
  circuits.report(admission.pass, { evidence, reason: 'network' })
  circuits.leave(admission.pass)
}

const fail = (circuits: Circuits) => {
  for (let laneId = 1; laneId <= 5; laneId++) attempt(circuits, laneId, 'outage')
}

test('a circuit that opens in one process is open in all, and only its owner probes', async (t) => {
  const { clock, join } = await setUp(t)
  const prober = join('prober')
  const other = join('other')
  assert.deepEqual([prober.takes?.(LINE), other.takes?.(LINE)], [undefined, undefined])
  fail(other)
  assert.deepEqual([prober.takes?.(LINE), other.takes?.(LINE)], [true, false])
  assert.equal(prober.admit(LINE, { laneId: 9 }).kind, 'paused')
  clock.advance(5_000)
  assert.equal(other.admit(LINE, { laneId: 9 }).kind, 'paused', 'also when the pause is over')
  attempt(prober, 9, 'outage')
})

test('a response in one process ends the pause in all, and their lanes continue', async (t) => {
  const { clock, join, advanced } = await setUp(t)
  const prober = join('prober')
  const other = join('other')
  fail(prober)
  assert.equal(other.admit(LINE, { laneId: 7 }).kind, 'paused')
  clock.advance(5_000)
  attempt(prober, 1, 'responded')
  assert.equal(other.takes?.(LINE), undefined)
  assert.equal(other.admit(LINE, { laneId: 7 }).kind, 'go')
  assert.deepEqual(advanced, [7])
})

test('a process that starts later asks for the pauses', async (t) => {
  const { join } = await setUp(t)
  fail(join('prober'))
  assert.equal(join('other').admit(LINE, { laneId: 1 }).kind, 'paused')
})

test('a process sends a probe itself when it hears nothing for two minutes', async (t) => {
  const { clock, join } = await setUp(t)
  const other = join('other')
  fail(other)
  clock.advance(5_000 + 119_000)
  assert.equal(other.admit(LINE, { laneId: 1 }).kind, 'paused')
  clock.advance(1_000)
  attempt(other, 1, 'outage')
})
