import { readBaseline } from '../bench/support/baseline-files.ts'
import type { Baseline } from '../bench/support/baseline.ts'

/** A named number of the model. Each one can be replaced on the command line (`scripts/print-scale.ts`). */
type Input = { readonly value: number; readonly unit: string; readonly source: string }

type Figures = Baseline['figures']
/**
 * `of` finds the value among the figures of a benchmark. Without its baseline, or without that figure in it,
 * the value is that of the `earlier` run.
 */
type MeasuredInput = {
  benchmark: string
  of: (figures: Figures) => unknown
  value: number
  earlier: string
  unit: string
  what?: string
}

function measured({ benchmark, of, value, earlier, unit, what }: MeasuredInput): Input {
  const baseline = readBaseline(benchmark)
  const found = baseline === undefined ? undefined : of(baseline.figures)
  const about = what === undefined ? '' : `: ${what}`
  if (baseline === undefined || typeof found !== 'number' || !(found > 0))
    return { value, unit, source: `\`${benchmark}\`, ${earlier}${about}` }
  return {
    value: found,
    unit,
    source: `\`${benchmark}\` at \`${baseline.commit}\`, ${baseline.date}${about}`,
  }
}

type Line = Readonly<Record<string, unknown>>
const group = (figures: Line, name: string) => (figures[name] ?? {}) as Line
/** The line of a table that has these cells. */
const lineWith = (figures: Line, name: string, cells: Line): Line =>
  ((figures[name] ?? []) as Line[]).find((line) =>
    Object.entries(cells).every(([cell, value]) => line[cell] === value),
  ) ?? {}
const SLIDING = { side: 'belfry', mode: 'sliding' }

/**
 * `source`: a benchmark of docs/benchmarks.md, with its commit or the date of its run; or an assumption about
 * users.
 */
export const INPUTS = {
  active: { value: 0.3, unit: 'share of the users', source: 'assumption: active on one day' },
  messages: { value: 30, unit: 'messages a day', source: 'assumption: of each active user' },
  peak: { value: 4, unit: 'times the mean', source: 'assumption' },
  waiting: { value: 0.03, unit: 'share of the users', source: 'assumption: wait in /sync at the peak' },
  directShare: { value: 0.6, unit: 'share of the messages', source: 'assumption: rooms of two' },
  groupShare: {
    value: 0.35,
    unit: 'share of the messages',
    source: 'assumption: groups; the rest goes to large rooms',
  },
  groupMembers: { value: 7, unit: 'notified members', source: 'assumption: of a group' },
  largeMembers: { value: 300, unit: 'members', source: 'assumption: of a large room' },
  largeNotified: {
    value: 0.2,
    unit: 'share of the members',
    source: 'assumption: those who have not muted the large room',
  },
  pushers: { value: 1.5, unit: 'pushers', source: 'assumption: of each notified user' },
  unread: { value: 0.7, unit: 'share of the pokes', source: 'assumption: not read before the poke is sent' },
  syncsWoken: { value: 3, unit: 'syncs', source: 'assumption: woken by a message at the peak' },
  apns: { value: 0.4, unit: 'share of the pokes', source: 'assumption' },
  fcm: { value: 0.5, unit: 'share of the pokes', source: 'assumption; the rest is Web Push' },
  messageCpu: measured({
    benchmark: 'trace',
    of: (figures) => group(figures, 'conversations')['on'],
    value: 388,
    earlier: '2026-11-25',
    unit: 'µs of CPU',
    what: 'a message to one pusher, with its poke',
  }),
  pokeCpu: measured({
    benchmark: 'delivery',
    of: (figures) =>
      lineWith(figures, 'backlogs', { pushers: 100, registered: 1000 })['serverCpuMicrosPerPoke'],
    value: 150,
    earlier: '2026-11-28',
    unit: 'µs of CPU',
    what: 'a poke of many, with 1,000 registered pushers',
  }),
  apnsCpu: measured({
    benchmark: 'gateway',
    of: (figures) => group(figures, 'apns')['cpuMicros'],
    value: 162,
    earlier: '2026-11-25',
    unit: 'µs of CPU',
  }),
  fcmCpu: measured({
    benchmark: 'gateway',
    of: (figures) => group(figures, 'fcm')['cpuMicros'],
    value: 260,
    earlier: '2026-11-25',
    unit: 'µs of CPU',
  }),
  webPushCpu: measured({
    benchmark: 'gateway',
    of: (figures) => group(figures, 'web_push')['cpuMicros'],
    value: 425,
    earlier: '2026-11-25',
    unit: 'µs of CPU',
  }),
  syncCpu: measured({
    benchmark: 'sync',
    of: (figures) => Number(lineWith(figures, 'load', { ...SLIDING, size: 5000 })['cpuMsEach']) * 1000,
    value: 460,
    earlier: 'at `ecf25080`',
    unit: 'µs of CPU',
    what: 'for each of 1,000 woken sliding syncs',
  }),
  syncMemory: measured({
    benchmark: 'sync',
    of: (figures) => lineWith(figures, 'memory', SLIDING)['residentKiB'],
    value: 23.3,
    earlier: 'at `ecf25080`',
    unit: 'KiB',
    what: 'a waiting sliding sync, resident',
  }),
  rows: measured({
    benchmark: 'rooms',
    of: (figures) => lineWith(figures, 'perMessage', { members: 10_000 })['rowsWritten'],
    value: 9,
    earlier: '2026-11-25',
    unit: 'rows',
    what: 'written for a message',
  }),
  rowsPerPoke: { value: 2, unit: 'rows', source: 'the queue item of a poke is written and removed' },
  primaryRows: {
    value: 45_000,
    unit: 'rows/s',
    source: 'COPY and multi-row inserts into PostgreSQL with fsync on 2 cores; measure your own hardware',
  },
  primaryLoad: {
    value: 0.5,
    unit: 'share of that rate',
    source: 'assumption: how far a primary is loaded at the peak',
  },
  shardRate: measured({
    benchmark: 'cluster',
    of: (figures) => group(group(figures, 'databases'), 'oneShard')['messagesPerSecond'],
    value: 1_192,
    earlier: 'at `87047884`',
    unit: 'transactions/s',
    what: 'a process on a database with one shard, on two cores with its database',
  }),
  eventBytes: { value: 1_500, unit: 'bytes', source: 'an event with its indexes, counts and journey' },
  processLoad: {
    value: 0.6,
    unit: 'of a core',
    source: 'assumption: how far one process is loaded at the peak',
  },
} as const satisfies Record<string, Input>

