import { ignoredBy } from '../../accounts/ignored-users.ts'
import type { RoomId } from '../../lib/ids.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Event } from '../../lib/matrix-event.ts'
import type { Queries } from '../../storage/query.ts'
import { accessTo } from '../access.ts'
import { clientEvents } from '../client-events.ts'
import { eventOfRow } from '../event-row.ts'
import { prunedContent } from '../prune.ts'
import { roomById } from '../room-store.ts'
import { storedVersion } from '../room-versions.ts'
import { pageToken } from '../sync/token.ts'
import { type PageReader, withinBytes } from '../timeline.ts'
import type { Span } from '../visibility.ts'
import { eventsAt } from './aggregations-store.ts'
import { type ThreadOfRoom, threadsByActivity, threadsInSpans } from './threads-store.ts'

export type ThreadsRequest = {
  roomId: RoomId
  /** Only threads in which the user takes part. */
  participated: boolean
  /** The position of the token. */
  from: number | undefined
  limit: number
}

/**
 * The roots of a room's threads, the one with the latest reply first (`GET /rooms/{roomId}/threads`). Replies
 * that the reader may not see, and those of users that the reader ignores, do not count. The root by an
 * ignored user has the content of a redacted event.
 * @throws 403 M_FORBIDDEN when the user may not read the room
 */
export async function threadRoots(
  q: Queries,
  reader: PageReader,
  request: ThreadsRequest,
): Promise<JsonObject> {
  const { userId } = reader.viewer
  const { roomId, limit } = request
  const { spans } = await accessTo(q, userId, roomId)
  const ignored = await ignoredBy(q, userId)
  const rows = await readThreads(q, spans, {
    roomId,
    viewer: userId,
    participated: request.participated ? 1 : 0,
    ignored: [...ignored],
    high: request.from ?? Number.MAX_SAFE_INTEGER,
    limit: limit + 1,
  })
  const positions = rows.slice(0, limit).map(({ root }) => root)
  const found = positions.length === 0 ? [] : await q.all(eventsAt, { positions })
  const byPosition = new Map(found.map((row) => [row.position, eventOfRow(row)]))
  const roots = positions.flatMap((position) => byPosition.get(position) ?? [])
  const page = withinBytes(roots, reader.pageBytes, (one) => one)
  const shown = await withoutIgnoredContent(q, page, ignored)
  const next = rows[page.length]
  return {
    chunk: await clientEvents(q, shown, { ...reader, bundling: { spans, ignored } }),
    ...(next && { next_batch: pageToken(next.latest) }),
  }
}

type ThreadsPage = Omit<Parameters<typeof threadsByActivity.build>[1], 'low'>

/** In the usual case the reader has seen all later events since some position: one indexed read. */
function readThreads(q: Queries, spans: readonly Span[], page: ThreadsPage): Promise<ThreadOfRoom[]> {
  const [first, ...others] = spans
  if (first?.to === Number.MAX_SAFE_INTEGER && others.length === 0)
    return q.all(threadsByActivity, { ...page, low: first.from })
  const rows = spans.map(({ from, to }) => ({ low: from, high: to }))
  return q.all(threadsInSpans, { ...page, spans: rows, last: spans.at(-1)?.to ?? 0 })
}

async function withoutIgnoredContent(
  q: Queries,
  events: readonly Event[],
  ignored: ReadonlySet<string>,
): Promise<readonly Event[]> {
  const [hidden] = events.filter(({ sender }) => ignored.has(sender))
  const room = hidden && (await q.first(roomById, { roomId: hidden.roomId }))
  if (!room) return events
  const version = storedVersion(room.version)
  return events.map((event) =>
    ignored.has(event.sender)
      ? { ...event, content: prunedContent(version, event.type, event.content) }
      : event,
  )
}
