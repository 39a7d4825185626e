import type { TestContext } from 'node:test'
import { insertUser } from '../../src/accounts/users-store.ts'
import { createLocalBus } from '../../src/cluster/bus.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { type DeviceId, type EventId, type RoomId, systemRandom, type UserId } from '../../src/lib/ids.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { notificationDeps } from '../../src/notifications/deps.ts'
import { createRoom, type RoomRequest } from '../../src/rooms/create-room.ts'
import type { RoomDeps } from '../../src/rooms/deps.ts'
import { inviteUser, joinRoom, leaveRoom } from '../../src/rooms/membership.ts'
import type { PresenceState } from '../../src/rooms/presence/presence-state.ts'
import type { ReceiptDeps } from '../../src/rooms/receipts.ts'
import { sendMessage, sendState } from '../../src/rooms/send-event.ts'
import { NO_FILTER, parseFilter } from '../../src/rooms/sync/filter.ts'
import type { StateForm } from '../../src/rooms/sync/room-news.ts'
import { createActivity } from '../../src/rooms/sync/activity.ts'
import { sync, type SyncDeps, type SyncRequest } from '../../src/rooms/sync/sync.ts'
import { type SectionDeps, syncSections } from '../../src/rooms/sync/sections.ts'
import { createSharedRooms } from '../../src/rooms/sync/shared-rooms.ts'
import { createWakes } from '../../src/rooms/sync/wake-queue.ts'
import { parseToken } from '../../src/rooms/sync/token.ts'
import { createTyping } from '../../src/rooms/typing.ts'
import type { Database } from '../../src/storage/database.ts'
import { NO_FETCHES } from '../../src/trace/arrival/fetches.ts'
import { NO_TRACE } from '../../src/trace/trace.ts'
import { afterTest } from '../support/after-test.ts'
import { silentLog } from '../support/log.ts'
import { quotas } from '../support/quotas.ts'

export type ManualClock = Clock & {
  advance(ms: number): void
  /** Resolves when a caller sleeps for at least `ms`. */
  asleep(ms?: number): Promise<void>
  /** The number of callers that sleep. */
  sleepers(): number
}

/** A clock that only `advance` moves. */
export function manualClock(): ManualClock {
  let now = 1_700_000_000_000
  const sleeping = new Set<{ until: number; wake: () => void }>()
  const watchers = new Set<{ ms: number; seen: () => void }>()
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const sleeper = {
          until: now + ms,
          wake: () => {
            sleeping.delete(sleeper)
            signal?.removeEventListener('abort', sleeper.wake)
            resolve()
          },
        }
        sleeping.add(sleeper)
        signal?.addEventListener('abort', sleeper.wake)
        for (const watcher of watchers) if (ms >= watcher.ms) watcher.seen()
      }),
    advance(ms) {
      now += ms
      for (const sleeper of sleeping) if (sleeper.until <= now) sleeper.wake()
    },
    asleep: (ms = 0) =>
      new Promise((resolve) => {
        if ([...sleeping].some((sleeper) => sleeper.until - now >= ms)) return resolve()
        const watcher = {
          ms,
          seen: () => {
            watchers.delete(watcher)
            resolve()
          },
        }
        watchers.add(watcher)
      }),
    sleepers: () => sleeping.size,
  }
}

// The parts of a response that the tests look at.
export type RoomEvent = {
  event_id: EventId
  type: string
  sender: UserId
  state_key?: string
  room_id?: RoomId
  content: JsonObject
  unsigned: JsonObject
}
export type ContentEvent = { type: string; content: JsonObject }
export type JoinedRoom = {
  timeline: { events: RoomEvent[]; limited: boolean; prev_batch: string }
  state: { events: RoomEvent[] }
  /** In place of `state`, if the request asks for it. */
  state_after?: { events: RoomEvent[] }
  ephemeral: { events: ContentEvent[] }
  account_data: { events: ContentEvent[] }
  summary?: JsonObject
  unread_notifications: { notification_count: number; highlight_count: number }
  unread_thread_notifications?: Record<string, { notification_count: number; highlight_count: number }>
}
export type SyncBody = {
  next_batch: string
  rooms: {
    join: Record<RoomId, JoinedRoom>
    invite: Record<RoomId, { invite_state: { events: RoomEvent[] } }>
    knock: Record<RoomId, unknown>
    leave: Record<RoomId, Pick<JoinedRoom, 'timeline' | 'state' | 'state_after' | 'account_data'>>
  }
  account_data: { events: ContentEvent[] }
}

