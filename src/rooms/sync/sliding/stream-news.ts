import { BoundedMap } from '../../../lib/bounded-map.ts'
import type { RoomId, UserId } from '../../../lib/ids.ts'
import type { Queries } from '../../../storage/query.ts'
import { isSamePoint, pointText, positionsBetween, type StreamPoint } from '../../../storage/stream-point.ts'
import { type JoinedRoomRow, joinedRoomRows } from '../../room-summaries-store.ts'
import { joinedRoomsWithEvents, roomsWithEvents } from './rooms-of-user-store.ts'

/** The rooms with events in a range of positions, for all users. */
export type StreamNews = {
  /** By room: the users whose member events are in the range. */
  rooms: ReadonlyMap<RoomId, ReadonlySet<UserId>>
  /** Rooms as joined members see them at the end of the range. */
  read(read: Queries, roomIds: readonly RoomId[]): Promise<JoinedRoomRow[]>
}

export type StreamNewsCache = {
  of(read: Queries, range: { since: StreamPoint; position: StreamPoint }): Promise<StreamNews>
}

/** Up to this number of positions, the rooms are read together with their events, also those that no user asks for. */
const FEW_POSITIONS = 16
/** The maximum number of ranges, each of at most as many events as `room-lists.ts` updates a list from. */
const MAX_RANGES = 16

const NOTHING = newsOf([])

/**
 * Caches the last ranges in memory: when a message wakes a thousand users, nearly all of them have the same range. A range never changes, because a
 * snapshot at a point has all events up to it.
 */
export function createStreamNews(): StreamNewsCache {
  const cache = new BoundedMap<string, StreamNews>({ limit: MAX_RANGES })
  return {
    async of(read, { since, position }) {
      if (isSamePoint(since, position)) return NOTHING
      const key = `${pointText(since)} ${pointText(position)}`
      const cached = cache.get(key)
      if (cached) return cached
      const news = await newsIn(read, { since, position })
      cache.set(key, news)
      return news
    },
  }
}

async function newsIn(
  read: Queries,
  range: { since: StreamPoint; position: StreamPoint },
): Promise<StreamNews> {
  if (positionsBetween(range.since, range.position) > FEW_POSITIONS)
    return newsOf(await read.all(roomsWithEvents, range))
  const rows = await read.all(joinedRoomsWithEvents, range)
  return newsOf(rows, new Map(rows.map((row) => [row.room_id, row])))
}

/** @param known rooms that were read already */
function newsOf(
  rows: readonly { room_id: RoomId; member: string | null }[],
  known = new Map<RoomId, JoinedRoomRow>(),
): StreamNews {
  const rooms = new Map<RoomId, Set<UserId>>()
  for (const { room_id: roomId, member } of rows) {
    let members = rooms.get(roomId)
    if (!members) rooms.set(roomId, (members = new Set()))
    if (member !== null) members.add(member as UserId)
  }
  return {
    rooms,
    async read(read, roomIds) {
      const missing = roomIds.filter((roomId) => !known.has(roomId))
      if (missing.length > 0)
        for (const row of await read.all(joinedRoomRows, { roomIds: missing })) known.set(row.room_id, row)
      return roomIds.flatMap((roomId) => known.get(roomId) ?? [])
    },
  }
}
