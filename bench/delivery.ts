import type { Benchmark, BenchOptions, Report, Target } from './benchmark.ts'
import { type BacklogDelivery, buildBacklog, drainBacklog } from './support/backlog.ts'
import { createLoad } from './support/load.ts'
import { idleMiBOf, temporaryFolder } from './support/processes.ts'
import { launchBelfry, launchRelay } from './support/programs.ts'
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
import { openSeed, type SeededRoom } from './support/seed.ts'
import { medianOf, rounded } from './support/stats.ts'
import { figure, percent, type Table } from './support/table.ts'
import { atLeast, atMost } from './support/target.ts'

// Delivery alone: from rows in the outbox to pokes at the gateway.

const SMALL = 1000
const LARGE = 100_000
/** The number of pushers in the room, and of messages in their backlog. */
const BACKLOGS = [
  { pushers: 1, messages: 400 },
  { pushers: 100, messages: 40 },
  { pushers: 10_000, messages: 1 },
] as const
const CONVERSATIONS = 100
/**
 * The floors receive one message for many pokes, as delivery reads a queue and receives nothing. `one` sends
 * them one after the other, as delivery does for one pusher. `many` needs a few senders, so that pokes are
 * always waiting.
 */
const FLOORS = {
  many: { pokes: 100, connections: 32, senders: 4 },
  one: { pokes: 400, connections: 1, senders: 1 },
} as const
type FloorName = keyof typeof FLOORS
const ROUNDS = 3
const ROUND_MS = 1200
const LATENCY_LOAD = 0.5

const MIN_SHARE_OF_FLOOR = 0.5
const MAX_LATENCY = 5
const MAX_KIB_PER_PUSHER = 2

type Pushers = (typeof BACKLOGS)[number]['pushers']
type Rooms = { conversations: readonly SeededRoom[]; backlogs: ReadonlyMap<Pushers, SeededRoom> }
/** A server with `registered` pushers. */
type LoadedServer = Side & Rooms & { registered: number; idleMiB: number }
type Setup = {
  receiver: Receiver
  /** Relays: one poke for each message, and the two floors of a backlog. */
  floor: Side
  fanOut: Record<FloorName, Side>
  small: LoadedServer
  large: LoadedServer
}
type ServerName = 'small' | 'large'
const SERVERS = ['small', 'large'] as const

export const delivery: Benchmark = {
  name: 'delivery',
  about: 'delivery of a backlog to 1, 100 and 10,000 pushers, with 1,000 and with 100,000 registered',
  method: [
    'Delivery alone, from rows in the outbox to pokes at one gateway: the gateway does not respond until a backlog for 1, 100 or 10,000 pushers waits and the server is idle; pokes that were already in flight are not counted.',
    'The floor is a relay that sends 100 pokes for each message (400 in turn for 1 pusher), because delivery reads its queue and receives nothing.',
    'The memory of an idle pusher is the difference of two idle servers, with 1,000 and with 100,000 registered pushers.',
  ],
  async run(options) {
    await using receiver = await startReceiver()
    using smallData = temporaryFolder()
    using largeData = temporaryFolder()
    const gateway = receiver.gateway
    await using small = await startServer({ data: smallData.path, gateway, options, registered: SMALL })
    await using large = await startServer({ data: largeData.path, gateway, options, registered: LARGE })
    await using relay = await launchRelay(gateway)
    await using load = createLoad(relay.url, CONVERSATIONS)
    await using many = await startFloor('many', gateway)
    await using one = await startFloor('one', gateway)
    const floor = { program: relay, load }
    return await measure({ receiver, floor, fanOut: { many, one }, small, large })
  },
}

async function startFloor(name: FloorName, gateway: string): Promise<Side & AsyncDisposable> {
  const { pokes, senders } = FLOORS[name]
  const program = await launchRelay(gateway, FLOORS[name])
  const load = createLoad(program.url, senders)
  return { program, load, pokes, [Symbol.asyncDispose]: () => endBoth({ program, load }) }
}

async function endBoth({ program, load }: Side): Promise<void> {
  await load[Symbol.asyncDispose]()
  await program[Symbol.asyncDispose]()
}

type Plan = { data: string; gateway: string; options: BenchOptions; registered: number }

