import { sql } from 'kysely'
import type { UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'
import type { ReportsTable } from '../storage/profile-schema.ts'

export type NewReport = Omit<ReportsTable, 'report_id'>

/** The number of a user's stored reports of other targets than this one. */
export const otherReports = query<Pick<NewReport, 'reporter' | 'target'>>()((db, p) =>
  db
    .selectFrom('reports')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('reporter', '=', p.reporter)
    .where('target', '<>', p.target),
)

/** Replaces an earlier report of the same target by the same user. */
export const upsertReport = query<NewReport>()((db, p) =>
  db
    .insertInto('reports')
    .values({
      reporter: p.reporter,
      target: p.target,
      room_id: p.room_id,
      reason: p.reason,
      event: p.event,
      reported_at: p.reported_at,
    })
    .onConflict((conflict) =>
      conflict.columns(['reporter', 'target']).doUpdateSet((eb) => ({
        reason: eb.ref('excluded.reason'),
        event: eb.ref('excluded.event'),
        reported_at: eb.ref('excluded.reported_at'),
      })),
    )
    .returning('report_id'),
)

/** Reports with a higher number, in the order of their numbers, with the name of their room. */
export const reportsAfter = query<{ after: number; limit: number }>()((db, p) =>
  db
    .selectFrom('reports as r')
    .select(['r.report_id', 'r.reporter', 'r.target', 'r.room_id', 'r.reason', 'r.event', 'r.reported_at'])
    .select((eb) =>
      eb
        .selectFrom('current_state as s')
        .innerJoin('events as e', 'e.position', 's.position')
        .select('e.content')
        .whereRef('s.room_id', '=', 'r.room_id')
        .where('s.type', '=', sql.lit('m.room.name'))
        .where('s.state_key', '=', sql.lit(''))
        .as('room_name'),
    )
    .where('r.report_id', '>', p.after)
    .orderBy('r.report_id')
    .limit(p.limit),
)

export const deleteReport = query<{ id: number }>()((db, p) =>
  db.deleteFrom('reports').where('report_id', '=', p.id),
)

/** An account that can be reported. */
export const accountExists = query<{ userId: UserId }>()((db, p) =>
  db.selectFrom('users').select('user_id').where('user_id', '=', p.userId),
)
