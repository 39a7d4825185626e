import type { UserId } from '../lib/ids.ts'
import { enqueueForRoom, enqueueForUsers } from '../delivery/outbox-store.ts'
import type { Transaction } from '../storage/database.ts'
import { addRoomToBadges, addRoomToBadgesOf } from './badge-store.ts'
import { type Decision, decideForCohort, decideForPerson, differs, type Person } from './decide.ts'
import type { NotificationDeps } from './deps.ts'
import type { NotifiableEvent, RoomContext } from './event.ts'
import {
  addCohortOutcome,
  addExceptions,
  findMentioned,
  findNamed,
  type PersonalOutcome,
} from './outcome-store.ts'
import { markOwnRead } from './read.ts'
import { ruleEvaluationFailed } from './rule-fault.ts'
import { wakeOnCommit } from './wake.ts'

/**
 * Records what a new event means to the members of its room, in the event's own transaction: the cohort's outcome with
 * its totals, the exceptions from it, how far its author has read, badges, and the work for the pushers. It comes after
 * the event's membership was written and before `memberJoined` or `memberLeft`.
 *
 * Statements for a plain message: outcome, author's reading, badges, outbox; one more finds members by name where the
 * legacy mention rules apply. An error of the rules costs the notification, never the message.
 */
export async function recordEvent(
  deps: NotificationDeps,
  tx: Transaction,
  event: NotifiableEvent,
  context: RoomContext,
): Promise<void> {
  const decision = guarded(deps, event, () => decideForCohort(event, context, deps.legacyMentionRules))
  const people = decision ? await askConcerned(deps, tx, event, decision) : []
  const notifies = decision?.outcome.notify === true
  if (notifies) await addCohortOutcome(tx, event, decision.outcome)
  if (decision && people.length > 0) await addExceptions(tx, event, decision.outcome, people)
  // A member event also comes of a changed profile, in all rooms at once: nobody has read them all by that.
  if (event.type !== 'm.room.member') await markOwnRead(deps, tx, { ...event, userId: event.sender })
  if (notifies) await tellRoom(deps, tx, event, people)
  await tellPeople(deps, tx, event, notifies ? people.filter((person) => person.invited) : people)
}

type Told = PersonalOutcome & { invited: boolean }

/** Those for whom the event means something else than for the cohort. */
async function askConcerned(
  deps: NotificationDeps,
  tx: Transaction,
  event: NotifiableEvent,
  decision: Decision,
): Promise<Told[]> {
  const people = await findConcerned(tx, event, decision)
  return people.flatMap(({ invited, ...person }) => {
    const outcome = guarded(deps, event, () => decideForPerson(decision, person, deps.legacyMentionRules))
    // Nothing of the cohort's applies to who is not in the room yet.
    const deviates = outcome && (invited ? outcome.notify : differs(outcome, decision.outcome))
    return deviates ? [{ userId: person.userId, outcome, invited }] : []
  })
}

async function findConcerned(
  tx: Transaction,
  { roomId, sender }: NotifiableEvent,
  { concerned }: Decision,
): Promise<(Person & { invited: boolean })[]> {
  const { mentioned, target, bodyKeys } = concerned
  const found = [
    ...(mentioned.length > 0 ? await findMentioned(tx, { roomId, sender, userIds: mentioned }) : []),
    ...(bodyKeys.length > 0 ? await findNamed(tx, { roomId, sender, keys: bodyKeys }) : []),
  ]
  const people = found.map((row) => ({ userId: row.userId, displayName: row.displayname, invited: false }))
  if (target === undefined || target === sender) return people
  return [...people, { userId: target as UserId, displayName: null, invited: true }]
}

/** All members but the author, and those whom their own outcome leaves in peace. */
async function tellRoom(
  deps: NotificationDeps,
  tx: Transaction,
  { roomId, position, sender }: NotifiableEvent,
  people: readonly Told[],
): Promise<void> {
  const silenced = people.filter((person) => !person.outcome.notify).map((person) => person.userId)
  const except = [sender, ...silenced]
  await tx.run(addRoomToBadges, { roomId, except })
  wakeOnCommit(deps, tx, await enqueueForRoom(tx, { roomId, position, except, now: deps.clock.now() }))
}

/** Those whom only their own outcome notifies. */
async function tellPeople(
  deps: NotificationDeps,
  tx: Transaction,
  { roomId, position }: NotifiableEvent,
  people: readonly Told[],
): Promise<void> {
  const userIds = people.filter((person) => person.outcome.notify).map((person) => person.userId)
  if (userIds.length === 0) return
  await tx.run(addRoomToBadgesOf, { roomId, userIds })
  wakeOnCommit(deps, tx, await enqueueForUsers(tx, { userIds, position, now: deps.clock.now() }))
}

/** Runs what is pure. Errors of the database are not caught: they end the transaction. */
function guarded<T>(deps: NotificationDeps, event: NotifiableEvent, work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    ruleEvaluationFailed(deps, event, error)
    return undefined
  }
}
