import { ignoredBy } from '../accounts/ignored-users.ts'
import { notFound } from '../lib/errors.ts'
import type { EventId, RoomId, UserId } from '../lib/ids.ts'
import type { Queries } from '../storage/query.ts'
import { accessTo } from './access.ts'
import { firstSince, lastUntil, positionAtTime } from './event-by-time-store.ts'

const MAX_SKIPPED = 1000

export type TimeRequest = {
  roomId: RoomId
  /** In milliseconds since the Unix epoch. */
  ts: number
  /** f: the first event at `ts` or later; b: the last one at `ts` or earlier. */
  direction: 'b' | 'f'
}

/**
 * The event closest to a time, of those that the user may see (`GET /rooms/{roomId}/timestamp_to_event`).
 * Messages of ignored users are skipped (client-server API, "Ignoring Users"), unless there are 1,000 in a
 * row: then the closest one is returned, which the specification allows ("an event that the client cannot
 * render").
 * @throws 403 M_FORBIDDEN when the user may not read the room; 404 M_NOT_FOUND when there is no such event
 */
export async function eventByTime(
  q: Queries,
  userId: UserId,
  { roomId, ts, direction }: TimeRequest,
): Promise<{ event_id: EventId; origin_server_ts: number }> {
  const { spans } = await accessTo(q, userId, roomId)
  const ignored = await ignoredBy(q, userId)
  const isForward = direction === 'f'
  // Backwards, the search ends before the first later event.
  const reached = await q.first(positionAtTime, { roomId, ts: isForward ? ts : ts + 1 })
  const position = reached?.position ?? 0
  for (const span of isForward ? spans : spans.toReversed()) {
    const from = isForward ? Math.max(span.from, position) : span.from
    const to = isForward ? span.to : Math.min(span.to, position - 1)
    const wanted = {
      roomId,
      from,
      to,
      ts,
      ignored: [...ignored],
      atMost: ignored.size === 0 ? 1 : MAX_SKIPPED,
    }
    const found = from <= to && (await q.first(isForward ? firstSince : lastUntil, wanted))
    if (found) return found
  }
  throw notFound(
    `This room has no event that you may see at ${ts} or ${isForward ? 'later' : 'earlier'}. Try the other value of dir`,
  )
}
