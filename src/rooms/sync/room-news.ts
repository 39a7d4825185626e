import type { RoomId, UserId } from '../../lib/ids.ts'
import type { Event } from '../../lib/matrix-event.ts'
import type { Queries } from '../../storage/query.ts'
import type { EventsOfRange } from '../events-of-range.ts'
import type { PageReader } from '../timeline.ts'
import { matchesRoomEvent, type RoomEventFilter, type SyncFilter } from './filter.ts'
import type { RoomPlan } from './plan.ts'
import { type SyncTimeline, timelinesOf } from './room-timeline.ts'
import { isShared, type RoomNews, type SharedRooms } from './shared-rooms.ts'
import {
  changedSummaries,
  type EventsByRoom,
  INPUTS_OF_NAME,
  membersOfRoomsAt,
  stateChanges,
  statesUpTo,
} from './state-store.ts'
import { type RoomSummary, summariesOf } from './summary-store.ts'

/**
 * The name of the state in a response decides which state it is: `state` is the state at the start of the
 * timeline, `state_after` the state at its end (`use_state_after`). Clients that use the names of MSC4222
 * read the third name.
 */
export type StateForm = 'state' | 'state_after' | 'org.matrix.msc4222.state_after'

export type RoomReader = PageReader & {
  filter: SyncFilter
  sharedRooms: SharedRooms
  stateForm: StateForm
  /**
   * Of a whole state, only these types are read, beside members that are read by their ids; undefined: those
   * that the filter allows.
   */
  stateTypes?: readonly string[] | undefined
  /** Events that were read already. */
  recent?: EventsOfRange | undefined
}

export const isStateAfter = ({ stateForm }: RoomReader) => stateForm !== 'state'

export type NewsForViewer = Omit<RoomNews, 'summaryChanged'> & { summary: RoomSummary | undefined }

/**
 * The timeline, the state and the summary of each planned room. The number of statements does not depend on
 * the number of rooms.
 */
export async function newsOfRooms(
  q: Queries,
  reader: RoomReader,
  plans: readonly RoomPlan[],
): Promise<Map<RoomId, NewsForViewer>> {
  const shared = plans.filter(isShared)
  if (shared.length === 0) return newsForOne(q, reader, plans)
  const news: Map<RoomId, NewsForViewer> =
    shared.length === plans.length
      ? new Map()
      : await newsForOne(
          q,
          reader,
          plans.filter((plan) => !isShared(plan)),
        )
  const { sharedRooms, filter } = reader
  const request = { plans: shared, filter, stateAfter: isStateAfter(reader) }
  const found = await sharedRooms.news(request, (missing) => newsForAll(q, reader, missing))
  const changed = shared.filter((_, at) => found[at]?.summaryChanged)
  const summaries =
    changed.length === 0 ? NO_SUMMARIES : await summariesOf(q, roomIdsOf(changed), reader.viewer.userId)
  for (const [at, { roomId }] of shared.entries()) {
    const { timeline, state } = found[at] as RoomNews
    news.set(roomId, { timeline, state, summary: summaries.get(roomId) })
  }
  return news
}

const NO_SUMMARIES: ReadonlyMap<RoomId, RoomSummary> = new Map()

/** News that depend on the viewer. */
async function newsForOne(
  q: Queries,
  reader: RoomReader,
  plans: readonly RoomPlan[],
): Promise<Map<RoomId, NewsForViewer>> {
  if (plans.length === 0) return new Map()
  const timelines = await timelinesOf(q, timelineRequests(reader, plans))
  const timed = plans.map((plan, at) => ({ plan, timeline: timelines[at] as SyncTimeline }))
  const changed = await renamedRooms(
    q,
    timed.filter(({ plan }) => plan.state !== 'full'),
  )
  const summarised = plans.filter((plan) => plan.state === 'full' || changed.has(plan.roomId))
  const summaries = await summariesOf(q, roomIdsOf(summarised), reader.viewer.userId)
  const rooms = timed.map((room) => ({ ...room, heroes: summaries.get(room.plan.roomId)?.heroes ?? [] }))
  const states = await statesOf(q, reader, rooms)
  return new Map(
    rooms.map(({ plan: { roomId }, timeline }) => [
      roomId,
      { timeline, state: states.get(roomId) ?? [], summary: summaries.get(roomId) },
    ]),
  )
}

/** News that are the same for all members of a room. */
async function newsForAll(q: Queries, reader: RoomReader, plans: readonly RoomPlan[]): Promise<RoomNews[]> {
  const timelines = await timelinesOf(q, timelineRequests(reader, plans), reader.recent)
  const rooms = plans.map((plan, at) => ({ plan, timeline: timelines[at] as SyncTimeline, heroes: [] }))
  const states = await statesOf(q, reader, rooms)
  const changed = await renamedRooms(q, rooms)
  return rooms.map(({ plan: { roomId }, timeline }) => ({
    timeline,
    state: states.get(roomId) ?? [],
    summaryChanged: changed.has(roomId),
  }))
}

