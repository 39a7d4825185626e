import type { UserId } from '../lib/ids.ts'
import type { Event } from '../lib/matrix-event.ts'
import { evaluate, NO_MATCH, type RuleOutcome } from '../push-rules/index.ts'
import type { Transaction } from '../storage/database.ts'
import { DEFAULT_COHORT } from './cohort.ts'
import { contextOf, type Decision, decideForPerson, differs, outcomeOfCohort, type Person } from './decide.ts'
import type { NotificationDeps } from './deps.ts'
import { cohortOf, type KnownRules, type RoomRules } from './member-rules.ts'
import type { PersonalOutcome } from './outcome-store.ts'
import { findMentioned, findNamed, whoIgnores } from './named-members-store.ts'
import type { RoomContext } from './room-context.ts'
import { guarded } from './rule-fault.ts'

/** What an event means to somebody to whom it means something else than to their cohort. */
export type Told = PersonalOutcome & {
  /** Not in the room yet: nothing of a cohort's applies to them. */
  invited: boolean
}

/** All that was found out about an event, but for what it means to single people. */
export type Known = {
  event: Event
  context: RoomContext
  decision: Decision
  /** Undefined: nobody in the room has rules of their own. */
  rules: RoomRules | undefined
}

export type Invited = { userId: UserId; known: KnownRules | undefined }

export type Personal = {
  people: Told[]
  /** Who is invited by the event. */
  invited: Invited | undefined
  /** Who ignores its author. */
  ignoring: ReadonlySet<UserId>
}

/**
 * Those for whom the event means something else than for their cohort: whom it concerns in person, who ignores its author,
 * and the author, who is never notified.
 */
export async function askConcerned(deps: NotificationDeps, tx: Transaction, known: Known): Promise<Personal> {
  const { event, context } = known
  const invited = await findInvited(deps, tx, known)
  const told = [
    ...(await askMembers(deps, tx, known)),
    ...ownersConcerned(known),
    ...(invited ? askInvited(deps, known, invited) : []),
  ]
  const outcomes = new Map(told.map((one) => [one.userId, one]))
  const ignoring = new Set<UserId>()
  const silenced = context.senderIgnored ? await tx.all(whoIgnores, event) : []
  for (const { userId, membership } of silenced) {
    ignoring.add(userId)
    outcomes.delete(userId)
    if (membership === 'join') silence(known, userId, outcomes)
  }
  // By all other events, authors read up to them. Who is joining or leaving has no counts.
  if (event.type === 'm.room.member') silence(known, event.sender, outcomes)
  return { people: [...outcomes.values()], invited, ignoring }
}

/** Takes off again what the cohort counts. */
function silence({ rules, decision }: Known, userId: UserId, outcomes: Map<UserId, Told>): void {
  const counted = outcomeOfCohort(decision, cohortOf(rules, userId))
  if (counted.notify) outcomes.set(userId, { userId, outcome: NO_MATCH, counted, invited: false })
}

/** Members with the default rules, who are found in the database. */
async function askMembers(deps: NotificationDeps, tx: Transaction, known: Known): Promise<Told[]> {
  const { event, decision, rules } = known
  const counted = outcomeOfCohort(decision, DEFAULT_COHORT)
  const people = await findMembers(tx, event, decision)
  return people
    .filter(({ userId }) => rules?.population.cohortOf(userId) === undefined)
    .flatMap((person) => {
      const outcome = guarded(deps, event, () => decideForPerson(decision, person, deps))
      return outcome && differs(outcome, counted)
        ? [{ userId: person.userId, outcome, counted, invited: false }]
        : []
    })
}

async function findMembers(
  tx: Transaction,
  { roomId, sender }: Event,
  { concerned: { mentioned, privileged, bodyKeys } }: Decision,
): Promise<Person[]> {
  const userIds = privileged.length > 0 ? [...mentioned, ...privileged] : mentioned
  const found = [
    ...(userIds.length > 0 ? await findMentioned(tx, { roomId, sender, userIds }) : []),
    ...(bodyKeys.length > 0 ? await findNamed(tx, { roomId, sender, keys: bodyKeys }) : []),
  ]
  return found.map((row) => ({ userId: row.userId, displayName: row.displayname }))
}

/** Members with rules of their own; they were evaluated with the room. */
function ownersConcerned({ event, decision }: Known): Told[] {
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
  { event, context, decision }: Known,
): Promise<Invited | undefined> {
  const userId = decision.concerned.target as UserId | undefined
  if (userId === undefined || userId === event.sender) return undefined
  // A member event brings a new version where the member has rules of their own.
  const hasRules = context.rulesVersion === event.position
  const known = hasRules ? (await deps.memberRules.ofUsers(tx, [userId])).get(userId) : undefined
  return { userId, known }
}

function askInvited(deps: NotificationDeps, { event, decision }: Known, { userId, known }: Invited): Told[] {
  const person = { userId, displayName: null }
  const outcome: RuleOutcome | undefined = guarded(deps, event, () =>
    known
      ? evaluate(known.analysis.compiled, decision.evaluated, contextOf(decision, person))
      : decideForPerson(decision, person, deps),
  )
  return outcome?.notify ? [{ userId, outcome, counted: NO_MATCH, invited: true }] : []
}
