import { localpartOf, type UserId } from '../lib/ids.ts'
import {
  type CompiledRules,
  compileRules,
  type Concerned,
  concernedUsers,
  defaultRules,
  evaluate,
  type EvaluatedEvent,
  type EvaluationContext,
  type Outcome,
  prepareEvent,
} from '../push-rules/index.ts'
import { cohortRules } from './cohort.ts'
import type { NotifiableEvent, RoomContext } from './event.ts'

// What the rules say about an event. Pure: whatever goes wrong in here can be caught without harm to a transaction.

/** The event made ready for its evaluations, what it means to the cohort, and who must be asked in person. */
export type Decision = {
  readonly evaluated: EvaluatedEvent
  readonly context: EvaluationContext
  readonly outcome: Outcome
  readonly concerned: Concerned
}

/** One evaluation, whatever the size of the room. */
export function decideForCohort(
  event: NotifiableEvent,
  room: RoomContext,
  legacyMentionRules: boolean,
): Decision {
  const evaluated = prepareEvent({
    type: event.type,
    ...(event.stateKey === null ? {} : { state_key: event.stateKey }),
    sender: event.sender,
    room_id: event.roomId,
    event_id: event.eventId,
    origin_server_ts: event.originServerTs,
    content: event.content,
  })
  const context = evaluationContext(room)
  return {
    evaluated,
    context,
    outcome: evaluate(cohortRules(legacyMentionRules), evaluated, context),
    concerned: concernedUsers(evaluated, { legacyMentionRules }),
  }
}

export type Person = {
  userId: UserId
  /** In this room; null: none, or not in the room yet. */
  displayName: string | null
}

/** The outcome of the same event for one person. */
export function decideForPerson(decision: Decision, person: Person, legacyMentionRules: boolean): Outcome {
  return evaluate(personalRules(person.userId, legacyMentionRules), decision.evaluated, {
    ...decision.context,
    userId: person.userId,
    displayName: person.displayName ?? undefined,
  })
}

/** Whether a person's outcome needs a row of its own beside the cohort's. */
export function differs(personal: Outcome, cohort: Outcome): boolean {
  if (!personal.notify && !cohort.notify) return false
  return personal.rule?.ruleId !== cohort.rule?.ruleId || personal.rule?.kind !== cohort.rule?.kind
}

function evaluationContext(room: RoomContext): EvaluationContext {
  const base = { memberCount: room.memberCount, powerLevels: room.powerLevels }
  // Creators with unlimited power are what version 12 brought; the rules of the versions before it are alike here.
  return room.creators.length > 0
    ? { ...base, creators: room.creators, roomVersion: '12' }
    : { ...base, creators: [room.creator] }
}

/** Compiled rules kept at hand; a set is a few kilobytes. */
const KEPT_PERSONS = 1000
const kept = new Map<string, CompiledRules>()

function personalRules(userId: UserId, legacyMentionRules: boolean): CompiledRules {
  const key = `${legacyMentionRules ? '+' : '-'}${userId}`
  const found = kept.get(key)
  if (found) {
    kept.delete(key)
    kept.set(key, found)
    return found
  }
  const made = compileRules(defaultRules({ userId, localpart: localpartOf(userId), legacyMentionRules }))
  kept.set(key, made)
  const [oldest] = kept.keys()
  if (kept.size > KEPT_PERSONS && oldest !== undefined) kept.delete(oldest)
  return made
}
