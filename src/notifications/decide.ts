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
import { DEFAULT_COHORT } from './cohort.ts'
import type { RoomRules } from './member-rules.ts'
import type { RoomContext } from './room-context.ts'

// What the rules say about an event. Pure: whatever goes wrong in here can be caught without harm to a transaction.

/** The event made ready for its evaluations, what it means to each cohort, and who must be asked in person. */
export type Decision = {
  readonly evaluated: EvaluatedEvent
  readonly context: EvaluationContext
  /** By the cohorts that are present in the room; the default one always is. */
  readonly cohorts: ReadonlyMap<string, RuleOutcome>
  /** Of members with rules of their own. */
  readonly exceptions: PopulationOutcome['exceptions']
  /** Of members with the default rules. */
  readonly concerned: Concerned
}

/** One evaluation for each cohort and each owner of a rule that looks for such an event, whatever the size of the room. */
export function decideForRoom(
  event: Event,
  room: RoomContext,
  { settings, rules }: { settings: RuleSettings; rules?: RoomRules | undefined },
): Decision {
  const evaluated = prepareEvent(ruleEvent(event))
  const { memberCount, powerLevels, creators, roomVersion } = room
  const context = { memberCount, powerLevels, creators, roomVersion, budget: roomBudget() }
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

export type Person = {
  userId: UserId
  /** In this room; null: none, or not in the room yet. */
  displayName: string | null
}

/** The outcome of the same event for one person by the default rules. */
export function decideForPerson(decision: Decision, person: Person, settings: RuleSettings): RuleOutcome {
  return evaluate(compiledDefaults(settings), decision.evaluated, contextOf(decision, person))
}

export function contextOf(decision: Decision, { userId, displayName }: Person): EvaluationContext {
  return { ...decision.context, userId, displayName: displayName ?? undefined }
}

/** Whether a person's outcome needs a row of its own beside the cohort's. */
export function differs(personal: RuleOutcome, cohort: RuleOutcome): boolean {
  if (!personal.notify && !cohort.notify) return false
  if (personal.rule?.ruleId !== cohort.rule?.ruleId || personal.rule?.kind !== cohort.rule?.kind) return true
  // The same default rule with actions that its owner has changed.
  return JSON.stringify(personal.actions) !== JSON.stringify(cohort.actions)
}
