import { Agent } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { createRoom } from '../src/rooms/create-room.ts'
import { joinRoom } from '../src/rooms/membership.ts'
import { sendMessage } from '../src/rooms/send-event.ts'
import type { DeviceId, RoomId } from '../src/lib/ids.ts'
import type { Benchmark, BenchOptions, Report } from './benchmark.ts'
import { ask, waitingSyncs } from './support/ask.ts'
import { createLoad } from './support/load.ts'
import { monotonicMs } from './support/monotonic.ts'
import { cpuMs, type Program, temporaryFolder } from './support/processes.ts'
import {
  launchBelfry,
  launchHeapMeteredBelfry,
  launchHeapMeteredFloor,
  launchLongPollFloor,
} from './support/programs.ts'
import { CLASSIC_MODE, SYNC_MODES, type SyncMode } from './support/sync-modes.ts'
import { type LoadSeed, measureLoad, seedLoad } from './sync-load.ts'
import { measureBesideSynapse } from './sync-peers.ts'
import { measureWaitingMemory } from './sync-memory.ts'
import { measureIncremental, measureInitial } from './sync-single.ts'
import { openSeed, type Seed, type SeededRoom, type SeededUser } from './support/seed.ts'
import { medianOf, percentile, rounded } from './support/stats.ts'
import { figure, type Table } from './support/table.ts'
import { atMost } from './support/target.ts'

// Initial syncs and incremental syncs of users with few and many rooms, and long polls that one message wakes.

const ROOMS = [1, 21, 200, 2000]
const MANY_ROOMS = [200, 2000]
const MESSAGES = 5
const WAKING_ROUNDS = 10
const SETTLED_MS = 500
const WAIT_MS = 50_000
/** The rooms of each of the few pollers; the many pollers are in one room. */
const ROOMS_OF_POLLER = 200
const POLLERS = [50, 1000]
const MAX_WAITING_KIB = 20
const SYNC = '/_matrix/client/v3/sync'

type Seeded = {
  data: string
  /** The user with this number of rooms. */
  readers: Map<number, SeededUser>
  /** Sends to the first room, in which all readers and few pollers are. */
  sender: SeededRoom
  waiting: Map<number, SeededRoom>
  load: LoadSeed
}
type Line = { side: string; mode: SyncMode['name']; size: number } & Record<string, number | string>
type Lines = Record<'initial' | 'incremental' | 'waking' | 'load' | 'memory', Line[]>

export const sync: Benchmark = {
  name: 'sync',
  about:
    'initial and incremental syncs with 1 to 2,000 rooms, and 50 or 1,000 waiting users woken by messages, in both forms of sync; beside Synapse (needs --synapse)',
  method: [
    'Users with 1, 21, 200 and 2,000 rooms, in the classic form and in sliding sync with a list of 20 rooms. An incremental sync of one event is repeated 300 times after 1,000 that are not counted, because V8 compiles in other threads until about the 650th.',
    '50 polls of users with 200 rooms, and 1,000 users in rooms of 2, 100 and 5,000 members, wait for one message; the floor (`bench/floor-long-poll.ts`) writes one fixed response. The memory of a waiting user is the growth of the resident set from 1,000 users who have synced once to the same users waiting, after a garbage collection, the median of three servers.',
    'Beside Synapse, both servers are filled over HTTP with 100 waiting users, 50 rooms of two and one room of all: CPU of the server for each sync, and for each event that is delivered to a waiting user.',
  ],
  args: '--synapse PYTHON',
  async run(options) {
    using data = temporaryFolder()
    const seeded = await seedAll(data.path)
    const lines: Lines = { initial: [], incremental: [], waking: [], load: [], memory: [] }
    for (const side of ['floor', 'belfry'] as const) {
      await using server = await start(side, data.path, options)
      for (const mode of modesOf(side))
        for (const size of ROOMS)
          lines.initial.push({
            side,
            mode: mode.name,
            size,
            ...(await measureInitial(server, { mode, reader: readerOf(seeded, size) })),
          })
      for (const mode of modesOf(side))
        for (const size of MANY_ROOMS)
          lines.incremental.push({
            side,
            mode: mode.name,
            size,
            ...(await measureIncremental(server, {
              isFloor: side === 'floor',
              mode,
              reader: readerOf(seeded, size),
              sender: seeded.sender,
            })),
          })
    }
    for (const size of POLLERS)
      for (const side of ['floor', 'belfry'] as const) {
        await using server = await start(side, data.path, options)
        lines.waking.push({
          side,
          mode: 'classic',
          size,
          ...(await measureWaking(server, seeded.waiting.get(size) as SeededRoom)),
        })
      }
    for (const side of ['floor', 'belfry'] as const)
      for (const mode of modesOf(side)) {
        {
          await using server = await start(side, data.path, options)
          lines.load.push(...(await measureLoadOf(server, { side, mode, seeded })))
        }
        // Starts its own servers on the same data.
        lines.memory.push(await measureMemoryOf({ side, mode, seeded }))
      }
    const own = report(lines)
    const beside = await measureBesideSynapse(options)
    return {
      tables: [...own.tables, ...beside.tables],
      targets: [...own.targets, ...beside.targets],
      figures: { ...own.figures, besideSynapse: beside.figures },
    }
  },
}

