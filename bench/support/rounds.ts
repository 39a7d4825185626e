import type { Load, Sent } from './load.ts'
import { cpuMs, type Program } from './processes.ts'
import type { Receiver } from './receiver.ts'
import { medianOf } from './stats.ts'
import { percent } from './table.ts'

/** A server with its load generator. `pokes`: the number of pokes for each message, 1 by default. */
export type Side = { program: Program; load: Load; pokes?: number }

export type Round = Cpu & {
  messagesPerSecond: number
  pokesPerSecond: number
  p50Ms: number
  p99Ms: number
}

/** Shares of one core during the round. */
export type Cpu = {
  serverCpu: number
  loadCpu: number
  receiverCpu: number
  serverCpuMicrosPerPoke: number
}

/** Runs all sides in turns, for a number of rounds, so that other load on the machine affects all of them. */
export async function inTurns<Name extends string, R>(
  names: readonly Name[],
  rounds: number,
  run: (name: Name) => Promise<R>,
): Promise<Record<Name, R[]>> {
  const found = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, R[]>
  for (let at = 0; at < rounds; at++) for (const name of names) found[name].push(await run(name))
  return found
}

/** Sends messages, and waits for the last poke. */
export async function sendingRound(
  receiver: Receiver,
  { program, load, pokes = 1 }: Side,
  send: (load: Load) => Promise<Sent>,
): Promise<Round> {
  await receiver.begin(load.next())
  const cpu = startCpu(program, receiver)
  const sent = await send(load)
  const arrivals = await receiver.end(sent.count * pokes)
  const tookMs = arrivals.lastAt - sent.startedAt
  return {
    messagesPerSecond: (sent.count * 1000) / (sent.respondedAt - sent.startedAt),
    pokesPerSecond: (arrivals.count * 1000) / tookMs,
    p50Ms: arrivals.p50,
    p99Ms: arrivals.p99,
    ...cpu({ pokes: arrivals.count, tookMs }),
  }
}

/** Measures the CPU time of server, load generator and gateway from now on. */
export function startCpu(
  program: Program,
  receiver: Receiver,
): (work: { pokes: number; tookMs: number }) => Cpu {
  const pids = [program.pid, process.pid, receiver.program.pid]
  const before = pids.map(cpuMs)
  return ({ pokes, tookMs }) => {
    const used = pids.map((pid, at) => cpuMs(pid) - (before[at] ?? 0))
    const [server = NaN, ours = NaN, receiving = NaN] = used
    return {
      serverCpu: server / tookMs,
      loadCpu: ours / tookMs,
      receiverCpu: receiving / tookMs,
      serverCpuMicrosPerPoke: (server * 1000) / pokes,
    }
  }
}

/** The median of each figure. */
export function medians<R extends Record<string, number>>(rounds: readonly R[]): R {
  const names = Object.keys(rounds[0] ?? {})
  return Object.fromEntries(
    names.map((name) => [name, medianOf(rounds, (one) => one[name] ?? Number.NaN)]),
  ) as R
}

export const cpuColumns = ['server CPU', 'load CPU', 'gateway CPU']
export const cpuCells = (of: Cpu) => [percent(of.serverCpu), percent(of.loadCpu), percent(of.receiverCpu)]
