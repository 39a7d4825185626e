import { ignoredBy } from '../accounts/ignored-users.ts'
import type { UserId } from '../lib/ids.ts'
import type { Event } from '../lib/matrix-event.ts'
import type { Queries } from '../storage/query.ts'
import { roomsByNewestEvent } from './newest-events-store.ts'
import { scanLatest } from './scan-timeline.ts'
import { NO_ROOM_EVENT_FILTER } from './sync/filter.ts'

/** Rooms that one statement reads. A page that is full after some rooms needs no more of them. */
const ROOMS_AT_ONCE = 20
/** The bytes of events that are read of one room. */
const BYTES_OF_ROOM = 1_048_576

/**
 * The newest events for which the push rules of a user are evaluated, the newest first: those of other users
 * who are not ignored, in the rooms that the user is in, and open invitations. Redacted events are left out.
 * Of each room at most 2,000 events are searched, and at most a MiB of them is read.
 */
export async function newestEvents(
  q: Queries,
  { userId, limit }: { userId: UserId; limit: number },
): Promise<Event[]> {
  // Ten times as many, because the newest event of a room can be one that is left out.
  const rooms = await q.all(roomsByNewestEvent, { userId, limit: 10 * limit })
  const ignored = await ignoredBy(q, userId)
  const filter = { ...NO_ROOM_EVENT_FILTER, notSenders: new Set([userId, ...ignored]) }
  let page: Event[] = []
  for (let at = 0; at < rooms.length; at += ROOMS_AT_ONCE) {
    const oldest = page.length === limit ? (page.at(-1)?.position ?? 0) : 0
    const group = rooms.slice(at, at + ROOMS_AT_ONCE).filter(({ newest }) => newest > oldest)
    if (group.length === 0) break
    const found = await scanLatest(
      q,
      group.map(({ room_id: roomId, first, newest }) => ({
        roomId,
        spans: [{ from: first, to: newest }],
        from: oldest,
        to: newest,
        limit,
        pageBytes: BYTES_OF_ROOM,
        filter,
      })),
    )
    const events = found.flatMap((scanned) => scanned.events).filter((event) => event.redactedBy === null)
    page = [...page, ...events].toSorted((a, b) => b.position - a.position).slice(0, limit)
  }
  return page
}
