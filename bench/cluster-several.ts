import type { BenchOptions, Target } from './benchmark.ts'
import {
  allSenders,
  type ClusterPart,
  type Loading,
  ROOMS,
  round,
  ROUNDS,
  seedRooms,
  type Sending,
  type Sides,
  type Throughput,
} from './cluster-throughput.ts'
import { type DurablePostgres, type LockWaits, observe } from './support/durable-postgres.ts'
import { createLoad, type Sender } from './support/load.ts'
import { monotonicMs } from './support/monotonic.ts'
import type { Program } from './support/processes.ts'
import { inTurns, medians } from './support/rounds.ts'
import { launchBelfries } from './support/several-belfries.ts'
import { rounded } from './support/stats.ts'
import { figure, percent, type Table } from './support/table.ts'
import { atLeast, atMost } from './support/target.ts'

// Messages per second of several processes on one PostgreSQL, with and without a slow way to the database,
// and how long they wait for each other.

const COUNTS = ['1', '2', '4'] as const
/** Of each process of several, which share the messages: V8 compiles the code of each process by itself. */
const WARM_UP_OF_EACH_MS = 6000
const DELAY_MS = 2
/**
 * Of each process, in the part that compares processes with the same load: few enough that four processes do
 * not need all cores.
 */
const WRITERS = 1
/** Added to each round trip in that part. */
const WRITERS_DELAY_MS = 4
/** The share of the rate under full load at which the waits are measured as well. */
const HALF = 0.5

const MIN_GAINS: Readonly<Record<number, number>> = { 2: 1.8, 4: 3.2 }
const MAX_WAITING = 0.05

/**
 * Each process has its own writers, each with one message at a time, to one room after the other. They begin
 * with rooms far from each other.
 */
const fixedWriters: Loading = (stack, urls, senders) => {
  const loads = urls.flatMap((url) => {
    const load = stack.use(createLoad(url, WRITERS))
    return Array.from({ length: WRITERS }, () => load)
  })
  const ofProcesses = allSenders(stack, urls, senders)
  return {
    ...ofProcesses,
    async full(ms) {
      const startedAt = monotonicMs()
      const counts = loads.map(async (load, writer) => {
        const first = Math.floor((writer * senders.length) / loads.length)
        let count = 0
        for (; monotonicMs() < startedAt + ms; count++)
          await load.send(senders[(first + count) % senders.length] as Sender)
        return count
      })
      const count = (await Promise.all(counts)).reduce((sum, of) => sum + of, 0)
      return { count, startedAt, respondedAt: monotonicMs() }
    },
  }
}

type Several = Throughput & Omit<LockWaits, 'samples'>
type OfCount = Several & { count: number }

type SeveralOptions = {
  data: string
  /** Added to each round trip to the database. */
  delayMs: number
  loading: Loading
  /** Measures again at this share of the rate under full load. */
  share?: number
}

/**
 * Several processes on one database, in turns with others on a database of theirs. All of them start before
 * the first round. The warm-up is always with all senders.
 */
async function measureSeveral(
  postgres: DurablePostgres,
  { data, delayMs, loading, share }: SeveralOptions,
  options: BenchOptions,
) {
  await using stack = new AsyncDisposableStack()
  const groups = new Map<string, Group>()
  for (const count of COUNTS) {
    const direct = await postgres.newDatabase()
    const senders = await seedRooms(direct)
    const observer = stack.use(await observe(direct))
    const proxy = delayMs > 0 ? stack.use(await postgres.through(direct, delayMs)) : undefined
    const database = proxy?.url ?? direct
    const { urls, processes } = stack.use(await launchBelfries(Number(count), { data, database }, options))
    await allSenders(stack, urls, senders).full(WARM_UP_OF_EACH_MS * Number(count))
    groups.set(count, { sending: loading(stack, urls, senders), servers: processes, observer })
  }
  const measure = async (sendOf: (count: string, group: Group) => Sides['send']): Promise<OfCount[]> => {
    const rounds = await inTurns(COUNTS, ROUNDS, async (count): Promise<Several> => {
      const group = groups.get(count) as Group
      const stopWatching = group.observer.watchLocks()
      const measured = await round({ send: sendOf(count, group), servers: group.servers })
      const { anyWaits, waitingSessions } = await stopWatching()
      return { ...measured, anyWaits, waitingSessions }
    })
    return Object.entries(rounds).map(([count, of]) => ({ count: Number(count), ...medians(of) }))
  }
  const byCount = await measure((_, { sending }) => sending.full)
  const rateOf = (count: string) =>
    byCount.find((of) => of.count === Number(count))?.messagesPerSecond ?? Number.NaN
  const partly =
    share === undefined
      ? []
      : await measure(
          (count, { sending }) =>
            (ms) =>
              sending.atRate(rateOf(count) * share, ms),
        )
  const deadlocks = await Promise.all([...groups.values()].map(({ observer }) => observer.deadlocks()))
  const [first] = groups.values()
  return {
    byCount,
    partly,
    deadlocks: deadlocks.reduce((sum, count) => sum + count, 0),
    shards: (await first?.observer.shards()) ?? Number.NaN,
  }
}

