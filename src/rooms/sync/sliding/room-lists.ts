import { BoundedMap } from '../../../lib/bounded-map.ts'
import type { RoomId, UserId } from '../../../lib/ids.ts'
import { once } from '../../../lib/once.ts'
import type { Queries } from '../../../storage/query.ts'
import type { Membership } from '../../../storage/rooms-schema.ts'
import { joinedRoom, type ListedRoom, listRooms, listRoomsAmong } from '../../room-summaries-store.ts'
import {
  covers,
  coversPoint,
  isSamePoint,
  laterOf,
  positionsBetween,
  START,
  type StreamPoint,
} from '../../../storage/stream-point.ts'
import { type RoomMap, roomMap } from './room-map.ts'
import { type Hiding, isSameHiding, withoutHidden } from '../ignoring.ts'
import { departedRooms, forgottenRooms } from './rooms-of-user-store.ts'
import type { StreamNews, StreamNewsCache } from './stream-news.ts'

/** The rooms of a user at a point. Never modified: an update is a new value. */
export type RoomList = {
  position: StreamPoint
  /** What the user hides: with other settings, the list is read again. */
  hiding: Hiding
  /**
   * The rooms that the user has joined, is invited to, knocked on, or was removed from by another user,
   * without hidden invitations.
   */
  rooms: RoomMap
  /** The same object as long as the list has the same rooms, and nothing changes by which lists are filtered. */
  shape: ListShape
  /** All rooms that the user left, or was removed from, after `leftSince`. */
  left: readonly ListedRoom[]
  leftSince: StreamPoint
}

/** `invited`: the rooms that the user is invited to or knocked on. `removed`: those that the user was removed from. */
export type ListShape = { invited: () => readonly RoomId[]; removed: () => readonly RoomId[] }

export type RoomLists = {
  /** @param since the point after which `left` must be complete */
  of(read: Queries, request: ListRequestOfUser): Promise<RoomList>
}

type ListRequestOfUser = Hiding & { userId: UserId; since: StreamPoint; position: StreamPoint }

/** The rooms in the cached lists of all users: about 15 MiB. */
const CACHED_ROOMS = 50_000
/** The maximum number of rooms that the user has left in a list that is updated. */
const MAX_LEFT = 200
/** Up to this number of positions, a cached list is updated. */
const FEW_POSITIONS = 1000

/**
 * Caches the lists of rooms in memory. A list has a position, so it is updated from the events after that:
 * one event costs the look-up of its room, which all its members share, whatever the number of the user's
 * rooms, and it does not matter which process wrote the event.
 */
export function createRoomLists(news: StreamNewsCache): RoomLists {
  const cache = new BoundedMap<UserId, RoomList>({
    limit: CACHED_ROOMS,
    weightOf: ({ rooms }) => rooms.size + 1,
  })
  return {
    async of(read, request) {
      const { userId, since, position } = request
      const cached = cache.get(userId)
      const isUsable =
        cached !== undefined &&
        coversPoint(since, cached.leftSince) &&
        coversPoint(position, cached.position) &&
        isSameHiding(cached.hiding, request) &&
        positionsBetween(cached.position, position) <= FEW_POSITIONS
      const list = isUsable ? await updated(read, cached, { request, news }) : await loaded(read, request)
      // Another request can have read a later snapshot in between.
      if (coversPoint(position, cache.peek(userId)?.position ?? START)) cache.set(userId, list)
      return list
    },
  }
}

async function loaded(read: Queries, request: ListRequestOfUser): Promise<RoomList> {
  const { userId, since, position, ignored, blocksInvitations } = request
  const listed = await listRooms(read, { userId, memberships: ['join', 'invite', 'knock'] })
  const rooms = await withoutHidden(read, request, listed)
  const { left, removed } = await departed(read, userId, since)
  const all = roomMap([...rooms, ...removed], position)
  const hiding = { ignored, blocksInvitations }
  return { position, hiding, rooms: all, shape: shapeOf(all), left, leftSince: since }
}

async function updated(
  read: Queries,
  list: RoomList,
  { request, news: cache }: { request: ListRequestOfUser; news: StreamNewsCache },
): Promise<RoomList> {
  const { userId, position } = request
  if (isSamePoint(list.position, position) && list.shape.removed().length === 0) return list
  const news = await cache.of(read, { since: list.position, position })
  const { stale, active, forgotten } = await changesSince(read, list, { userId, news })
  if (stale.size === 0 && active.length === 0)
    return isSamePoint(list.position, position) ? list : { ...list, position }
  const joined = await activeRooms(read, list, { active, news })
  if (stale.size === 0) return { ...list, position, ...withRooms(list, stale, { current: joined, position }) }
  const current = await listRoomsAmong(read, { userId, roomIds: [...stale] })
  const hasLeft = current.some(
    ({ membership, memberPosition }) => isOver(membership) && !covers(list.position, memberPosition),
  )
  const { left, removed } = hasLeft
    ? await departed(read, userId, list.leftSince)
    : {
        left: [
          ...list.left.filter(({ roomId }) => !stale.has(roomId)),
          // Another device, or a repeated request, may not have them yet.
          ...current.filter(
            ({ membership, memberPosition }) => isOver(membership) && !covers(list.leftSince, memberPosition),
          ),
        ],
        removed: removedAmong(list, current).filter(({ roomId }) => !forgotten.has(roomId)),
      }
  const inside = current.filter(({ membership }) => !isOver(membership))
  // Invitations that are in the list are not hidden.
  const isKnown = ({ roomId, memberPosition }: ListedRoom) =>
    list.rooms.get(roomId)?.memberPosition === memberPosition
  const shown = await withoutHidden(
    read,
    request,
    inside.filter((room) => !isKnown(room)),
  )
  const rooms = [...joined, ...inside.filter(isKnown), ...shown, ...removed]
  return {
    ...list,
    position,
    ...newestOf(left, list.leftSince),
    ...withRooms(list, stale, { current: rooms, position }),
  }
}

