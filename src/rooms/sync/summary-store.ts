import { type RawBuilder, sql } from 'kysely'
import type { RoomId, UserId } from '../../lib/ids.ts'
import type { JsonObject } from '../../lib/json.ts'
import { type Queries, query } from '../../storage/query.ts'

const HEROES = 5

export type RoomSummary = { heroes: UserId[]; summary: JsonObject }

/**
 * The data from which a client calculates the room names (client-server API, `/sync`, `RoomSummary`): the
 * numbers of members and, for a room with neither name nor alias, the first five other members.
 */
export async function summariesOf(
  q: Queries,
  roomIds: readonly RoomId[],
  userId: UserId,
): Promise<Map<RoomId, RoomSummary>> {
  if (roomIds.length === 0) return new Map()
  const rows = await q.all(inputsOfSummaries, { roomIds })
  const unnamed = rows
    .filter((row) => row.name === null && row.canonical_alias === null)
    .map((row) => row.room_id)
  const heroes = await heroesOf(q, unnamed, userId)
  return new Map(
    rows.map((row) => {
      const heroesOfRoom = heroes.get(row.room_id) ?? []
      const summary = {
        'm.heroes': heroesOfRoom,
        'm.joined_member_count': row.joined_count,
        'm.invited_member_count': row.invited_count,
      }
      return [row.room_id, { heroes: heroesOfRoom, summary }]
    }),
  )
}

async function heroesOf(
  q: Queries,
  roomIds: readonly RoomId[],
  userId: UserId,
): Promise<Map<RoomId, UserId[]>> {
  if (roomIds.length === 0) return new Map()
  const others = { userId, skip: HEROES - 1 }
  const members = await q.all(firstMembers, { ...others, rooms: rowsOf(roomIds) })
  const present = new Set(members.map((member) => member.room_id))
  const abandoned = roomIds.filter((roomId) => !present.has(roomId))
  if (abandoned.length > 0)
    members.push(...(await q.all(firstFormerMembers, { ...others, rooms: rowsOf(abandoned) })))
  const byRoom = Map.groupBy(members, (member) => member.room_id)
  return new Map([...byRoom].map(([roomId, of]) => [roomId, of.map((member) => member.user_id)]))
}

const rowsOf = (roomIds: readonly RoomId[]) => roomIds.map((room_id) => ({ room_id }))

export const inputsOfSummaries = query<{ roomIds: readonly RoomId[] }>()((db, p, d) =>
  db
    .selectFrom('rooms')
    .select(['room_id', 'joined_count', 'invited_count', 'name', 'canonical_alias'])
    .where('room_id', 'in', d.list(p.roomIds) as RawBuilder<RoomId>),
)

type OtherMembers = { rooms: readonly { room_id: RoomId }[]; userId: UserId; skip: number }

const MEMBERS = sql<boolean>`membership in ('join', 'invite')`
const FORMER_MEMBERS = sql<boolean>`membership in ('leave', 'ban')`

/** The first `skip` + 1 other members of each room, with their names. */
export const firstMembers = query<OtherMembers>()((db, p, d) =>
  db
    .selectFrom(d.rows(p.rooms, { room_id: 'text' }).as('r'))
    .innerJoin('memberships as m', (join) =>
      join.onRef('m.room_id', '=', 'r.room_id').on('m.position', '<=', lastOf(p, MEMBERS)),
    )
    .select(['m.room_id', 'm.user_id', 'm.displayname', 'm.membership'])
    .where('m.user_id', '<>', p.userId)
    .where(MEMBERS)
    .orderBy('m.position'),
)

export const firstFormerMembers = query<OtherMembers>()((db, p, d) =>
  db
    .selectFrom(d.rows(p.rooms, { room_id: 'text' }).as('r'))
    .innerJoin('memberships as m', (join) =>
      join.onRef('m.room_id', '=', 'r.room_id').on('m.position', '<=', lastOf(p, FORMER_MEMBERS)),
    )
    .select(['m.room_id', 'm.user_id', 'm.displayname', 'm.membership'])
    .where('m.user_id', '<>', p.userId)
    .where(FORMER_MEMBERS)
    .orderBy('m.position'),
)

/**
 * The position of the last of the first `skip` + 1 other members, or a position after all members when there
 * are fewer.
 */
function lastOf({ userId, skip }: OtherMembers, memberships: RawBuilder<boolean>): RawBuilder<number> {
  return sql`coalesce((select o.position from memberships as o where o.room_id = r.room_id and o.user_id <> ${userId}
    and ${memberships} order by o.position limit 1 offset ${skip}), ${sql.lit(Number.MAX_SAFE_INTEGER)})`
}
