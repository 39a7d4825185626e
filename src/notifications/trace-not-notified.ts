import type { UserId } from '../lib/ids.ts'
import type { Event } from '../lib/matrix-event.ts'
import { type RuleOutcome, wakesDevice } from '../push-rules/index.ts'
import type { Transaction } from '../storage/database.ts'
import { ALL_MEMBERS, type NotNotifiedDecision } from '../trace/decisions-store.ts'
import { decideForUser } from '../trace/notify-reason.ts'
import { type Decision, outcomeOfCohort } from './decide.ts'
import type { NotificationDeps } from './deps.ts'

/**
 * Records why an event does not notify, for each cohort that it does not notify, because the rules can change
 * later. Outcomes hold what notifies, and exceptions. `decision`: undefined when the rules could not be
 * evaluated.
 */
export function traceNotNotified(
  deps: NotificationDeps,
  tx: Transaction,
  { event, decision }: { event: Event; decision: Decision | undefined },
): void {
  if (!deps.trace.isEnabled) return
  const decisions = decision
    ? notNotifiedIn(decision, event)
    : [{ cohort: ALL_MEMBERS, ...reasonOf(undefined) }]
  if (decisions.length > 0)
    deps.trace.recordDecisions(tx, { position: event.position, at: deps.clock.now() }, decisions)
}

function notNotifiedIn(decision: Decision, { sender }: Pick<Event, 'sender'>): NotNotifiedDecision[] {
  const decisions: NotNotifiedDecision[] = []
  for (const [cohort, outcome] of decision.cohorts)
    if (!outcome.notify) decisions.push({ cohort, ...reasonOf(outcome) })
  // Members of a cohort that is not notified for whom another rule decided.
  for (const { userId, cohort, outcome } of decision.exceptions)
    if (!outcome.notify && !outcomeOfCohort(decision, cohort).notify && userId !== sender)
      decisions.push({ cohort, userId: userId as UserId, ...reasonOf(outcome) })
  return decisions
}

/** `outcome`: undefined when the rules could not be evaluated. */
function reasonOf(outcome: RuleOutcome | undefined): Pick<NotNotifiedDecision, 'reason' | 'rule'> {
  const decided = outcome && { ...outcome, wakes: wakesDevice(outcome) }
  const { reason, rule } = decideForUser({ outcome: decided, rulesFailed: outcome === undefined })
  return rule === null ? { reason } : { reason, rule }
}
