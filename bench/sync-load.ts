import { Agent } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import type { RoomId } from '../src/lib/ids.ts'
import { createRoom } from '../src/rooms/create-room.ts'
import { joinRoom } from '../src/rooms/membership.ts'
import { ask, waitingSyncs } from './support/ask.ts'
import { createLoad, type Load, type Sender } from './support/load.ts'
import { monotonicMs } from './support/monotonic.ts'
import { cpuMs, type Program } from './support/processes.ts'
import type { Seed } from './support/seed.ts'
import { median, percentile, rounded } from './support/stats.ts'
import type { SyncMode } from './support/sync-modes.ts'

// A thousand users wait for news. Messages into rooms of different sizes wake some or all of them.

const CLIENTS = 1000
/** The members of the room of each kind, and how many messages it gets. */
const LOAD_ROOMS = [
  // The first messages of a new server cost twice as much, until V8 has compiled the code.
  { size: 2, warmUp: 300, rounds: 100 },
  { size: 100, warmUp: 3, rounds: 40 },
  { size: 5000, warmUp: 3, rounds: 10 },
] as const
const STARTING_AT_ONCE = 20
const WAIT_MS = 50_000
const IDLE_CHECK_MS = 200
const IDLE_SHARE = 0.05

export type Client = { token: string }
/** A sender of messages, and the clients that each message wakes. */
export type LoadRoom = Sender & { waiting: readonly Client[] }
/**
 * Rooms of one size, which take turns, and the number of messages. `warmUp`: messages before them that are
 * not counted.
 */
export type LoadGroup = { size: number; warmUp: number; rounds: number; rooms: readonly LoadRoom[] }
export type LoadSeed = { clients: readonly Client[]; groups: readonly LoadGroup[] }
export type LoadFigures = { p50Ms: number; p99Ms: number; cpuMsEach: number; woken: number }

/** Each client is in one room of each size. The sender is in all of them. */
export async function seedLoad(seed: Seed): Promise<LoadSeed> {
  const large = Math.max(...LOAD_ROOMS.map(({ size }) => size))
  const { sender, members, roomId, token } = await seed.addRoom(large, 0)
  const clients = members.slice(0, CLIENTS)
  const roomsOf = async (size: number): Promise<LoadRoom[]> => {
    const parts = Array.from({ length: Math.ceil(CLIENTS / (size - 1)) }, (_, at) =>
      clients.slice(at * (size - 1), (at + 1) * (size - 1)),
    )
    const rooms: LoadRoom[] = []
    for (const waiting of parts) {
      const id: RoomId = await createRoom(seed.rooms, sender.userId, {
        preset: 'public_chat',
        name: `Room of ${size}`,
      })
      await Promise.all(waiting.map(({ userId }) => joinRoom(seed.rooms, { roomId: id, userId })))
      rooms.push({ roomId: id, token, waiting })
    }
    return rooms
  }
  const groups: LoadGroup[] = []
  for (const { size, warmUp, rounds } of LOAD_ROOMS)
    groups.push({
      size,
      warmUp,
      rounds,
      rooms: size === large ? [{ roomId, token, waiting: clients }] : await roomsOf(size),
    })
  return { clients, groups }
}

/**
 * Figures by the size of the room. The floor responds to all waiting requests, so there only the clients wait
 * that the message would wake. `hasMetrics`: whether the metrics of the server tell how many requests wait.
 */
export async function measureLoad(
  server: Program,
  {
    mode,
    seeded,
    isFloor = false,
    hasMetrics = true,
  }: { mode: SyncMode; seeded: LoadSeed; isFloor?: boolean; hasMetrics?: boolean },
): Promise<Map<number, LoadFigures>> {
  const polls = createPolls(server, { mode, hasMetrics })
  await using load = createLoad(server.url, 1)
  await polls.start(seeded.clients)
  if (!isFloor) await polls.wait(seeded.clients)
  const bySize = new Map<number, LoadFigures>()
  for (const group of seeded.groups)
    bySize.set(group.size, await measureRooms(server, { polls, load, group }))
  polls.close()
  return bySize
}

async function measureRooms(
  server: Program,
  { polls, load, group: { rooms, warmUp, rounds } }: { polls: Polls; load: Load; group: LoadGroup },
): Promise<LoadFigures> {
  const took: number[] = []
  let [cpu, woken] = [0, 0]
  for (let at = -warmUp; at < rounds; at++) {
    const room = rooms[(at + warmUp) % rooms.length] as LoadRoom
    await polls.wait(room.waiting)
    const [cpuBefore, startedAt] = [cpuMs(server.pid), monotonicMs()]
    const answered = polls.answered(room.waiting)
    await load.send(room)
    const lastAt = await answered
    if (at < 0) continue
    cpu += cpuMs(server.pid) - cpuBefore
    took.push(lastAt - startedAt)
    woken += room.waiting.length
  }
  return rounded({
    p50Ms: median(took),
    p99Ms: percentile(took, 0.99),
    cpuMsEach: cpu / woken,
    woken: woken / rounds,
  })
}

type Polls = ReturnType<typeof createPolls>

/** The clients of one server, each with its position and at most one poll in flight. */
export function createPolls(
  { url, pid }: Program,
  { mode, hasMetrics }: { mode: SyncMode; hasMetrics: boolean },
) {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity })
  const positions = new Map<string, string>()
  /** Resolves to the time of the response. */
  const inFlightPolls = new Map<string, Promise<number>>()
  let metricsToken = ''

  async function poll(token: string): Promise<number> {
    const at = positions.get(token) ?? ''
    const response = await mode.poll({ agent, url, token, at, timeoutMs: WAIT_MS })
    const respondedAt = monotonicMs()
    positions.set(token, mode.positionIn(response))
    return respondedAt
  }

  return {
    /** The first request of each client. */
    async start(users: readonly Client[]): Promise<void> {
      metricsToken = users[0]?.token ?? ''
      for (let at = 0; at < users.length; at += STARTING_AT_ONCE)
        await Promise.all(
          users.slice(at, at + STARTING_AT_ONCE).map(async ({ token }) => {
            positions.set(token, mode.positionIn(await mode.first({ agent, url, token }, true)))
          }),
        )
    },
    /** Starts the polls that are missing, and resolves when the server holds all of them. */
    async wait(users: readonly Client[]): Promise<void> {
      for (const { token } of users)
        if (!inFlightPolls.has(token)) {
          const polling = poll(token)
          polling.catch(() => undefined)
          inFlightPolls.set(token, polling)
        }
      if (!hasMetrics) return untilIdle(pid)
      while (waitingSyncs(await ask(agent, `${url}/metrics`, metricsToken)) < inFlightPolls.size)
        await setTimeout(10)
    },
    /** Resolves to the time of the last response. */
    async answered(users: readonly Client[]): Promise<number> {
      const times = await Promise.all(users.map(({ token }) => inFlightPolls.get(token) as Promise<number>))
      for (const { token } of users) inFlightPolls.delete(token)
      return Math.max(...times)
    },
    close: () => agent.destroy(),
  }
}

/** Resolves when a server has used nearly no CPU for some time: its requests wait. */
async function untilIdle(pid: number): Promise<void> {
  let used = Infinity
  while (used > IDLE_SHARE * IDLE_CHECK_MS) {
    const before = cpuMs(pid)
    await setTimeout(IDLE_CHECK_MS)
    used = cpuMs(pid) - before
  }
}
