import type { Benchmark, Report } from './benchmark.ts'
import { createLoad, type Load, type Sent } from './support/load.ts'
import { cpuMs, type Program, temporaryFolder } from './support/processes.ts'
import { launchBelfry, launchRelay } from './support/programs.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'
import { openSeed, type SeededRoom } from './support/seed.ts'
import { medianOf, rounded } from './support/stats.ts'
import { figure, percent, type Table } from './support/table.ts'

/** As many conversations of two, with one pusher each: one message is one poke, and there is nobody to wait for. */
const CONVERSATIONS = 64
const ROUNDS = 5
const ROUND_MS = 1500
const WARM_UP_MS = 2000
/** Both are asked for their latency under the same load: a part of what Belfry can do. */
const LATENCY_LOAD = 0.5
const LATENCY_ROUNDS = 3
const LEAST_SHARE_OF_FLOOR = 1 / 3

type Side = { program: Program; load: Load }
type Scene = { belfry: Side; floor: Side; receiver: Receiver; rooms: readonly SeededRoom[] }

export const pokes: Benchmark = {
  name: 'pokes',
  about: 'messages and pokes per second, and the time from one to the other, beside a bare relay',
  async run(options) {
    using data = temporaryFolder()
    await using receiver = await startReceiver()
    const rooms = await seedConversations(data.path, receiver.gateway)
    await using relay = await launchRelay(receiver.gateway)
    await using server = await launchBelfry(data.path, options)
    await using relayLoad = createLoad(relay.url, CONVERSATIONS)
    await using serverLoad = createLoad(server.url, CONVERSATIONS)
    return await measure({
      belfry: { program: server, load: serverLoad },
      floor: { program: relay, load: relayLoad },
      receiver,
      rooms,
    })
  },
}

async function seedConversations(data: string, gateway: string): Promise<SeededRoom[]> {
  await using seed = await openSeed(data, gateway)
  const rooms: SeededRoom[] = []
  while (rooms.length < CONVERSATIONS) rooms.push(await seed.addRoom(2, 1))
  return rooms
}

async function measure(scene: Scene): Promise<Report> {
  const { belfry, floor, rooms } = scene
  const asFastAsPossible = (side: Side) => round(scene, side, (load) => load.sendFor(rooms, ROUND_MS))
  for (const side of [floor, belfry]) await round(scene, side, (load) => load.sendFor(rooms, WARM_UP_MS))
  const rates = await inTurns(scene, ROUNDS, asFastAsPossible)
  const perSecond = LATENCY_LOAD * medianOf(rates.belfry, (one) => one.pokesPerSecond)
  const latencies = await inTurns(scene, LATENCY_ROUNDS, (side) =>
    round(scene, side, (load) => load.sendAtRate(rooms, perSecond, ROUND_MS)),
  )
  return report(
    { belfry: medians(rates.belfry), floor: medians(rates.floor) },
    { belfry: medians(latencies.belfry), floor: medians(latencies.floor) },
  )
}

/** The floor and Belfry one after the other, again and again: what disturbs the machine disturbs both. */
async function inTurns(scene: Scene, rounds: number, run: (side: Side) => Promise<Round>) {
  const found: Both<Round[]> = { belfry: [], floor: [] }
  for (let at = 0; at < rounds; at++) {
    found.floor.push(await run(scene.floor))
    found.belfry.push(await run(scene.belfry))
  }
  return found
}

type Both<T> = { belfry: T; floor: T }

type Round = {
  messagesPerSecond: number
  pokesPerSecond: number
  p50Ms: number
  p99Ms: number
  /** Parts of one core while the round ran. */
  serverCpu: number
  loadCpu: number
  receiverCpu: number
  serverCpuMicrosPerPoke: number
}

/** Sends, and waits for the last poke. */
async function round(
  { receiver }: Scene,
  { program, load }: Side,
  send: (load: Load) => Promise<Sent>,
): Promise<Round> {
  await receiver.begin(load.next())
  const pids = [program.pid, process.pid, receiver.program.pid]
  const before = pids.map(cpuMs)
  const sent = await send(load)
  const arrivals = await receiver.end(sent.count)
  const used = pids.map((pid, at) => cpuMs(pid) - (before[at] ?? 0))
  const [server = NaN, ours = NaN, receiving = NaN] = used
  const tookMs = arrivals.lastAt - sent.startedAt
  return {
    messagesPerSecond: (sent.count * 1000) / (sent.answeredAt - sent.startedAt),
    pokesPerSecond: (arrivals.count * 1000) / tookMs,
    p50Ms: arrivals.p50,
    p99Ms: arrivals.p99,
    serverCpu: server / tookMs,
    loadCpu: ours / tookMs,
    receiverCpu: receiving / tookMs,
    serverCpuMicrosPerPoke: (server * 1000) / arrivals.count,
  }
}

function medians(rounds: readonly Round[]): Round {
  const names = Object.keys(rounds[0] ?? {}) as (keyof Round)[]
  return Object.fromEntries(names.map((name) => [name, medianOf(rounds, (one) => one[name])])) as Round
}

function report(rates: Both<Round>, latencies: Both<Round>): Report {
  const share = rates.belfry.pokesPerSecond / rates.floor.pokesPerSecond
  return {
    tables: [rateTable(rates), latencyTable(latencies)],
    targets: [
      {
        wanted: 'pokes per second at least a third of the floor',
        found: percent(share),
        isMet: share >= LEAST_SHARE_OF_FLOOR,
      },
    ],
    figures: {
      pokesShareOfFloor: rounded({ share }).share,
      asFastAsPossible: { belfry: rounded(rates.belfry), floor: rounded(rates.floor) },
      atHalfLoad: { belfry: rounded(latencies.belfry), floor: rounded(latencies.floor) },
    },
  }
}

const cpuColumns = ['server CPU', 'load CPU', 'gateway CPU']
const cpuCells = (of: Round) => [percent(of.serverCpu), percent(of.loadCpu), percent(of.receiverCpu)]

function rateTable({ floor, belfry }: Both<Round>): Table {
  const row = (name: string, of: Round) => [
    name,
    figure(of.messagesPerSecond),
    figure(of.pokesPerSecond),
    figure(of.serverCpuMicrosPerPoke),
    ...cpuCells(of),
  ]
  return {
    title: `As fast as possible: ${CONVERSATIONS} conversations at once, one pusher each`,
    columns: ['', 'messages/s', 'pokes/s', 'CPU µs/poke', ...cpuColumns],
    rows: [row('bare relay (floor)', floor), row('belfry', belfry)],
  }
}

function latencyTable({ floor, belfry }: Both<Round>): Table {
  const row = (name: string, of: Round) => [
    name,
    figure(of.messagesPerSecond),
    figure(of.p50Ms, 2),
    figure(of.p99Ms, 2),
    ...cpuCells(of),
  ]
  return {
    title: 'From sending to the poke, both at half of what Belfry can do',
    columns: ['', 'messages/s', 'p50 ms', 'p99 ms', ...cpuColumns],
    rows: [row('bare relay (floor)', floor), row('belfry', belfry)],
  }
}
