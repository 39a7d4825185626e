import { sql } from 'kysely'
import type { UserId } from '../lib/ids.ts'
import { EVENT_COLUMNS } from '../rooms/event-row.ts'
import { query } from '../storage/query.ts'
import { lastPosition } from '../storage/stream.ts'

// Queries of `belfry user export`. They may read whole tables.

/** The rooms in which a user has a membership, with what room lists show of them. */
export const roomsOfExport = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('memberships as m')
    .innerJoin('rooms as r', 'r.room_id', 'm.room_id')
    .select(['m.room_id', 'm.membership', 'r.name', 'r.canonical_alias', 'r.creator', 'r.is_encrypted'])
    .where('m.user_id', '=', p.userId)
    .orderBy('m.room_id'),
)

/** The events of a sender after a position, in stream order. */
export const eventsOfSender = query<{ sender: UserId; after: number; limit: number }>()((db, p) =>
  db
    .selectFrom('events')
    .select(EVENT_COLUMNS)
    .where('sender', '=', p.sender)
    .where('position', '>', p.after)
    .orderBy('position')
    .limit(p.limit),
)

/** The uploaded files of a user, by id. */
export const mediaOfExport = query<{ userId: UserId; after: string; limit: number }>()((db, p) =>
  db
    .selectFrom('media')
    .select(['media_id', 'content_type', 'filename', 'size', 'created_at', 'last_read_at'])
    .where('user_id', '=', p.userId)
    .where('content_hash', 'is not', null)
    .where('media_id', '>', p.after)
    .orderBy('media_id')
    .limit(p.limit),
)

/** The last position of the whole stream. */
export const endOfStream = query()((db, _, d) =>
  db.selectFrom('stream').select(sql<number>`max(${lastPosition(d)})`.as('position')),
)
