import type { RawBuilder } from 'kysely'
import type { RoomId } from '../../lib/ids.ts'
import type { Event } from '../../lib/matrix-event.ts'
import { type Queries, query } from '../../storage/query.ts'
import type { StreamPoint } from '../../storage/stream-point.ts'
import { EVENT_COLUMNS, eventOfRow } from '../event-row.ts'

type Page = { roomIds: readonly RoomId[]; after: StreamPoint; upTo: StreamPoint; limit: number }

/** Events of some rooms in stream order. */
export async function eventsOfRooms(q: Queries, page: Page): Promise<Event[]> {
  return page.roomIds.length === 0 ? [] : (await q.all(eventsInRooms, page)).map(eventOfRow)
}

export const eventsInRooms = query<Page>()((db, p, d) =>
  db
    .selectFrom('events')
    .select(EVENT_COLUMNS)
    .where('room_id', 'in', d.list(p.roomIds) as RawBuilder<RoomId>)
    .where(d.isAfter('position', p.after))
    .where(d.isUpTo('position', p.upTo))
    .orderBy('position')
    .limit(p.limit),
)
