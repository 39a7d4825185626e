import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { EventId, RoomId, UserId } from '../lib/ids.ts'
import { type Queries, query } from '../storage/query.ts'
import type { Membership, MembershipsTable } from '../storage/rooms-schema.ts'

export type MemberRow = Selectable<MembershipsTable>

/** The current membership of a user in a room; undefined: the user never had one. */
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

/** The number of rooms that the user has joined. */
export async function joinedRoomCount(q: Queries, userId: UserId): Promise<number> {
  return (await q.first(countJoined, { userId }))?.count ?? 0
}

/** The rooms in which a user has one of the memberships, without forgotten rooms. */
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

/** Writes the membership of a user in a room. A forgotten room is no longer forgotten. */
export async function setMembership(q: Queries, entry: MembershipEntry): Promise<void> {
  await q.run(upsertMembership, entry)
}

export type ChangeOfMember = {
  roomId: RoomId
  /** The user whose membership, name or avatar changes. */
  userId: UserId
  position: number
  /** The new membership; null: it does not change. */
  membership: Membership | null
}

/**
 * Updates the counters of a room before a change of membership is written: the change follows from the stored
 * membership, because another process can have changed it since the view of the room was read. Resolves to
 * the number of joined members, and to the room's `rules_version`, which becomes the position of the change
 * when the user has push rules of their own.
 */
export async function moveCounters(
  q: Queries,
  change: ChangeOfMember,
): Promise<{ joinedCount: number; rulesVersion: number }> {
  const row = await q.first(applyChange, change)
  return { joinedCount: row?.joined_count ?? 0, rulesVersion: row?.rules_version ?? 0 }
}

/** Forgets a room. False: the user is still a member or never was one. */
export async function forget(q: Queries, roomId: RoomId, userId: UserId): Promise<boolean> {
  return (await q.run(markForgotten, { roomId, userId })) > 0
}

/** Removes the name and avatar from the membership that this event set, if it is the current one. */
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

/** The number of open invitations from one user to another. */
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

type Both = { userId: UserId; other: UserId }

/** The rooms that both users have joined, by id. */
export const mutualAfter = query<Both & { after: string; limit: number }>()((db, p) =>
  db
    .selectFrom('memberships as m')
    .innerJoin('memberships as o', 'o.room_id', 'm.room_id')
    .select('m.room_id')
    .where('m.user_id', '=', p.userId)
    .where('m.membership', '=', 'join')
    .where('m.room_id', '>', p.after as RoomId)
    .where('o.user_id', '=', p.other)
    .where('o.membership', '=', 'join')
    .orderBy('m.room_id')
    .limit(p.limit),
)

export const countMutual = query<Both>()((db, p) =>
  db
    .selectFrom('memberships as m')
    .innerJoin('memberships as o', 'o.room_id', 'm.room_id')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('m.user_id', '=', p.userId)
    .where('m.membership', '=', 'join')
    .where('o.user_id', '=', p.other)
    .where('o.membership', '=', 'join'),
)

/** Memberships of deactivated users who have not left yet. */
export const deactivatedMembers = query<{ limit: number }>()((db, p) =>
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
      sharing_position: sql<number>`case when ${d.text(p.membership)} = 'join' then ${d.integer(p.position)} else 0 end`,
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
        sharing_position: sql<number>`case when (memberships.membership = 'join') <> (excluded.membership = 'join')
          then excluded.position else memberships.sharing_position end`,
      })),
    ),
)

export const applyChange = query<ChangeOfMember>()((db, p, d) => {
  const difference = (membership: Membership) => sql<number>`case when ${d.text(p.membership)} is null then 0
    else case when ${d.text(p.membership)} = ${sql.lit(membership)} then 1 else 0 end
      - coalesce((select case when m.membership = ${sql.lit(membership)} then 1 else 0 end from memberships as m
        where m.room_id = ${p.roomId} and m.user_id = ${p.userId}), 0) end`
  return db
    .updateTable('rooms')
    .set((eb) => ({
      joined_count: eb('joined_count', '+', difference('join')),
      invited_count: eb('invited_count', '+', difference('invite')),
      members_version: d.integer(p.position),
      rules_version: eb
        .case()
        .when(
          eb.exists(
            eb
              .selectFrom('rule_sets')
              .select('user_id')
              .where('user_id', '=', p.userId)
              .where((or) => or.or([or('has_global', '=', 1), or('has_device', '=', 1)])),
          ),
        )
        .then(d.integer(p.position))
        .else(eb.ref('rules_version'))
        .end(),
    }))
    .where('room_id', '=', p.roomId)
    .returning(['joined_count', 'rules_version'])
})

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
