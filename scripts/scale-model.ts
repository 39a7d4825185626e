/** A named number of the model. Each one can be replaced on the command line (`scripts/print-scale.ts`). */
type Input = { readonly value: number; readonly unit: string; readonly source: string }

/** `source`: a benchmark of docs/benchmarks.md, with the date of its run; or an assumption about users. */
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
  messageCpu: {
    value: 388,
    unit: 'µs of CPU',
    source: '`trace`, 2026-11-25: a message to one pusher, with its poke',
  },
  pokeCpu: {
    value: 150,
    unit: 'µs of CPU',
    source: '`delivery`, 2026-11-28: a poke of many, with 1,000 registered pushers',
  },
  apnsCpu: { value: 162, unit: 'µs of CPU', source: '`gateway`, 2026-11-25' },
  fcmCpu: { value: 260, unit: 'µs of CPU', source: '`gateway`, 2026-11-25' },
  webPushCpu: { value: 425, unit: 'µs of CPU', source: '`gateway`, 2026-11-25' },
  syncCpu: {
    value: 460,
    unit: 'µs of CPU',
    source: '`sync` at `ecf25080`: for each of 1,000 woken sliding syncs',
  },
  syncMemory: { value: 23.3, unit: 'KiB', source: '`sync` at `ecf25080`: a waiting sliding sync, resident' },
  rows: { value: 9, unit: 'rows', source: '`rooms`, 2026-11-25: written for a message' },
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
  shardRate: {
    value: 1_000,
    unit: 'transactions/s',
    source:
      '`cluster` at `87047884`: a process on a database with one shard accepts 1,192, on two cores with its database',
  },
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

/** Linear in the number of users, because the cost of an event does not depend on the size of its room (docs/benchmarks.md, `rooms`). */
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
