import { type RawBuilder, sql } from 'kysely'
import type { RoomId, UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'
import { isNotifyingInvitation } from './invitation-sql.ts'
import { unreadOfMember, unreadOfRoom } from './unread-sql.ts'

// The rooms that a badge counts. Only users with pushers have rows.

type Member = { userId: UserId; roomId: RoomId }

const MEMBER_KEY = ['user_id', 'room_id'] as const
const ofBadge = unreadOfMember(sql.ref('badge_rooms.user_id'), sql.ref('badge_rooms.room_id'))

/** Run after an event that notifies the cohort. Adds the room to the badge of every member except `except`. */
export const addRoomToBadges = query<{ roomId: RoomId; except: readonly UserId[] }>()((db, p, d) =>
  db
    .insertInto('badge_rooms')
    .columns(MEMBER_KEY)
    .expression(
      db
        .selectFrom('memberships')
        .select(MEMBER_KEY)
        .where('room_id', '=', p.roomId)
        // A literal: neither database uses a partial index for a bound parameter.
        .where('has_pushers', '=', sql.lit(1))
        .where('membership', '=', 'join')
        .where('user_id', 'not in', d.list(p.except) as RawBuilder<UserId>),
    )
    .onConflict((conflict) => conflict.columns(MEMBER_KEY).doNothing()),
)

export const addRoomToBadgesOf = query<{ roomId: RoomId; userIds: readonly UserId[] }>()((db, p, d) =>
  db
    .insertInto('badge_rooms')
    .columns(MEMBER_KEY)
    .expression(
      db
        .selectFrom('memberships')
        .select(MEMBER_KEY)
        .where('room_id', '=', p.roomId)
        .where('has_pushers', '=', sql.lit(1))
        .where('user_id', 'in', d.list(p.userIds) as RawBuilder<UserId>),
    )
    .onConflict((conflict) => conflict.columns(MEMBER_KEY).doNothing()),
)

/** Removes the room from a member's badge if nothing in it is unread. */
export const clearIfRead = query<Member>()((db, p) =>
  db
    .deleteFrom('badge_rooms')
    .where('user_id', '=', p.userId)
    .where('room_id', '=', p.roomId)
    .where(ofBadge, '=', sql.lit(0)),
)

/** Like `clearIfRead`, for all members of the room. The cost grows with the members who have pushers. */
export const clearAllRead = query<{ roomId: RoomId }>()((db, p) =>
  db
    .deleteFrom('badge_rooms')
    .where('room_id', '=', p.roomId)
    .where('user_id', 'in', (eb) =>
      eb
        .selectFrom('memberships')
        .select('memberships.user_id')
        .where('memberships.room_id', '=', p.roomId)
        .where('memberships.has_pushers', '=', sql.lit(1))
        .where('memberships.membership', '=', 'join'),
    )
    .where(ofBadge, '=', sql.lit(0))
    .returning('user_id'),
)

/**
 * Members who have the room on their badge, with their unread count in it. The cost grows with the members
 * who have pushers.
 */
export const badgesWithRoom = query<{ roomId: RoomId }>()((db, p) =>
  db
    .selectFrom('memberships as m')
    .innerJoin('badge_rooms as b', (join) =>
      join.onRef('b.user_id', '=', 'm.user_id').onRef('b.room_id', '=', 'm.room_id'),
    )
    .where('m.room_id', '=', p.roomId)
    .where('m.has_pushers', '=', sql.lit(1))
    .where('m.membership', '=', 'join')
    .select(['b.user_id', unreadOfMember(sql.ref('b.user_id'), sql.ref('b.room_id')).as('messages')]),
)

/** The unread count of a member in a room, if the room is on the member's badge. */
export const unreadOnBadge = query<Member>()((db, p) =>
  db
    .selectFrom('badge_rooms')
    .select(ofBadge.as('messages'))
    .where('user_id', '=', p.userId)
    .where('room_id', '=', p.roomId),
)

export const removeRoomFromBadge = query<Member>()((db, p) =>
  db.deleteFrom('badge_rooms').where('user_id', '=', p.userId).where('room_id', '=', p.roomId),
)

export const fillWithUnread = query<{ userId: UserId }>()((db, p) =>
  db
    .insertInto('badge_rooms')
    .columns(MEMBER_KEY)
    .expression(
      db
        .selectFrom('read_positions as r')
        .select(['r.user_id', 'r.room_id'])
        .where('r.user_id', '=', p.userId)
        .where('r.thread_id', '=', '')
        .where(unreadOfRoom('notify'), '>', sql.lit(0)),
    )
    .onConflict((conflict) => conflict.columns(MEMBER_KEY).doNothing()),
)

/**
 * Adds the invitations that notified the user. An invitation by an ignored user, or one that no rule notifies
 * of, is not added.
 */
export const fillWithInvitations = query<{ userId: UserId }>()((db, p) =>
  db
    .insertInto('badge_rooms')
    .columns(MEMBER_KEY)
    .expression(
      db
        .selectFrom('memberships as m')
        .select(['m.user_id', 'm.room_id'])
        .where('m.user_id', '=', p.userId)
        .where(isNotifyingInvitation),
    )
    .onConflict((conflict) => conflict.columns(MEMBER_KEY).doNothing()),
)

/** Removes the room from the badge of an invited user if the current invitation did not notify that user. */
export const clearUnnotifiedInvitation = query<Member>()((db, p) =>
  db
    .deleteFrom('badge_rooms')
    .where('user_id', '=', p.userId)
    .where('room_id', '=', p.roomId)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('memberships as m')
            .select('m.position')
            .whereRef('m.user_id', '=', 'badge_rooms.user_id')
            .whereRef('m.room_id', '=', 'badge_rooms.room_id')
            .where(isNotifyingInvitation),
        ),
      ),
    ),
)

export const emptyBadge = query<{ userId: UserId }>()((db, p) =>
  db.deleteFrom('badge_rooms').where('user_id', '=', p.userId),
)
