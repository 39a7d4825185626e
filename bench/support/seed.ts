import { join } from 'node:path'
import { pino } from 'pino'
import { insertToken, upsertDevice } from '../../src/accounts/devices-store.ts'
import { hashToken, newDeviceId, newToken } from '../../src/accounts/tokens.ts'
import { insertUser } from '../../src/accounts/users-store.ts'
import { createLocalBus } from '../../src/cluster/bus.ts'
import { loadConfig } from '../../src/config/load.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { type DeviceId, type RoomId, systemRandom, type UserId } from '../../src/lib/ids.ts'
import { createOccupancy } from '../../src/lib/occupancy.ts'
import { notificationDeps } from '../../src/notifications/deps.ts'
import { endBadge, startBadge } from '../../src/notifications/badge.ts'
import { setPusher } from '../../src/pushers/set-pusher.ts'
import { createRoom } from '../../src/rooms/create-room.ts'
import type { RoomDeps } from '../../src/rooms/deps.ts'
import { joinRoom } from '../../src/rooms/membership.ts'
import type { Database } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/open-database.ts'
import { NO_TRACE } from '../../src/trace/trace.ts'

// Fills a data directory before a server starts. It uses the functions that serve requests, without HTTP and
// without passwords, because the registration of 10,000 accounts would compute argon2 10,000 times.

export type SeededUser = { userId: UserId; deviceId: DeviceId; token: string }
export type SeededRoom = {
  roomId: RoomId
  token: string
  sender: SeededUser
  /** All other members. */
  members: readonly SeededUser[]
}

export type Seed = AsyncDisposable & {
  rooms: RoomDeps
  /** A room with a name and `size` joined members: one sends, and `pushers` of the others have a pusher. */
  addRoom(size: number, pushers: number): Promise<SeededRoom>
  /** Rooms with two members and one pusher, so that one message is one poke. */
  addConversations(count: number): Promise<SeededRoom[]>
  /** Users without a room, each with a pusher. */
  addPushers(count: number): Promise<void>
}

/** Fills the SQLite database of a data directory. @param gateway the URL of all pushers */
export const openSeed = (data: string, gateway: string): Promise<Seed> =>
  openSeedOf(`sqlite:${join(data, 'belfry.db')}`, gateway)

/** Fills the database at `url`. `shards`: of a new PostgreSQL database; default: as many as a server makes. */
export async function openSeedOf(url: string, gateway: string, shards?: number): Promise<Seed> {
  const db = await openDatabase(url, log, { shards })
  const rooms = roomDepsOf(db)
  const addPusher = async ({ userId, deviceId }: SeededUser) => {
    const settings = {
      appId: 'org.example.bench',
      pushkey: systemRandom.token(16),
      kind: 'http' as const,
      kindAlias: undefined,
      handle: undefined,
      appDisplayName: 'Bench',
      deviceDisplayName: 'A phone',
      lang: 'en',
      enabled: true,
      disableBadgeCount: false,
      holdMs: 0,
      data: { url: gateway },
    }
    await setPusher(
      pusherDepsOf(db),
      { userId, deviceId },
      { kind: 'set', settings, append: true, copyRules: false },
    )
  }
  const addRoom = async (size: number, pushers: number) => {
    const users = await addUsers(db, size)
    const [sender, ...others] = users as [SeededUser, ...SeededUser[]]
    const roomId = await createRoom(rooms, sender.userId, { preset: 'public_chat', name: 'The office' })
    await Promise.all(others.slice(0, pushers).map(addPusher))
    await Promise.all(others.map(({ userId }) => joinRoom(rooms, { roomId, userId })))
    return { roomId, token: sender.token, sender, members: others }
  }
  return {
    rooms,
    addRoom,
    async addConversations(count) {
      const found: SeededRoom[] = []
      while (found.length < count) found.push(await addRoom(2, 1))
      return found
    },
    async addPushers(count) {
      for (let left = count; left > 0; left -= AT_ONCE)
        await Promise.all((await addUsers(db, Math.min(left, AT_ONCE))).map(addPusher))
    },
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  }
}

const AT_ONCE = 5000

const log = pino({ level: 'warn' })

export function roomDepsOf(db: Database): RoomDeps {
  const [clock, bus] = [systemClock, createLocalBus()]
  const notifications = notificationDeps({ clock, bus, log, trace: NO_TRACE, legacyMentionRules: true })
  const { quotas } = loadConfig({ argv: [], env: {} })
  const settings = {
    defaultVersion: '12',
    allowEncryption: false,
    onReplacementJoined: async () => undefined,
  } as const
  return {
    db,
    bus,
    clock,
    random: systemRandom,
    log,
    serverName: 'localhost',
    notifications,
    quotas,
    ...settings,
  }
}

function pusherDepsOf(db: Database) {
  return {
    db,
    bus: createLocalBus(),
    clock: systemClock,
    random: systemRandom,
    trace: NO_TRACE,
    maxPushersPerUser: 100,
    checkUrl: async (href: string) => ({ kind: 'ok' as const, href }),
    urlChecks: createOccupancy(1000),
    startBadge,
    endBadge,
    copyRules: async () => undefined,
  }
}

let users = 0

async function addUsers(db: Database, count: number): Promise<SeededUser[]> {
  const now = systemClock.now()
  return Promise.all(
    Array.from({ length: count }, () =>
      db.transaction(async (tx) => {
        const userId = `@member-${users++}:localhost` as UserId
        const deviceId = newDeviceId(systemRandom)
        const token = newToken(systemRandom)
        await tx.run(insertUser, { userId, passwordHash: null, isAdmin: 0, now })
        await tx.run(upsertDevice, { userId, deviceId, displayName: null, address: null, now })
        await tx.run(insertToken, { tokenHash: hashToken(token), userId, deviceId, now })
        return { userId, deviceId, token }
      }),
    ),
  )
}
