import type { Benchmark, Report, Target } from './benchmark.ts'
import { addConversations } from './support/http-seed.ts'
import { createLoad, type Sender } from './support/load.ts'
import { type Program, temporaryFolder } from './support/processes.ts'
import { launchBelfry } from './support/programs.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'
import {
  cpuCells,
  cpuColumns,
  inTurns,
  medians,
  type Round,
  sendingRound,
  type Side,
} from './support/rounds.ts'
import { medianOf, rounded } from './support/stats.ts'
import { launchSynapse, reasonWithoutSynapse, synapseVersion } from './support/synapse.ts'
import { figure, type Table } from './support/table.ts'
import { atLeast } from './support/target.ts'

// Belfry beside other servers that do the same work. Each server is one process with SQLite on the same disk,
// is filled over HTTP, and gets the same requests from the same load generator.

const CONVERSATIONS = 32
const ROUNDS = 3
const ROUND_MS = 3000
const WARM_UP_MS = 3000
/** The latency of both is measured at the same load, as a share of the highest rate of Synapse. */
const LATENCY_LOAD = 0.5
const MIN_TIMES = 10

const SIDES = ['synapse', 'belfry'] as const
type SideName = (typeof SIDES)[number]
type Peer = Side & { senders: readonly Sender[] }
type Both<T> = Record<SideName, T>
type Skipped = { peer: string; reason: string }

const SYGNAL: Skipped = {
  peer: 'Sygnal',
  reason: 'pip found no package matrix-sygnal when this benchmark was written (2026-11-28)',
}

export const peers: Benchmark = {
  name: 'peers',
  about: 'messages and pokes per second, and CPU for each message, beside Synapse (needs --synapse)',
  method: [
    'Belfry and Synapse, in turns: one process each with SQLite on the same disk, filled over HTTP, with the same requests. 32 conversations of two users with one pusher each, as fast as possible, then both at half of the highest rate of Synapse.',
    'In both, presence and rate limits are off. CPU is that of the server for a message with its poke.',
  ],
  args: '--synapse PYTHON',
  async run(options) {
    const { synapsePython: python } = options
    const version = await synapseVersion(python)
    if (version === undefined) return skipped(python)
    await using stack = new AsyncDisposableStack()
    const receiver = stack.use(await startReceiver())
    const folder = () => stack.use(temporaryFolder()).path
    const peerOf = async (program: Program): Promise<Peer> => {
      stack.use(program)
      const senders = await addConversations(program.url, receiver.gateway, CONVERSATIONS)
      return { program, load: stack.use(createLoad(program.url, CONVERSATIONS)), senders }
    }
    const both = {
      synapse: await peerOf(await launchSynapse(python, folder())),
      belfry: await peerOf(await launchBelfry(folder(), options)),
    }
    return await measure(receiver, both, version)
  },
}

async function measure(receiver: Receiver, both: Both<Peer>, version: string): Promise<Report> {
  const sendFor = (name: SideName, ms: number) =>
    sendingRound(receiver, both[name], (load) => load.sendFor(both[name].senders, ms))
  for (const name of SIDES) await sendFor(name, WARM_UP_MS)
  const rates = await inTurns(SIDES, ROUNDS, (name) => sendFor(name, ROUND_MS))
  const perSecond = LATENCY_LOAD * medianOf(rates.synapse, (one) => one.pokesPerSecond)
  const latencies = await inTurns(SIDES, ROUNDS, (name) =>
    sendingRound(receiver, both[name], (load) => load.sendAtRate(both[name].senders, perSecond, ROUND_MS)),
  )
  return report(
    { synapse: medians(rates.synapse), belfry: medians(rates.belfry) },
    { synapse: medians(latencies.synapse), belfry: medians(latencies.belfry) },
    version,
  )
}

function report(rates: Both<Round>, latencies: Both<Round>, version: string): Report {
  const times = {
    messages: rates.belfry.messagesPerSecond / rates.synapse.messagesPerSecond,
    pokes: rates.belfry.pokesPerSecond / rates.synapse.pokesPerSecond,
    cpu: rates.synapse.serverCpuMicrosPerPoke / rates.belfry.serverCpuMicrosPerPoke,
  }
  const names = { synapse: `Synapse ${version}`, belfry: 'belfry' }
  return {
    tables: [rateTable(rates, names), latencyTable(latencies, names), skippedTable([SYGNAL])],
    targets: [
      target('messages per second', 'of Synapse', times.messages),
      target('pokes per second', 'of Synapse', times.pokes),
      target('CPU of Synapse for a message with its poke', 'of Belfry', times.cpu),
    ],
    figures: {
      synapse: version,
      times: rounded(times),
      asFastAsPossible: { belfry: rounded(rates.belfry), synapse: rounded(rates.synapse) },
      atHalfLoad: { belfry: rounded(latencies.belfry), synapse: rounded(latencies.synapse) },
      skipped: [SYGNAL],
    },
  }
}

const target = (what: string, other: string, times: number): Target =>
  atLeast(`${what}: at least ${MIN_TIMES} times that ${other}`, {
    value: times,
    limit: MIN_TIMES,
    unit: 'times',
  })

function rateTable(rates: Both<Round>, names: Both<string>): Table {
  return {
    title: `As fast as possible: ${CONVERSATIONS} concurrent conversations, one pusher each`,
    columns: ['', 'messages/s', 'pokes/s', 'CPU µs/message', ...cpuColumns],
    rows: SIDES.map((name) => [
      names[name],
      figure(rates[name].messagesPerSecond, 1),
      figure(rates[name].pokesPerSecond, 1),
      figure(rates[name].serverCpuMicrosPerPoke),
      ...cpuCells(rates[name]),
    ]),
  }
}

function latencyTable(latencies: Both<Round>, names: Both<string>): Table {
  return {
    title: 'From sending to the poke, both at half of the highest rate of Synapse',
    columns: ['', 'messages/s', 'p50 ms', 'p99 ms', 'CPU µs/message', ...cpuColumns],
    rows: SIDES.map((name) => [
      names[name],
      figure(latencies[name].messagesPerSecond, 1),
      figure(latencies[name].p50Ms, 1),
      figure(latencies[name].p99Ms, 1),
      figure(latencies[name].serverCpuMicrosPerPoke),
      ...cpuCells(latencies[name]),
    ]),
  }
}

function skippedTable(all: readonly Skipped[]): Table {
  return {
    title: 'Not measured',
    columns: [''],
    rows: all.map(({ peer, reason }) => [`${peer}: ${reason}`]),
  }
}

function skipped(python: string): Report {
  const all = [{ peer: 'Synapse', reason: reasonWithoutSynapse(python) }, SYGNAL]
  return { tables: [skippedTable(all)], targets: [], figures: { skipped: all } }
}
