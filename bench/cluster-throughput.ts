import { availableParallelism } from 'node:os'
import type { BenchOptions, Target } from './benchmark.ts'
import { type DurablePostgres, type LockWaits, observe } from './support/durable-postgres.ts'
import { createLoad, type Load, type Sender } from './support/load.ts'
import { machineCpuMs } from './support/machine.ts'
import { cpuMs, type Program } from './support/processes.ts'
import { launchBelfry } from './support/programs.ts'
import { inTurns, medians } from './support/rounds.ts'
import { openSeedOf } from './support/seed.ts'
import { launchBelfries } from './support/several-belfries.ts'
import { rounded } from './support/stats.ts'
import { figure, percent, type Table } from './support/table.ts'
import { atLeast, atMost } from './support/target.ts'

// Messages per second: one process on PostgreSQL and on SQLite, and several processes on one PostgreSQL, with and without a slow way to the database.

const ROOMS = 64
const ROUNDS = 3
const WARM_UP_MS = 1500
/** Of each process of several, which share the messages: V8 compiles the code of each process by itself. */
const WARM_UP_OF_EACH_MS = 6000
const ROUND_MS = 4000
const DELAY_MS = 2
/** No pusher is set: the pokes of all processes would need more than the cores of one machine. */
const NO_GATEWAY = 'http://127.0.0.1:9/'

const MIN_OF_SQLITE = 0.6
const MIN_GAINS: Readonly<Record<number, number>> = { 2: 1.8, 4: 3.2 }
const MAX_WAITING = 0.05

/** `serverCpu` and `loadCpu`: of one core. `machineCpu`: of all cores, with PostgreSQL and the proxy to it. */
type Throughput = { messagesPerSecond: number; serverCpu: number; loadCpu: number; machineCpu: number }
/** One part of the benchmark. */
export type ClusterPart = { table: Table; targets: Target[]; figures: Record<string, unknown> }

/** Rooms of two; one member sends. */
async function seedRooms(url: string, shards?: number): Promise<Sender[]> {
  await using seed = await openSeedOf(url, NO_GATEWAY, shards)
  const rooms: Sender[] = []
  while (rooms.length < ROOMS) rooms.push(await seed.addRoom(2, 0))
  return rooms
}

type Sides = { load: Load; senders: readonly Sender[]; servers: readonly Program[] }

async function round({ load, senders, servers }: Sides, ms = ROUND_MS): Promise<Throughput> {
  const used = () => servers.reduce((sum, { pid }) => sum + cpuMs(pid), 0)
  const [serverBefore, loadBefore, machineBefore] = [used(), cpuMs(process.pid), machineCpuMs()]
  const { count, startedAt, respondedAt } = await load.sendFor(senders, ms)
  const tookMs = respondedAt - startedAt
  return {
    messagesPerSecond: (count * 1000) / tookMs,
    serverCpu: (used() - serverBefore) / tookMs,
    loadCpu: (cpuMs(process.pid) - loadBefore) / tookMs,
    machineCpu: (machineCpuMs() - machineBefore) / tookMs / availableParallelism(),
  }
}

const throughputCells = (of: Throughput) => [
  figure(of.messagesPerSecond),
  percent(of.serverCpu),
  percent(of.loadCpu),
  percent(of.machineCpu),
]

/** Figure 1: one process on each database, in turns. The third has one shard of the stream, for the model in docs/scale.md. */
export async function compareDatabases(
  postgres: DurablePostgres,
  data: string,
  options: BenchOptions,
): Promise<ClusterPart> {
  await using stack = new AsyncDisposableStack()
  const sideOf = async (url: string, shards?: number): Promise<Sides> => {
    const senders = await seedRooms(url, shards)
    const server = stack.use(await launchBelfry(data, options, { BELFRY_DATABASE: url }))
    return { load: stack.use(createLoad(server.url, ROOMS)), senders, servers: [server] }
  }
  const sides = {
    SQLite: await sideOf(`sqlite:${data}/belfry.db`),
    PostgreSQL: await sideOf(await postgres.newDatabase()),
    'one shard': await sideOf(await postgres.newDatabase(), 1),
  }
  const names = ['SQLite', 'PostgreSQL', 'one shard'] as const
  for (const name of names) await round(sides[name], WARM_UP_MS)
  const rounds = await inTurns(names, ROUNDS, (name) => round(sides[name]))
  const [sqlite, sharded, oneShard] = names.map((name) => medians(rounds[name])) as [
    Throughput,
    Throughput,
    Throughput,
  ]
  const ratio = sharded.messagesPerSecond / sqlite.messagesPerSecond
  return {
    table: {
      title: `One process, ${ROOMS} senders in ${ROOMS} rooms`,
      columns: ['', 'messages/s', 'server CPU', 'load CPU', 'all cores'],
      rows: [
        ['SQLite', ...throughputCells(sqlite)],
        ['PostgreSQL', ...throughputCells(sharded)],
        ['PostgreSQL, one shard', ...throughputCells(oneShard)],
      ],
    },
    targets: [
      atLeast(`one process on PostgreSQL accepts at least ${MIN_OF_SQLITE} of the messages of SQLite`, {
        value: ratio,
        limit: MIN_OF_SQLITE,
        unit: 'times',
      }),
    ],
    figures: {
      postgresOfSqlite: rounded({ ratio }).ratio,
      sqlite: rounded(sqlite),
      postgres: rounded(sharded),
      oneShard: rounded(oneShard),
    },
  }
}