const timelineRequests = ({ filter, pageBytes }: RoomReader, plans: readonly RoomPlan[]) =>
  plans.map((plan) => ({ ...plan, filter: filter.timeline, pageBytes }))

const roomIdsOf = (plans: readonly RoomPlan[]) => plans.map((plan) => plan.roomId)

/** The rooms in which an input of the calculated room name changed. Without a gap, the timeline contains the change. */
async function renamedRooms(
  q: Queries,
  rooms: readonly Pick<RoomWithTimeline, 'plan' | 'timeline'>[],
): Promise<ReadonlySet<RoomId>> {
  const gaps = rooms.filter(({ plan, timeline }) => hasGap(plan, timeline)).map(({ plan }) => gapOf(plan))
  const changed = await changedSummaries(q, gaps)
  for (const { plan, timeline } of rooms) if (timeline.events.some(isInputOfName)) changed.add(plan.roomId)
  return changed
}

const isInputOfName = ({ type, stateKey }: Event) => stateKey !== null && INPUTS_OF_NAME.includes(type)

const gapOf = ({ roomId, after, upTo }: RoomPlan) => ({ roomId, after, position: upTo })

export type RoomWithTimeline = { plan: RoomPlan; timeline: SyncTimeline; heroes: readonly UserId[] }

/** The state before or after each timeline, as far as the client does not have it, filtered. */
export async function statesOf(
  q: Queries,
  reader: RoomReader,
  rooms: readonly RoomWithTimeline[],
): Promise<EventsByRoom> {
  const filter = reader.filter.state
  const full = rooms.filter(({ plan }) => plan.state === 'full').map((room) => placeOf(reader, room))
  const states = await statesUpTo(q, full, { members: !filter.lazyLoadMembers, types: reader.stateTypes })
  const gaps = rooms.filter(({ plan, timeline }) => plan.state === 'changes' && hasGap(plan, timeline))
  const changes = await stateChanges(
    q,
    gaps.map((room) => ({ ...placeOf(reader, room), after: room.plan.after })),
  )
  const members = await requiredMembers(q, reader, rooms)
  return new Map(
    rooms.map(({ plan: { roomId }, timeline }) => {
      // Without a gap, the timeline contains all changes.
      const ofTimeline = isStateAfter(reader) ? newestState(timeline.events) : []
      const state = [...(states.get(roomId) ?? changes.get(roomId) ?? ofTimeline)]
      const present = new Set(state.map((event) => event.position))
      const others = (members.get(roomId) ?? []).filter((event) => !present.has(event.position))
      return [roomId, passing(filter, roomId, [...state, ...others])]
    }),
  )
}

const placeOf = (reader: RoomReader, { plan, timeline }: RoomWithTimeline) => ({
  roomId: plan.roomId,
  position: isStateAfter(reader) ? plan.upTo : timeline.start,
})

/** The newest state event of each type and state key. */
function newestState(events: readonly Event[]): Event[] {
  const newest = new Map<string, Event>()
  for (const event of events)
    if (event.stateKey !== null) newest.set(JSON.stringify([event.type, event.stateKey]), event)
  return [...newest.values()]
}

const hasGap = (plan: RoomPlan, timeline: SyncTimeline) =>
  timeline.limited || timeline.hidden || plan.membershipChanged

const passing = (filter: RoomEventFilter, roomId: RoomId, state: readonly Event[]) =>
  state.filter((event) => matchesRoomEvent(filter, roomId, event))

function requiredMembers(
  q: Queries,
  reader: RoomReader,
  rooms: readonly RoomWithTimeline[],
): Promise<EventsByRoom> {
  const wanted = rooms.map((room) => ({
    ...placeOf(reader, room),
    userIds: [...requiredUserIds(reader, room)],
  }))
  return membersOfRoomsAt(q, wanted, reader.recent)
}

/** The users whose member events the state contains in any case. */
function requiredUserIds(reader: RoomReader, { plan, timeline, heroes }: RoomWithTimeline): Set<UserId> {
  const own = reader.viewer.userId
  // A client that reads `state_after` does not take its own membership from the timeline.
  if (plan.state === 'none') return new Set(isStateAfter(reader) ? [own] : [])
  if (!reader.filter.state.lazyLoadMembers) return new Set()
  const userIds = new Set(timeline.events.map((event) => event.sender))
  if (plan.state === 'changes') return userIds
  for (const userId of [own, ...heroes]) userIds.add(userId)
  // The same for the members that the timeline changes.
  if (isStateAfter(reader))
    for (const { type, stateKey } of timeline.events)
      if (type === 'm.room.member' && stateKey !== null) userIds.add(stateKey as UserId)
  return userIds
}
