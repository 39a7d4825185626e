import { sql } from 'kysely'
import type { RoomId, UserId } from '../../lib/ids.ts'
import { query } from '../../storage/query.ts'
import type { RoomRemoval } from '../../storage/rooms-schema.ts'
import type { Schema } from '../../storage/schema.ts'

// Queries of the removal of rooms. Each deletes at most a batch, so that other writes do not wait long.

type Room = { roomId: RoomId }

export const removalOfRoom = query<Room>()((db, p) =>
  db.selectFrom('rooms').select('removal').where('room_id', '=', p.roomId),
)

/** Changes no row when the room is removed further already. */
export const setRemoval = query<Room & { removal: RoomRemoval; from: readonly string[] }>()((db, p, d) =>
  db
    .updateTable('rooms')
    .set({ removal: p.removal, is_public: sql.lit(0) })
    .where('room_id', '=', p.roomId)
    .where(sql<boolean>`coalesce(removal, '') in ${d.list(p.from)}`),
)

export const deleteAliasesOfRoom = query<Room>()((db, p) =>
  db.deleteFrom('room_aliases').where('room_id', '=', p.roomId),
)

/** Rooms from which something must still be removed. Uses an index of these. */
export const roomsToRemove = query<{ limit: number }>()((db, p) =>
  db
    .selectFrom('rooms')
    .select(['room_id', sql<'shutting down' | 'purging'>`removal`.as('removal')])
    .where(sql<boolean>`removal in ('shutting down', 'purging')`)
    .orderBy('room_id')
    .limit(p.limit),
)

/** Members who must leave. */
export const membersToRemove = query<Room & { limit: number }>()((db, p) =>
  db
    .selectFrom('memberships')
    .select('user_id')
    .where('room_id', '=', p.roomId)
    .where(sql<boolean>`membership in ('join', 'invite', 'knock')`)
    .orderBy('user_id')
    .limit(p.limit),
)

/** The next users with a membership in the room, of any kind. */
export const usersOfRoom = query<Room & { limit: number }>()((db, p) =>
  db
    .selectFrom('memberships')
    .select('user_id')
    .where('room_id', '=', p.roomId)
    .orderBy('user_id')
    .limit(p.limit),
)

type Users = Room & { userIds: readonly UserId[] }

/** The lanes of these users' pushers, in the order of their ids. */
export const lanesOfUsers = query<{ userIds: readonly UserId[] }>()((db, p, d) =>
  db
    .selectFrom('pushers')
    .select('pusher_id')
    .where(sql<boolean>`user_id in ${d.list(p.userIds)}`)
    .orderBy('pusher_id'),
)

/** The queued items of these lanes about events of the room. */
export const deleteItemsOfRoom = query<Room & { laneIds: readonly number[] }>()((db, p, d) =>
  db
    .deleteFrom('lane_items')
    .where('lane_id', 'in', d.numbers(p.laneIds))
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('events as e')
          .select('e.position')
          .whereRef('e.position', '=', 'lane_items.position')
          .where('e.room_id', '=', p.roomId),
      ),
    ),
)

export const deleteThrottlesOfRoom = query<Room & { laneIds: readonly number[] }>()((db, p, d) =>
  db
    .deleteFrom('mail_throttles')
    .where('pusher_id', 'in', d.numbers(p.laneIds))
    .where('room_id', '=', p.roomId),
)

/**
 * Tables with rows of a user for a room. Each has a key or an index that begins with the user, or with room
 * and user.
 */
type OfUser =
  | 'account_data'
  | 'badge_rooms'
  | 'cohort_members'
  | 'exceptions'
  | 'memberships'
  | 'read_positions'
  | 'receipts'
  | 'silenced_outcomes'
  | 'thread_subscriptions'

const ofUsers = <Table extends OfUser & keyof Schema>(table: Table) =>
  query<Users>()((db, p, d) =>
    // The types of the tables are too different for one typed query.
    db
      .deleteFrom(table as 'memberships')
      .where((eb) => eb.and([eb('room_id', '=', p.roomId), sql<boolean>`user_id in ${d.list(p.userIds)}`])),
  )

