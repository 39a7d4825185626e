import { type RawBuilder, sql } from 'kysely'
import type { PokedEvent, RoomMoment } from '../delivery/poked-event.ts'
import { type NamedMember, needsMembers } from '../delivery/room-name.ts'
import type { RoomId, UserId } from '../lib/ids.ts'
import { type Json, parseStored } from '../lib/json.ts'
import { ruleEvent } from '../lib/matrix-event.ts'
import { prepareEvent } from '../push-rules/index.ts'
import { type Queries, type Query, query } from '../storage/query.ts'
import { storedCreators } from './creators.ts'
import { stateEventAt } from './state-store.ts'

/** The name of a room can contain two members besides the recipient. */
const NAMED_MEMBERS = 3

/**
 * The data for pokes about events, by their positions. Names are those at the event. Members are read only
 * for a room without name and alias and with more than two members: the first few current members. They are
 * the members at the event too, except for users who have left since.
 */
export async function loadPokedEvents(
  q: Queries,
  positions: readonly number[],
): Promise<Map<number, PokedEvent>> {
  const rows = await q.all(pokedEvents, { positions })
  const unnamed = new Set(rows.filter((row) => needsMembers(namesOf(row))).map((row) => row.room_id))
  const members = new Map<RoomId, NamedMember[]>()
  await Promise.all([...unnamed].map(async (roomId) => members.set(roomId, await firstMembersOf(q, roomId))))
  return new Map(rows.map((row) => [row.position, pokedEventOf(row, members.get(row.room_id) ?? [])]))
}

/** The display name of a member in a room directly after the event at `position`. */
export async function displayNameAt(
  q: Queries,
  { roomId, userId, position }: { roomId: RoomId; userId: UserId; position: number },
): Promise<string | undefined> {
  const member = await stateEventAt(q, { roomId, type: 'm.room.member', stateKey: userId, position })
  const name = member?.content['displayname']
  return isText(name) ? name : undefined
}

async function firstMembersOf(q: Queries, roomId: RoomId): Promise<NamedMember[]> {
  const rows = await q.all(firstMembers, { roomId, limit: NAMED_MEMBERS })
  return rows.map((row) => ({
    userId: row.user_id,
    displayname: row.displayname,
    membership: row.membership,
  }))
}

type Row = typeof pokedEvents extends Query<infer _P, infer R> ? R : never

function pokedEventOf(row: Row, members: readonly NamedMember[]): PokedEvent {
  const sender = contentOf(row.sender_member)?.['displayname']
  const event = {
    eventId: row.event_id,
    roomId: row.room_id,
    type: row.type,
    stateKey: row.state_key,
    sender: row.sender,
    originServerTs: row.origin_server_ts,
    content: parseStored(row.content),
    ...(typeof sender === 'string' && sender !== '' && { senderDisplayName: sender }),
  }
  return {
    position: row.position,
    event,
    room: {
      ...namesOf(row),
      members,
    },
    evaluated: prepareEvent(ruleEvent(event)),
    context: momentOf(row),
  }
}

function momentOf(row: Row): RoomMoment {
  return {
    memberCount: row.joined_then ?? row.joined_count,
    powerLevels: contentOf(row.power_levels),
    creators: storedCreators(row),
    roomVersion: row.version,
  }
}

const namesOf = (row: Row) => ({
  name: contentOf(row.name)?.['name'],
  canonicalAlias: contentOf(row.alias)?.['alias'],
  memberCount: row.joined_count + row.invited_count,
})

const isText = (value: unknown): value is string => typeof value === 'string'

const contentOf = (text: string | null): Record<string, Json> | undefined =>
  text === null ? undefined : parseStored(text)

/**
 * The content of the state event that was current at the event of the outer query: after that event was
 * applied, or before it.
 */
const contentAt = (type: string, stateKey: RawBuilder<string>, applied = sql`<=`) => sql<string | null>`(
  select s.content from events as s
  where s.room_id = events.room_id and s.type = ${sql.lit(type)} and s.state_key = ${stateKey}
    and s.position ${applied} events.position
  order by s.position desc limit 1)`

export const pokedEvents = query<{ positions: readonly number[] }>()((db, p, d) =>
  db
    .selectFrom('events')
    .innerJoin('rooms', 'rooms.room_id', 'events.room_id')
    .select([
      'events.position',
      'events.event_id',
      'events.room_id',
      'events.type',
      'events.state_key',
      'events.sender',
      'events.content',
      'events.origin_server_ts',
      'events.joined_count as joined_then',
      'rooms.version',
      'rooms.creator',
      'rooms.joined_count',
      'rooms.invited_count',
      contentAt('m.room.member', sql`events.sender`).as('sender_member'),
      contentAt('m.room.name', sql.lit('')).as('name'),
      contentAt('m.room.canonical_alias', sql.lit('')).as('alias'),
      contentAt('m.room.power_levels', sql.lit(''), sql`<`).as('power_levels'),
      contentAt('m.room.create', sql.lit('')).as('create_content'),
    ])
    .where('events.position', 'in', d.numbers(p.positions)),
)

export const firstMembers = query<{ roomId: RoomId; limit: number }>()((db, p) =>
  db
    .selectFrom('memberships')
    .select(['user_id', 'displayname', 'membership'])
    .where('room_id', '=', p.roomId)
    // The same text as in the index memberships_by_age: a partial index is not used for bound parameters.
    .where(sql<boolean>`membership in ('join', 'invite')`)
    .orderBy('position')
    .limit(p.limit),
)