/** The floor knows one form: a request that waits, and one fixed response. */
const modesOf = (side: 'floor' | 'belfry') => (side === 'floor' ? [CLASSIC_MODE] : SYNC_MODES)

async function measureLoadOf(
  server: Program,
  { side, mode, seeded }: { side: 'floor' | 'belfry'; mode: SyncMode; seeded: Seeded },
): Promise<Line[]> {
  const bySize = await measureLoad(server, {
    mode,
    seeded: seeded.load,
    isFloor: side === 'floor',
  })
  return [...bySize].map(([size, figures]) => ({
    side,
    mode: mode.name,
    size,
    ...figures,
  }))
}

async function measureMemoryOf({
  side,
  mode,
  seeded: { data, load },
}: {
  side: 'floor' | 'belfry'
  mode: SyncMode
  seeded: Seeded
}): Promise<Line> {
  const launch = side === 'floor' ? launchHeapMeteredFloor : () => launchHeapMeteredBelfry(data)
  const figures = await measureWaitingMemory(launch, { mode, clients: load.clients })
  return { side, mode: mode.name, size: load.clients.length, ...figures }
}

const start = (side: 'floor' | 'belfry', data: string, options: BenchOptions) =>
  side === 'floor' ? launchLongPollFloor() : launchBelfry(data, options)

const readerOf = ({ readers }: Seeded, size: number) => readers.get(size) as SeededUser

async function seedAll(data: string): Promise<Seeded> {
  await using seed = await openSeed(data, 'http://127.0.0.1:9/')
  const [few, many] = POLLERS as [number, number]
  const first = await seed.addRoom(1 + ROOMS.length + few, 0)
  const readers = new Map(ROOMS.map((size, at) => [size, first.members[at] as SeededUser]))
  const pollers = first.members.slice(ROOMS.length)
  const rooms = [first.roomId, ...(await addRooms(seed, first.sender, Math.max(...ROOMS) - 1))]
  for (const [size, { userId }] of readers)
    await Promise.all(rooms.slice(1, size).map((roomId) => joinRoom(seed.rooms, { roomId, userId })))
  for (const { userId } of pollers)
    await Promise.all(
      rooms.slice(1, ROOMS_OF_POLLER).map((roomId) => joinRoom(seed.rooms, { roomId, userId })),
    )
  return {
    data,
    readers,
    sender: first,
    waiting: new Map([
      [few, { ...first, members: pollers }],
      [many, await seed.addRoom(many + 1, 0)],
    ]),
    load: await seedLoad(seed),
  }
}

async function addRooms(seed: Seed, { userId: sender }: SeededUser, count: number): Promise<RoomId[]> {
  const rooms: RoomId[] = []
  while (rooms.length < count) {
    const next = Math.min(100, count - rooms.length)
    const added = await Promise.all(
      Array.from({ length: next }, async (_, at) => {
        const name = `Room ${rooms.length + at}`
        const roomId = await createRoom(seed.rooms, sender, { preset: 'public_chat', name })
        for (let message = 0; message < MESSAGES; message++)
          await sendMessage(seed.rooms, {
            roomId,
            sender,
            type: 'm.room.message',
            content: { msgtype: 'm.text', body: `Message ${message} of ${name}` },
            transaction: { deviceId: 'SEED' as DeviceId, txnId: `${roomId}.${message}` },
          })
        return roomId
      }),
    )
    rooms.push(...added)
  }
  return rooms
}

