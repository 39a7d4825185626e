import type { UserId } from '../lib/ids.ts'
import { query } from '../storage/query.ts'

type DecisionRow = {
  cohort: string
  user_id: UserId | ''
  reason: string
  rule_kind: string | null
  rule_id: string | null
}

export const insertDecisions = query<{ position: number; at: number; rows: readonly DecisionRow[] }>()(
  (db, p, d) =>
    db
      .insertInto('trace_decisions')
      .columns(['position', 'at', 'cohort', 'user_id', 'reason', 'rule_kind', 'rule_id'])
      .expression(
        db
          .selectFrom(
            d
              .rows(p.rows, {
                cohort: 'text',
                user_id: 'text',
                reason: 'text',
                rule_kind: 'text',
                rule_id: 'text',
              })
              .as('r'),
          )
          .select([d.integer(p.position).as('position'), d.integer(p.at).as('at')])
          .select(['r.cohort', 'r.user_id', 'r.reason', 'r.rule_kind', 'r.rule_id']),
      ),
)

/** Of the most common case: one row. */
export const insertDecision = query<DecisionRow & { position: number; at: number }>()((db, p) =>
  db.insertInto('trace_decisions').values({
    position: p.position,
    at: p.at,
    cohort: p.cohort,
    user_id: p.user_id,
    reason: p.reason,
    rule_kind: p.rule_kind,
    rule_id: p.rule_id,
  }),
)

/** Why an event did not notify a member of a cohort: what is known of them in person comes first. */
export const decisionFor = query<{ position: number; cohort: string; userId: UserId }>()((db, p) =>
  db
    .selectFrom('trace_decisions')
    .select(['reason', 'rule_kind', 'rule_id'])
    .where('position', '=', p.position)
    .where((eb) =>
      eb.or([
        eb('user_id', '=', p.userId),
        eb.and([eb('user_id', '=', ''), eb('cohort', 'in', [p.cohort, '*'])]),
      ]),
    )
    .orderBy('user_id', 'desc')
    .orderBy('entry_id')
    .limit(1),
)
