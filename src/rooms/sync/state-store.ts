import { type RawBuilder, sql } from 'kysely'
import type { RoomId, UserId } from '../../lib/ids.ts'
import type { Event } from '../../lib/matrix-event.ts'
import { type Queries, query } from '../../storage/query.ts'
import { EVENT_COLUMNS, type EventRow, eventOfRow } from '../event-row.ts'
import type { EventsOfRange } from '../events-of-range.ts'

export type At = { roomId: RoomId; position: number }
export type MembersAt = At & { userIds: readonly UserId[] }
type Gap = At & { after: number }
/** Events by room. A room without events is absent. */
export type EventsByRoom = Map<RoomId, Event[]>

/**
 * The state of a room directly after the event at `position`, with or without the members. It starts from the current
 * state, so its cost grows with the size of the state and not with the number of changes.
 */
export async function stateUpTo(q: Queries, of: At & { members: boolean }): Promise<Event[]> {
  return (await statesUpTo(q, [of], of)).get(of.roomId) ?? []
}

/** `stateUpTo` of several rooms, in one statement. `types`: only state of these types, whatever `members` says. */
export async function statesUpTo(
  q: Queries,
  rooms: readonly At[],
  { members, types }: { members: boolean; types?: readonly string[] | undefined },
): Promise<EventsByRoom> {
  if (rooms.length === 0 || types?.length === 0) return new Map()
  const places = { rooms: rooms.map(({ roomId, position }) => ({ room_id: roomId, position })) }
  if (types !== undefined) return byRoom(await q.all(stateOfTypes, { ...places, types }))
  return byRoom(await q.all(members ? stateBefore : stateWithoutMembers, places))
}

/** The state events after `after` that were still current at `position`, of several rooms. */
export async function stateChanges(q: Queries, gaps: readonly Gap[]): Promise<EventsByRoom> {
  return gaps.length === 0 ? new Map() : byRoom(await q.all(changedState, { gaps: gaps.map(rowOfGap) }))
}

/** The member events of some users at `position`. */
export async function membersAt(q: Queries, of: MembersAt): Promise<Event[]> {
  return (await membersOfRoomsAt(q, [of])).get(of.roomId) ?? []
}

/**
 * `membersAt` of several rooms, in one statement.
 * @param recent events that were read already
 */
export async function membersOfRoomsAt(
  q: Queries,
  rooms: readonly MembersAt[],
  recent?: EventsOfRange,
): Promise<EventsByRoom> {
  const known = recent?.members(rooms)
  if (known) return byRoom(known)
  const members = rooms.flatMap(({ roomId, position, userIds }) =>
    userIds.map((userId) => ({ room_id: roomId, user_id: userId, position })),
  )
  return members.length === 0 ? new Map() : byRoom(await q.all(membersUpTo, { members }))
}

/** The member events of all current and former members at `position`. */
export async function allMembersAt(q: Queries, of: At): Promise<Event[]> {
  return (await q.all(allMembersUpTo, of)).map(eventOfRow)
}

/** The types of the state events from which a client calculates the name of a room. */
export const INPUTS_OF_NAME: readonly string[] = ['m.room.member', 'm.room.name', 'm.room.canonical_alias']

/** The rooms in which an input of the calculated room name changed after `after`: members, name or alias. */
export async function changedSummaries(q: Queries, gaps: readonly Gap[]): Promise<Set<RoomId>> {
  if (gaps.length === 0) return new Set()
  const rows = await q.all(changesOfSummaries, { gaps: gaps.map(rowOfGap) })
  return new Set(rows.map((row) => row.room_id))
}

/** Sorts here, because a database would copy all rows to sort them. */
function byRoom(rows: readonly EventRow[]): EventsByRoom {
  const events = rows.map(eventOfRow).toSorted((a, b) => a.position - b.position)
  return Map.groupBy(events, (event) => event.roomId)
}

type Place = { room_id: RoomId; position: number }
type MemberPlace = Place & { user_id: UserId }
type GapRow = { room_id: RoomId; low: number; high: number }

const rowOfGap = ({ roomId, after, position }: Gap): GapRow => ({
  room_id: roomId,
  low: after,
  high: position,
})

const PLACE = { room_id: 'text', position: 'integer' } as const
const MEMBER_PLACE = { room_id: 'text', user_id: 'text', position: 'integer' } as const
const GAP = { room_id: 'text', low: 'integer', high: 'integer' } as const