async function startServer({
  data,
  gateway,
  options,
  registered,
}: Plan): Promise<LoadedServer & AsyncDisposable> {
  const rooms = await seedRooms(data, gateway, registered)
  const program = await launchBelfry(data, options)
  const load = createLoad(program.url, CONVERSATIONS)
  await (await fetch(`${program.url}/health`)).arrayBuffer()
  return {
    ...rooms,
    registered,
    program,
    load,
    idleMiB: await idleMiBOf(program.pid),
    [Symbol.asyncDispose]: () => endBoth({ program, load }),
  }
}

async function seedRooms(data: string, gateway: string, registered: number): Promise<Rooms> {
  await using seed = await openSeed(data, gateway)
  const conversations = await seed.addConversations(CONVERSATIONS)
  const backlogs = new Map<Pushers, SeededRoom>()
  let pushers = CONVERSATIONS
  for (const backlog of BACKLOGS) {
    if (pushers + backlog.pushers > registered) continue
    backlogs.set(backlog.pushers, await seed.addRoom(backlog.pushers + 1, backlog.pushers))
    pushers += backlog.pushers
  }
  await seed.addPushers(registered - pushers)
  return { conversations, backlogs }
}

async function measure(setup: Setup): Promise<Report> {
  const backlogs = await measureBacklogs(setup)
  const latencies = await measureLatencies(setup)
  const memory = {
    small: await memoryOf(setup.small),
    large: await memoryOf(setup.large),
  }
  return report({ backlogs, latencies, memory })
}

/** A round of a relay that fans out. */
function floorRound({ receiver, fanOut, small }: Setup, name: FloorName): Promise<Round> {
  const senders = small.conversations.slice(0, FLOORS[name].senders)
  return sendingRound(receiver, fanOut[name], (load) => load.sendFor(senders, ROUND_MS))
}

async function measureBacklogs(setup: Setup): Promise<Backlog[]> {
  const { receiver, small, large } = setup
  const found: Backlog[] = []
  for (const { pushers, messages } of BACKLOGS) {
    const servers = [small, large].filter(({ backlogs }) => backlogs.has(pushers))
    const run = async (name: string): Promise<BacklogDelivery> => {
      const server = servers.find(({ registered }) => `${registered}` === name)
      if (server === undefined) return floorRound(setup, pushers === 1 ? 'one' : 'many')
      const room = server.backlogs.get(pushers)
      if (!room) throw new Error(`no room with ${pushers} pushers`)
      const backlog = { room, pushers, messages }
      await buildBacklog(receiver, server, backlog)
      return drainBacklog(receiver, server, backlog)
    }
    const names = ['floor', ...servers.map(({ registered }) => `${registered}`)]
    for (const name of names) await run(name)
    const rounds = await inTurns(names, ROUNDS, run)
    const floor = medians(rounds['floor'] ?? [])
    for (const { registered } of servers)
      found.push({ pushers, registered, floor, ...medians(rounds[`${registered}`] ?? []) })
  }
  return found
}

/**
 * Conversations of two members, so that one message is one poke. Measures the highest rate first, then
 * latencies at half of it.
 */
async function measureLatencies(setup: Setup): Promise<Record<'floor' | ServerName, Round>> {
  const { receiver, small } = setup
  const roomsOf = (name: 'floor' | ServerName) => (name === 'floor' ? small : setup[name]).conversations
  const fastest = (name: ServerName) =>
    sendingRound(receiver, setup[name], (load) => load.sendFor(roomsOf(name), ROUND_MS))
  const rates = await inTurns(SERVERS, ROUNDS, fastest)
  const perSecond = LATENCY_LOAD * medianOf(rates.small, (one) => one.pokesPerSecond)
  const rounds = await inTurns(['floor', 'small', 'large'], ROUNDS, (name) =>
    sendingRound(receiver, setup[name], (load) => load.sendAtRate(roomsOf(name), perSecond, ROUND_MS)),
  )
  return { floor: medians(rounds.floor), small: medians(rounds.small), large: medians(rounds.large) }
}

type Memory = { registered: number; idleMiB: number; afterWorkMiB: number; readyMs: number }

async function memoryOf({ registered, idleMiB, program }: LoadedServer): Promise<Memory> {
  return { registered, idleMiB, afterWorkMiB: await idleMiBOf(program.pid), readyMs: program.readyMs }
}

/** `floor`: the relay in the same rounds. */
type Backlog = BacklogDelivery & { pushers: number; registered: number; floor: BacklogDelivery }
type Found = {
  backlogs: readonly Backlog[]
  latencies: Record<'floor' | ServerName, Round>
  memory: Record<ServerName, Memory>
}

