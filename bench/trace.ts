import { setTimeout } from 'node:timers/promises'
import type { Benchmark, BenchOptions, Report, Target } from './benchmark.ts'
import { createLoad, type Load } from './support/load.ts'
import { messageBody, noticeBody } from './support/message.ts'
import { cpuMs, type Program, temporaryFolder } from './support/processes.ts'
import { launchBelfry } from './support/programs.ts'
import { type Receiver, startReceiver } from './support/receiver.ts'
import { openSeed, type SeededRoom } from './support/seed.ts'
import { median, rounded } from './support/stats.ts'
import { figure, type Table } from './support/table.ts'
import { atMost } from './support/target.ts'

// The cost of recording journeys: two servers that differ only in `trace.enabled`, in turns.

const CONVERSATIONS = 64
const FAN_OUT = 100
const ROUNDS = 16
const ROUND_MS = 1000
/** Longer than the interval of the sweeper, 10 s. */
const LAST_SWEEP_MS = 11_000
const MAX_COST = 0.05

const SIDES = ['off', 'on'] as const
type Side = (typeof SIDES)[number]
const WORKLOADS = ['conversations', 'fanOut', 'notices'] as const
type Workload = (typeof WORKLOADS)[number]

type Rooms = { conversations: readonly SeededRoom[]; fanOut: readonly SeededRoom[] }
type Server = Rooms & { program: Program; load: Load; notices: Load }
type Setup = Record<Side, Server> & { receiver: Receiver }

/** CPU time of the server in milliseconds for `count` pokes, or for `count` notices, which cause no poke. */
type Work = { cpuMs: number; count: number }

export const trace: Benchmark = {
  name: 'trace',
  about: 'the CPU time of a poke with and without the record of its journey',
  method: [
    'Two servers that differ only in `trace.enabled`, in turns: the CPU of the server for a message to one pusher in 64 conversations, for a poke of a message to 100, and for a message that does not notify anyone.',
    'As many rows are removed as are written, and the cost of removing them is added to that of a poke. All rounds together are compared: on a busy machine the ratio says nothing.',
  ],
  async run(options) {
    await using receiver = await startReceiver()
    using offData = temporaryFolder()
    using onData = temporaryFolder()
    await using off = await openServer({ data: offData.path, receiver, options, enabled: false })
    await using on = await openServer({ data: onData.path, receiver, options, enabled: true })
    return await measure({ off, on, receiver })
  },
}

type Wanted = { data: string; receiver: Receiver; options: BenchOptions; enabled: boolean }

async function openServer({ data, receiver, options, enabled }: Wanted): Promise<Server & AsyncDisposable> {
  const rooms = await seedRooms(data, receiver.gateway)
  const program = await launchBelfry(data, options, {
    BELFRY_TRACE_ENABLED: String(enabled),
    // A small limit, so that the sweeper deletes as many rows as are written, as on a server that has run for weeks.
    BELFRY_TRACE_MAX_ROWS: '1000',
  })
  const load = createLoad(program.url, CONVERSATIONS, messageBody)
  const notices = createLoad(program.url, CONVERSATIONS, noticeBody)
  return {
    ...rooms,
    program,
    load,
    notices,
    async [Symbol.asyncDispose]() {
      await load[Symbol.asyncDispose]()
      await notices[Symbol.asyncDispose]()
      await program[Symbol.asyncDispose]()
    },
  }
}

async function seedRooms(data: string, gateway: string): Promise<Rooms> {
  await using seed = await openSeed(data, gateway)
  const conversations = await seed.addConversations(CONVERSATIONS)
  return { conversations, fanOut: [await seed.addRoom(FAN_OUT + 1, FAN_OUT)] }
}

async function measure(setup: Setup): Promise<Report> {
  for (const side of SIDES) for (const workload of WORKLOADS) await round(setup, side, workload)
  const before = { off: cpuMs(setup.off.program.pid), on: cpuMs(setup.on.program.pid) }
  const found = { conversations: [], fanOut: [], notices: [] } as Record<Workload, Record<Side, Work>[]>
  for (let at = 0; at < ROUNDS; at++) {
    // Alternate which side is first.
    const order = at % 2 === 0 ? SIDES : SIDES.toReversed()
    for (const workload of WORKLOADS) {
      const pair = {} as Record<Side, Work>
      for (const side of order) pair[side] = await round(setup, side, workload)
      found[workload].push(pair)
    }
  }
  await setTimeout(LAST_SWEEP_MS)
  const whole = {} as Record<Side, number>
  for (const side of SIDES) whole[side] = cpuMs(setup[side].program.pid) - before[side]
  return report(found, whole)
}

