import { enqueueForHandles, enqueueForRoom, enqueueForUsers } from '../delivery/outbox-store.ts'
import type { UserId } from '../lib/ids.ts'
import type { Event } from '../lib/matrix-event.ts'
import type { Transaction } from '../storage/database.ts'
import { addRoomToBadges, addRoomToBadgesOf } from './badge-store.ts'
import { pushedMembersOf } from './cohort-store.ts'
import { DEFAULT_COHORT } from './cohort.ts'
import { decideForRoom, outcomeOfCohort } from './decide.ts'
import type { NotificationDeps } from './deps.ts'
import { cohortOf } from './member-rules.ts'
import { addCohortOutcomes, addExceptions } from './outcome-store.ts'
import { askConcerned, type Known, type Personal, type Told } from './personal.ts'
import { markOwnRead, unreadBefore } from './read-positions.ts'
import type { RoomContext } from './room-context.ts'
import { guarded, rulesCut } from './rule-fault.ts'
import { traceNotNotified } from './trace-not-notified.ts'
import { wakeOnCommit } from './wake-delivery.ts'
import { devicesToWake } from './devices-to-wake.ts'

/**
 * Records the outcomes of a new event for the members of its room, in the transaction of the event: the outcome of each
 * cohort with its totals, the exceptions, the read position of the sender, the badges, and the work for the pushers. Call
 * it after the membership of the event is written and before `memberJoined` or `memberLeft`.
 *
 * Statements for a plain message: outcome, read position of the sender, badges, outbox. One more records why some members
 * were not notified. One more finds members by name where the legacy mention rules apply. Where the room has other cohorts
 * than the default one, one more stores their outcomes and one more finds the members who were not notified. The rules of the
 * members are loaded when they have changed. An error in the rules loses the notification, never the message.
 */
export async function recordEvent(
  deps: NotificationDeps,
  tx: Transaction,
  { event, context }: { event: Event; context: RoomContext },
): Promise<void> {
  const rules = await deps.memberRules.ofRoom(tx, { ...event, version: context.rulesVersion })
  const decision = guarded(deps, event, () => decideForRoom(event, context, { settings: deps, rules }))
  const known = decision && { event, context, decision, rules }
  const personal = known && (await askConcerned(deps, tx, known))
  const own = { ...event, userId: event.sender }
  const before = await unreadBefore(deps, tx, own)
  if (known && personal) await writeOutcomes(tx, known, personal.people)
  await traceNotNotified(deps, tx, { event, decision })
  // A profile change sends a member event to all rooms at once, so it does not show that the user has read them.
  if (event.type !== 'm.room.member') await markOwnRead(deps, tx, { read: own, before })
  if (known && personal) await tell(deps, tx, { known, personal })
  const cut = decision?.context.budget?.cut ?? 0
  if (cut > 0) tx.onCommit(() => rulesCut(deps, event, cut))
}

async function writeOutcomes(
  tx: Transaction,
  { event, decision }: Known,
  people: readonly Told[],
): Promise<void> {
  const notified = [...decision.cohorts].filter(([, outcome]) => outcome.notify)
  if (notified.length > 0) await addCohortOutcomes(tx, event, new Map(notified))
  if (people.length > 0) await addExceptions(tx, event, people)
}

async function tell(
  deps: NotificationDeps,
  tx: Transaction,
  { known, personal }: { known: Known; personal: Personal },
): Promise<void> {
  const notifies = outcomeOfCohort(known.decision, DEFAULT_COHORT).notify
  if (notifies) await tellRoom(deps, tx, { known, people: personal.people })
  const single = personal.people.filter(
    ({ outcome, counted }) => outcome.notify && !(notifies && counted.notify),
  )
  const userIds = single.map(({ userId }) => userId)
  if (!notifies) userIds.push(...toldByCohort(known, personal.people))
  await tellPeople(deps, tx, { event: known.event, userIds })
  const { position, type } = known.event
  const now = deps.clock.now()
  const holders = devicesToWake(deps, known, personal)
  wakeOnCommit(deps, tx, await enqueueForHandles(tx, { holders, position, type, now }))
}

/** All members except the sender and the members whose own or cohort's outcome does not notify. */
async function tellRoom(
  deps: NotificationDeps,
  tx: Transaction,
  { known, people }: { known: Known; people: readonly Told[] },
): Promise<void> {
  const { event, decision } = known
  const { roomId, position, type, sender } = event
  const silenced = people.filter(({ outcome }) => !outcome.notify).map(({ userId }) => userId)
  const quiet = [...decision.cohorts].filter(([, outcome]) => !outcome.notify).map(([cohort]) => cohort)
  const inPeace = quiet.length === 0 ? [] : await tx.all(pushedMembersOf, { roomId, cohorts: quiet })
  const except = [sender, ...silenced, ...inPeace.map((row) => row.user_id)]
  await tx.run(addRoomToBadges, { roomId, except })
  wakeOnCommit(deps, tx, await enqueueForRoom(tx, { roomId, position, type, except, now: deps.clock.now() }))
}

/** Members of the cohorts that are notified, when the default cohort is not. */
function toldByCohort({ event, decision, rules }: Known, people: readonly Told[]): UserId[] {
  const anybody = [...decision.cohorts.values()].some((outcome) => outcome.notify)
  if (!anybody || rules === undefined) return []
  const own = new Set([event.sender, ...people.map(({ userId }) => userId)])
  return [...rules.members.keys()].filter(
    (userId) => !own.has(userId) && outcomeOfCohort(decision, cohortOf(rules, userId)).notify,
  )
}

async function tellPeople(
  deps: NotificationDeps,
  tx: Transaction,
  { event, userIds }: { event: Event; userIds: readonly UserId[] },
): Promise<void> {
  if (userIds.length === 0) return
  const { roomId, position, type } = event
  await tx.run(addRoomToBadgesOf, { roomId, userIds })
  wakeOnCommit(deps, tx, await enqueueForUsers(tx, { userIds, position, type, now: deps.clock.now() }))
}
