import { notFound } from '../lib/errors.ts'
import type { EventId, RoomId, UserId } from '../lib/ids.ts'
import type { Queries } from '../storage/query.ts'
import { accessTo } from './access.ts'
import { firstSince, lastUntil, positionAtTime } from './event-by-time-store.ts'

export type TimeRequest = {
  roomId: RoomId
  /** In milliseconds since the Unix epoch. */
  ts: number
  /** f: the first event at `ts` or later; b: the last one at `ts` or earlier. */
  direction: 'b' | 'f'
}

/**
 * The event closest to a time, of those that the user may see (`GET /rooms/{roomId}/timestamp_to_event`).
 * @throws 403 M_FORBIDDEN when the user may not read the room; 404 M_NOT_FOUND when there is no such event
 */
export async function eventByTime(
  q: Queries,
  userId: UserId,
  { roomId, ts, direction }: TimeRequest,
): Promise<{ event_id: EventId; origin_server_ts: number }> {
  const { spans } = await accessTo(q, userId, roomId)
  const isForward = direction === 'f'
  // Backwards, the search ends before the first later event.
  const reached = await q.first(positionAtTime, { roomId, ts: isForward ? ts : ts + 1 })
  const position = reached?.position ?? 0
  for (const span of isForward ? spans : spans.toReversed()) {
    const from = isForward ? Math.max(span.from, position) : span.from
    const to = isForward ? span.to : Math.min(span.to, position - 1)
    const found = from <= to && (await q.first(isForward ? firstSince : lastUntil, { roomId, from, to, ts }))
    if (found) return found
  }
  throw notFound(
    `This room has no event that you may see at ${ts} or ${isForward ? 'later' : 'earlier'}. Try the other value of dir`,
  )
}