/** Sends messages, and waits for the last poke. */
async function round({ receiver, ...sides }: Setup, side: Side, workload: Workload): Promise<Work> {
  const { program, load, notices, conversations, fanOut } = sides[side]
  const [sending, senders, pokes] = {
    conversations: [load, conversations, 1] as const,
    fanOut: [load, fanOut, FAN_OUT] as const,
    notices: [notices, conversations, 0] as const,
  }[workload]
  await receiver.begin(load.next())
  const before = cpuMs(program.pid)
  const { count } = await sending.sendFor(senders, ROUND_MS)
  await receiver.end(count * pokes)
  return { cpuMs: cpuMs(program.pid) - before, count: count * Math.max(1, pokes) }
}

const sum = (works: readonly Work[]): Work =>
  works.reduce((all, one) => ({ cpuMs: all.cpuMs + one.cpuMs, count: all.count + one.count }), NOTHING)

const NOTHING: Work = { cpuMs: 0, count: 0 }

const micros = ({ cpuMs: used, count }: Work) => (used * 1000) / count

function report(found: Record<Workload, Record<Side, Work>[]>, whole: Record<Side, number>): Report {
  const cost = (pairs: readonly Record<Side, Work>[]) => {
    const [off, on] = SIDES.map((side) => micros(sum(pairs.map((pair) => pair[side])))) as [number, number]
    const ofPairs = median(pairs.map((pair) => micros(pair.on) / micros(pair.off)))
    return { off, on, ratio: on / off, ofPairs }
  }
  const costs = Object.fromEntries(WORKLOADS.map((name) => [name, cost(found[name])])) as Record<
    Workload,
    ReturnType<typeof cost>
  >
  const sweeping = sweepCost(found, whole)
  return {
    tables: [table(costs, sweeping)],
    targets: [
      ...(['conversations', 'fanOut'] as const).map((name) =>
        target(`${ABOUT[name]}: with the sweep`, costs[name].ratio - 1 + sweeping / costs[name].off),
      ),
      target(ABOUT.notices, costs.notices.ratio - 1),
    ],
    figures: {
      ...Object.fromEntries(WORKLOADS.map((name) => [name, rounded(costs[name])])),
      ...rounded({ sweepMicrosPerRow: sweeping }),
    },
  }
}

/**
 * Microseconds for each row that the sweeper uses: the CPU time between the rounds of the server with trace,
 * minus that of the other.
 */
function sweepCost(found: Record<Workload, Record<Side, Work>[]>, whole: Record<Side, number>): number {
  const all = (side: Side) => sum(WORKLOADS.flatMap((name) => found[name].map((pair) => pair[side])))
  const between = (side: Side) => whole[side] - all(side).cpuMs
  return Math.max(0, ((between('on') - between('off')) * 1000) / all('on').count)
}

const ABOUT: Record<Workload, string> = {
  conversations: 'a message to one pusher',
  fanOut: `a poke of a message to ${FAN_OUT}`,
  notices: 'a message without notification',
}

function table(
  costs: Record<Workload, Record<'off' | 'on' | 'ratio' | 'ofPairs', number>>,
  sweeping: number,
): Table {
  return {
    title: `CPU of the server, in µs: ${ROUNDS} rounds each, in turns. Sweeping a row: ${figure(sweeping, 1)} µs`,
    columns: ['', 'trace off', 'trace on', 'more', 'median of pairs'],
    rows: WORKLOADS.map((name) => {
      const { off, on, ratio, ofPairs } = costs[name]
      return [
        ABOUT[name],
        figure(off),
        figure(on),
        ...[ratio, ofPairs].map((one) => `${figure((one - 1) * 100, 1)} %`),
      ]
    }),
  }
}

function target(of: string, cost: number): Target {
  return atMost(`${of}: less than 5 % more`, { value: cost, limit: MAX_COST, unit: 'share' })
}
