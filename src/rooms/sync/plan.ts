import type { RoomId, UserId } from '../../lib/ids.ts'
import type { Queries } from '../../storage/query.ts'
import type { Membership } from '../../storage/rooms-schema.ts'
import { covers, isSamePoint, positionIn, type StreamPoint } from '../../storage/stream-point.ts'
import { historiesOf } from '../history-store.ts'
import { leftAt, type RoomHistory, type Span, visibleSpans, ALL_POSITIONS } from '../visibility.ts'
import { includesRoom, type SyncFilter } from './filter.ts'
import { joinedAmong, roomsWithMembership, roomsWithNews, type RoomOfUser } from './news-store.ts'

/** The plan for the response of one room, before anything of the room is read. */
export type RoomPlan = {
  roomId: RoomId
  membership: Membership
  spans: readonly Span[]
  /** The client already has everything up to this position; 0: nothing. */
  after: number
  upTo: number
  /** `full`: the whole state; `changes`: since `after`; `none`: the user has not been in the room. */
  state: 'full' | 'changes' | 'none'
  /** The user's stay was interrupted since `after`, or began or ended. */
  membershipChanged: boolean
  /** The user's current member event, if it came after `upTo` and differs from the one there. */
  ownLater?: number
}

export type PlanRequest = {
  userId: UserId
  filter: SyncFilter
  /** undefined: an initial sync. */
  since: StreamPoint | undefined
  fullState: boolean
  /** The point of the response. */
  position: StreamPoint
  /** Rooms with news outside the database: typing. */
  alsoRooms: readonly RoomId[]
  /** The response has all open invitations, also old ones. */
  alsoInvitations?: boolean
}

/** The rooms of a response. Other rooms are not read. */
export async function planRooms(q: Queries, request: PlanRequest): Promise<RoomPlan[]> {
  const { userId, filter, since } = request
  if (filter.rooms?.size === 0) return []
  const rooms = (await roomsOfResponse(q, request)).filter((room) => includesRoom(filter, room.room_id))
  const changed = rooms.filter((room) => since === undefined || !covers(since, room.position))
  if (changed.length === 0) return rooms.map((room) => planRoom(request, room, undefined))
  const histories = await historiesOf(
    q,
    userId,
    changed.map((room) => room.room_id),
  )
  return rooms.map((room) => planRoom(request, room, histories.get(room.room_id)))
}

async function roomsOfResponse(q: Queries, request: PlanRequest): Promise<RoomOfUser[]> {
  const { userId, filter, since, fullState, alsoRooms, alsoInvitations = false } = request
  if (since === undefined) {
    const memberships: Membership[] = ['join', 'invite', 'knock']
    if (filter.includeLeave) memberships.push('leave', 'ban')
    return q.all(roomsWithMembership, { userId, memberships })
  }
  const news = !isSamePoint(since, request.position)
    ? await roomsWithNews(q, { userId, since, position: request.position })
    : []
  if (!fullState && !alsoInvitations && alsoRooms.length === 0) return news
  const rooms = new Map<RoomId, RoomOfUser>()
  const add = (found: RoomOfUser[]) => {
    for (const room of found) rooms.set(room.room_id, room)
  }
  if (fullState) add(await q.all(roomsWithMembership, { userId, memberships: ['join'] }))
  else add(await q.all(joinedAmong, { userId, roomIds: alsoRooms }))
  if (alsoInvitations) add(await q.all(roomsWithMembership, { userId, memberships: ['invite'] }))
  add(news)
  return [...rooms.values()]
}

/**
 * The plan for one room.
 * @param history that of the user in the room; undefined: the user's membership has not changed since
 */
export function planRoom(
  request: Pick<PlanRequest, 'since' | 'fullState' | 'position'>,
  room: Pick<RoomOfUser, 'room_id' | 'membership' | 'position'>,
  history: RoomHistory | undefined,
): RoomPlan {
  const since = request.since === undefined ? 0 : positionIn(request.since, room.position)
  const upTo = positionIn(request.position, room.position)
  const joined = room.membership === 'join'
  const shared = {
    roomId: room.room_id,
    membership: room.membership,
    membershipChanged: history !== undefined,
  }
  // Without a change of the user's own membership, the user was in the room all the time and sees everything since.
  if (!history) {
    const state = request.fullState ? 'full' : 'changes'
    return { ...shared, spans: ALL_POSITIONS, after: since, upTo, state }
  }
  const spans = visibleSpans(history)
  const wasJoined = since > 0 && membershipAt(history, since) === 'join'
  const stayed = history.memberships.some((m) => m.membership === 'join' && m.position > since)
  const state = wasJoined && !request.fullState ? 'changes' : wasJoined || stayed || joined ? 'full' : 'none'
  const plan = { ...shared, spans, after: wasJoined ? since : 0, state } as const
  if (joined) return { ...plan, upTo }
  const left = leftAt(history.memberships)
  // An invitation and a knock are shown as they are now, without the history of an earlier stay.
  const isOver = room.membership === 'leave' || room.membership === 'ban'
  if (!isOver || left === undefined || left <= since) return { ...plan, upTo: room.position }
  const isChanged = membershipAt(history, left) !== room.membership
  return { ...plan, upTo: left, ...(isChanged && { ownLater: room.position }) }
}

function membershipAt(history: RoomHistory, position: number): Membership | undefined {
  return history.memberships.findLast((change) => change.position <= position)?.membership
}
