import { Agent } from 'node:http'
import { createLoad, type Sender } from './support/load.ts'
import { monotonicMs } from './support/monotonic.ts'
import { cpuMs, type Program } from './support/processes.ts'
import { median, medianOf, percentile, rounded } from './support/stats.ts'
import type { SyncMode } from './support/sync-modes.ts'

// The syncs of one client, one after the other: initial syncs, and an incremental sync after each message.

const INITIAL_ROUNDS = 5
/** V8 compiles in other threads until about the 650th round: 0.44 ms of CPU for each sync, and 0.04 ms later. */
export const WARM_UP = 1000
const INCREMENTAL_ROUNDS: Rounds = { warmUp: WARM_UP, counted: 300 }

export type Rounds = { warmUp: number; counted: number }
export type Reader = { token: string }
export type InitialFigures = { ms: number; cpuMs: number; kilobytes: number }
export type IncrementalFigures = { p50Ms: number; p99Ms: number; cpuMs: number }

/** Milliseconds of time and of CPU of the server for one call. */
async function timed<T>(server: Program, call: () => Promise<T>) {
  const [cpuBefore, startedAt] = [cpuMs(server.pid), monotonicMs()]
  const value = await call()
  return { value, ms: monotonicMs() - startedAt, cpu: cpuMs(server.pid) - cpuBefore }
}

/** The median of some initial syncs, after one that is not counted. */
export async function measureInitial(
  server: Program,
  { mode, reader: { token } }: { mode: SyncMode; reader: Reader },
): Promise<InitialFigures> {
  const agent = new Agent({ keepAlive: true })
  const call = () => mode.first({ agent, url: server.url, token })
  await call()
  const rounds = []
  for (let at = 0; at < INITIAL_ROUNDS; at++) rounds.push(await timed(server, call))
  agent.destroy()
  return rounded({
    ms: medianOf(rounds, (round) => round.ms),
    cpuMs: medianOf(rounds, (round) => round.cpu),
    kilobytes: medianOf(rounds, (round) => round.value.length / 1000),
  })
}

/** Incremental syncs, each after a message whose response was awaited. CPU is that of the sync alone. */
export async function measureIncremental(
  server: Program,
  {
    isFloor = false,
    mode,
    reader,
    sender,
    rounds: { warmUp, counted } = INCREMENTAL_ROUNDS,
  }: { isFloor?: boolean; mode: SyncMode; reader: Reader; sender: Sender; rounds?: Rounds },
): Promise<IncrementalFigures> {
  const agent = new Agent({ keepAlive: true })
  const of = { agent, url: server.url, token: reader.token }
  // The floor would let a request with a token wait.
  const call = (at: string) => (isFloor ? mode.first(of) : mode.poll({ ...of, at, timeoutMs: 0 }))
  let at = mode.positionIn(await mode.first(of))
  await using load = createLoad(server.url, 1)
  const rounds = []
  for (let count = -warmUp; count < counted; count++) {
    await load.send(sender)
    const round = await timed(server, () => call(at))
    at = mode.positionIn(round.value)
    if (count >= 0) rounds.push(round)
  }
  agent.destroy()
  const ms = rounds.map((round) => round.ms)
  return rounded({
    p50Ms: median(ms),
    p99Ms: percentile(ms, 0.99),
    cpuMs: rounds.reduce((sum, round) => sum + round.cpu, 0) / rounds.length,
  })
}
