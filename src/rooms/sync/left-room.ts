import type { UserId } from '../../lib/ids.ts'
import type { Event } from '../../lib/matrix-event.ts'
import type { Queries } from '../../storage/query.ts'
import { matchesRoomEvent } from './filter.ts'
import { passing, type PlannedRoom, type RoomParts, stateEvents, timelineSections } from './joined-room.ts'
import { isStateAfter, type RoomReader, type RoomWithTimeline, statesOf } from './room-news.ts'
import { type SyncTimeline, timelinesOf } from './room-timeline.ts'
import { type EventsByRoom, membersOfRoomsAt } from './state-store.ts'

/**
 * The responses for rooms that the user was in, or was invited to, up to the end of that membership. Of later
 * events they contain only changes of the user's own membership: a ban, or the end of one.
 */
export async function leftRooms(
  q: Queries,
  reader: RoomReader,
  rooms: readonly PlannedRoom[],
): Promise<RoomParts> {
  if (rooms.length === 0) return new Map()
  const { filter, pageBytes } = reader
  const laterByRoom = await ownLater(q, rooms, reader.viewer.userId)
  const requests = rooms.map(({ plan }) => {
    const { limit } = filter.timeline
    // One place in the timeline is reserved for the later change.
    const isReserved = laterByRoom.has(plan.roomId) && limit
    return {
      ...plan,
      filter: isReserved ? { ...filter.timeline, limit: limit - 1 } : filter.timeline,
      pageBytes,
    }
  })
  const timelines = await timelinesOf(q, requests)
  const read = rooms.map(({ plan, extras }, at) => ({
    plan,
    extras,
    timeline: timelines[at] as SyncTimeline,
    heroes: [],
  }))
  const states = await statesOf(q, reader, read)
  for (const room of read) {
    const [later] = laterByRoom.get(room.plan.roomId) ?? []
    if (later) addLater(reader, room, { later, state: states.get(room.plan.roomId) ?? [] })
  }
  const sections = await timelineSections(q, reader, read)
  return new Map(
    read.map(({ plan: { roomId }, extras }, at) => [
      roomId,
      {
        [reader.stateForm]: { events: stateEvents(reader, states.get(roomId) ?? []) },
        timeline: sections[at] ?? {},
        account_data: { events: passing(filter.roomAccountData, roomId, extras.accountData) },
      },
    ]),
  )
}

async function ownLater(q: Queries, rooms: readonly PlannedRoom[], userId: UserId): Promise<EventsByRoom> {
  return membersOfRoomsAt(
    q,
    rooms.flatMap(({ plan: { roomId, ownLater: position } }) =>
      position === undefined ? [] : [{ roomId, userIds: [userId], position }],
    ),
  )
}

/**
 * Adds the later change to the timeline, or to the state when the filter allows no timeline; to `state_after`
 * in any case.
 */
function addLater(
  reader: RoomReader,
  { plan, timeline }: RoomWithTimeline,
  { later, state }: { later: Event; state: Event[] },
): void {
  const { filter } = reader
  const hasTimeline = filter.timeline.limit !== 0
  if (hasTimeline && matchesRoomEvent(filter.timeline, plan.roomId, later)) timeline.events.push(later)
  if ((!hasTimeline || isStateAfter(reader)) && matchesRoomEvent(filter.state, plan.roomId, later))
    replaceState(state, later)
}

function replaceState(state: Event[], by: Event): void {
  const at = state.findIndex(({ type, stateKey }) => type === by.type && stateKey === by.stateKey)
  state.splice(at === -1 ? state.length : at, 1, by)
}
