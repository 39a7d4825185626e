import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { EventId, RoomId, UserId } from '../lib/ids.ts'
import { type Queries, query } from '../storage/query.ts'
import type { Membership, MembershipsTable } from '../storage/schema.ts'

export type MemberRow = Selectable<MembershipsTable>

/** How a user stands to a room now; undefined: they never had anything to do with it. */
export async function membershipIn(
  q: Queries,
  roomId: RoomId,
  userId: UserId,
): Promise<MemberRow | undefined> {
  return q.first(memberOfRoom, { roomId, userId })
}

/** The members of a room with one of the memberships, by user id. */
export async function membersOfRoom(
  q: Queries,
  roomId: RoomId,
  memberships: readonly Membership[],
): Promise<MemberRow[]> {
  return q.all(membersWith, { roomId, memberships })
}

/** How many rooms the user is in. */
export async function joinedRoomCount(q: Queries, userId: UserId): Promise<number> {
  return (await q.first(countJoined, { userId }))?.count ?? 0
}

/** The rooms to which a user stands in one of the memberships, forgotten ones left out. */
export async function roomsOfUser(
  q: Queries,
  userId: UserId,
  memberships: readonly Membership[],
): Promise<MemberRow[]> {
  return q.all(roomsWith, { userId, memberships })
}

export type MembershipEntry = {
  roomId: RoomId
  userId: UserId
  membership: Membership
  eventId: EventId
  position: number
  displayname: string | null
  avatarUrl: string | null
  nameKey: string
  localpartKey: string
}

/** Writes how a user stands to a room. A room that was forgotten is remembered again. */
export async function setMembership(q: Queries, entry: MembershipEntry): Promise<void> {
  await q.run(upsertMembership, entry)
}

export type MembershipChange = {
  roomId: RoomId
  /** Whose membership, name or picture has changed; it is written already. */
  userId: UserId
  position: number
  joined: number
  invited: number
}

/**
 * Moves the counters of a room by what a change of membership means to them. Resolves to the room's `rules_version`, which is the
 * change's position where the user has push rules of their own.
 */
export async function moveCounters(q: Queries, change: MembershipChange): Promise<number> {
  return (await q.first(applyChange, change))?.rules_version ?? 0
}

/** Forgets a room. False: the user is a member still, or never was. */
export async function forget(q: Queries, roomId: RoomId, userId: UserId): Promise<boolean> {
  return (await q.run(markForgotten, { roomId, userId })) > 0
}

/** Takes the name and picture from the membership that this event made, if it is the present one. */
export async function clearMemberProfile(
  q: Queries,
  member: { roomId: RoomId; eventId: EventId; userId: UserId },
): Promise<void> {
  await q.run(clearProfile, member)
}

type Member = { roomId: RoomId; userId: UserId }

export const memberOfRoom = query<Member>()((db, p) =>
  db.selectFrom('memberships').selectAll().where('room_id', '=', p.roomId).where('user_id', '=', p.userId),
)

export const membersWith = query<{ roomId: RoomId; memberships: readonly Membership[] }>()((db, p, d) =>
  db
    .selectFrom('memberships')
    .selectAll()
    .where('room_id', '=', p.roomId)
    .where('membership', 'in', d.list(p.memberships) as RawBuilder<Membership>)
    .orderBy('user_id'),
)

/** How many invitations of one user to another wait for an answer. */
export const openInvitations = query<{ sender: UserId; target: UserId }>()((db, p) =>
  db
    .selectFrom('memberships as m')
    .innerJoin('events as e', 'e.position', 'm.position')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('m.user_id', '=', p.target)
    .where('m.membership', '=', 'invite')
    .where('e.sender', '=', p.sender),
)

export const countJoined = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('memberships')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('user_id', '=', p.userId)
    .where('membership', '=', 'join'),
)

