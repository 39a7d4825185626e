import type { Bus } from '../cluster/bus.ts'
import { BoundedMap } from '../lib/bounded-map.ts'
import type { Clock } from '../lib/clock.ts'
import type { RoomId, UserId } from '../lib/ids.ts'

/** Who is typing where. It is kept in memory alone: a restart ends it, as the time-out would. */
export interface Typing extends Disposable {
  /** Marks a user as typing for `ms` milliseconds (at most 120 s). */
  start(roomId: RoomId, userId: UserId, ms: number): void
  stop(roomId: RoomId, userId: UserId): void
  /** Who types in a room now, in the order in which they began. */
  usersIn(roomId: RoomId): UserId[]
  /** The rooms whose list has changed after `serial`. */
  changedSince(serial: number): RoomId[]
  /** Rises with every change, also from one run of the server to the next: it goes into sync tokens. */
  serial(): number
}

export const MAX_TYPING_MS = 120_000
/** Rooms that nobody types in are remembered for those who have yet to be told that typing ended. */
const ROOMS_REMEMBERED = 10_000

type TypingRoom = { changed: number; users: Map<UserId, AbortController> }

export function createTyping(deps: { clock: Clock; bus: Bus }): Typing {
  const { clock, bus } = deps
  // Only ever read with `peek`, so it stays in the order of change.
  const rooms = new BoundedMap<RoomId, TypingRoom>({
    limit: ROOMS_REMEMBERED,
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
      // Going on typing is no news.
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