export type InputName = keyof typeof INPUTS
export type InputValues = Readonly<Record<InputName, number>>

export const isInputName = (name: string): name is InputName => Object.hasOwn(INPUTS, name)

export const defaultValues = (): Record<InputName, number> =>
  Object.fromEntries(Object.entries(INPUTS).map(([name, { value }]) => [name, value])) as Record<
    InputName,
    number
  >

/** What a number of users needs at the peak. */
export type ScaleNeeds = {
  users: number
  /** Messages a second. */
  messages: number
  /** Pokes a second. */
  pokes: number
  /** Cores, by the kind of work. */
  acceptCores: number
  deliveryCores: number
  gatewayCores: number
  syncCores: number
  /** Processes for all of it: a process uses one core. */
  processes: number
  /** Waiting syncs, and GiB of memory for them. */
  waiting: number
  syncMemoryGiB: number
  /** Rows written to PostgreSQL a second, and the primaries that take them. */
  rows: number
  primaries: number
  /** Stream shards that must be written at once, in all primaries. */
  busyShards: number
  /** GB of new events a day. */
  gigabytesADay: number
}

const MICROSECONDS = 1e6
const SECONDS_A_DAY = 86_400

/**
 * Linear in the number of users, because the cost of an event does not depend on the size of its room
 * (docs/benchmarks.md, `rooms`).
 */
export function needsOf(users: number, of: InputValues): ScaleNeeds {
  const messages = (users * of.active * of.messages * of.peak) / SECONDS_A_DAY
  const largeShare = 1 - of.directShare - of.groupShare
  const notified =
    of.directShare + of.groupShare * of.groupMembers + largeShare * of.largeMembers * of.largeNotified
  const pokes = messages * notified * of.pushers * of.unread
  const gatewayCpu = of.apns * of.apnsCpu + of.fcm * of.fcmCpu + (1 - of.apns - of.fcm) * of.webPushCpu
  const coresOf = (perSecond: number, micros: number) => (perSecond * micros) / MICROSECONDS
  const acceptCores = coresOf(messages, of.messageCpu)
  const deliveryCores = coresOf(pokes, of.pokeCpu)
  const gatewayCores = coresOf(pokes, gatewayCpu)
  const syncCores = coresOf(messages * of.syncsWoken, of.syncCpu)
  const waiting = users * of.waiting
  const rows = messages * of.rows + pokes * of.rowsPerPoke
  return {
    users,
    messages,
    pokes,
    acceptCores,
    deliveryCores,
    gatewayCores,
    syncCores,
    processes: Math.ceil((acceptCores + deliveryCores + gatewayCores + syncCores) / of.processLoad),
    waiting,
    syncMemoryGiB: (waiting * of.syncMemory) / 2 ** 20,
    rows,
    primaries: Math.ceil(rows / (of.primaryRows * of.primaryLoad)),
    busyShards: Math.ceil(messages / of.shardRate),
    gigabytesADay: (users * of.active * of.messages * of.eventBytes) / 1e9,
  }
}

/** The number of users at which one PostgreSQL primary is loaded as far as `primaryLoad` allows. */
export function usersOfOnePrimary(of: InputValues): number {
  const { rows } = needsOf(1, of)
  return Math.floor((of.primaryRows * of.primaryLoad) / rows)
}
