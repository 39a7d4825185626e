import { Agent } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import type { Benchmark, BenchOptions } from './benchmark.ts'
import { ask, waitingSyncs } from './support/ask.ts'
import { createLoad } from './support/load.ts'
import { monotonicMs } from './support/monotonic.ts'
import { cpuMs, type Program, residentMiB, temporaryFolder } from './support/processes.ts'
import { launchBelfry, launchLongPollFloor } from './support/programs.ts'
import { openSeed, type SeededRoom, type SeededUser } from './support/seed.ts'
import { medianOf, percentile, rounded } from './support/stats.ts'
import { figure, type Table } from './support/table.ts'
import { atMost } from './support/target.ts'

// One message to a room whose members all wait in /sync: the time until each of them gets its response, and
// the latency of other requests meanwhile.

const SIZES = [50, 2000]
const ROUNDS = 5
const SETTLED_MS = 500
const WAIT_MS = 50_000
/** The interval between requests of another user. */
const OTHER_EVERY_MS = 5
const MAX_FIRST_MS = 50
const MAX_LAST_MS = 1500
const MAX_OTHER_MS = 100

type Round = {
  firstMs: number
  p50Ms: number
  lastMs: number
  cpuMs: number
  otherMs: number
  grownMiB: number
}
type Room = SeededRoom & { size: number }

export const syncWaking: Benchmark = {
  name: 'sync-waking',
  about: 'one message to a room whose 50 or 2,000 members all wait in /sync',
  method: [
    'All 50 or 2,000 members of a room wait in `/sync`, and one message is sent: the time to the first, the median and the last response, and p99 of the requests of another user meanwhile.',
    'The floor (`bench/floor-long-poll.ts`) holds the same requests and writes one fixed response to all of them. The clients are one process on the same machine, and their reading is included for both.',
  ],
  async run(options) {
    using data = temporaryFolder()
    const rooms = await seedRooms(data.path)
    const lines: { side: string; size: number; round: Round }[] = []
    for (const room of rooms) {
      for (const name of ['floor', 'belfry'] as const) {
        await using server = await start(name, data.path, options)
        lines.push({ side: name, size: room.size, round: await measure(server, room) })
      }
    }
    return report(lines)
  },
}

async function seedRooms(data: string): Promise<Room[]> {
  await using seed = await openSeed(data, 'http://127.0.0.1:9/')
  const rooms: Room[] = []
  for (const size of SIZES) rooms.push({ ...(await seed.addRoom(size + 2, 0)), size })
  return rooms
}

const start = (name: 'floor' | 'belfry', data: string, options: BenchOptions) =>
  name === 'floor' ? launchLongPollFloor() : launchBelfry(data, options)

async function measure(server: Program, room: Room): Promise<Round> {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity })
  const [other, ...members] = room.members as [SeededUser, ...SeededUser[]]
  const get = (path: string, token: string) => ask(agent, server.url + path, token)
  const first = JSON.parse(
    await get('/_matrix/client/v3/sync?filter={"room":{"timeline":{"limit":1}}}', other.token),
  )
  let since: string = first.next_batch
  const rounds: Round[] = []
  await using load = createLoad(server.url, 1)
  // The first round is a warm-up.
  for (let at = -1; at < ROUNDS; at++) {
    const before = residentMiB(server.pid)
    const respondedAt: number[] = []
    let next = since
    const waits = members.map(async ({ token }) => {
      const body = await get(`/_matrix/client/v3/sync?since=${since}&timeout=${WAIT_MS}`, token)
      respondedAt.push(monotonicMs())
      next = body
    })
    while (waitingSyncs(await get('/metrics', other.token)) < members.length) await setTimeout(20)
    await setTimeout(SETTLED_MS)
    const measuring = measureOthers(() => get('/_matrix/client/v3/account/whoami', other.token))
    const [cpuBefore, startedAt] = [cpuMs(server.pid), monotonicMs()]
    await load.send({ roomId: room.roomId, token: room.token })
    await Promise.all(waits)
    const others = await measuring.end()
    const took = respondedAt.map((at) => at - startedAt)
    since = JSON.parse(next).next_batch
    if (at >= 0)
      rounds.push({
        firstMs: Math.min(...took),
        p50Ms: percentile(took, 0.5),
        lastMs: Math.max(...took),
        cpuMs: cpuMs(server.pid) - cpuBefore,
        otherMs: percentile(others, 0.99),
        grownMiB: residentMiB(server.pid) - before,
      })
  }
  agent.destroy()
  const of = (figureOf: (round: Round) => number) => medianOf(rounds, figureOf)
  return rounded({
    firstMs: of((round) => round.firstMs),
    p50Ms: of((round) => round.p50Ms),
    lastMs: of((round) => round.lastMs),
    cpuMs: of((round) => round.cpuMs),
    otherMs: of((round) => round.otherMs),
    grownMiB: Math.max(...rounds.map((round) => round.grownMiB)),
  })
}

/** Sends requests at a fixed interval, without waiting for responses, and records the time of each. */
function measureOthers(call: () => Promise<unknown>) {
  const took: number[] = []
  const asked: Promise<void>[] = []
  const timer = setInterval(() => {
    const startedAt = monotonicMs()
    asked.push(call().then(() => void took.push(monotonicMs() - startedAt)))
  }, OTHER_EVERY_MS)
  return {
    async end(): Promise<number[]> {
      clearInterval(timer)
      await Promise.all(asked)
      return took
    },
  }
}

function report(lines: readonly { side: string; size: number; round: Round }[]) {
  const table: Table = {
    title: 'From sending a message to the response of each waiting /sync',
    columns: [
      '',
      'waiting',
      'first ms',
      'p50 ms',
      'last ms',
      'CPU ms',
      'µs each',
      'others p99 ms',
      'grown MiB',
    ],
    rows: lines.map(({ side, size, round }) => [
      side === 'floor' ? 'fixed response (floor)' : side,
      figure(size),
      figure(round.firstMs, 1),
      figure(round.p50Ms, 1),
      figure(round.lastMs, 1),
      figure(round.cpuMs),
      figure((1000 * round.cpuMs) / size),
      figure(round.otherMs, 1),
      figure(round.grownMiB),
    ]),
  }
  const most = lines.find(({ side, size }) => side === 'belfry' && size === SIZES.at(-1))?.round
  const floor = lines.find(({ side, size }) => side === 'floor' && size === SIZES.at(-1))?.round
  if (!most || !floor) throw new Error('nothing was measured')
  const below = (name: string, value: number, limit: number) =>
    atMost(`2,000 waiting: ${name} within ${figure(limit)} ms`, { value, limit, unit: 'ms' })
  return {
    tables: [table],
    targets: [
      below('the first response', most.firstMs, MAX_FIRST_MS),
      below('the last response', most.lastMs, MAX_LAST_MS),
      below('p99 of other requests', most.otherMs, MAX_OTHER_MS),
    ],
    figures: {
      waking: lines.map(({ side, size, round }) => ({ side, waiting: size, ...round })),
      lastByFloor: Math.round((100 * most.lastMs) / floor.lastMs) / 100,
    },
  }
}
