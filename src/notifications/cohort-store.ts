import { type RawBuilder, sql } from 'kysely'
import type { RoomId, UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'
import { DEFAULT_COHORT } from './cohort.ts'
import { cohortNow } from './stretch-sql.ts'

// Who has rules of their own, and which cohort they belong to. What these cost follows the members with such rules.

/** The members of a room who have rules of their own, with the version of these and the cohort they are noted in. */
export const ruleOwners = query<{ roomId: RoomId }>()((db, p) =>
  db
    // Those who have rules from an index that has it all, then their rows: SQLite would else read the whole room.
    .selectFrom('memberships as i')
    .crossJoin('memberships as m')
    .innerJoin('rule_sets as s', 's.user_id', 'm.user_id')
    .where('i.room_id', '=', p.roomId)
    // As a literal: no database uses a partial index for a value that it is yet to be given.
    .where('i.has_rules', '=', sql.lit(1))
    .where('i.membership', '=', 'join')
    .whereRef('m.room_id', '=', 'i.room_id')
    .whereRef('m.user_id', '=', 'i.user_id')
    .select(['m.user_id', 'm.displayname', 's.version'])
    .select(cohortNow(sql.ref('m.user_id'), sql.ref('m.room_id')).as('cohort')),
)

type Move = { user_id: UserId; cohort: string }

/** Members change cohort for the events after a position. */
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
        // SQLite would else take "on conflict" for the condition of a join.
        .where(sql.lit(1), '=', sql.lit(1)),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['user_id', 'room_id', 'from_position'])
        .doUpdateSet((eb) => ({ cohort: eb.ref('excluded.cohort') })),
    ),
)

/** Somebody who has no rules of their own any more goes back to the default cohort, in all their rooms. */
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

export const forgetCohorts = query<{ userId: UserId; roomId: RoomId }>()((db, p) =>
  db.deleteFrom('cohort_members').where('user_id', '=', p.userId).where('room_id', '=', p.roomId),
)

/** Members with pushers who belong to one of these cohorts, not the default one. */
export const pushedMembersOf = query<{ roomId: RoomId; cohorts: readonly string[] }>()((db, p, d) =>
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