type Several = Throughput & Omit<LockWaits, 'samples'>

/**
 * Figures 2 and 3: several processes on one database, in turns with others on a database of theirs. All of them start before the first round. `delayMs`: added to each round
 * trip to the database.
 */
async function measureSeveral(
  postgres: DurablePostgres,
  { data, delayMs, counts }: { data: string; delayMs: number; counts: readonly string[] },
  options: BenchOptions,
) {
  await using stack = new AsyncDisposableStack()
  const groups = new Map<string, Group>()
  for (const count of counts) {
    const direct = await postgres.newDatabase()
    const senders = await seedRooms(direct)
    const observer = stack.use(await observe(direct))
    const proxy = delayMs > 0 ? stack.use(await postgres.through(direct, delayMs)) : undefined
    const database = proxy?.url ?? direct
    const several = stack.use(await launchBelfries(Number(count), { data, database }, options))
    const sides = { load: stack.use(createLoad(several.urls, ROOMS)), senders, servers: several.processes }
    await round(sides, WARM_UP_OF_EACH_MS * Number(count))
    groups.set(count, { sides, observer })
  }
  const rounds = await inTurns(counts, ROUNDS, async (count): Promise<Several> => {
    const { sides, observer } = groups.get(count) as Group
    const stopWatching = observer.watchLocks()
    const measured = await round(sides)
    const { anyWaits, waitingSessions } = await stopWatching()
    return { ...measured, anyWaits, waitingSessions }
  })
  const byCount = Object.entries(rounds).map(([count, of]) => ({ count: Number(count), ...medians(of) }))
  const deadlocks = await Promise.all([...groups.values()].map(({ observer }) => observer.deadlocks()))
  const [first] = groups.values()
  return {
    byCount,
    deadlocks: deadlocks.reduce((sum, count) => sum + count, 0),
    shards: (await first?.observer.shards()) ?? Number.NaN,
  }
}

/** Processes on a database of their own. */
type Group = { sides: Sides; observer: Awaited<ReturnType<typeof observe>> }

const severalTable = (title: string, byCount: readonly (Several & { count: number })[]): Table => ({
  title,
  columns: [
    'processes',
    'messages/s',
    'of one',
    'CPU of all',
    'load CPU',
    'all cores',
    'waits for a shard: samples',
    'sessions',
  ],
  rows: byCount.map((of) => [
    figure(of.count),
    figure(of.messagesPerSecond),
    figure(of.messagesPerSecond / (byCount[0]?.messagesPerSecond ?? Number.NaN), 2),
    percent(of.serverCpu),
    percent(of.loadCpu),
    percent(of.machineCpu),
    percent(of.anyWaits),
    percent(of.waitingSessions),
  ]),
})

const figuresOf = (byCount: readonly (Several & { count: number })[]) =>
  byCount.map(({ count, ...of }) => ({ processes: count, ...rounded(of) }))

/** Figure 2. */
export async function measureScaling(
  postgres: DurablePostgres,
  data: string,
  options: BenchOptions,
): Promise<ClusterPart> {
  const of = { data, delayMs: DELAY_MS, counts: ['1', '2', '4'] }
  const { byCount, deadlocks, shards } = await measureSeveral(postgres, of, options)
  const [one] = byCount
  const gains = byCount.slice(1).map(({ count, messagesPerSecond }) => ({
    count,
    gain: messagesPerSecond / (one?.messagesPerSecond ?? Number.NaN),
  }))
  const title = `Several processes, ${DELAY_MS} ms more for each round trip to the database, ${ROOMS} senders in ${ROOMS} rooms, shards: ${shards}`
  return {
    table: severalTable(title, byCount),
    targets: gains.map(({ count, gain }) =>
      atLeast(`${count} processes accept at least ${MIN_GAINS[count]} times the messages of one`, {
        value: gain,
        limit: MIN_GAINS[count] ?? Number.NaN,
        unit: 'times',
      }),
    ),
    figures: { delayMs: DELAY_MS, shards, deadlocks, processes: figuresOf(byCount) },
  }
}

/** Figure 3. */
export async function measureWaits(
  postgres: DurablePostgres,
  data: string,
  options: BenchOptions,
): Promise<ClusterPart> {
  const of = { data, delayMs: 0, counts: ['1', '2', '4'] }
  const { byCount, deadlocks, shards } = await measureSeveral(postgres, of, options)
  const most = Math.max(...byCount.map(({ anyWaits }) => anyWaits))
  return {
    table: severalTable(
      `Several processes, database on the same machine, ${ROOMS} senders in ${ROOMS} rooms, shards: ${shards}`,
      byCount,
    ),
    targets: [
      atMost(`a session waits for a shard in less than ${percent(MAX_WAITING)} of the samples`, {
        value: most,
        limit: MAX_WAITING,
        unit: 'share',
      }),
      atMost('no deadlock', { value: deadlocks, limit: 0, unit: 'count' }),
    ],
    figures: { shards, deadlocks, processes: figuresOf(byCount) },
  }
}
