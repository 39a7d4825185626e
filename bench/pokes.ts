import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Benchmark, Report, Target } from './benchmark.ts'
import { createLoad, type Sender } from './support/load.ts'
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
import { figure, type Table } from './support/table.ts'
import { atLeast, atMost } from './support/target.ts'

/** Conversations of two members with one pusher, so that one message is one poke. Each has one sender. */
const CONVERSATIONS = 64
const ROUNDS = 5
const ROUND_MS = 1500
const WARM_UP_MS = 2000
/** The latency of both is measured at the same load, as a share of the highest rate of Belfry. */
const LATENCY_LOAD = 0.5
const LATENCY_ROUNDS = 3
const MIN_SHARE_OF_FLOOR = 1 / 3
const MAX_MIB_AFTER_LOAD = 200
const MAX_LOG_MB = 16

/** One room in which all members but one send, and that one has the only pusher. */
const BUSY_SENDERS = 32

const SIDES = ['floor', 'belfry'] as const
type Seeded = { rooms: readonly SeededRoom[]; busy: readonly Sender[] }
type Setup = Seeded & { belfry: Side; floor: Side; receiver: Receiver; data: string }

export const pokes: Benchmark = {
  name: 'pokes',
  about: 'messages and pokes per second, and the time from one to the other, compared with a bare relay',
  method: [
    '64 conversations of two users with one pusher each, so one message causes one poke. The floor (`bench/floor-relay.ts`) is a minimal `node:http` server that forwards each body with undici to the same gateway and stores nothing.',
    'Three loads: each user sends the next message after the response to the last one; both servers get half of the highest rate of Belfry; 32 senders share one room and one pusher.',
    'Resident memory is read two seconds after the load, and the size of the write-ahead log of SQLite with it.',
  ],
  async run(options) {
    using data = temporaryFolder()
    await using receiver = await startReceiver()
    const seeded = await seedRooms(data.path, receiver.gateway)
    await using relay = await launchRelay(receiver.gateway)
    await using server = await launchBelfry(data.path, options)
    await using relayLoad = createLoad(relay.url, CONVERSATIONS)
    await using serverLoad = createLoad(server.url, CONVERSATIONS)
    return await measure({
      belfry: { program: server, load: serverLoad },
      floor: { program: relay, load: relayLoad },
      receiver,
      data: data.path,
      ...seeded,
    })
  },
}

async function seedRooms(data: string, gateway: string): Promise<Seeded> {
  await using seed = await openSeed(data, gateway)
  const rooms = await seed.addConversations(CONVERSATIONS)
  const { roomId, sender, members } = await seed.addRoom(BUSY_SENDERS + 1, 1)
  const [, ...others] = members
  return { rooms, busy: [sender, ...others].map(({ token }) => ({ roomId, token })) }
}

async function measure(setup: Setup): Promise<Report> {
  const { receiver, rooms, busy } = setup
  const idleMiB = await idleMiBOf(setup.belfry.program.pid)
  const sendFor = (side: (typeof SIDES)[number], ms: number, senders: readonly Sender[] = rooms) =>
    sendingRound(receiver, setup[side], (load) => load.sendFor(senders, ms))
  for (const side of SIDES) await sendFor(side, WARM_UP_MS)
  const rates = await inTurns(SIDES, ROUNDS, (side) => sendFor(side, ROUND_MS))
  const perSecond = LATENCY_LOAD * medianOf(rates.belfry, (one) => one.pokesPerSecond)
  const latencies = await inTurns(SIDES, LATENCY_ROUNDS, (side) =>
    sendingRound(receiver, setup[side], (load) => load.sendAtRate(rooms, perSecond, ROUND_MS)),
  )
  for (const side of SIDES) await sendFor(side, WARM_UP_MS, busy)
  const onePusher = await inTurns(SIDES, ROUNDS, (side) => sendFor(side, ROUND_MS, busy))
  return report({
    rates: { belfry: medians(rates.belfry), floor: medians(rates.floor) },
    latencies: { belfry: medians(latencies.belfry), floor: medians(latencies.floor) },
    onePusher: { belfry: medians(onePusher.belfry), floor: medians(onePusher.floor) },
    left: { idleMiB, ...(await leftAfterLoad(setup)) },
  })
}

/** What remains after the load: the resident memory of the server, and the size of the write-ahead log of SQLite. */
type Left = { idleMiB: number; afterLoadMiB: number; logMB: number }

async function leftAfterLoad({ belfry, data }: Setup): Promise<Omit<Left, 'idleMiB'>> {
  const afterLoadMiB = await idleMiBOf(belfry.program.pid)
  return { afterLoadMiB, logMB: statSync(join(data, 'belfry.db-wal')).size / 1e6 }
}

type Both<T> = { belfry: T; floor: T }

type Measured = { rates: Both<Round>; latencies: Both<Round>; onePusher: Both<Round>; left: Left }

function report({ rates, latencies, onePusher, left }: Measured): Report {
  const share = rates.belfry.pokesPerSecond / rates.floor.pokesPerSecond
  return {
    tables: [
      rateTable(`${CONVERSATIONS} concurrent conversations, one pusher each`, rates),
      latencyTable(latencies),
      rateTable(`${BUSY_SENDERS} concurrent senders in one room, one pusher`, onePusher),
      leftTable(left),
    ],
    targets: [
      atLeast('pokes per second at least a third of the floor', {
        value: share,
        limit: MIN_SHARE_OF_FLOOR,
        unit: 'share',
      }),
      ...targetsOf(left),
    ],
    figures: {
      pokesShareOfFloor: rounded({ share }).share,
      asFastAsPossible: { belfry: rounded(rates.belfry), floor: rounded(rates.floor) },
      onePusher: { belfry: rounded(onePusher.belfry), floor: rounded(onePusher.floor) },
      left: rounded(left),
      atHalfLoad: { belfry: rounded(latencies.belfry), floor: rounded(latencies.floor) },
    },
  }
}

function rateTable(load: string, { floor, belfry }: Both<Round>): Table {
  const row = (name: string, of: Round) => [
    name,
    figure(of.messagesPerSecond),
    figure(of.pokesPerSecond),
    figure(of.serverCpuMicrosPerPoke),
    ...cpuCells(of),
  ]
  return {
    title: `As fast as possible: ${load}`,
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
    title: 'From sending to the poke, both at half of the highest rate of Belfry',
    columns: ['', 'messages/s', 'p50 ms', 'p99 ms', ...cpuColumns],
    rows: [row('bare relay (floor)', floor), row('belfry', belfry)],
  }
}

function leftTable({ idleMiB, afterLoadMiB, logMB }: Left): Table {
  return {
    title: 'Resident memory two seconds before and after the load, and the write-ahead log',
    columns: ['', 'idle MiB', 'after the load MiB', 'log MB'],
    rows: [['belfry', figure(idleMiB), figure(afterLoadMiB), figure(logMB, 1)]],
  }
}

function targetsOf({ afterLoadMiB, logMB }: Left): Target[] {
  return [
    atMost(`at most ${MAX_MIB_AFTER_LOAD} MiB resident after the load`, {
      value: afterLoadMiB,
      limit: MAX_MIB_AFTER_LOAD,
      unit: 'MiB',
    }),
    atMost(`at most ${MAX_LOG_MB} MB of write-ahead log after the load`, {
      value: logMB,
      limit: MAX_LOG_MB,
      unit: 'MB',
    }),
  ]
}
