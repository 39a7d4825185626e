import type { JsonObject } from '../../lib/json.ts'
import type { UserId } from '../../lib/ids.ts'
import { type Event, syncEvent } from '../../lib/matrix-event.ts'
import type { RoomCounts } from '../../notifications/counts.ts'
import type { Queries } from '../../storage/query.ts'
import { syncEvents } from '../client-events.ts'
import type { PageReader } from '../timeline.ts'
import type { RoomExtras } from './extras.ts'
import { matchesRoomEvent, pickFields, type SyncFilter } from './filter.ts'
import type { RoomPlan } from './plan.ts'
import { timelineOf, type SyncTimeline } from './room-timeline.ts'
import { isShared, type RoomNews, type SharedRooms } from './shared-rooms.ts'
import { membersAt, stateChanges, stateUpTo, summaryChanged } from './state-store.ts'
import { type RoomSummary, summaryOf } from './summary-store.ts'
import { pageToken } from './token.ts'

export type RoomReader = PageReader & { filter: SyncFilter; sharedRooms: SharedRooms }

/** The response for a room that the user is in; undefined: nothing of it passes the filter. */
export async function joinedRoom(
  q: Queries,
  reader: RoomReader,
  { plan, extras }: { plan: RoomPlan; extras: RoomExtras },
): Promise<JsonObject | undefined> {
  const { filter } = reader
  const { timeline, state, summary } = await newsFor(q, reader, plan)
  const { roomId } = plan
  const passes = (of: SyncFilter['ephemeral']) => (event: JsonObject) =>
    matchesRoomEvent(of, roomId, event as { type: string; content: JsonObject })
  const ephemeral = extras.ephemeral.filter(passes(filter.ephemeral))
  const accountData = extras.accountData.filter(passes(filter.roomAccountData))
  const hasEvents = timeline.events.length > 0 || timeline.hidden || timeline.limited || state.length > 0
  const hasExtras = ephemeral.length > 0 || accountData.length > 0 || extras.ownReceipt
  if (!hasEvents && !hasExtras && plan.state !== 'full') return undefined
  return {
    ...(summary ? { summary: summary.summary } : {}),
    state: { events: stateEvents(reader, state) },
    timeline: await timelineSection(q, reader, timeline),
    ephemeral: { events: ephemeral },
    account_data: { events: accountData },
    ...unread(extras.counts, filter.timeline.unreadThreadNotifications),
  }
}

/**
 * The response for a room that the user was in, or was invited to, up to the end of that membership. Of later events it contains
 * only changes of the user's own membership: a ban, or the end of one.
 */
export async function leftRoom(
  q: Queries,
  reader: RoomReader,
  { plan, extras }: { plan: RoomPlan; extras: RoomExtras },
): Promise<JsonObject> {
  const { filter, pageBytes } = reader
  const later = await ownLater(q, plan, reader.viewer.userId)
  const { limit } = filter.timeline
  const hasRoom = limit !== 0
  // One place in the timeline is reserved for the later change.
  const ofTimeline = later && limit ? { ...filter.timeline, limit: limit - 1 } : filter.timeline
  const timeline = await timelineOf(q, { ...plan, filter: ofTimeline, pageBytes })
  const state = await stateOf(q, reader, { plan, timeline, heroes: [] })
  if (later && hasRoom && matchesRoomEvent(filter.timeline, plan.roomId, later)) timeline.events.push(later)
  if (later && !hasRoom && matchesRoomEvent(filter.state, plan.roomId, later)) replaceState(state, later)
  const accountData = extras.accountData.filter((event) =>
    matchesRoomEvent(filter.roomAccountData, plan.roomId, event as { type: string; content: JsonObject }),
  )
  return {
    state: { events: stateEvents(reader, state) },
    timeline: await timelineSection(q, reader, timeline),
    account_data: { events: accountData },
  }
}

async function ownLater(q: Queries, plan: RoomPlan, userId: UserId): Promise<Event | undefined> {
  const { roomId, ownLater: position } = plan
  return position === undefined ? undefined : (await membersAt(q, { roomId, userIds: [userId], position }))[0]
}

