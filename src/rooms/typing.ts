import type { Bus } from '../cluster/bus.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import type { Clock } from '../lib/clock.ts'
import type { RoomId, UserId } from '../lib/ids.ts'

/** The typing users of rooms. Kept in memory only: a restart ends typing, as the time-out would. */
export interface Typing extends Disposable {
  /** Marks a user as typing for `ms` milliseconds (at most 120 s). */
  start(roomId: RoomId, userId: UserId, ms: number): void
  stop(roomId: RoomId, userId: UserId): void
  /** The typing users of a room, in the order in which they started. */
  usersIn(roomId: RoomId): UserId[]
  /** The rooms whose list changed after `serial`. */
  changedSince(serial: number): RoomId[]
  /** Grows with every change, also across restarts of the server, because sync tokens contain it. */
  serial(): number
}

export const MAX_TYPING_MS = 120_000
/** Rooms without typing users are kept for clients that do not know yet that typing ended. */
const MAX_REMEMBERED_ROOMS = 10_000

type TypingRoom = { changed: number; users: Map<UserId, AbortController> }

export function createTyping(deps: { clock: Clock; bus: Bus }): Typing {
  const { clock, bus } = deps
  // Only read with `peek`, so it stays in the order of the changes.
  const rooms = new BoundedMap<RoomId, TypingRoom>({
    limit: MAX_REMEMBERED_ROOMS,
    isInUse: ({ users }) => users.size > 0,
  })
  let serial = clock.now()

  function change(roomId: RoomId, room: TypingRoom): void {
    serial = Math.max(serial + 1, clock.now())
    room.changed = serial
    rooms.set(roomId, room)
    bus.publish(`room:${roomId}`)
  }

  function stop(roomId: RoomId, userId: UserId): void {
    const room = rooms.peek(roomId)
    const timer = room?.users.get(userId)
    if (!room || !timer) return
    timer.abort()
    room.users.delete(userId)
    change(roomId, room)
  }

  async function expire(roomId: RoomId, userId: UserId, end: { after: number; timer: AbortController }) {
    await clock.sleep(end.after, end.timer.signal)
    if (!end.timer.signal.aborted) stop(roomId, userId)
  }

  return {
    start(roomId, userId, ms) {
      const room = rooms.peek(roomId) ?? { changed: 0, users: new Map<UserId, AbortController>() }
      const before = room.users.get(userId)
      before?.abort()
      const timer = new AbortController()
      room.users.set(userId, timer)
      void expire(roomId, userId, { after: Math.min(Math.max(0, ms), MAX_TYPING_MS), timer })
      // A user who continues to type is not a change.
      if (!before) change(roomId, room)
    },
    stop,
    usersIn: (roomId) => [...(rooms.peek(roomId)?.users.keys() ?? [])],
    changedSince(since) {
      if (since >= serial) return []
      return [...rooms].filter(([, { changed }]) => changed > since).map(([roomId]) => roomId)
    },
    serial: () => serial,
    [Symbol.dispose]() {
      for (const { users } of rooms.values()) for (const timer of users.values()) timer.abort()
      rooms.clear()
    },
  }
}
