import { type RawBuilder, sql } from 'kysely'
import type { RoomId, UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'
import { DEFAULT_COHORT } from './cohort.ts'
import { cohortNow } from './cohort-interval-sql.ts'

// Members with push rules of their own, and their cohorts. The cost of these queries grows with the number of
// such members.

/** Members of a room with push rules of their own, with the version of the rules and the stored cohort. */
export const ruleOwners = query<{ roomId: RoomId }>()((db, p) =>
  db
    // First the member ids from a covering index, then the rows. Otherwise SQLite reads all members of the room.
    .selectFrom('memberships as i')
    .crossJoin('memberships as m')
    .innerJoin('rule_sets as s', 's.user_id', 'm.user_id')
    .where('i.room_id', '=', p.roomId)
    // A literal: neither database uses a partial index for a bound parameter.
    .where('i.has_rules', '=', sql.lit(1))
    .where('i.membership', '=', 'join')
    .whereRef('m.room_id', '=', 'i.room_id')
    .whereRef('m.user_id', '=', 'i.user_id')
    .select(['m.user_id', 'm.displayname', 's.version'])
    .select(cohortNow(sql.ref('m.user_id'), sql.ref('m.room_id')).as('cohort')),
)

type Move = { user_id: UserId; cohort: string }

/** Moves members to another cohort, for the events after a position. */
export const changeCohorts = query<{ roomId: RoomId; after: number; moves: readonly Move[] }>()((db, p, d) =>
  db
    .insertInto('cohort_members')
    .columns(['user_id', 'room_id', 'from_position', 'cohort'])
    .expression(
      db
        .selectFrom(d.rows(p.moves, { user_id: 'text', cohort: 'text' }).as('r'))
        .select([
          'r.user_id',
          d.text(p.roomId).as('room_id'),
          d.integer(p.after).as('from_position'),
          'r.cohort',
        ])
        // Without a condition, SQLite would parse "on conflict" as the condition of a join.
        .where(sql.lit(1), '=', sql.lit(1)),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['user_id', 'room_id', 'from_position'])
        .doUpdateSet((eb) => ({ cohort: eb.ref('excluded.cohort') })),
    ),
)

/** Moves a user without push rules of their own to the default cohort, in all rooms of the user. */
export const returnToDefault = query<{ userId: UserId; position: number }>()((db, p, d) =>
  db
    .insertInto('cohort_members')
    .columns(['user_id', 'room_id', 'from_position', 'cohort'])
    .expression(
      db
        .selectFrom('memberships as m')
        .select(['m.user_id', 'm.room_id', d.integer(p.position).as('from_position')])
        .select(sql.lit(DEFAULT_COHORT).as('cohort'))
        .where('m.user_id', '=', p.userId)
        .where('m.membership', '=', 'join')
        .where('m.has_rules', '=', 0)
        .where(cohortNow(sql.ref('m.user_id'), sql.ref('m.room_id')), '<>', sql.lit(DEFAULT_COHORT)),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['user_id', 'room_id', 'from_position'])
        .doUpdateSet((eb) => ({ cohort: eb.ref('excluded.cohort') })),
    ),
)

export const deleteCohorts = query<{ userId: UserId; roomId: RoomId }>()((db, p) =>
  db.deleteFrom('cohort_members').where('user_id', '=', p.userId).where('room_id', '=', p.roomId),
)

/** Members with pushers who belong to one of these cohorts. The default cohort is not among them. */
export const membersWithPushersIn = query<{ roomId: RoomId; cohorts: readonly string[] }>()((db, p, d) =>
  db
    .selectFrom('memberships as m')
    .where('m.room_id', '=', p.roomId)
    .where('m.has_pushers', '=', sql.lit(1))
    .where('m.membership', '=', 'join')
    .where(
      cohortNow(sql.ref('m.user_id'), sql.ref('m.room_id')),
      'in',
      d.list(p.cohorts) as RawBuilder<string>,
    )
    .select('m.user_id'),
)