function replaceState(state: Event[], by: Event): void {
  const at = state.findIndex(({ type, stateKey }) => type === by.type && stateKey === by.stateKey)
  state.splice(at === -1 ? state.length : at, 1, by)
}

type NewsForViewer = Omit<RoomNews, 'summaryChanged'> & { summary: RoomSummary | undefined }

async function newsFor(q: Queries, reader: RoomReader, plan: RoomPlan): Promise<NewsForViewer> {
  const { filter, viewer } = reader
  if (isShared(plan)) {
    const news = await reader.sharedRooms.news({ plan, filter }, () => readNews(q, reader, plan))
    return {
      ...news,
      summary: news.summaryChanged ? await summaryOf(q, plan.roomId, viewer.userId) : undefined,
    }
  }
  const timeline = await timelineOf(q, { ...plan, filter: filter.timeline, pageBytes: reader.pageBytes })
  const needsSummary = plan.state === 'full' || (await hasNewSummary(q, plan))
  const summary = needsSummary ? await summaryOf(q, plan.roomId, viewer.userId) : undefined
  const state = await stateOf(q, reader, { plan, timeline, heroes: summary?.heroes ?? [] })
  return { timeline, state, summary }
}

async function readNews(q: Queries, reader: RoomReader, plan: RoomPlan): Promise<RoomNews> {
  const { filter, pageBytes } = reader
  const timeline = await timelineOf(q, { ...plan, filter: filter.timeline, pageBytes })
  const state = await stateOf(q, reader, { plan, timeline, heroes: [] })
  return { timeline, state, summaryChanged: await hasNewSummary(q, plan) }
}

const hasNewSummary = (q: Queries, { roomId, after, upTo: position }: RoomPlan) =>
  summaryChanged(q, { roomId, after, position })

async function stateOf(
  q: Queries,
  reader: RoomReader,
  { plan, timeline, heroes }: { plan: RoomPlan; timeline: SyncTimeline; heroes: readonly UserId[] },
): Promise<Event[]> {
  const { roomId } = plan
  const filter = reader.filter.state
  const lazy = filter.lazyLoadMembers
  const position = timeline.start
  const gap = timeline.limited || timeline.hidden || plan.membershipChanged
  let state: Event[] = []
  if (plan.state === 'full') state = await stateUpTo(q, { roomId, position, members: !lazy })
  else if (plan.state === 'changes' && gap)
    state = await stateChanges(q, { roomId, after: plan.after, position })
  if (lazy && plan.state !== 'none') {
    const present = new Set(state.map((event) => event.position))
    const others = plan.state === 'full' ? [reader.viewer.userId, ...heroes] : []
    const userIds = [...new Set([...timeline.events.map((event) => event.sender), ...others])]
    const members = await membersAt(q, { roomId, userIds, position })
    state.push(...members.filter((event) => !present.has(event.position)))
  }
  return state.filter((event) => matchesRoomEvent(filter, roomId, event))
}

async function timelineSection(q: Queries, reader: RoomReader, timeline: SyncTimeline): Promise<JsonObject> {
  const events = await syncEvents(q, timeline.events, reader)
  return {
    events: events.map((event) => pickFields(event, reader.filter.eventFields)),
    limited: timeline.limited,
    prev_batch: pageToken(timeline.prevBatch),
  }
}

function stateEvents(reader: RoomReader, state: readonly Event[]): JsonObject[] {
  return state.map((event) => pickFields(syncEvent(event, reader), reader.filter.eventFields))
}

/** Counts of all threads together, or of each thread (client-server API, "Receiving notifications"). */
function unread(counts: RoomCounts | undefined, byThread: boolean): JsonObject {
  if (!byThread || !counts) return { unread_notifications: countsOf(counts) }
  const threads = [...counts.threads].filter(
    ([, thread]) => thread.notifications > 0 || thread.highlights > 0,
  )
  return {
    unread_notifications: countsOf(counts.main),
    unread_thread_notifications: Object.fromEntries(
      threads.map(([root, thread]) => [root, countsOf(thread)]),
    ),
  }
}

function countsOf(counts: { notifications: number; highlights: number } | undefined): JsonObject {
  return { notification_count: counts?.notifications ?? 0, highlight_count: counts?.highlights ?? 0 }
}