async function measureWaking(server: Program, { roomId, token, members }: SeededRoom) {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity })
  const get = (path: string, by: string) => ask(agent, server.url + path, by)
  let since: string = JSON.parse(
    await get(`${SYNC}?filter={"room":{"timeline":{"limit":1}}}`, token),
  ).next_batch
  await using load = createLoad(server.url, 1)
  const rounds: { p50: number; p99: number; cpu: number }[] = []
  // The first rounds are a warm-up.
  for (let at = -3; at < WAKING_ROUNDS; at++) {
    const respondedAt: number[] = []
    let next = since
    const waits = members.map(async (member) => {
      next = await get(`${SYNC}?since=${since}&timeout=${WAIT_MS}`, member.token)
      respondedAt.push(monotonicMs())
    })
    while (waitingSyncs(await get('/metrics', token)) < members.length) await setTimeout(20)
    await setTimeout(SETTLED_MS)
    const [cpuBefore, startedAt] = [cpuMs(server.pid), monotonicMs()]
    await load.send({ roomId, token })
    await Promise.all(waits)
    const cpu = cpuMs(server.pid) - cpuBefore
    const took = respondedAt.map((at) => at - startedAt)
    since = JSON.parse(next).next_batch
    if (at >= 0) rounds.push({ p50: percentile(took, 0.5), p99: percentile(took, 0.99), cpu })
  }
  agent.destroy()
  return rounded({
    p50Ms: medianOf(rounds, (round) => round.p50),
    p99Ms: medianOf(rounds, (round) => round.p99),
    cpuMsEach: medianOf(rounds, (round) => round.cpu) / members.length,
  })
}

function tableOf(title: string, columns: readonly [string, string][], lines: readonly Line[]): Table {
  return {
    title,
    columns: ['', 'size', ...columns.map(([, heading]) => heading)],
    rows: lines.map((line) => [
      line.side === 'floor' ? 'fixed response (floor)' : `${line.side}, ${line.mode}`,
      figure(line.size),
      ...columns.map(([name]) => figure(Number(line[name]), 2)),
    ]),
  }
}

function report(lines: Lines): Report {
  const lineOf = (of: readonly Line[], size: number, mode: SyncMode['name']) =>
    of.find((line) => line.side === 'belfry' && line.mode === mode && line.size === size)
  const woken = lineOf(lines.waking, 50, 'classic')
  const below = (what: string, value: number, limit: number) =>
    atMost(`${what} within ${limit} ms`, { value, limit, unit: 'ms' })
  return {
    tables: [
      tableOf(
        'An initial sync, by the number of rooms',
        [
          ['ms', 'ms'],
          ['cpuMs', 'CPU ms'],
          ['kilobytes', 'kB'],
        ],
        lines.initial,
      ),
      tableOf(
        'An incremental sync of one event, by the number of rooms',
        [
          ['p50Ms', 'p50 ms'],
          ['p99Ms', 'p99 ms'],
          ['cpuMs', 'CPU ms'],
        ],
        lines.incremental,
      ),
      tableOf(
        'One message, by the number of waiting polls',
        [
          ['p50Ms', 'p50 ms'],
          ['p99Ms', 'p99 ms'],
          ['cpuMsEach', 'CPU ms each'],
        ],
        lines.waking,
      ),
      tableOf(
        `One message, while 1,000 users wait, by the members of its room (p50 and p99: until the last response)`,
        [
          ['woken', 'woken'],
          ['p50Ms', 'p50 ms'],
          ['p99Ms', 'p99 ms'],
          ['cpuMsEach', 'CPU ms each'],
        ],
        lines.load,
      ),
      tableOf(
        'The memory of a waiting user, KiB',
        [
          ['heapKiB', 'live objects'],
          ['residentKiB', 'resident'],
        ],
        lines.memory,
      ),
    ],
    targets: [
      ...SYNC_MODES.flatMap(({ name }) =>
        MANY_ROOMS.map((size) =>
          below(
            `CPU of an incremental sync, ${name}, ${figure(size)} rooms,`,
            Number(lineOf(lines.incremental, size, name)?.['cpuMs']),
            1,
          ),
        ),
      ),
      ...SYNC_MODES.map(({ name }) =>
        atMost(`a waiting user, ${name}, at most ${MAX_WAITING_KIB} KiB`, {
          value: Number(
            lines.memory.find(({ side, mode }) => side === 'belfry' && mode === name)?.['residentKiB'],
          ),
          limit: MAX_WAITING_KIB,
          unit: 'KiB',
        }),
      ),
      below('50 polls: p50', Number(woken?.['p50Ms']), 20),
      below('50 polls: CPU each', Number(woken?.['cpuMsEach']), 0.8),
    ],
    figures: { ...lines },
  }
}
