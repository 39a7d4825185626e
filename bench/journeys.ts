import { join } from 'node:path'
import { pino } from 'pino'
import { listJourneys } from '../src/console-api/journey-list.ts'
import type { JourneyFilter } from '../src/console-api/journey-scan.ts'
import type { UserId } from '../src/lib/ids.ts'
import type { Database } from '../src/storage/database.ts'
import { openDatabase } from '../src/storage/open-database.ts'
import type { DeviceState } from '../src/trace/device-state.ts'
import { startCluster } from '../test/support/postgres.ts'
import type { Benchmark } from './benchmark.ts'
import {
  analyzeTables,
  EVENTS,
  HEAVY,
  LAPTOP,
  LIGHT,
  LIVELY_ROOM,
  PHONE,
  seedJourneys,
} from './support/journeys-seed.ts'
import { monotonicMs } from './support/monotonic.ts'
import { temporaryFolder } from './support/processes.ts'
import { median, percentile, rounded } from './support/stats.ts'
import { figure } from './support/table.ts'
import { atMost } from './support/target.ts'

// The list of journeys with a million stored ones: the time to read a page of 50 with its total, without HTTP.

const ROUNDS = 15
const PAGE = 50
const MAX_MS = 50
const HOUR_MS = 3_600_000

type Case = { about: string; userId: UserId; filter: Partial<JourneyFilter>; from?: number }

const states = (...words: DeviceState[]) => ({ states: new Set(words) })
const HALF = EVENTS / 2

const filters = (now: number): Omit<Case, 'userId'>[] => [
  { about: 'no filter', filter: {} },
  { about: 'no filter, from the middle', filter: {}, from: HALF },
  { about: 'the last hour', filter: { since: now - HOUR_MS } },
  { about: 'one room', filter: { roomId: LIVELY_ROOM } },
  { about: 'one room, from the middle', filter: { roomId: LIVELY_ROOM }, from: HALF },
  { about: 'sent', filter: states('sent') },
  { about: 'sent, from the middle', filter: states('sent'), from: HALF },
  { about: 'failing, waiting', filter: states('failing', 'waiting') },
  { about: 'read first', filter: states('read first') },
  { about: 'dropped', filter: states('dropped') },
  { about: 'dropped, rejected, failing', filter: states('dropped', 'rejected', 'failing') },
  { about: 'silent', filter: states('silent') },
  { about: 'off (no journey matches)', filter: states('off') },
  { about: 'rejected (no journey matches)', filter: states('rejected') },
  { about: 'one device', filter: { device: PHONE } },
  { about: 'one device, failing', filter: { ...states('failing'), device: LAPTOP } },
  {
    about: 'one device, dropped, one room',
    filter: { ...states('dropped'), device: PHONE, roomId: LIVELY_ROOM },
  },
  { about: 'one device, sent, one room', filter: { ...states('sent'), device: PHONE, roomId: LIVELY_ROOM } },
]

export const journeys: Benchmark = {
  name: 'journeys',
  about: 'the list of journeys with each filter, with a million stored journeys',
  method: [
    'One user in 200 rooms has a million journeys, another one has few. The time to read a page of 50 with its total, in one process without HTTP, on SQLite and (if it is installed) on PostgreSQL.',
    'The value is the p50 of the slowest of 21 filters, 15 repetitions each.',
  ],
  async run() {
    const now = Date.now()
    const sides: Record<string, Measured[]> = {}
    {
      using data = temporaryFolder()
      sides['SQLite'] = await measureOn(`sqlite:${join(data.path, 'belfry.db')}`, now)
    }
    const cluster = startCluster()
    if ('url' in cluster)
      try {
        sides['PostgreSQL'] = await measureOn(cluster.url, now)
      } finally {
        cluster.stop()
      }
    else console.log(`PostgreSQL is left out: ${cluster.missing}`)
    return reportOf(sides)
  },
}

type Measured = { about: string; shown: number; total: string; p50: number; p95: number }

async function measureOn(url: string, now: number): Promise<Measured[]> {
  await using db = await openDatabase(url, pino({ level: 'warn' }))
  await seedJourneys(db, now)
  if (url.startsWith('postgres')) await analyzeTables(db)
  const cases: Case[] = [
    ...filters(now).map((one) => ({ ...one, userId: HEAVY })),
    { about: 'a user with few journeys', userId: LIGHT, filter: {} },
    { about: '… sent', userId: LIGHT, filter: states('sent') },
    { about: '… dropped', userId: LIGHT, filter: states('dropped') },
  ]
  const found: Measured[] = []
  for (const one of cases) found.push(await measure(db, one, now))
  return found
}

async function measure(db: Database, { about, userId, filter, from }: Case, now: number): Promise<Measured> {
  const since = now - 14 * 24 * HOUR_MS
  const read = () =>
    db.snapshot((q) => listJourneys(q, { userId, filter: { since, ...filter }, limit: PAGE, from }))
  const { journeys: shown, total, isBounded } = await read()
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const started = monotonicMs()
    JSON.stringify(await read())
    times.push(monotonicMs() - started)
  }
  const text = `${figure(total)}${isBounded ? ' or more' : ''}`
  return { about, shown: shown.length, total: text, p50: median(times), p95: percentile(times, 0.95) }
}

function reportOf(sides: Readonly<Record<string, readonly Measured[]>>) {
  const all = Object.entries(sides)
  return {
    tables: all.map(([name, found]) => ({
      title: `${name}: milliseconds for a page of ${PAGE}, with ${figure(EVENTS)} journeys`,
      columns: ['', 'shown', 'total', 'p50', 'p95'],
      rows: found.map(({ about, shown, total, p50, p95 }) => [
        about,
        figure(shown),
        total,
        figure(p50, 1),
        figure(p95, 1),
      ]),
    })),
    targets: all.map(([name, found]) => {
      const slowest = found.toSorted((a, b) => b.p50 - a.p50)[0]
      return atMost(`${name}: each filter at most ${MAX_MS} ms (p50)`, {
        value: slowest?.p50 ?? Number.NaN,
        limit: MAX_MS,
        unit: 'ms',
        detail: slowest?.about,
      })
    }),
    figures: Object.fromEntries(
      all.map(([name, found]) => [
        name,
        Object.fromEntries(found.map(({ about, p50, p95 }) => [about, rounded({ p50, p95 })])),
      ]),
    ),
  }
}
