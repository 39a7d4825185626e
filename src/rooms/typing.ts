import type { Bus, BusMessage } from '../cluster/bus.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random, RoomId, UserId } from '../lib/ids.ts'

/**
 * The typing users of rooms. Kept in memory only: a restart ends typing, as the time-out would. Each process
 * knows those of all processes on the database, by the bus.
 */
export interface Typing extends Disposable {
  /** Marks a user as typing for `ms` milliseconds (at most 120 s). */
  start(roomId: RoomId, userId: UserId, ms: number): void
  stop(roomId: RoomId, userId: UserId): void
  /** The typing users of a room, in the order in which they started. */
  usersIn(roomId: RoomId): UserId[]
  /** The rooms whose list changed after `serial`. */
  changedSince(serial: number): RoomId[]
  /**
   * Grows with every change, also across restarts of the server, because sync tokens contain it. A change has
   * the same serial in every process. Only a change that arrives after a later one of another process has a
   * greater serial here: a client that has had the later one from a third process then misses it.
   */
  serial(): number
}

export const MAX_TYPING_MS = 120_000
/** Rooms without typing users are kept for clients that do not know yet that typing ended. */
const MAX_REMEMBERED_ROOMS = 10_000
/**
 * The process where a user types ends it at its time. The others wait so much longer for its message; it is
 * lost if that process was killed.
 */
const GRACE_MS = 2000

type TypingRoom = { changed: number; users: Map<UserId, AbortController> }

/**
 * From one process to the others. `ms`: 0 when typing has ended. `serial`: of the change; absent: the user
 * continues to type.
 */
type Message = { from: string; roomId: RoomId; userId: UserId; ms: number; serial?: number }

export function createTyping(deps: { clock: Clock; bus: Bus; random: Random }): Typing {
  const { clock, bus, random } = deps
  const self = random.token(9)
  const rooms = createTypingRooms(clock, stop)

  const tell = (message: Omit<Message, 'from'>) =>
    bus.publish('typing', { from: self, ...message } satisfies BusMessage)

  function stop(roomId: RoomId, userId: UserId): void {
    if (!rooms.remove(roomId, userId, clock.now())) return
    tell({ roomId, userId, ms: 0, serial: rooms.serial() })
    // After the message, so that the syncs that wait in other processes find the change.
    bus.publish(`room:${roomId}`)
  }

  const unsubscribe = bus.subscribe(['typing'], (message) => {
    // What was lost ends at its time.
    if (message === undefined) return
    const { from, roomId, userId, ms, serial = clock.now() } = message as Message
    if (from === self) return
    if (ms > 0) rooms.add(roomId, userId, { ms: ms + GRACE_MS, at: serial })
    else rooms.remove(roomId, userId, serial)
  })

  return {
    start(roomId, userId, wanted) {
      const ms = Math.min(Math.max(0, wanted), MAX_TYPING_MS)
      const isChange = rooms.add(roomId, userId, { ms, at: clock.now() })
      if (ms > 0) tell({ roomId, userId, ms, ...(isChange && { serial: rooms.serial() }) })
      if (isChange) bus.publish(`room:${roomId}`)
    },
    stop,
    usersIn: rooms.usersIn,
    changedSince: (since) => rooms.changedSince(since),
    serial: rooms.serial,
    [Symbol.dispose]() {
      unsubscribe()
      rooms.clear()
    },
  }
}

/** The state of one process. `end`: called when the time of a user is over. */
function createTypingRooms(clock: Clock, end: (roomId: RoomId, userId: UserId) => void) {
  // Only read with `peek`, so it stays in the order of the changes.
  const rooms = new BoundedMap<RoomId, TypingRoom>({
    limit: MAX_REMEMBERED_ROOMS,
    isInUse: ({ users }) => users.size > 0,
  })
  let serial = clock.now()

  const change = (roomId: RoomId, room: TypingRoom, at: number) => {
    serial = Math.max(serial + 1, at)
    room.changed = serial
    rooms.set(roomId, room)
  }

  async function expire(
    roomId: RoomId,
    userId: UserId,
    { after, timer }: { after: number; timer: AbortController },
  ) {
    await clock.sleep(after, timer.signal)
    if (!timer.signal.aborted) end(roomId, userId)
  }

  return {
    /** Whether that is a change: a user who continues to type is none. */
    add(roomId: RoomId, userId: UserId, { ms, at }: { ms: number; at: number }): boolean {
      const room = rooms.peek(roomId) ?? { changed: 0, users: new Map<UserId, AbortController>() }
      const before = room.users.get(userId)
      before?.abort()
      const timer = new AbortController()
      room.users.set(userId, timer)
      void expire(roomId, userId, { after: ms, timer })
      if (!before) change(roomId, room, at)
      return !before
    },
    /** Whether the user was typing. */
    remove(roomId: RoomId, userId: UserId, at: number): boolean {
      const room = rooms.peek(roomId)
      const timer = room?.users.get(userId)
      if (!room || !timer) return false
      timer.abort()
      room.users.delete(userId)
      change(roomId, room, at)
      return true
    },
    usersIn: (roomId: RoomId): UserId[] => [...(rooms.peek(roomId)?.users.keys() ?? [])],
    changedSince(since: number): RoomId[] {
      if (since >= serial) return []
      return [...rooms].filter(([, { changed }]) => changed > since).map(([roomId]) => roomId)
    },
    serial: () => serial,
    clear(): void {
      for (const { users } of rooms.values()) for (const timer of users.values()) timer.abort()
      rooms.clear()
    },
  }
}
