import { type RawBuilder, sql } from 'kysely'
import type { EventId, RoomId } from '../lib/ids.ts'
import type { Event } from '../lib/matrix-event.ts'
import type { Transaction } from '../storage/database.ts'
import { insertQuery, type Queries, query } from '../storage/query.ts'
import { shardIn, type ShardParams, takingNext } from '../storage/stream.ts'
import { BUMP_TYPES, lastBump } from './bump-position.ts'
import { EVENT_COLUMNS, eventOfRow, type EventRow, type UnplacedRow } from './event-row.ts'

/** The event with this id, from any room. */
export async function findEvent(q: Queries, eventId: EventId): Promise<Event | undefined> {
  const row = await q.first(eventById, { eventId })
  return row && eventOfRow(row)
}

/** The event with this id, if it belongs to this room. */
export async function findEventOfRoom(
  q: Queries,
  roomId: RoomId,
  eventId: EventId,
): Promise<Event | undefined> {
  const event = await findEvent(q, eventId)
  return event?.roomId === roomId ? event : undefined
}

/** The events that exist, by id. */
export async function findEvents(q: Queries, eventIds: readonly EventId[]): Promise<Map<EventId, Event>> {
  if (eventIds.length === 0) return new Map()
  const rows = await q.all(eventsByIds, { eventIds })
  return new Map(rows.map((row) => [row.event_id, eventOfRow(row)]))
}

/** Whether an event of this type can be inserted by `addAtNextPosition`: its row depends on no other row. */
export const isIndependent = (type: string): boolean => BUMP_TYPES.includes(type)

/** Inserts an event for which `isIndependent` is true at the next position of the stream. Resolves to the position. */
export async function addAtNextPosition(
  tx: Transaction,
  row: UnplacedRow,
  joinedCount: number,
): Promise<number> {
  const inserted = await tx.first(insertNextEvent, { ...row, joined_count: joinedCount, ...shardIn(tx) })
  if (!inserted) throw new Error('no event was inserted')
  return inserted.position
}

/**
 * Inserts the event as a row; `content` is already text. `joinedCount`: the number of joined members directly
 * after the event.
 */
export function addEvent(tx: Transaction, row: EventRow, joinedCount: number): void {
  const movesRoom = BUMP_TYPES.includes(row.type)
  tx.write(movesRoom ? insertMovingEvent : insertEvent, { ...row, joined_count: joinedCount })
}

/** Replaces the content of an event by what its redaction keeps. */
export async function pruneEvent(
  q: Queries,
  pruned: { eventId: EventId; content: string; redactedBy: EventId },
): Promise<void> {
  await q.run(replaceContent, pruned)
}

export const eventById = query<{ eventId: EventId }>()((db, p) =>
  db.selectFrom('events').select(EVENT_COLUMNS).where('event_id', '=', p.eventId),
)

export const eventsByIds = query<{ eventIds: readonly EventId[] }>()((db, p, d) =>
  db
    .selectFrom('events')
    .select(EVENT_COLUMNS)
    .where('event_id', 'in', d.list(p.eventIds) as RawBuilder<EventId>),
)

type NewEvent = EventRow & { joined_count: number }

const columnsOf = (p: UnplacedRow & { joined_count: number }) => ({
  event_id: p.event_id,
  room_id: p.room_id,
  type: p.type,
  state_key: p.state_key,
  sender: p.sender,
  origin_server_ts: p.origin_server_ts,
  content: p.content,
  thread_id: p.thread_id,
  replaces_event_id: p.replaces_event_id,
  redacts: p.redacts,
  redacted_by: p.redacted_by,
  sender_device: p.sender_device,
  txn_id: p.txn_id,
  joined_count: p.joined_count,
})

type NewAtNext = UnplacedRow & { joined_count: number } & ShardParams

/** Of an event that moves its room up: `bump_position` is its own position. */
export const insertNextEvent = insertQuery<NewAtNext>()('position', (db, p, d) => {
  const next = takingNext(db, p, d)
  const insert = next.db
    .insertInto('events')
    .values({ position: next.position, ...columnsOf(p), bump_position: next.position })
  return d.name === 'sqlite' ? insert : insert.returning('position')
})

/** Of an event that moves its room up. PostgreSQL plans it once, and an insert that may read other rows each time. */
export const insertMovingEvent = query<NewEvent>()((db, p) =>
  db.insertInto('events').values({ position: p.position, ...columnsOf(p), bump_position: p.position }),
)

/** Of an event that does not move its room up: `bump_position` is that of the previous event. */
export const insertEvent = query<NewEvent>()((db, p) =>
  db.insertInto('events').values({
    position: p.position,
    ...columnsOf(p),
    bump_position: sql<
      number | null
    >`coalesce((select e.bump_position from events as e where e.room_id = ${p.room_id} and e.position < ${p.position}
        order by e.position desc limit 1),
      ${lastBump(sql`${p.room_id}`, sql`${p.position}`)})`,
  }),
)

export const replaceContent = query<{ eventId: EventId; content: string; redactedBy: EventId }>()((db, p) =>
  db
    .updateTable('events')
    .set({ content: p.content, redacted_by: p.redactedBy })
    .where('event_id', '=', p.eventId),
)
