import type { RoomId } from '../../lib/ids.ts'
import { sizeOf } from '../../lib/json-size.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Event } from '../../lib/matrix-event.ts'
import type { Queries } from '../../storage/query.ts'
import { currentPoint } from '../../storage/stream.ts'
import { highest } from '../../storage/stream-point.ts'
import { clientEvents } from '../client-events.ts'
import { scanTimeline } from '../scan-timeline.ts'
import { NO_ROOM_EVENT_FILTER, withoutIgnored } from '../sync/filter.ts'
import { membersAt, stateUpTo } from '../sync/state-store.ts'
import { pageToken } from '../sync/token.ts'
import type { PageReader } from '../timeline.ts'
import { leftAt, type RoomHistory, visibleSpans } from '../visibility.ts'

/** The events around a result. */
export type ContextSize = { before: number; after: number; withProfiles: boolean }

export type ResultReader = PageReader & {
  ignored: ReadonlySet<string>
  histories: ReadonlyMap<RoomId, RoomHistory>
}

/** The events around one result have this share of a page in bytes. */
const CONTEXT_SHARE = 0.1

/** One result: the event, and the events around it that the user may see. */
export async function resultOf(
  q: Queries,
  reader: ResultReader,
  { event, size }: { event: Event; size: ContextSize | undefined },
): Promise<JsonObject> {
  const { histories, ignored } = reader
  const history = histories.get(event.roomId)
  const spans = history ? visibleSpans(history) : []
  const shared = {
    roomId: event.roomId,
    spans,
    pageBytes: (reader.pageBytes * CONTEXT_SHARE) / 2,
    filter: withoutIgnored(NO_ROOM_EVENT_FILTER, ignored),
  }
  const around = async (direction: 'b' | 'f', limit: number) => {
    if (limit === 0) return []
    const range =
      direction === 'b'
        ? { from: 0, to: event.position - 1 }
        : { from: event.position + 1, to: Number.MAX_SAFE_INTEGER }
    return (await scanTimeline(q, { ...shared, ...range, direction, limit })).events
  }
  const before = await around('b', size?.before ?? 0)
  const after = await around('f', size?.after ?? 0)
  const all = [event, ...before, ...after]
  const [result, ...others] = await clientEvents(q, all, { ...reader, bundling: { spans, ignored } })
  if (size === undefined) return { result: result as JsonObject }
  return {
    result: result as JsonObject,
    context: {
      start: pageToken((before.at(-1) ?? event).position - 1),
      end: pageToken((after.at(-1) ?? event).position),
      events_before: others.slice(0, before.length),
      events_after: others.slice(before.length),
      ...(size.withProfiles && { profile_info: await profilesOf(q, event.roomId, all) }),
    },
  }
}

/** The profiles of the senders in the room at the time of the last event. */
async function profilesOf(q: Queries, roomId: RoomId, events: readonly Event[]): Promise<JsonObject> {
  const userIds = [...new Set(events.map((event) => event.sender))]
  const position = Math.max(...events.map((event) => event.position))
  const members = await membersAt(q, { roomId, userIds, position })
  return Object.fromEntries(
    members.map(({ stateKey, content: { displayname, avatar_url } }) => [
      stateKey ?? '',
      {
        ...(typeof displayname === 'string' && { displayname }),
        ...(typeof avatar_url === 'string' && { avatar_url }),
      },
    ]),
  )
}

/**
 * The state of the rooms of the results as the user may see it, with the member events of the senders only: a
 * room can have thousands of others. It ends before the room whose state would exceed the bytes of the page.
 */
export async function statesOf(
  q: Queries,
  reader: ResultReader,
  events: readonly Event[],
): Promise<JsonObject> {
  const states: JsonObject = {}
  let bytes = 0
  const now = highest(await currentPoint(q))
  for (const [roomId, found] of Map.groupBy(events, (event) => event.roomId)) {
    const memberships = reader.histories.get(roomId)?.memberships ?? []
    const position = memberships.at(-1)?.membership === 'join' ? now : leftAt(memberships)
    if (position === undefined) continue
    const userIds = [...new Set(found.map((event) => event.sender))]
    const state = await stateUpTo(q, { roomId, position, members: false })
    state.push(...(await membersAt(q, { roomId, userIds, position })))
    const shown = await clientEvents(q, state, reader)
    bytes += sizeOf(shown)
    if (bytes > reader.pageBytes) break
    states[roomId] = shown
  }
  return states
}
