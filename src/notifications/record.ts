import { type RuleOutcome, wakesOnly } from '../push-rules/index.ts'
import { enqueueForHandles, enqueueForRoom, enqueueForUsers } from '../delivery/outbox-store.ts'
import type { UserId } from '../lib/ids.ts'
import type { Event } from '../lib/matrix-event.ts'
import type { Transaction } from '../storage/database.ts'
import { addRoomToBadges, addRoomToBadgesOf } from './badge-store.ts'
import { membersWithPushersIn } from './cohort-store.ts'
import { DEFAULT_COHORT } from './cohort.ts'
import { decideForRoom, outcomeOfCohort } from './decide.ts'
import type { NotificationDeps } from './deps.ts'
import { cohortOf } from './member-rules.ts'
import { addCohortOutcomes, addExceptions } from './outcome-store.ts'
import {
  findPersonalOutcomes,
  type DecidedEvent,
  type PersonalOutcomes,
  type UserException,
} from './personal.ts'
import { markOwnRead, unreadBefore } from './read-positions.ts'
import type { RoomContext } from './room-context.ts'
import { passToDeliveryAfterCommit } from './pass-to-delivery.ts'
import { guarded, rulesCut } from './rule-fault.ts'
import { keepInvitation } from './restoring-store.ts'
import { subscribersOf } from './thread-subscribers-store.ts'
import { traceNotNotified } from './trace-not-notified.ts'
import { wakePushers } from './wake-delivery.ts'
import { devicesToWake } from './devices-to-wake.ts'

/**
 * Records the outcomes of a new event for the members of its room, in the transaction of the event: the
 * outcome of each cohort with its totals, the exceptions, the read position of the sender, the badges, and
 * the work for the pushers. Call it after the membership of the event is written and before `memberJoined` or
 * `memberLeft`.
 *
 * Statements for a plain message: outcome, read position of the sender. For a room where other members have
 * pushers, two more: badges, unless all have the room on the badge, and outbox. One more records why some
 * members were not notified. One more reads the names of the members where the legacy mention rules apply:
 * once for each change in a small room. Where the room has other cohorts than the default one, one more
 * stores their outcomes and one more finds the members who were not notified. The rules of the members are
 * loaded when they have changed. An error in the rules loses the notification, never the message.
 */
export async function recordEvent(
  deps: NotificationDeps,
  tx: Transaction,
  { event, context }: { event: Event; context: RoomContext },
): Promise<void> {
  const rules = await deps.memberRules.ofRoom(tx, { ...event, version: context.rulesVersion })
  const subscribers = await subscribersOf(deps, tx, event)
  const decision = guarded(deps, event, () =>
    decideForRoom(event, context, { settings: deps, rules, subscribers }),
  )
  const decided = decision && { event, context, decision, rules }
  const personal = decided && (await findPersonalOutcomes(deps, tx, decided))
  const own = { ...event, userId: event.sender }
  const before = await unreadBefore(deps, tx, own)
  if (decided && personal) writeOutcomes(tx, decided, personal)
  traceNotNotified(deps, tx, { event, decision })
  // A profile change sends a member event to all rooms at once, so it does not show that the user has read them.
  if (event.type !== 'm.room.member')
    await markOwnRead(deps, tx, { read: own, before, isOnBadge: context.senderOnBadge })
  if (decided && personal) await enqueuePokes(deps, tx, { decided, personal })
  const cut = decision?.context.budget?.cut ?? 0
  if (cut > 0) tx.onCommit(() => rulesCut(deps, event, cut))
}

function writeOutcomes(
  tx: Transaction,
  { event, decision }: DecidedEvent,
  { exceptions, hidden }: PersonalOutcomes,
): void {
  const notified = [...decision.cohorts].filter(([, outcome]) => outcome.notify)
  if (notified.length > 0) addCohortOutcomes(tx, event, new Map(notified))
  if (exceptions.length > 0) addExceptions(tx, event, exceptions)
  if (hidden) {
    const { position, roomId, threadId, sender } = event
    const { highlight, actions, rule } = hidden.outcome
    tx.write(keepInvitation, {
      userId: hidden.userId,
      position,
      roomId,
      threadId,
      sender,
      highlight: highlight ? 1 : 0,
      actions: JSON.stringify(actions),
      ruleKind: rule?.kind ?? null,
      ruleId: rule?.ruleId ?? null,
    })
  }
}

