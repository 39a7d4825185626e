import type { RawBuilder } from 'kysely'
import type { EventId, RoomId } from '../lib/ids.ts'
import type { Event, StateKey } from '../lib/matrix-event.ts'
import { type Queries, query } from '../storage/query.ts'
import { EVENT_COLUMNS, eventOfRow } from './event-row.ts'

/** The current state event with a type and state key. */
export async function currentStateEvent(q: Queries, of: StateKey): Promise<Event | undefined> {
  const row = await q.first(currentEvent, of)
  return row && eventOfRow(row)
}

/** The whole current state of a room, in the order in which it was set. */
export async function currentState(q: Queries, roomId: RoomId): Promise<Event[]> {
  return (await q.all(currentEvents, { roomId })).map(eventOfRow)
}

/** The current state of a room for some types, with any state key. */
export async function currentStateOfTypes(
  q: Queries,
  roomId: RoomId,
  types: readonly string[],
): Promise<Event[]> {
  return (await currentStateOfRooms(q, [roomId], types)).get(roomId) ?? []
}

/** `currentStateOfTypes` of several rooms, in one statement. A room without such events is absent. */
export async function currentStateOfRooms(
  q: Queries,
  roomIds: readonly RoomId[],
  types: readonly string[],
): Promise<Map<RoomId, Event[]>> {
  const rows = await q.all(currentEventsOfTypes, { roomIds, types })
  return Map.groupBy(rows.map(eventOfRow), (event) => event.roomId)
}

/** The whole state of a room directly after the event at `position`. */
export async function stateAt(q: Queries, roomId: RoomId, position: number): Promise<Event[]> {
  return (await q.all(eventsOfStateAt, { roomId, position })).map(eventOfRow)
}

/** One event of that state. */
export async function stateEventAt(
  q: Queries,
  of: StateKey & { position: number },
): Promise<Event | undefined> {
  const row = await q.first(eventOfStateAt, of)
  return row && eventOfRow(row)
}

/** Makes an event the current one for its type and state key. */
export async function setCurrentState(
  q: Queries,
  entry: StateKey & { eventId: EventId; position: number },
): Promise<void> {
  await q.run(upsertCurrentState, entry)
}

export const currentEvent = query<StateKey>()((db, p) =>
  db
    .selectFrom('current_state as s')
    .innerJoin('events', 'events.position', 's.position')
    .select(EVENT_COLUMNS)
    .where('s.room_id', '=', p.roomId)
    .where('s.type', '=', p.type)
    .where('s.state_key', '=', p.stateKey),
)

export const currentEvents = query<{ roomId: RoomId }>()((db, p) =>
  db
    .selectFrom('current_state as s')
    .innerJoin('events', 'events.position', 's.position')
    .select(EVENT_COLUMNS)
    .where('s.room_id', '=', p.roomId)
    .orderBy('s.position'),
)

export const currentEventsOfTypes = query<{ roomIds: readonly RoomId[]; types: readonly string[] }>()(
  (db, p, d) =>
    db
      .selectFrom('current_state as s')
      .innerJoin('events', 'events.position', 's.position')
      .select(EVENT_COLUMNS)
      .where('s.room_id', 'in', d.list(p.roomIds) as RawBuilder<RoomId>)
      .where('s.type', 'in', d.list(p.types) as RawBuilder<string>)
      .orderBy('s.position'),
)

export const eventsOfStateAt = query<{ roomId: RoomId; position: number }>()((db, p) =>
  db
    .selectFrom((eb) =>
      eb
        .selectFrom('events')
        .select((inner) => inner.fn.max('position').as('position'))
        .where('room_id', '=', p.roomId)
        .where('state_key', 'is not', null)
        .where('position', '<=', p.position)
        .groupBy(['type', 'state_key'])
        .as('s'),
    )
    .innerJoin('events', 'events.position', 's.position')
    .select(EVENT_COLUMNS)
    .orderBy('events.position'),
)

export const eventOfStateAt = query<StateKey & { position: number }>()((db, p) =>
  db
    .selectFrom('events')
    .select(EVENT_COLUMNS)
    .where('room_id', '=', p.roomId)
    .where('type', '=', p.type)
    .where('state_key', '=', p.stateKey)
    .where('position', '<=', p.position)
    .orderBy('position', 'desc')
    .limit(1),
)

export const upsertCurrentState = query<StateKey & { eventId: EventId; position: number }>()((db, p) =>
  db
    .insertInto('current_state')
    .values({
      room_id: p.roomId,
      type: p.type,
      state_key: p.stateKey,
      event_id: p.eventId,
      position: p.position,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['room_id', 'type', 'state_key'])
        .doUpdateSet({ event_id: p.eventId, position: p.position }),
    ),
)
