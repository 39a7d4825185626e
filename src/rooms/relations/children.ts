import { ignoredBy } from '../../accounts/ignored-users.ts'
import type { EventId, RoomId } from '../../lib/ids.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Event } from '../../lib/matrix-event.ts'
import type { Queries } from '../../storage/query.ts'
import { clientEvents } from '../client-events.ts'
import { eventOfRow, type EventRow } from '../event-row.ts'
import { pageToken } from '../sync/token.ts'
import { findVisible, type PageReader, withinBytes } from '../timeline.ts'
import type { Span } from '../visibility.ts'
import {
  earliestChildren,
  earliestChildrenOfType,
  earliestChildrenOfTypes,
  latestChildren,
  latestChildrenOfType,
  latestChildrenOfTypes,
  MAX_DEPTH,
} from './relations-store.ts'

export type ChildrenRequest = {
  roomId: RoomId
  eventId: EventId
  /** Only children with this relation, and of this event type. */
  relType: string | undefined
  eventType: string | undefined
  /** Also events that relate to the event through up to two others; undefined: the request does not say. */
  recurse: boolean | undefined
  direction: 'b' | 'f'
  /** The positions of the tokens, as for `messages`. */
  from: number | undefined
  to: number | undefined
  limit: number
}

/**
 * A page of the events that relate to an event (`GET /rooms/{roomId}/relations/{eventId}…`), without those of
 * users that the reader ignores and those that the reader may not see. One statement reads the page where the
 * reader has seen the room since the event.
 * @throws 404 M_NOT_FOUND when the event does not exist, or the user may not see it
 */
export async function childEvents(
  q: Queries,
  reader: PageReader,
  request: ChildrenRequest,
): Promise<JsonObject> {
  const { direction, recurse, limit } = request
  const { event, spans } = await findVisible(q, reader.viewer.userId, request)
  const ignored = await ignoredBy(q, reader.viewer.userId)
  const found = await readChildren(q, { ...request, parent: event, spans, ignored: [...ignored] })
  const events = withinBytes(found.slice(0, limit), reader.pageBytes, (one) => one)
  const next = found[events.length]
  const bundling = { spans, ignored }
  return {
    chunk: await clientEvents(q, events, { ...reader, bundling }),
    ...(next && { next_batch: pageToken(direction === 'b' ? next.position : next.position - 1) }),
    ...(request.from !== undefined && { prev_batch: pageToken(request.from) }),
    ...(recurse !== undefined && { recursion_depth: recurse ? MAX_DEPTH : 1 }),
  }
}

type Reading = ChildrenRequest & { parent: Event; spans: readonly Span[]; ignored: readonly string[] }

/** One more than `limit` events if there are that many. */
async function readChildren(q: Queries, reading: Reading): Promise<Event[]> {
  const { direction, from, to, limit, spans, parent } = reading
  const backwards = direction === 'b'
  const lowest = Math.max(parent.position + 1, (backwards ? (to ?? -1) : (from ?? -1)) + 1)
  const highest = (backwards ? from : to) ?? Number.MAX_SAFE_INTEGER
  const rows: EventRow[] = []
  for (const span of backwards ? spans.toReversed() : spans) {
    const low = Math.max(span.from, lowest)
    const high = Math.min(span.to, highest)
    if (low <= high && rows.length <= limit)
      rows.push(...(await readSpan(q, reading, { low, high, limit: limit + 1 - rows.length })))
  }
  return rows.map(eventOfRow)
}

function readSpan(
  q: Queries,
  { direction, relType, eventType, parent, recurse, ignored }: Reading,
  range: { low: number; high: number; limit: number },
): Promise<EventRow[]> {
  const children = { ...range, parent: parent.position, depth: recurse === true ? MAX_DEPTH : 1, ignored }
  const backwards = direction === 'b'
  if (relType === undefined) return q.all(backwards ? latestChildren : earliestChildren, children)
  if (eventType === undefined)
    return q.all(backwards ? latestChildrenOfType : earliestChildrenOfType, { ...children, relType })
  const typed = { ...children, relType, eventType }
  return q.all(backwards ? latestChildrenOfTypes : earliestChildrenOfTypes, typed)
}