export const deleteAccountDataInRoom = ofUsers('account_data')
export const deleteBadgesInRoom = ofUsers('badge_rooms')
export const deleteCohortsInRoom = ofUsers('cohort_members')
export const deleteExceptionsInRoom = ofUsers('exceptions')
export const deleteMembershipsInRoom = ofUsers('memberships')
export const deleteReadPositionsInRoom = ofUsers('read_positions')
export const deleteReceiptsInRoom = ofUsers('receipts')
export const deleteSilencedInRoom = ofUsers('silenced_outcomes')
export const deleteSubscriptionsInRoom = ofUsers('thread_subscriptions')

/** The next events of the room. */
export const eventsOfRoom = query<Room & { limit: number }>()((db, p) =>
  db
    .selectFrom('events')
    .select('position')
    .where('room_id', '=', p.roomId)
    .orderBy('position')
    .limit(p.limit),
)

export const countEvents = query<Room>()((db, p) =>
  db
    .selectFrom('events')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('room_id', '=', p.roomId),
)

type Positions = { positions: readonly number[] }

export const deleteEventsAt = query<Positions>()((db, p, d) =>
  db.deleteFrom('events').where('position', 'in', d.numbers(p.positions)),
)
export const deleteEditsAt = query<Positions>()((db, p, d) =>
  db.deleteFrom('edits').where('position', 'in', d.numbers(p.positions)),
)
export const deleteRelationsAt = query<Positions>()((db, p, d) =>
  db.deleteFrom('relations').where('parent', 'in', d.numbers(p.positions)),
)
export const deleteParticipantsAt = query<Positions>()((db, p, d) =>
  db.deleteFrom('thread_participants').where('root', 'in', d.numbers(p.positions)),
)
export const deleteStepsAt = query<Positions>()((db, p, d) =>
  db.deleteFrom('trace_steps').where('position', 'in', d.numbers(p.positions)),
)
export const deleteDecisionsAt = query<Positions>()((db, p, d) =>
  db.deleteFrom('trace_decisions').where('position', 'in', d.numbers(p.positions)),
)
export const deleteArrivalsAt = query<Positions>()((db, p, d) =>
  db.deleteFrom('arrivals').where('position', 'in', d.numbers(p.positions)),
)

type Batch = Room & { limit: number }

export const deleteOutcomesOfRoom = query<Batch>()((db, p) =>
  db
    .deleteFrom('cohort_outcomes')
    .where((eb) =>
      eb(
        eb.refTuple('room_id', 'cohort', 'position'),
        'in',
        eb
          .selectFrom('cohort_outcomes')
          .select(['room_id', 'cohort', 'position'])
          .where('room_id', '=', p.roomId)
          .limit(p.limit)
          .$asTuple('room_id', 'cohort', 'position'),
      ),
    ),
)

export const deleteThreadsOfRoom = query<Batch>()((db, p) =>
  db
    .deleteFrom('cohort_threads')
    .where((eb) =>
      eb(
        eb.refTuple('room_id', 'cohort', 'thread_id'),
        'in',
        eb
          .selectFrom('cohort_threads')
          .select(['room_id', 'cohort', 'thread_id'])
          .where('room_id', '=', p.roomId)
          .limit(p.limit)
          .$asTuple('room_id', 'cohort', 'thread_id'),
      ),
    ),
)

export const deleteStateOfRoom = query<Batch>()((db, p) =>
  db
    .deleteFrom('current_state')
    .where((eb) =>
      eb(
        eb.refTuple('room_id', 'type', 'state_key'),
        'in',
        eb
          .selectFrom('current_state')
          .select(['room_id', 'type', 'state_key'])
          .where('room_id', '=', p.roomId)
          .limit(p.limit)
          .$asTuple('room_id', 'type', 'state_key'),
      ),
    ),
)

export const deleteUpgradesOfRoom = query<Room>()((db, p) =>
  db
    .deleteFrom('room_upgrades')
    .where((eb) => eb.or([eb('new_room_id', '=', p.roomId), eb('old_room_id', '=', p.roomId)])),
)

export const deleteRetentionOfRoom = query<Room>()((db, p) =>
  db.deleteFrom('room_retention').where('room_id', '=', p.roomId),
)

export const deleteRoomRow = query<Room>()((db, p) => db.deleteFrom('rooms').where('room_id', '=', p.roomId))