async function enqueuePokes(
  deps: NotificationDeps,
  tx: Transaction,
  { decided, personal }: { decided: DecidedEvent; personal: PersonalOutcomes },
): Promise<void> {
  const notifies = outcomeOfCohort(decided.decision, DEFAULT_COHORT).notify
  if (notifies) await enqueueForMembers(deps, tx, { decided, exceptions: personal.exceptions })
  const single = personal.exceptions.filter(
    ({ outcome, counted }) => outcome.notify && !(notifies && counted.notify),
  )
  const userIds = single.map(({ userId }) => userId)
  if (!notifies) userIds.push(...membersNotifiedByCohort(decided, personal.exceptions))
  const wokenIds = decided.context.hasPushers ? membersToWake(decided, personal) : []
  enqueueForSingleUsers(deps, tx, { event: decided.event, userIds, wokenIds })
  const { position, type } = decided.event
  const now = deps.clock.now()
  const holders = devicesToWake(deps, decided, personal)
  enqueueForHandles(tx, { holders, position, type, now }, wakePushers(deps))
}

/** All members except the sender and the members whose own or cohort's outcome does not notify. */
async function enqueueForMembers(
  deps: NotificationDeps,
  tx: Transaction,
  { decided, exceptions }: { decided: DecidedEvent; exceptions: readonly UserException[] },
): Promise<void> {
  const { event, decision, context } = decided
  if (!context.hasPushers) return
  const { roomId, position, type, sender } = event
  passToDeliveryAfterCommit(deps, tx, decided)
  const silenced = exceptions.filter(({ outcome }) => !outcome.notify).map(({ userId }) => userId)
  const mutedCohorts = [...decision.cohorts]
    .filter(([, outcome]) => !outcome.notify)
    .map(([cohort]) => cohort)
  const muted =
    mutedCohorts.length === 0 ? [] : await tx.all(membersWithPushersIn, { roomId, cohorts: mutedCohorts })
  const except = [sender, ...silenced, ...muted.map((row) => row.user_id)]
  if (!context.isOnBadges) tx.write(addRoomToBadges, { roomId, except })
  enqueueForRoom(tx, { roomId, position, type, except, now: deps.clock.now() }, wakePushers(deps))
}

/** Members of the cohorts that are notified, when the default cohort is not. */
function membersNotifiedByCohort(
  { event, decision, rules }: DecidedEvent,
  exceptions: readonly UserException[],
): UserId[] {
  const isAnyNotified = [...decision.cohorts.values()].some((outcome) => outcome.notify)
  if (!isAnyNotified || rules === undefined) return []
  const own = new Set([event.sender, ...exceptions.map(({ userId }) => userId)])
  return [...rules.members.keys()].filter(
    (userId) => !own.has(userId) && outcomeOfCohort(decision, cohortOf(rules, userId)).notify,
  )
}

/**
 * The members whose devices receive the event, although it does not count as unread (`wakesOnly`). All of
 * them have rules of their own, because the default rules notify of each encrypted event.
 */
function membersToWake(
  { event, decision, rules }: DecidedEvent,
  { ignoring }: Pick<PersonalOutcomes, 'ignoring'>,
): UserId[] {
  const isAnyWoken = [
    ...decision.cohorts.values(),
    ...decision.exceptions.map(({ outcome }) => outcome),
  ].some(wakesOnly)
  if (!isAnyWoken || rules === undefined) return []
  const own = new Map<string, RuleOutcome>(
    decision.exceptions.map(({ userId, outcome }) => [userId, outcome]),
  )
  return [...rules.members.keys()].filter(
    (userId) =>
      userId !== event.sender &&
      !ignoring.has(userId) &&
      wakesOnly(own.get(userId) ?? outcomeOfCohort(decision, cohortOf(rules, userId))),
  )
}

type SingleUsers = { event: Event; userIds: readonly UserId[]; wokenIds: readonly UserId[] }

/** `wokenIds`: the badges of these users do not change. */
function enqueueForSingleUsers(
  deps: NotificationDeps,
  tx: Transaction,
  { event, userIds, wokenIds }: SingleUsers,
): void {
  const { roomId, position, type } = event
  if (userIds.length > 0) tx.write(addRoomToBadgesOf, { roomId, userIds })
  const work = { userIds: [...userIds, ...wokenIds], position, type, now: deps.clock.now() }
  enqueueForUsers(tx, work, wakePushers(deps))
}
