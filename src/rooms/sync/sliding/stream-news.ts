import { BoundedMap } from '../../../lib/bounded-map.ts'
import type { RoomId, UserId } from '../../../lib/ids.ts'
import type { Queries } from '../../../storage/query.ts'
import {
  covers,
  isSamePoint,
  pointText,
  positionsBetween,
  type StreamPoint,
} from '../../../storage/stream-point.ts'
import type { EventRow } from '../../event-row.ts'
import { type EventsOfRange, eventsOfRange } from '../../events-of-range.ts'
import { type JoinedRoomRow, joinedRoomRows, type ListedRoom } from '../../room-summaries-store.ts'
import { eventsWithSenders, roomsWithEvents } from './rooms-of-user-store.ts'

/** The rooms with events in a range of positions, for all users. */
export type StreamNews = {
  /** By room: the users whose member events are in the range. */
  rooms: ReadonlyMap<RoomId, ReadonlySet<UserId>>
  /**
   * The rooms that have only messages in the range, and what is new of them in a list. Known only if the
   * events were read.
   */
  moved: ReadonlyMap<RoomId, Pick<ListedRoom, 'lastPosition' | 'bumpPosition'>>
  /** Rooms as joined members see them at the end of the range. */
  read(read: Queries, roomIds: readonly RoomId[]): Promise<JoinedRoomRow[]>
  /** The events; undefined: there can be many, which were not read. */
  events: EventsOfRange | undefined
}

type Range = { since: StreamPoint; position: StreamPoint }

export type StreamNewsCache = {
  of(read: Queries, range: Range): Promise<StreamNews>
  /** Without reading anything. */
  find(range: Range): StreamNews | undefined
}

/** Up to this number of positions, the events are read, also those that no user asks for. */
const FEW_POSITIONS = 16
/**
 * The maximum number of ranges: 16 MiB if all have the maximum number of events of the maximum size, or as
 * many rooms as `room-lists.ts` updates a list from.
 */
const MAX_RANGES = 16

const NOTHING = newsOf([])
const keyOf = ({ since, position }: Range) => `${pointText(since)} ${pointText(position)}`

/**
 * Caches the last ranges in memory: when a message wakes a thousand users, nearly all of them have the same
 * range. A range never changes, because a snapshot at a point has all events up to it.
 */
export function createStreamNews(): StreamNewsCache {
  const cache = new BoundedMap<string, StreamNews>({ limit: MAX_RANGES })
  return {
    async of(read, range) {
      if (isSamePoint(range.since, range.position)) return NOTHING
      const key = keyOf(range)
      const cached = cache.get(key)
      if (cached) return cached
      const news = await newsIn(read, range)
      cache.set(key, news)
      return news
    },
    find: (range) => cache.get(keyOf(range)),
  }
}

async function newsIn(read: Queries, range: Range): Promise<StreamNews> {
  if (positionsBetween(range.since, range.position) > FEW_POSITIONS)
    return newsOf(await read.all(roomsWithEvents, range))
  const rows = await read.all(eventsWithSenders, range)
  // The others are the earlier member events of senders.
  const recent = rows.filter(({ position }) => !covers(range.since, position))
  const members = recent.map(({ room_id, type, state_key: key }) => ({
    room_id,
    member: type === 'm.room.member' ? key : null,
  }))
  return { ...newsOf(members), events: eventsOfRange(rows, range), moved: movedRooms(recent) }
}

type RecentRow = EventRow & { bump_position: number | null }

function movedRooms(rows: readonly RecentRow[]): StreamNews['moved'] {
  const moved: Map<RoomId, Pick<ListedRoom, 'lastPosition' | 'bumpPosition'>> = new Map()
  for (const [roomId, of] of Map.groupBy(rows, (row) => row.room_id)) {
    const last = of.reduce((a, b) => (a.position > b.position ? a : b))
    if (of.every(isMessage) && last.bump_position !== null)
      moved.set(roomId, { lastPosition: last.position, bumpPosition: last.bump_position })
  }
  return moved
}

/** A redaction can change the name of a room. */
const isMessage = ({ type, state_key: key }: EventRow) => key === null && type !== 'm.room.redaction'

function newsOf(rows: readonly { room_id: RoomId; member: string | null }[]): StreamNews {
  const known = new Map<RoomId, JoinedRoomRow>()
  const rooms = new Map<RoomId, Set<UserId>>()
  for (const { room_id: roomId, member } of rows) {
    let members = rooms.get(roomId)
    if (!members) rooms.set(roomId, (members = new Set()))
    if (member !== null) members.add(member as UserId)
  }
  return {
    rooms,
    moved: new Map(),
    events: undefined,
    async read(read, roomIds) {
      const missing = roomIds.filter((roomId) => !known.has(roomId))
      if (missing.length > 0)
        for (const row of await read.all(joinedRoomRows, { roomIds: missing })) known.set(row.room_id, row)
      return roomIds.flatMap((roomId) => known.get(roomId) ?? [])
    },
  }
}