/** The memory of one idle pusher, in KiB. */
function kibPerPusher({ small, large }: Found['memory']): number {
  return ((large.idleMiB - small.idleMiB) * 1024) / (large.registered - small.registered)
}

const shareOfFloor = ({ pokesPerSecond, floor }: Backlog) => pokesPerSecond / floor.pokesPerSecond

function report(found: Found): Report {
  const { backlogs, latencies, memory } = found
  return {
    tables: [backlogTable(backlogs), latencyTable(latencies), memoryTable(memory)],
    targets: targetsOf(found),
    figures: {
      backlogs: backlogs.map(({ floor, ...one }) => ({
        ...rounded(one),
        floor: rounded(floor),
        ...rounded({ shareOfFloor: shareOfFloor({ ...one, floor }) }),
      })),
      atHalfLoad: {
        floor: rounded(latencies.floor),
        small: rounded(latencies.small),
        large: rounded(latencies.large),
      },
      memory: { small: rounded(memory.small), large: rounded(memory.large) },
      kibPerIdlePusher: rounded({ kib: kibPerPusher(memory) }).kib,
    },
  }
}

function targetsOf({ backlogs, latencies, memory }: Found): Target[] {
  const hundred = backlogs.find(({ pushers, registered }) => pushers === 100 && registered === SMALL)
  const share = hundred === undefined ? Number.NaN : shareOfFloor(hundred)
  const latency = latencies.small.p99Ms / latencies.floor.p99Ms
  const kib = kibPerPusher(memory)
  return [
    atLeast(
      'pokes per second to 100 pushers at least half of a relay that sends 100 pokes for each message',
      {
        value: share,
        limit: MIN_SHARE_OF_FLOOR,
        unit: 'share',
      },
    ),
    atMost('p99 from sending to the poke at half load less than 5 times the floor', {
      value: latency,
      limit: MAX_LATENCY,
      unit: 'times',
    }),
    atMost('less than 2 KiB for an idle pusher', { value: kib, limit: MAX_KIB_PER_PUSHER, unit: 'KiB' }),
  ]
}

function backlogTable(backlogs: readonly Backlog[]): Table {
  const cells = (of: BacklogDelivery, floor: BacklogDelivery) => [
    figure(of.pokesPerSecond),
    percent(of.pokesPerSecond / floor.pokesPerSecond),
    figure(of.serverCpuMicrosPerPoke),
    figure(of.serverCpuMicrosPerPoke / floor.serverCpuMicrosPerPoke, 1),
    ...cpuCells(of),
  ]
  const rows = [...Map.groupBy(backlogs, ({ pushers }) => pushers)].flatMap(([pushers, group]) => [
    ...group.slice(0, 1).map(({ floor }) => {
      const { pokes } = FLOORS[pushers === 1 ? 'one' : 'many']
      return [`bare relay (floor), 1 message, ${pokes} pokes`, '', ...cells(floor, floor)]
    }),
    ...group.map((one) => [
      `belfry, to ${figure(pushers)} pusher${pushers === 1 ? '' : 's'}`,
      figure(one.registered),
      ...cells(one, one.floor),
    ]),
  ])
  return {
    title: 'From the outbox to the gateway: delivery of a backlog, each beside the relay in the same rounds',
    columns: ['', 'registered', 'pokes/s', 'of the floor', 'CPU µs/poke', 'times the floor', ...cpuColumns],
    rows,
  }
}

function latencyTable({ floor, small, large }: Found['latencies']): Table {
  const row = (name: string, registered: string, of: Round) => [
    name,
    registered,
    figure(of.messagesPerSecond),
    figure(of.p50Ms, 2),
    figure(of.p99Ms, 2),
    ...cpuCells(of),
  ]
  return {
    title: 'From sending to the poke, all at half of the highest rate of Belfry with 1,000 pushers',
    columns: ['', 'registered', 'messages/s', 'p50 ms', 'p99 ms', ...cpuColumns],
    rows: [
      row('bare relay (floor)', '', floor),
      row('belfry', figure(SMALL), small),
      row('belfry', figure(LARGE), large),
    ],
  }
}

function memoryTable({ small, large }: Found['memory']): Table {
  const row = ({ registered, readyMs, idleMiB, afterWorkMiB }: Memory) => [
    figure(registered),
    figure(readyMs),
    figure(idleMiB, 1),
    figure(afterWorkMiB, 1),
  ]
  return {
    title: 'Memory by pushers registered (resident)',
    columns: ['registered', 'ready after ms', 'idle MiB', 'after the work MiB'],
    rows: [row(small), row(large)],
  }
}
