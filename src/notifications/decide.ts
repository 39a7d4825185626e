import type { UserId } from '../lib/ids.ts'
import { type Event, ruleEvent } from '../lib/matrix-event.ts'
import {
  compiledDefaults,
  type Concerned,
  concernedUsers,
  evaluate,
  type EvaluatedEvent,
  type EvaluationContext,
  NO_MATCH,
  type RuleOutcome,
  type PopulationOutcome,
  prepareEvent,
  roomBudget,
  type RuleSettings,
} from '../push-rules/index.ts'
import { momentOf } from '../user-rules/moment.ts'
import { DEFAULT_COHORT } from './cohort.ts'
import type { RoomRules } from './member-rules.ts'
import type { RoomContext } from './room-context.ts'

// Evaluates the push rules for an event. Pure, so an error in here can be caught without harm to the transaction.

/** The prepared event, its outcome for each cohort, and the members who need an evaluation of their own. */
export type Decision = {
  readonly evaluated: EvaluatedEvent
  readonly context: EvaluationContext
  /** By cohort, for each cohort that is present in the room. The default cohort is always there. */
  readonly cohorts: ReadonlyMap<string, RuleOutcome>
  /** Outcomes of members with push rules of their own. */
  readonly exceptions: PopulationOutcome['exceptions']
  /** Members with the default rules. */
  readonly concerned: Concerned
}

type DecisionRules = {
  settings: RuleSettings
  rules?: RoomRules | undefined
  /** The users with a subscription to the thread of the event (MSC4306). */
  subscribers?: ReadonlySet<string> | undefined
}

/**
 * Evaluates once for each cohort and once for each owner of a rule that can match the event. The size of the
 * room does not matter.
 */
export function decideForRoom(
  event: Event,
  room: RoomContext,
  { settings, rules, subscribers }: DecisionRules,
): Decision {
  const evaluated = prepareEvent(ruleEvent(event))
  const { memberCount, powerLevels, creators, roomVersion } = room
  const moment = momentOf(event)
  const context = {
    memberCount,
    powerLevels,
    creators,
    roomVersion,
    subscribers,
    moment,
    budget: roomBudget(),
  }
  const outcomes =
    rules && rules.population.size > 0
      ? rules.population.evaluate(evaluated, context)
      : {
          cohorts: new Map([[DEFAULT_COHORT, evaluate(compiledDefaults(settings), evaluated, context)]]),
          exceptions: [],
        }
  return { evaluated, context, ...outcomes, concerned: concernedUsers(evaluated, settings, context) }
}

export function outcomeOfCohort(decision: Decision, cohort: string): RuleOutcome {
  return decision.cohorts.get(cohort) ?? NO_MATCH
}

export type UserInRoom = {
  userId: UserId
  /** The display name in this room; null when the user has none or has not joined yet. */
  displayName: string | null
}

/** The outcome of the same event for one user under the default rules. */
export function outcomeForUser(decision: Decision, user: UserInRoom, settings: RuleSettings): RuleOutcome {
  return evaluate(compiledDefaults(settings), decision.evaluated, contextOf(decision, user))
}

export function contextOf(decision: Decision, { userId, displayName }: UserInRoom): EvaluationContext {
  return { ...decision.context, userId, displayName: displayName ?? undefined }
}

/** Whether a member's outcome differs from the cohort's, and so needs a row of its own. */
export function differs(personal: RuleOutcome, cohort: RuleOutcome): boolean {
  if (!personal.notify && !cohort.notify) return false
  if (personal.rule?.ruleId !== cohort.rule?.ruleId || personal.rule?.kind !== cohort.rule?.kind) return true
  // The same default rule, but its owner changed the actions.
  return JSON.stringify(personal.actions) !== JSON.stringify(cohort.actions)
}
