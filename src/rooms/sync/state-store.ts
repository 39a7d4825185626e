import { sql } from 'kysely'
import type { RoomId, UserId } from '../../lib/ids.ts'
import type { Event } from '../../lib/matrix-event.ts'
import { type Queries, query } from '../../storage/query.ts'
import { EVENT_COLUMNS, eventOfRow } from '../event-row.ts'

type At = { roomId: RoomId; position: number }
type Gap = { roomId: RoomId; after: number; position: number }

/**
 * The state of a room directly after the event at `position`, with or without the members. It starts from the current
 * state, so its cost grows with the size of the state and not with the number of changes.
 */
export async function stateUpTo(q: Queries, of: At & { members: boolean }): Promise<Event[]> {
  const { roomId, position } = of
  const rows = await q.all(of.members ? stateBefore : stateWithoutMembers, { roomId, position })
  return rows.map(eventOfRow)
}

/** The state events after `after` that were still current at `position`. */
export async function stateChanges(q: Queries, gap: Gap): Promise<Event[]> {
  return (await q.all(changedState, gap)).map(eventOfRow)
}

/** The member events of some users at `position`. */
export async function membersAt(q: Queries, of: At & { userIds: readonly UserId[] }): Promise<Event[]> {
  return of.userIds.length === 0 ? [] : (await q.all(membersUpTo, of)).map(eventOfRow)
}

/** The member events of all current and former members at `position`. */
export async function allMembersAt(q: Queries, of: At): Promise<Event[]> {
  return (await q.all(allMembersUpTo, of)).map(eventOfRow)
}

/** Whether an input of the calculated room name changed after `after`: members, name or alias. */
export async function summaryChanged(q: Queries, gap: Gap): Promise<boolean> {
  return (await q.first(changeOfSummary, gap)) !== undefined
}

/** For a row of `current_state`: the event that was current at `position`, either the present one or an older one. */
const heldAt = (position: number) =>
  sql<number>`(select max(e.position) from events e where e.room_id = s.room_id and e.type = s.type
    and e.state_key = s.state_key and e.position <= ${position})`

export const stateBefore = query<At>()((db, p) =>
  db
    .selectFrom('current_state as s')
    .innerJoin('events', (join) => join.on('events.position', '=', heldAt(p.position)))
    .select(EVENT_COLUMNS)
    .where('s.room_id', '=', p.roomId)
    .orderBy('events.position'),
)

export const stateWithoutMembers = query<At>()((db, p) =>
  db
    .selectFrom('current_state as s')
    .innerJoin('events', (join) => join.on('events.position', '=', heldAt(p.position)))
    .select(EVENT_COLUMNS)
    .where('s.room_id', '=', p.roomId)
    // Two ranges of the primary key: an inequality would read all members only to leave them out.
    .where((eb) => eb.or([eb('s.type', '<', 'm.room.member'), eb('s.type', '>', 'm.room.member')]))
    .orderBy('events.position'),
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

export const membersUpTo = query<At & { userIds: readonly UserId[] }>()((db, p, d) =>
  db
    .selectFrom('current_state as s')
    .innerJoin('events', (join) => join.on('events.position', '=', heldAt(p.position)))
    .select(EVENT_COLUMNS)
    .where('s.room_id', '=', p.roomId)
    .where('s.type', '=', 'm.room.member')
    .where('s.state_key', 'in', d.list(p.userIds))
    .orderBy('events.position'),
)

export const changedState = query<Gap>()((db, p) =>
  db
    .selectFrom((eb) =>
      eb
        .selectFrom('events')
        .select((inner) => inner.fn.max('position').as('position'))
        .where('room_id', '=', p.roomId)
        .where('state_key', 'is not', null)
        .where('position', '>', p.after)
        .where('position', '<=', p.position)
        .groupBy(['type', 'state_key'])
        .as('s'),
    )
    .innerJoin('events', 'events.position', 's.position')
    .select(EVENT_COLUMNS)
    .orderBy('events.position'),
)

export const changeOfSummary = query<Gap>()((db, p) =>
  db
    .selectFrom('events')
    .select('position')
    .where('room_id', '=', p.roomId)
    .where('state_key', 'is not', null)
    .where('position', '>', p.after)
    .where('position', '<=', p.position)
    .where('type', 'in', ['m.room.member', 'm.room.name', 'm.room.canonical_alias'])
    .limit(1),
)