/**
 * For a row `s` of `current_state`: the event that was current at `position`, either the present one or an
 * older one.
 */
const heldAt = (position: number | RawBuilder<number>) =>
  sql<number>`case when s.position <= ${position} then s.position else (select max(e.position) from events e
    where e.room_id = s.room_id and e.type = s.type and e.state_key = s.state_key and e.position <= ${position}) end`

const positionOfRoom = sql<number>`r.position`

export const stateBefore = query<{ rooms: readonly Place[] }>()((db, p, d) =>
  db
    .selectFrom(d.rows(p.rooms, PLACE).as('r'))
    .innerJoin('current_state as s', 's.room_id', 'r.room_id')
    .innerJoin('events', (join) => join.on('events.position', '=', heldAt(positionOfRoom)))
    .select(EVENT_COLUMNS),
)

export const stateWithoutMembers = query<{ rooms: readonly Place[] }>()((db, p, d) => {
  // Two ranges of the primary key: an inequality would read all members only to leave them out.
  const range = (operator: '<' | '>') =>
    db
      .selectFrom(d.rows(p.rooms, PLACE).as('r'))
      .innerJoin('current_state as s', (join) =>
        join.onRef('s.room_id', '=', 'r.room_id').on('s.type', operator, 'm.room.member'),
      )
      .innerJoin('events', (join) => join.on('events.position', '=', heldAt(positionOfRoom)))
      .select(EVENT_COLUMNS)
  return range('<').unionAll(range('>'))
})

export const stateOfTypes = query<{ rooms: readonly Place[]; types: readonly string[] }>()((db, p, d) =>
  db
    .selectFrom(d.rows(p.rooms, PLACE).as('r'))
    .innerJoin('current_state as s', 's.room_id', 'r.room_id')
    .innerJoin('events', (join) => join.on('events.position', '=', heldAt(positionOfRoom)))
    .select(EVENT_COLUMNS)
    .where('s.type', 'in', d.list(p.types)),
)

export const allMembersUpTo = query<At>()((db, p) =>
  db
    .selectFrom('current_state as s')
    .innerJoin('events', (join) => join.on('events.position', '=', heldAt(p.position)))
    .select(EVENT_COLUMNS)
    .where('s.room_id', '=', p.roomId)
    .where('s.type', '=', 'm.room.member')
    .orderBy('events.position'),
)

export const membersUpTo = query<{ members: readonly MemberPlace[] }>()((db, p, d) =>
  db
    .selectFrom(d.rows(p.members, MEMBER_PLACE).as('r'))
    .innerJoin('current_state as s', (join) =>
      join
        .onRef('s.room_id', '=', 'r.room_id')
        .on('s.type', '=', 'm.room.member')
        .onRef('s.state_key', '=', 'r.user_id'),
    )
    .innerJoin('events', (join) => join.on('events.position', '=', heldAt(positionOfRoom)))
    .select(EVENT_COLUMNS),
)

export const changedState = query<{ gaps: readonly GapRow[] }>()((db, p, d) =>
  db
    .selectFrom((eb) =>
      eb
        .selectFrom(d.rows(p.gaps, GAP).as('r'))
        .innerJoin('events as e', (join) =>
          join
            .onRef('e.room_id', '=', 'r.room_id')
            .on('e.state_key', 'is not', null)
            .onRef('e.position', '>', 'r.low')
            .onRef('e.position', '<=', 'r.high'),
        )
        .select((inner) => inner.fn.max('e.position').as('position'))
        .groupBy(['e.room_id', 'e.type', 'e.state_key'])
        .as('s'),
    )
    .innerJoin('events', 'events.position', 's.position')
    .select(EVENT_COLUMNS),
)

export const changesOfSummaries = query<{ gaps: readonly GapRow[] }>()((db, p, d) =>
  db
    .selectFrom(d.rows(p.gaps, GAP).as('r'))
    .select('r.room_id')
    // Not `exists`: PostgreSQL would turn it into a join and read all changes of state.
    .where((eb) =>
      eb(
        eb
          .selectFrom('events as e')
          .select('e.position')
          .whereRef('e.room_id', '=', 'r.room_id')
          .where('e.state_key', 'is not', null)
          .whereRef('e.position', '>', 'r.low')
          .whereRef('e.position', '<=', 'r.high')
          .where('e.type', 'in', INPUTS_OF_NAME)
          .limit(sql.lit(1)),
        'is not',
        null,
      ),
    ),
)
