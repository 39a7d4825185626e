import type { RoomId, UserId } from '../../lib/ids.ts'
import type { JsonObject } from '../../lib/json.ts'
import { type Queries, query } from '../../storage/query.ts'
import { currentStateEvent } from '../state-store.ts'

const HEROES = 5

export type RoomSummary = { heroes: UserId[]; summary: JsonObject }

/**
 * The data from which a client calculates the room name (client-server API, `/sync`, `RoomSummary`): the numbers of members
 * and, when the room has neither name nor alias, the first five other members.
 */
export async function summaryOf(q: Queries, roomId: RoomId, userId: UserId): Promise<RoomSummary> {
  const counts = await q.first(memberCounts, { roomId })
  const heroes = (await isNamed(q, roomId)) ? [] : await heroesOf(q, roomId, userId)
  return {
    heroes,
    summary: {
      'm.heroes': heroes,
      'm.joined_member_count': counts?.joined_count ?? 0,
      'm.invited_member_count': counts?.invited_count ?? 0,
    },
  }
}

async function isNamed(q: Queries, roomId: RoomId): Promise<boolean> {
  for (const [type, field] of [
    ['m.room.name', 'name'],
    ['m.room.canonical_alias', 'alias'],
  ] as const) {
    const event = await currentStateEvent(q, { roomId, type, stateKey: '' })
    const name = event?.content[field]
    if (typeof name === 'string' && name !== '') return true
  }
  return false
}

async function heroesOf(q: Queries, roomId: RoomId, userId: UserId): Promise<UserId[]> {
  const present = await q.all(firstMembers, { roomId, userId, limit: HEROES })
  const members =
    present.length > 0 ? present : await q.all(firstFormerMembers, { roomId, userId, limit: HEROES })
  return members.map((member) => member.user_id)
}

type OtherMembers = { roomId: RoomId; userId: UserId; limit: number }

export const memberCounts = query<{ roomId: RoomId }>()((db, p) =>
  db.selectFrom('rooms').select(['joined_count', 'invited_count']).where('room_id', '=', p.roomId),
)

export const firstMembers = query<OtherMembers>()((db, p) =>
  db
    .selectFrom('memberships')
    .select('user_id')
    .where('room_id', '=', p.roomId)
    .where('user_id', '<>', p.userId)
    .where('membership', 'in', ['join', 'invite'])
    .orderBy('position')
    .limit(p.limit),
)

export const firstFormerMembers = query<OtherMembers>()((db, p) =>
  db
    .selectFrom('memberships')
    .select('user_id')
    .where('room_id', '=', p.roomId)
    .where('user_id', '<>', p.userId)
    .where('membership', 'in', ['leave', 'ban'])
    .orderBy('position')
    .limit(p.limit),
)
