import { type RawBuilder, sql } from 'kysely'
import type { RoomId, UserId } from '../lib/ids.ts'
import type { Event } from '../lib/matrix-event.ts'
import { type Queries, query } from '../storage/query.ts'

// Finds the members of a room that an event can concern personally.

export type Named = { userId: UserId; displayname: string | null }
type Author = Pick<Event, 'roomId' | 'sender'>
type Mentioned = Author & { userIds: readonly string[] }

/** The mentioned users who are members and are not the sender. */
export async function findMentioned(q: Queries, params: Mentioned): Promise<Named[]> {
  return q.all(mentionedMembers, params)
}

type NamedIn = Author & { keys: readonly string[] }

/** Members whose display name or localpart may be in a text with these keys (`push-rules/mention-index.ts`). */
export async function findNamed(q: Queries, params: NamedIn): Promise<Named[]> {
  return q.all(membersByKey, params)
}

/** A joined member with the keys of the display name and of the localpart. */
export type KeyedMember = Named & { nameKey: string; localpartKey: string }

/** The joined members of a room that has at most `limit` joined and invited members. */
export async function namesOfRoom(q: Queries, roomId: RoomId, limit: number): Promise<KeyedMember[]> {
  const rows = await q.all(keyedMembers, { roomId, limit })
  return rows.filter(({ membership }) => membership === 'join')
}

export const keyedMembers = query<{ roomId: RoomId; limit: number }>()((db, p) =>
  db
    .selectFrom('memberships')
    .select([
      'user_id as userId',
      'displayname',
      'membership',
      'name_key as nameKey',
      'localpart_key as localpartKey',
    ])
    .where('room_id', '=', p.roomId)
    // The same text as in the index memberships_by_age: a partial index is not used for bound parameters.
    .where(sql<boolean>`membership in ('join', 'invite')`)
    // With this order SQLite uses the index, and does not read the members who have left.
    .orderBy('position')
    .limit(p.limit),
)

export const mentionedMembers = query<Mentioned>()((db, p, d) =>
  db
    .selectFrom('memberships')
    .select(['user_id as userId', 'displayname'])
    .where('room_id', '=', p.roomId)
    .where('user_id', 'in', d.list(p.userIds) as RawBuilder<UserId>)
    .where('user_id', '<>', p.sender)
    .where('membership', '=', 'join'),
)

// One lookup from keys to members for each of the two columns. With `or`, or with a list to search in, both
// databases may read the whole room. SQLite keeps the order of a cross join.
export const membersByKey = query<NamedIn>()((db, p, d) => {
  const by = (column: 'name_key' | 'localpart_key') =>
    db
      .selectFrom(sql<{ value: string }>`${d.list(p.keys)}`.as('k'))
      .crossJoin('memberships as i')
      .where('i.room_id', '=', p.roomId)
      .whereRef(`i.${column}`, '=', 'k.value')
      .select('i.user_id')
  return db
    .selectFrom('memberships')
    .select(['user_id as userId', 'displayname'])
    .where('room_id', '=', p.roomId)
    .where('user_id', 'in', by('name_key').union(by('localpart_key')))
    .where('user_id', '<>', p.sender)
    .where('membership', '=', 'join')
})

/** Joined and invited members who ignore the sender of an event. */
export const membersIgnoringSender = query<Author>()((db, p) =>
  db
    .selectFrom('ignored_users as i')
    .crossJoin('memberships as m')
    .select(['m.user_id as userId', 'm.membership'])
    .where('i.ignored', '=', p.sender)
    .where('m.room_id', '=', p.roomId)
    .whereRef('m.user_id', '=', 'i.user_id')
    .where('m.membership', 'in', ['join', 'invite']),
)
