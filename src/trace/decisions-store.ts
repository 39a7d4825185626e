import type { UserId } from '../lib/ids.ts'
import { type Queries, query } from '../storage/query.ts'
import type { DecidingRuleName } from './notify-reason.ts'
import type { ReasonOf } from './vocabulary.ts'

/**
 * Why an event does not notify a cohort, one member of it, or all members (cohort '*'). Stored as JSON in
 * this form.
 */
export type NotNotifiedDecision = {
  cohort: string
  userId?: UserId
  reason: ReasonOf<'decided'>
  /** With its end and its schedules, because the rule may have ended when the decision is read. */
  rule?: DecidingRuleName
}

/** One row for each event: most transactions that write it write little else. */
export const insertDecisions = query<{ position: number; at: number; decisions: string }>()((db, p) =>
  db.insertInto('trace_decisions').values({ position: p.position, at: p.at, decisions: p.decisions }),
)

export const decisionsOfEvent = query<{ position: number }>()((db, p) =>
  db.selectFrom('trace_decisions').select('decisions').where('position', '=', p.position),
)

/** Why an event did not notify a member of a cohort. */
export async function decisionFor(
  q: Queries,
  { position, ...member }: { position: number; cohort: string; userId: UserId },
): Promise<NotNotifiedDecision | undefined> {
  const row = await q.first(decisionsOfEvent, { position })
  return row && decisionIn(row.decisions, member)
}

/** The same, of the stored decisions of an event. A decision for the member precedes the decision for the cohort. */
export function decisionIn(
  stored: string,
  { cohort, userId }: { cohort: string; userId: UserId },
): NotNotifiedDecision | undefined {
  const decisions = JSON.parse(stored) as NotNotifiedDecision[]
  const own = decisions.find((one) => one.userId === userId)
  return (
    own ?? decisions.find((one) => one.userId === undefined && [cohort, ALL_MEMBERS].includes(one.cohort))
  )
}

/** The cohort of a decision for all members. */
export const ALL_MEMBERS = '*'
