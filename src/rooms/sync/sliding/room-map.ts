import type { RoomId } from '../../../lib/ids.ts'
import { once } from '../../../lib/once.ts'
import type { ListedRoom } from '../../room-summaries-store.ts'

/** Rooms by id. Never modified: a change makes a new map, which shares nearly everything with the one before. */
export type RoomMap = {
  readonly size: number
  get(roomId: RoomId): ListedRoom | undefined
  values(): Iterable<ListedRoom>
  /** In the order of their last activity, the last active one first. The first rooms of a long list cost little. */
  ordered(): Iterable<ListedRoom>
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
  return layered({ base, ordered: once(() => inOrder(base.values())) }, new Map(), position)
}

/** `ordered`: the rooms of `base`, sorted once for all later maps. */
type Base = { base: ReadonlyMap<RoomId, ListedRoom>; ordered: () => readonly ListedRoom[] }

const inOrder = (rooms: Iterable<ListedRoom>) => [...rooms].sort((a, b) => b.lastPosition - a.lastPosition)

/** @param position all rooms of `base` have their last event up to here */
function layered(below: Base, top: Changes, position: number): RoomMap {
  const { base } = below
  let { size } = base
  for (const [roomId, room] of top) size += Number(room !== undefined) - Number(base.has(roomId))
  function* values(): Generator<ListedRoom> {
    yield* changed()
    for (const room of base.values()) if (!top.has(room.roomId)) yield room
  }
  function* changed(): Generator<ListedRoom> {
    for (const room of top.values()) if (room) yield room
  }
  function* ordered(): Generator<ListedRoom> {
    const first = inOrder(changed())
    let at = 0
    for (const room of below.ordered()) {
      for (let next = first[at]; next && next.lastPosition > room.lastPosition; next = first[++at]) yield next
      if (!top.has(room.roomId)) yield room
    }
    yield* first.slice(at)
  }
  return {
    size,
    ordered,
    get: (roomId) => (top.has(roomId) ? top.get(roomId) : base.get(roomId)),
    values,
    *activeAfter(since) {
      const rooms = since >= position ? changed() : values()
      for (const room of rooms) if (room.lastPosition > since) yield room
    },
    with(changes, at) {
      const merged = new Map([...top, ...changes])
      if (merged.size <= MAX_CHANGES) return layered(below, merged, position)
      return roomMap(layered(below, merged, position).values(), at)
    },
  }
}
