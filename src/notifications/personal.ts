import type { UserId } from '../lib/ids.ts'
import type { Event } from '../lib/matrix-event.ts'
import { evaluate, NO_MATCH, type RuleOutcome } from '../push-rules/index.ts'
import type { Transaction } from '../storage/database.ts'
import { DEFAULT_COHORT } from './cohort.ts'
import {
  contextOf,
  type Decision,
  outcomeForUser,
  differs,
  outcomeOfCohort,
  type UserInRoom,
} from './decide.ts'
import type { NotificationDeps } from './deps.ts'
import { cohortOf, type KnownRules, type RoomRules } from './member-rules.ts'
import type { PersonalOutcome } from './outcome-store.ts'
import { findMentioned, membersIgnoringSender } from './named-members-store.ts'
import type { RoomContext } from './room-context.ts'
import { guarded } from './rule-fault.ts'

/** The outcome of an event for a user for whom it differs from the cohort's. */
export type UserException = PersonalOutcome & {
  /** True when the user has not joined yet, so no outcome of a cohort applies. */
  invited: boolean
}

/** All that is known about an event before the personal outcomes. */
export type DecidedEvent = {
  event: Event
  context: RoomContext
  decision: Decision
  /** Undefined: no member of the room has push rules of their own. */
  rules: RoomRules | undefined
}

export type Invited = { userId: UserId; known: KnownRules | undefined }

export type PersonalOutcomes = {
  exceptions: UserException[]
  /** The user that the event invites. */
  invited: Invited | undefined
  /** The members who ignore the sender. */
  ignoring: ReadonlySet<UserId>
  /** The outcome of an invitation for a user who ignores the sender: it counts when the user no longer does. */
  hidden: UserException | undefined
}

/**
 * Finds the users for whom the event differs from their cohort's outcome: users whom it concerns personally, users who
 * ignore the sender, and the sender, who is never notified.
 */
export async function findPersonalOutcomes(
  deps: NotificationDeps,
  tx: Transaction,
  known: DecidedEvent,
): Promise<PersonalOutcomes> {
  const { event, context } = known
  const invited = await findInvited(deps, tx, known)
  const found = [
    ...(await exceptionsOfMembers(deps, tx, known)),
    ...exceptionsOfRuleOwners(known),
    ...(invited ? exceptionOfInvited(deps, known, invited) : []),
  ]
  const outcomes = new Map(found.map((one) => [one.userId, one]))
  const ignoring = new Set<UserId>()
  let hidden: UserException | undefined
  const ignoringMembers = context.senderIgnored ? await tx.all(membersIgnoringSender, event) : []
  for (const { userId, membership } of ignoringMembers) {
    ignoring.add(userId)
    const own = outcomes.get(userId)
    if (own?.invited === true) hidden = own
    outcomes.delete(userId)
    if (membership === 'join') excludeFromCohort(known, userId, outcomes)
  }
  // For any other event, the sender's read position moves to the event. A user who joins or leaves has no counts.
  if (event.type === 'm.room.member') excludeFromCohort(known, event.sender, outcomes)
  if (hidden) outcomes.set(hidden.userId, { ...hidden, outcome: NO_MATCH })
  return { exceptions: [...outcomes.values()], invited, ignoring, hidden }
}

/** Subtracts what the cohort counts. */
function excludeFromCohort(
  { rules, decision }: DecidedEvent,
  userId: UserId,
  outcomes: Map<UserId, UserException>,
): void {
  const counted = outcomeOfCohort(decision, cohortOf(rules, userId))
  if (counted.notify) outcomes.set(userId, { userId, outcome: NO_MATCH, counted, invited: false })
}

/** Members with the default rules, found by a query. */
async function exceptionsOfMembers(
  deps: NotificationDeps,
  tx: Transaction,
  known: DecidedEvent,
): Promise<UserException[]> {
  const { event, decision, rules } = known
  const counted = outcomeOfCohort(decision, DEFAULT_COHORT)
  const users = await findMembers(deps, tx, known)
  return users
    .filter(({ userId }) => rules?.population.cohortOf(userId) === undefined)
    .flatMap((user) => {
      const outcome = guarded(deps, event, () => outcomeForUser(decision, user, deps))
      return outcome && differs(outcome, counted)
        ? [{ userId: user.userId, outcome, counted, invited: false }]
        : []
    })
}

async function findMembers(
  { memberNames }: NotificationDeps,
  tx: Transaction,
  { event, context, decision }: DecidedEvent,
): Promise<UserInRoom[]> {
  const { roomId, sender } = event
  const { mentioned, privileged, bodyKeys: keys } = decision.concerned
  const { membersVersion: version, naming } = context
  const userIds = privileged.length > 0 ? [...mentioned, ...privileged] : mentioned
  const found = [
    ...(userIds.length > 0 ? await findMentioned(tx, { roomId, sender, userIds }) : []),
    ...(keys.length > 0
      ? await memberNames.find(tx, { roomId, sender, keys, version, memberCount: naming.memberCount })
      : []),
  ]
  return found.map((row) => ({ userId: row.userId, displayName: row.displayname }))
}

/** Members with push rules of their own, already evaluated together with the room. */
function exceptionsOfRuleOwners({ event, decision }: DecidedEvent): UserException[] {
  return decision.exceptions.flatMap(({ userId, cohort, outcome }) => {
    const counted = outcomeOfCohort(decision, cohort)
    return userId !== event.sender && differs(outcome, counted)
      ? [{ userId: userId as UserId, outcome, counted, invited: false }]
      : []
  })
}

async function findInvited(
  deps: NotificationDeps,
  tx: Transaction,
  { event, context, decision }: DecidedEvent,
): Promise<Invited | undefined> {
  const userId = decision.concerned.target as UserId | undefined
  if (userId === undefined || userId === event.sender) return undefined
  // A member event of a user with push rules of their own creates a new version.
  const hasRules = context.rulesVersion === event.position
  const known = hasRules ? (await deps.memberRules.ofUsers(tx, [userId])).get(userId) : undefined
  return { userId, known }
}

function exceptionOfInvited(
  deps: NotificationDeps,
  { event, decision }: DecidedEvent,
  { userId, known }: Invited,
): UserException[] {
  const user = { userId, displayName: null }
  const outcome: RuleOutcome | undefined = guarded(deps, event, () =>
    known
      ? evaluate(known.analysis.compiled, decision.evaluated, contextOf(decision, user))
      : outcomeForUser(decision, user, deps),
  )
  return outcome?.notify ? [{ userId, outcome, counted: NO_MATCH, invited: true }] : []
}