/** The rooms with new events. Messages only move a room, so it is not read again. */
async function activeRooms(
  read: Queries,
  { rooms }: RoomList,
  { active, news }: { active: readonly RoomId[]; news: StreamNews },
): Promise<ListedRoom[]> {
  const found: ListedRoom[] = []
  const others: RoomId[] = []
  for (const roomId of active) {
    const [before, moved] = [rooms.get(roomId), news.moved.get(roomId)]
    if (before && moved) found.push({ ...before, ...moved })
    else others.push(roomId)
  }
  if (others.length > 0)
    for (const row of await news.read(read, others))
      found.push(joinedRoom(row, rooms.get(row.room_id)?.memberPosition ?? 0))
  return found
}

type ListChanges = {
  /** The rooms to read again for the user. */
  stale: ReadonlySet<RoomId>
  /** The joined rooms with events that did not change the user's own membership. */
  active: readonly RoomId[]
  /** The rooms of the list that the user has forgotten. */
  forgotten: ReadonlySet<RoomId>
}

async function changesSince(
  read: Queries,
  { rooms, shape }: RoomList,
  { userId, news }: { userId: UserId; news: StreamNews },
): Promise<ListChanges> {
  const stale = new Set<RoomId>()
  const active: RoomId[] = []
  for (const [roomId, members] of news.rooms) {
    const membership = rooms.get(roomId)?.membership
    if (members.has(userId)) stale.add(roomId)
    else if (membership === 'join') active.push(roomId)
    // What an invitation shows can change.
    else if (membership !== undefined && !isOver(membership)) stale.add(roomId)
  }
  // Forgetting a room takes no position.
  const removed = shape.removed()
  const rows = removed.length === 0 ? [] : await read.all(forgottenRooms, { userId, roomIds: removed })
  const forgotten = new Set(rows.map((row) => row.room_id))
  for (const roomId of forgotten) stale.add(roomId)
  return { stale, active, forgotten }
}

/**
 * Each request looks at the rooms that the user has left, so only the newest are kept: a request from before
 * them reads the list again.
 */
function newestOf(left: readonly ListedRoom[], since: StreamPoint): Pick<RoomList, 'left' | 'leftSince'> {
  if (left.length <= MAX_LEFT) return { left, leftSince: since }
  const newest = left.toSorted((a, b) => b.memberPosition - a.memberPosition)
  const dropped = newest[MAX_LEFT / 2]
  return {
    left: newest.slice(0, MAX_LEFT / 2),
    leftSince: dropped ? laterOf(since, [dropped.memberPosition]) : since,
  }
}

/** Replaces the stale rooms of a list. */
function withRooms(
  list: RoomList,
  stale: ReadonlySet<RoomId>,
  { current, position }: { current: readonly ListedRoom[]; position: StreamPoint },
): Pick<RoomList, 'rooms' | 'shape'> {
  const changes = new Map<RoomId, ListedRoom | undefined>([...stale].map((roomId) => [roomId, undefined]))
  for (const room of current) changes.set(room.roomId, room)
  const isSame = [...changes].every(([roomId, room]) => hasSameShape(room, list.rooms.get(roomId)))
  const rooms = list.rooms.with(changes, position)
  return { rooms, shape: isSame ? list.shape : shapeOf(rooms) }
}

const hasSameShape = (room: ListedRoom | undefined, before: ListedRoom | undefined): boolean =>
  before?.membership === room?.membership &&
  before?.isEncrypted === room?.isEncrypted &&
  before?.roomType === room?.roomType

const shapeOf = (rooms: RoomMap): ListShape => {
  const idsWhere = (isWanted: (membership: Membership) => boolean) =>
    once(() => [...rooms.values()].filter((room) => isWanted(room.membership)).map(({ roomId }) => roomId))
  return {
    invited: idsWhere((membership) => membership !== 'join' && !isOver(membership)),
    removed: idsWhere(isOver),
  }
}

const isOver = (membership: Membership) => membership === 'leave' || membership === 'ban'

/** The rooms that were in the list although the user is not in them, as they are now. */
const removedAmong = ({ rooms }: RoomList, current: readonly ListedRoom[]): ListedRoom[] =>
  current.filter(({ roomId, membership }) => {
    const before = rooms.get(roomId)
    return isOver(membership) && before !== undefined && isOver(before.membership)
  })

async function departed(
  read: Queries,
  userId: UserId,
  since: StreamPoint,
): Promise<{ left: ListedRoom[]; removed: ListedRoom[] }> {
  const rows = await read.all(departedRooms, { userId, since })
  const rooms = await listRoomsAmong(read, { userId, roomIds: rows.map((row) => row.room_id) })
  const removed = new Set(rows.filter((row) => row.was_removed === 1).map((row) => row.room_id))
  return {
    left: rooms.filter(({ memberPosition }) => !covers(since, memberPosition)),
    removed: rooms.filter(({ roomId }) => removed.has(roomId)),
  }
}
