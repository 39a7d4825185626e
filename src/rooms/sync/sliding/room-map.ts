import type { RoomId } from '../../../lib/ids.ts'
import { once } from '../../../lib/once.ts'
import { covers, coversPoint, type StreamPoint } from '../../../storage/stream-point.ts'
import type { ListedRoom } from '../../room-summaries-store.ts'

/** Rooms by id. Never modified: a change makes a new map, which shares nearly everything with the one before. */
export type RoomMap = {
  readonly size: number
  get(roomId: RoomId): ListedRoom | undefined
  values(): Iterable<ListedRoom>
  /** In the order of their last activity, the last active one first. The first rooms of a long list cost little. */
  ordered(): Iterable<ListedRoom>
  /** The rooms whose last event is after a point. */
  activeAfter(point: StreamPoint): Iterable<ListedRoom>
  /** The same with some rooms set, or removed (undefined). `position`: the point of the changes. */
  with(changes: Changes, position: StreamPoint): RoomMap
}

type Changes = ReadonlyMap<RoomId, ListedRoom | undefined>

/**
 * The number of changed rooms that are kept apart: copying thousands of rooms for each event would cost more
 * than the rest of a response.
 */
const MAX_CHANGES = 64

export function roomMap(rooms: Iterable<ListedRoom>, position: StreamPoint): RoomMap {
  const base = new Map<RoomId, ListedRoom>()
  for (const room of rooms) base.set(room.roomId, room)
  return new LayeredRooms({ base, ordered: once(() => inOrder(base.values())) }, NO_CHANGES, position)
}

const NO_CHANGES: Changes = new Map()

/** `ordered`: the rooms of `base`, sorted once for all later maps. */
type Base = { base: ReadonlyMap<RoomId, ListedRoom>; ordered: () => readonly ListedRoom[] }

const inOrder = (rooms: Iterable<ListedRoom>) => [...rooms].sort((a, b) => b.lastPosition - a.lastPosition)

/**
 * A class, because each user has one: V8 gives each closure of a generator a prototype, which together take a
 * kilobyte.
 */
class LayeredRooms implements RoomMap {
  readonly size: number
  readonly #below: Base
  readonly #top: Changes
  readonly #position: StreamPoint

  /** @param position all rooms of `below` have their last event up to here */
  constructor(below: Base, top: Changes, position: StreamPoint) {
    let { size } = below.base
    for (const [roomId, room] of top) size += Number(room !== undefined) - Number(below.base.has(roomId))
    this.size = size
    this.#below = below
    this.#top = top
    this.#position = position
  }

  get(roomId: RoomId): ListedRoom | undefined {
    return this.#top.has(roomId) ? this.#top.get(roomId) : this.#below.base.get(roomId)
  }

  *values(): Generator<ListedRoom> {
    yield* this.#changed()
    for (const room of this.#below.base.values()) if (!this.#top.has(room.roomId)) yield room
  }

  *ordered(): Generator<ListedRoom> {
    const first = inOrder(this.#changed())
    let at = 0
    for (const room of this.#below.ordered()) {
      for (let next = first[at]; next && next.lastPosition > room.lastPosition; next = first[++at]) yield next
      if (!this.#top.has(room.roomId)) yield room
    }
    yield* first.slice(at)
  }

  *activeAfter(since: StreamPoint): Generator<ListedRoom> {
    const rooms = coversPoint(since, this.#position) ? this.#changed() : this.values()
    for (const room of rooms) if (!covers(since, room.lastPosition)) yield room
  }

  with(changes: Changes, position: StreamPoint): RoomMap {
    const merged = new Map([...this.#top, ...changes])
    const layered = new LayeredRooms(this.#below, merged, this.#position)
    return merged.size <= MAX_CHANGES ? layered : roomMap(layered.values(), position)
  }

  *#changed(): Generator<ListedRoom> {
    for (const room of this.#top.values()) if (room) yield room
  }
}
