import type { JsonObject } from '../../lib/json.ts'
import type { RoomId } from '../../lib/ids.ts'
import { type Event, syncEvent } from '../../lib/matrix-event.ts'
import type { RoomCounts } from '../../notifications/counts.ts'
import type { Queries } from '../../storage/query.ts'
import { syncEventsOfPages } from '../client-events.ts'
import type { RoomExtras } from './extras.ts'
import { matchesRoomEvent, pickFields, type RoomEventFilter, type SyncFilter } from './filter.ts'
import type { RoomPlan } from './plan.ts'
import { newsOfRooms, type NewsForViewer, type RoomReader } from './room-news.ts'
import type { SyncTimeline } from './room-timeline.ts'
import { pageToken } from './token.ts'

export type PlannedRoom = { plan: RoomPlan; extras: RoomExtras }
/** The parts of a response by room. A room without news is absent. */
export type RoomParts = Map<RoomId, JsonObject>

/** The responses for rooms that the user is in. A room is absent when nothing of it passes the filter. */
export async function joinedRooms(
  q: Queries,
  reader: RoomReader,
  rooms: readonly PlannedRoom[],
): Promise<RoomParts> {
  const plans = rooms.map((room) => room.plan)
  const news = await newsOfRooms(q, reader, plans)
  const shown = rooms.flatMap((room) => {
    const of = news.get(room.plan.roomId)
    const contents = of && contentsOf(reader.filter, room, of)
    return of && contents ? [{ ...of, ...contents, plan: room.plan, counts: room.extras.counts }] : []
  })
  const timelines = await timelineSections(q, reader, shown)
  const byThread = reader.filter.timeline.unreadThreadNotifications
  return new Map(
    shown.map(({ plan: { roomId }, summary, state, ephemeral, accountData, counts }, at) => [
      roomId,
      {
        ...(summary ? { summary: summary.summary } : {}),
        [reader.stateForm]: { events: stateEvents(reader, state) },
        timeline: timelines[at] as JsonObject,
        ephemeral: { events: ephemeral },
        account_data: { events: accountData },
        ...unread(counts, byThread),
      },
    ]),
  )
}

type Contents = { ephemeral: JsonObject[]; accountData: JsonObject[] }

/** The filtered parts besides the events of the room; undefined: nothing of the room is sent. */
function contentsOf(filter: SyncFilter, room: PlannedRoom, news: NewsForViewer): Contents | undefined {
  const { plan, extras } = room
  const { timeline, state } = news
  const ephemeral = passing(filter.ephemeral, plan.roomId, extras.ephemeral)
  const accountData = passing(filter.roomAccountData, plan.roomId, extras.accountData)
  const hasEvents = timeline.events.length > 0 || timeline.hidden || timeline.limited || state.length > 0
  const hasExtras = ephemeral.length > 0 || accountData.length > 0 || extras.ownReceipt
  return hasEvents || hasExtras || plan.state === 'full' ? { ephemeral, accountData } : undefined
}

export function passing(
  filter: RoomEventFilter,
  roomId: RoomId,
  events: readonly JsonObject[],
): JsonObject[] {
  return events.filter((event) =>
    matchesRoomEvent(filter, roomId, event as { type: string; content: JsonObject }),
  )
}

export async function timelineSections(
  q: Queries,
  reader: RoomReader,
  rooms: readonly { plan: Pick<RoomPlan, 'spans'>; timeline: SyncTimeline }[],
): Promise<JsonObject[]> {
  // The client has the whole timeline unless it is limited, so it adds the relations up itself (client-server
  // API, "Aggregations").
  const pages = rooms.map(({ plan, timeline: { events, limited } }) => ({
    events,
    spans: limited ? plan.spans : undefined,
  }))
  const { ignored } = reader.filter.timeline
  const events = await syncEventsOfPages(q, pages, { ...reader, ignored })
  return rooms.map(({ timeline }, at) => ({
    events: (events[at] ?? []).map((event) => pickFields(event, reader.filter.eventFields)),
    limited: timeline.limited,
    prev_batch: pageToken(timeline.prevBatch),
  }))
}

export function stateEvents(reader: RoomReader, state: readonly Event[]): JsonObject[] {
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
