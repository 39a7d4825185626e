import { availableParallelism } from 'node:os'
import type { BenchOptions, Target } from './benchmark.ts'
import type { DurablePostgres } from './support/durable-postgres.ts'
import { createLoad, type Sender, type Sent } from './support/load.ts'
import { machineCpuMs } from './support/machine.ts'
import { cpuMs, type Program } from './support/processes.ts'
import { launchBelfry } from './support/programs.ts'
import { inTurns, medians } from './support/rounds.ts'
import { openSeedOf } from './support/seed.ts'
import { rounded } from './support/stats.ts'
import { figure, percent, type Table } from './support/table.ts'
import { atLeast } from './support/target.ts'

// Messages per second of one process on PostgreSQL and on SQLite, and what `cluster-several.ts` shares with it.

export const ROOMS = 64
export const ROUNDS = 3
const WARM_UP_MS = 1500
const ROUND_MS = 4000
/** No pusher is set: the pokes of all processes would need more than the cores of one machine. */
const NO_GATEWAY = 'http://127.0.0.1:9/'

const MIN_OF_SQLITE = 0.6

/** `serverCpu` and `loadCpu`: of one core. `machineCpu`: of all cores, with PostgreSQL and the proxy to it. */
export type Throughput = { messagesPerSecond: number; serverCpu: number; loadCpu: number; machineCpu: number }
/** One part of the benchmark. */
export type ClusterPart = { table: Table; targets: Target[]; figures: Record<string, unknown> }

/** Rooms of two; one member sends. */
export async function seedRooms(url: string, shards?: number): Promise<Sender[]> {
  await using seed = await openSeedOf(url, NO_GATEWAY, shards)
  const rooms: Sender[] = []
  while (rooms.length < ROOMS) rooms.push(await seed.addRoom(2, 0))
  return rooms
}

export type Sides = { send: (ms: number) => Promise<Sent>; servers: readonly Program[] }

export async function round({ send, servers }: Sides, ms = ROUND_MS): Promise<Throughput> {
  const used = () => servers.reduce((sum, { pid }) => sum + cpuMs(pid), 0)
  const [serverBefore, loadBefore, machineBefore] = [used(), cpuMs(process.pid), machineCpuMs()]
  const { count, startedAt, respondedAt } = await send(ms)
  const tookMs = respondedAt - startedAt
  return {
    messagesPerSecond: (count * 1000) / tookMs,
    serverCpu: (used() - serverBefore) / tookMs,
    loadCpu: (cpuMs(process.pid) - loadBefore) / tookMs,
    machineCpu: (machineCpuMs() - machineBefore) / tookMs / availableParallelism(),
  }
}

/** Starts a load generator. `urls`: of the processes. */
export type Loading = (
  stack: AsyncDisposableStack,
  urls: readonly string[],
  senders: readonly Sender[],
) => Sending
export type Sending = {
  full: (ms: number) => Promise<Sent>
  atRate: (perSecond: number, ms: number) => Promise<Sent>
}

/** All senders send at the same time, each its next message to the next process. */
export const allSenders: Loading = (stack, urls, senders) => {
  const load = stack.use(createLoad(urls, ROOMS))
  return {
    full: (ms) => load.sendFor(senders, ms),
    atRate: (perSecond, ms) => load.sendAtRate(senders, perSecond, ms),
  }
}

const throughputCells = (of: Throughput) => [
  figure(of.messagesPerSecond),
  percent(of.serverCpu),
  percent(of.loadCpu),
  percent(of.machineCpu),
]

/** One process on each database, in turns. The third has one shard of the stream, for the model in docs/scale.md. */
export async function compareDatabases(
  postgres: DurablePostgres,
  data: string,
  options: BenchOptions,
): Promise<ClusterPart> {
  await using stack = new AsyncDisposableStack()
  const sideOf = async (url: string, shards?: number): Promise<Sides> => {
    const senders = await seedRooms(url, shards)
    const server = stack.use(await launchBelfry(data, options, { BELFRY_DATABASE: url }))
    return { send: allSenders(stack, [server.url], senders).full, servers: [server] }
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
