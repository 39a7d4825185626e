import type { UserId } from '../lib/ids.ts'
import { type Queries, query } from '../storage/query.ts'
import type { ReasonOf } from './vocabulary.ts'

/** Why an event does not notify: a whole cohort, one member of it, or, of the cohort '*', anybody. Kept as it is, as JSON. */
export type NotNotifiedDecision = {
  cohort: string
  userId?: UserId
  reason: ReasonOf<'decided'>
  rule?: { kind: string; ruleId: string }
}

/** One row for an event, and one place to write to: most transactions that do so do little else. */
export const insertDecisions = query<{ position: number; at: number; decisions: string }>()((db, p) =>
  db.insertInto('trace_decisions').values({ position: p.position, at: p.at, decisions: p.decisions }),
)

export const decisionsOfEvent = query<{ position: number }>()((db, p) =>
  db.selectFrom('trace_decisions').select('decisions').where('position', '=', p.position),
)

/** Why an event did not notify a member of a cohort: what is known of them in person comes first. */
export async function decisionFor(
  q: Queries,
  { position, cohort, userId }: { position: number; cohort: string; userId: UserId },
): Promise<NotNotifiedDecision | undefined> {
  const row = await q.first(decisionsOfEvent, { position })
  const decisions = row === undefined ? [] : (JSON.parse(row.decisions) as NotNotifiedDecision[])
  const own = decisions.find((one) => one.userId === userId)
  return (
    own ?? decisions.find((one) => one.userId === undefined && [cohort, ALL_MEMBERS].includes(one.cohort))
  )
}

/** In place of a cohort. */
export const ALL_MEMBERS = '*'
