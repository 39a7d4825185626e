import { type RawBuilder, sql } from 'kysely'
import type { RoomId, UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'
import { toldOfInvitation } from './invitation-sql.ts'
import { unreadOfMember, unreadOfRoom } from './unread-sql.ts'

// The rooms that make up a badge. Only users with pushers have rows.

type Member = { userId: UserId; roomId: RoomId }

const PLACE = ['user_id', 'room_id'] as const
const ofBadge = unreadOfMember(sql.ref('badge_rooms.user_id'), sql.ref('badge_rooms.room_id'))

/** After an event that notifies the cohort: the room has something unread for every member but these. */
export const addRoomToBadges = query<{ roomId: RoomId; except: readonly UserId[] }>()((db, p, d) =>
  db
    .insertInto('badge_rooms')
    .columns(PLACE)
    .expression(
      db
        .selectFrom('memberships')
        .select(PLACE)
        .where('room_id', '=', p.roomId)
        // As a literal: no database uses a partial index for a value that it is yet to be given.
        .where('has_pushers', '=', sql.lit(1))
        .where('membership', '=', 'join')
        .where('user_id', 'not in', d.list(p.except) as RawBuilder<UserId>),
    )
    .onConflict((conflict) => conflict.columns(PLACE).doNothing()),
)

export const addRoomToBadgesOf = query<{ roomId: RoomId; userIds: readonly UserId[] }>()((db, p, d) =>
  db
    .insertInto('badge_rooms')
    .columns(PLACE)
    .expression(
      db
        .selectFrom('memberships')
        .select(PLACE)
        .where('room_id', '=', p.roomId)
        .where('has_pushers', '=', sql.lit(1))
        .where('user_id', 'in', d.list(p.userIds) as RawBuilder<UserId>),
    )
    .onConflict((conflict) => conflict.columns(PLACE).doNothing()),
)

/** Takes the room out of a member's badge if nothing is unread any more. */
export const clearIfRead = query<Member>()((db, p) =>
  db
    .deleteFrom('badge_rooms')
    .where('user_id', '=', p.userId)
    .where('room_id', '=', p.roomId)
    .where(ofBadge, '=', sql.lit(0)),
)

/** The same for all members of the room. What it costs follows the members with pushers. */
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

/** The members on whose badge the room is, with what they have unread there. What it costs follows the members with pushers. */
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

/** What a member has unread in a room that is on their badge. */
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
    .columns(PLACE)
    .expression(
      db
        .selectFrom('read_positions as r')
        .select(['r.user_id', 'r.room_id'])
        .where('r.user_id', '=', p.userId)
        .where('r.thread_id', '=', '')
        .where(unreadOfRoom('notify'), '>', sql.lit(0)),
    )
    .onConflict((conflict) => conflict.columns(PLACE).doNothing()),
)

/** Those that the user was notified of: not by a sender whom they ignore, and only where their rules notify of it. */
export const fillWithInvitations = query<{ userId: UserId }>()((db, p) =>
  db
    .insertInto('badge_rooms')
    .columns(PLACE)
    .expression(
      db
        .selectFrom('memberships as m')
        .select(['m.user_id', 'm.room_id'])
        .where('m.user_id', '=', p.userId)
        .where(toldOfInvitation),
    )
    .onConflict((conflict) => conflict.columns(PLACE).doNothing()),
)

/** Takes the room out of the badge of an invited user who was not notified of the present invitation. */
export const clearUntoldInvitation = query<Member>()((db, p) =>
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
            .where(toldOfInvitation),
        ),
      ),
    ),
)

export const emptyBadge = query<{ userId: UserId }>()((db, p) =>
  db.deleteFrom('badge_rooms').where('user_id', '=', p.userId),
)

export const badgeSize = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('badge_rooms')
    .select((eb) => eb.fn.countAll<number>().as('rooms'))
    .where('user_id', '=', p.userId),
)

/** What is unread in the rooms of the badge; an invitation, of which there is no reading position, is one. */
export const badgeMessages = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('badge_rooms as b')
    .leftJoin('read_positions as r', (join) =>
      join
        .onRef('r.user_id', '=', 'b.user_id')
        .onRef('r.room_id', '=', 'b.room_id')
        .on('r.thread_id', '=', sql.lit('')),
    )
    .where('b.user_id', '=', p.userId)
    .select(
      sql<number>`coalesce(sum(case when r.position is null then 1 else ${unreadOfRoom('notify')} end), 0)`.as(
        'messages',
      ),
    ),
)
