import type { RoomId } from '../../../lib/ids.ts'
import type { ListedRoom } from '../../room-summaries-store.ts'

/** Rooms by id. Never modified: a change makes a new map, which shares nearly everything with the one before. */
export type RoomMap = {
  readonly size: number
  get(roomId: RoomId): ListedRoom | undefined
  values(): Iterable<ListedRoom>
  /** The rooms whose last event is after a position. */
  activeAfter(position: number): Iterable<ListedRoom>
  /** The same with some rooms set, or removed (undefined). `position`: that of the changes. */
  with(changes: Changes, position: number): RoomMap
}

type Changes = ReadonlyMap<RoomId, ListedRoom | undefined>

/** The number of changed rooms that are kept apart: copying thousands of rooms for each event would cost more than the rest of a response. */
const MAX_CHANGES = 64

export function roomMap(rooms: Iterable<ListedRoom>, position: number): RoomMap {
  const base = new Map<RoomId, ListedRoom>()
  for (const room of rooms) base.set(room.roomId, room)
  return layered(base, new Map(), position)
}

/** @param position all rooms of `base` have their last event up to here */
function layered(base: ReadonlyMap<RoomId, ListedRoom>, top: Changes, position: number): RoomMap {
  let { size } = base
  for (const [roomId, room] of top) size += Number(room !== undefined) - Number(base.has(roomId))
  function* values(): Generator<ListedRoom> {
    yield* changed()
    for (const room of base.values()) if (!top.has(room.roomId)) yield room
  }
  function* changed(): Generator<ListedRoom> {
    for (const room of top.values()) if (room) yield room
  }
  return {
    size,
    get: (roomId) => (top.has(roomId) ? top.get(roomId) : base.get(roomId)),
    values,
    *activeAfter(since) {
      const rooms = since >= position ? changed() : values()
      for (const room of rooms) if (room.lastPosition > since) yield room
    },
    with(changes, at) {
      const merged = new Map([...top, ...changes])
      if (merged.size <= MAX_CHANGES) return layered(base, merged, position)
      return roomMap(layered(base, merged, position).values(), at)
    },
  }
}