type SyncOptions = {
  stateForm?: StateForm
  filter?: JsonObject
  fullState?: boolean
  timeoutMs?: number
  signal?: AbortSignal
  deviceId?: string
  presence?: PresenceState
}

export const user = (name: string) => `@${name}:localhost` as UserId
export const deviceOf = (userId: UserId) => `DEVICE-${userId}` as DeviceId

/** The functions that write to rooms and those that read them, on one database. */
export async function createSyncFixture(t: TestContext, db: Database, names: readonly string[]) {
  const clock = manualClock()
  const bus = createLocalBus()
  const typing = createTyping({ clock, bus, random: systemRandom })
  afterTest(t, () => typing[Symbol.dispose]())
  const notifications = notificationDeps({
    clock,
    bus,
    log: silentLog,
    trace: NO_TRACE,
    legacyMentionRules: true,
  })
  const rooms: RoomDeps = {
    db,
    bus,
    clock,
    random: systemRandom,
    log: silentLog,
    serverName: 'localhost',
    quotas,
    notifications,
    defaultVersion: '12',
    allowEncryption: true,
    onReplacementJoined: async () => undefined,
  }
  const receipts: ReceiptDeps = { ...notifications, db, bus }
  const activity = createActivity({ bus, clock, random: systemRandom })
  const wakes = createWakes(db)
  const sharedRooms = createSharedRooms()
  const reads: SyncDeps & SectionDeps = {
    db,
    bus,
    clock,
    typing,
    wakes,
    sharedRooms,
    activity,
    fetches: NO_FETCHES,
    sections: [],
    legacyMentionRules: true,
    maxTimeoutMs: 60_000,
    pageBytes: 1_048_576,
  }
  // A test can change the settings that the sections read.
  reads.sections = syncSections(reads)
  for (const name of names)
    await db.transaction((tx) =>
      tx.run(insertUser, { userId: user(name), passwordHash: null, isAdmin: 0, now: clock.now() }),
    )
  let transactions = 0

  return {
    db,
    bus,
    clock,
    typing,
    activity,
    rooms,
    receipts,
    reads,
    create: (creator: UserId, request: RoomRequest = { preset: 'public_chat' }) =>
      createRoom(rooms, creator, request),
    say: (roomId: RoomId, sender: UserId, body: string, more: JsonObject = {}) =>
      sendMessage(rooms, {
        roomId,
        sender,
        type: 'm.room.message',
        content: { msgtype: 'm.text', body, ...more },
        transaction: { deviceId: deviceOf(sender), txnId: `t${transactions++}` },
      }),
    react: (roomId: RoomId, sender: UserId, key: string) =>
      sendMessage(rooms, {
        roomId,
        sender,
        type: 'm.reaction',
        content: { key },
        transaction: { deviceId: deviceOf(sender), txnId: `t${transactions++}` },
      }),
    set: (roomId: RoomId, sender: UserId, type: string, content: JsonObject) =>
      sendState(rooms, { roomId, sender, type, stateKey: '', content }),
    join: (roomId: RoomId, userId: UserId) => joinRoom(rooms, { roomId, userId }),
    leave: (roomId: RoomId, userId: UserId) => leaveRoom(rooms, { roomId, userId }),
    invite: (roomId: RoomId, sender: UserId, target: UserId) => inviteUser(rooms, { roomId, sender, target }),
    sync: async (userId: UserId, since?: string, options: SyncOptions = {}): Promise<SyncBody> => {
      const request: SyncRequest = {
        viewer: { userId, deviceId: (options.deviceId as DeviceId | undefined) ?? deviceOf(userId) },
        filter: options.filter ? parseFilter(options.filter) : NO_FILTER,
        since: since === undefined ? undefined : parseToken(since, 'since'),
        fullState: options.fullState ?? false,
        stateForm: options.stateForm ?? 'state',
        timeoutMs: options.timeoutMs ?? 0,
        presence: options.presence ?? 'online',
        signal: options.signal ?? new AbortController().signal,
      }
      return (await sync(reads, request)) as unknown as SyncBody
    },
  }
}

export type SyncFixture = Awaited<ReturnType<typeof createSyncFixture>>

export const bodies = (events: readonly RoomEvent[]) =>
  events.filter((event) => event.type === 'm.room.message').map((event) => event.content['body'])
export const typesOf = (events: readonly { type: string }[]) => events.map((event) => event.type)