export const roomsWith = query<{ userId: UserId; memberships: readonly Membership[] }>()((db, p, d) =>
  db
    .selectFrom('memberships')
    .selectAll()
    .where('user_id', '=', p.userId)
    .where('membership', 'in', d.list(p.memberships) as RawBuilder<Membership>)
    .where('forgotten', '=', 0)
    .orderBy('room_id'),
)

/** Of users whose accounts were ended, and who have not left yet. */
export const endedMembers = query<{ limit: number }>()((db, p) =>
  db
    .selectFrom('users as u')
    .innerJoin('memberships as m', 'm.user_id', 'u.user_id')
    .where('u.deactivated_at', 'is not', null)
    .where('m.membership', 'in', sql<Membership>`('join', 'invite', 'knock')`)
    .select(['m.room_id', 'm.user_id'])
    .limit(p.limit),
)

export const upsertMembership = query<MembershipEntry>()((db, p, d) =>
  db
    .insertInto('memberships')
    .values((eb) => ({
      room_id: p.roomId,
      user_id: p.userId,
      membership: p.membership,
      event_id: p.eventId,
      position: p.position,
      displayname: p.displayname,
      avatar_url: p.avatarUrl,
      name_key: p.nameKey,
      localpart_key: p.localpartKey,
      has_pushers: eb
        .case()
        .when(
          eb.exists(
            eb
              .selectFrom('pushers')
              .select('pusher_id')
              .where('user_id', '=', d.text(p.userId) as RawBuilder<UserId>),
          ),
        )
        .then(eb.lit(1))
        .else(eb.lit(0))
        .end(),
      has_rules: eb
        .case()
        .when(
          eb.exists(
            eb
              .selectFrom('rule_sets')
              .select('user_id')
              .where('user_id', '=', d.text(p.userId) as RawBuilder<UserId>)
              .where((or) => or.or([or('has_global', '=', 1), or('has_device', '=', 1)])),
          ),
        )
        .then(eb.lit(1))
        .else(eb.lit(0))
        .end(),
      forgotten: eb.lit(0),
    }))
    .onConflict((conflict) =>
      conflict.columns(['room_id', 'user_id']).doUpdateSet((eb) => ({
        membership: eb.ref('excluded.membership'),
        event_id: eb.ref('excluded.event_id'),
        position: eb.ref('excluded.position'),
        displayname: eb.ref('excluded.displayname'),
        avatar_url: eb.ref('excluded.avatar_url'),
        name_key: eb.ref('excluded.name_key'),
        localpart_key: eb.ref('excluded.localpart_key'),
        has_pushers: eb.ref('excluded.has_pushers'),
        has_rules: eb.ref('excluded.has_rules'),
        forgotten: eb.lit(0),
      })),
    ),
)

export const applyChange = query<MembershipChange>()((db, p, d) =>
  db
    .updateTable('rooms')
    .set((eb) => ({
      joined_count: eb('joined_count', '+', d.integer(p.joined)),
      invited_count: eb('invited_count', '+', d.integer(p.invited)),
      rules_version: eb
        .case()
        .when(
          eb.exists(
            eb
              .selectFrom('memberships as m')
              .select('m.user_id')
              .where('m.room_id', '=', p.roomId)
              .where('m.user_id', '=', p.userId)
              .where('m.has_rules', '=', 1),
          ),
        )
        .then(d.integer(p.position))
        .else(eb.ref('rules_version'))
        .end(),
    }))
    .where('room_id', '=', p.roomId)
    .returning('rules_version'),
)

export const markForgotten = query<Member>()((db, p) =>
  db
    .updateTable('memberships')
    .set({ forgotten: 1 })
    .where('room_id', '=', p.roomId)
    .where('user_id', '=', p.userId)
    .where('membership', 'in', ['leave', 'ban']),
)

export const clearProfile = query<Member & { eventId: EventId }>()((db, p) =>
  db
    .updateTable('memberships')
    .set({ displayname: null, avatar_url: null, name_key: '' })
    .where('room_id', '=', p.roomId)
    .where('user_id', '=', p.userId)
    .where('event_id', '=', p.eventId),
)