/** Processes on a database of their own. */
type Group = {
  sending: Sending
  servers: readonly Program[]
  observer: Awaited<ReturnType<typeof observe>>
}

const severalTable = (title: string, byCount: readonly OfCount[]): Table => ({
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

const figuresOf = (byCount: readonly OfCount[]) =>
  byCount.map(({ count, ...of }) => ({ processes: count, ...rounded(of) }))

/** The messages of several processes as multiples of those of one. */
const gainsOf = (byCount: readonly OfCount[]) =>
  byCount.slice(1).map(({ count, messagesPerSecond }) => ({
    count,
    gain: messagesPerSecond / (byCount[0]?.messagesPerSecond ?? Number.NaN),
  }))

const gainTargets = (which: string, gains: ReturnType<typeof gainsOf>): Target[] =>
  gains.map(({ count, gain }) =>
    atLeast(`${count} processes ${which} accept at least ${MIN_GAINS[count]} times the messages of one`, {
      value: gain,
      limit: MIN_GAINS[count] ?? Number.NaN,
      unit: 'times',
    }),
  )

type GainOptions = {
  of: Pick<SeveralOptions, 'delayMs' | 'loading'>
  /** Of the table, before the delay. */
  title: string
  /** The processes in the targets. */
  which: string
  figures?: Record<string, number>
}

/** The messages of several processes as multiples of those of one, over a slow way to the database. */
const gainsPart =
  ({ of, title, which, figures }: GainOptions) =>
  async (postgres: DurablePostgres, data: string, options: BenchOptions): Promise<ClusterPart> => {
    const { byCount, deadlocks, shards } = await measureSeveral(postgres, { ...of, data }, options)
    const gains = gainsOf(byCount)
    return {
      table: severalTable(
        `${title}; ${of.delayMs} ms more for each round trip to the database, shards: ${shards}`,
        byCount,
      ),
      targets: gainTargets(which, gains),
      figures: { delayMs: of.delayMs, ...figures, shards, deadlocks, gains, processes: figuresOf(byCount) },
    }
  }

/** The same load for any number of processes. One process needs all cores already, where the machine has few. */
export const measureScaling = gainsPart({
  of: { delayMs: DELAY_MS, loading: allSenders },
  title: `Several processes that share ${ROOMS} senders in ${ROOMS} rooms`,
  which: 'that share the load',
})

/** Each process has the same load, which leaves cores free, so that only waiting limits it. */
export const measureWriters = gainsPart({
  of: { delayMs: WRITERS_DELAY_MS, loading: fixedWriters },
  title: `Several processes, each with writers: ${WRITERS}, which take turns among ${ROOMS} rooms`,
  which: 'with the same load each',
  figures: { writersOfEach: WRITERS },
})

/** The waits under full load, and at half of it. */
export async function measureWaits(
  postgres: DurablePostgres,
  data: string,
  options: BenchOptions,
): Promise<ClusterPart> {
  const of = { data, delayMs: 0, loading: allSenders, share: HALF }
  const { byCount, partly, deadlocks, shards } = await measureSeveral(postgres, of, options)
  const loads = { 'full load': byCount, 'half of that load': partly }
  return {
    table: severalTable(
      `Several processes, database on the same machine, ${ROOMS} senders in ${ROOMS} rooms, shards: ${shards}; full load, then half of it`,
      [...byCount, ...partly],
    ),
    targets: [
      ...Object.entries(loads).map(([load, found]) =>
        atMost(`a session waits for a shard in less than ${percent(MAX_WAITING)} of the samples (${load})`, {
          value: Math.max(...found.map(({ anyWaits }) => anyWaits)),
          limit: MAX_WAITING,
          unit: 'share',
        }),
      ),
      atMost('no deadlock', { value: deadlocks, limit: 0, unit: 'count' }),
    ],
    figures: { shards, deadlocks, processes: figuresOf(byCount), atHalf: figuresOf(partly) },
  }
}
