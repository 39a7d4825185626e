import { isRead } from '../notifications/recipient-facts.ts'
import { readActions, ruleOf } from '../notifications/stored-rule.ts'
import { notFound } from '../lib/errors.ts'
import type { EventId, RoomId, UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import { type Event, eventSummary, type Viewer } from '../lib/matrix-event.ts'
import { wakesDevice } from '../push-rules/index.ts'
import { userById } from '../accounts/users-store.ts'
import { findEvent } from '../rooms/event-store.ts'
import { stateEventAt } from '../rooms/state-store.ts'
import { visibleEvent } from '../rooms/timeline.ts'
import type { Queries } from '../storage/query.ts'
import { decisionFor, type NotNotifiedDecision } from '../trace/decisions-store.ts'
import { arrivalsOf } from '../trace/arrival/arrival-store.ts'
import { gatewayStepsOfEvent } from '../trace/gateway-store.ts'
import {
  decideForUser,
  isOfIgnoredSender,
  isRecipient,
  type UserDecision,
  type UserOutcome,
} from '../trace/notify-reason.ts'
import {
  type JourneyPusher,
  journeyStep,
  type JourneyStep,
  pusherSteps,
  ruleShown,
  currentStep,
} from '../trace/journey.ts'
import { stepsOf } from '../trace/steps-store.ts'
import { knownPushers, pusherOfEvent } from './journey-pushers.ts'
import { cohortInPresentStay, outcomeAtEvent, queuedBetween } from './journey-store.ts'

export type JourneyRequest = {
  viewer: Viewer & { isAdmin: boolean }
  /** The user that the journey is about. */
  userId: UserId
  eventId: EventId
  /** Whether the server records journeys. */
  isTraced: boolean
}

const NO_SUCH_EVENT = 'There is no such event, or you may not see it'

/**
 * The journey of an event to a user and to the user's pushers, with the reasons. `q` should be a snapshot.
 * @throws 404 M_NOT_FOUND: the event does not exist, a viewer who is no administrator may not see it, or the
 *   user does not exist
 */
export async function journeyOf(q: Queries, request: JourneyRequest): Promise<JsonObject> {
  const { userId, isTraced } = request
  const event = await requestedEvent(q, request)
  const { position, roomId, threadId } = event
  const decided = await decisionOf(q, userId, event)
  const pushers = await pushersOf(q, userId, event)
  const steps = [journeyStep('stored', 'stored', { at: event.originServerTs }), ...decided.steps]
  if (event.redactedBy !== null) steps.push(await retracted(q, event.redactedBy))
  const had = pushers.filter(({ createdAt }) => createdAt <= event.originServerTs)
  if (had.length === 0) steps.push(journeyStep('not queued', 'no pushers', { at: event.originServerTs }))
  return {
    ...eventSummary(event),
    user_id: userId,
    notifies: decided.notifies ?? null,
    read: await isRead(q, { userId, roomId, threadId, position }),
    traced: isTraced,
    steps,
    pushers: pushers.map((pusher) =>
      pusherShown(pusher, { at: event.originServerTs, notifies: decided.notifies }),
    ),
  } as unknown as JsonObject
}

async function requestedEvent(q: Queries, { viewer, userId, eventId }: JourneyRequest): Promise<Event> {
  const event = await findEvent(q, eventId)
  if (!event) throw notFound(NO_SUCH_EVENT)
  if (!viewer.isAdmin || userId === viewer.userId) return visibleEvent(q, viewer.userId, event)
  if (!(await q.first(userById, { userId }))) throw notFound('There is no such user')
  return event
}

type Decided = { steps: JourneyStep[]; notifies: boolean | undefined }

/** The decision for the user at the time of the event, as far as it is still stored. */
async function decisionOf(q: Queries, userId: UserId, event: Event): Promise<Decided> {
  const { roomId, position, originServerTs: at } = event
  const isOwn = event.sender === userId
  const isNotMember = !isOwn && !(await wasRecipient(q, userId, event))
  const kept = isOwn || isNotMember ? {} : await keptOf(q, { userId, roomId, position })
  const { notifies, reason, rule } = decideForUser({
    isOwn,
    isNotMember,
    ignoresSender: isOfIgnoredSender(kept.outcome),
    ...kept,
  })
  const decided = journeyStep('decided', reason, { at, ...ruleOfDecision(reason, rule) })
  if (notifies !== true) return { steps: [decided], notifies }
  const counted = journeyStep('counted', kept.outcome?.highlight === true ? 'highlight' : 'unread', { at })
  return { steps: [decided, counted], notifies }
}

/** The rule, for a decision of the push rules. */
function ruleOfDecision(
  reason: UserDecision['reason'],
  rule: UserDecision['rule'],
): Pick<JourneyStep, 'rule'> {
  if (!RULE_REASONS.has(reason)) return {}
  return { rule: rule && ruleShown(rule) }
}

const RULE_REASONS: ReadonlySet<UserDecision['reason']> = new Set([
  'notifies',
  'does not notify',
  'wakes only',
  'no rule matched',
  'rules failed',
])

type Kept = {
  outcome?: UserOutcome & { highlight: boolean }
  recorded?: NotNotifiedDecision
}

/** The stored outcome. Without one: the recorded decision of an event that did not notify the user's cohort. */
async function keptOf(q: Queries, of: { userId: UserId; roomId: RoomId; position: number }): Promise<Kept> {
  const stay = await q.first(cohortInPresentStay, of)
  const found = await q.first(outcomeAtEvent, of)
  // For an earlier stay in the room, only an outcome stored for this user in person is valid.
  if (found && (stay !== undefined || found.own === 1))
    return {
      outcome: {
        notify: found.notify === 1,
        highlight: found.highlight === 1,
        rule: ruleOf(found),
        wakes: wakesDevice({ actions: readActions(found.actions) }),
      },
    }
  const recorded = stay && (await decisionFor(q, { ...of, cohort: stay.cohort }))
  return recorded === undefined ? {} : { recorded }
}

async function wasRecipient(q: Queries, userId: UserId, event: Event): Promise<boolean> {
  const member = await stateEventAt(q, { ...event, type: 'm.room.member', stateKey: userId })
  return isRecipient(member?.content['membership'], { isOwnMembership: member?.position === event.position })
}

async function retracted(q: Queries, redactedBy: EventId): Promise<JourneyStep> {
  const redaction = await findEvent(q, redactedBy)
  return journeyStep('retracted', 'redacted', { at: redaction?.originServerTs ?? null })
}

/** The present pushers, and the pushers that existed at the time of the event and were removed since. */
async function pushersOf(
  q: Queries,
  userId: UserId,
  { position, eventId, originServerTs: at }: Event,
): Promise<JourneyPusher[]> {
  const known = (await knownPushers(q, userId)).filter(
    ({ createdAt, removedAt }) => removedAt === null || (createdAt <= at && removedAt >= at),
  )
  const pusherIds = known.map(({ pusherId }) => pusherId)
  const queued = await q.all(queuedBetween, { pusherIds, low: position, high: position })
  const kept = Map.groupBy(await stepsOf(q, { position, pusherIds }), (step) => step.pusherId)
  const gateway = await q.all(gatewayStepsOfEvent, { eventId })
  const arrivals = (await arrivalsOf(q, { positions: [position], pusherIds })).get(position) ?? []
  return known.map((pusher) => {
    const { pusherId, appId, pushkeyHash } = pusher
    return pusherOfEvent(pusher, {
      at,
      queuedAt: queued.find(({ lane_id: laneId }) => laneId === pusherId)?.created_at ?? null,
      kept: kept.get(pusherId) ?? [],
      arrival: arrivals.find((one) => one.pusherId === pusherId),
      gateway: gateway.filter((step) => step.app_id === appId && step.pushkey_hash === pushkeyHash),
    })
  })
}

function pusherShown(
  pusher: JourneyPusher,
  event: { at: number; notifies: boolean | undefined },
): JsonObject {
  const steps = pusherSteps(pusher, event)
  const last = currentStep(steps)
  return {
    pusher_id: pusher.pusherId,
    app_id: pusher.appId,
    app_display_name: pusher.appDisplayName,
    device_display_name: pusher.deviceDisplayName,
    pushkey_hash: pusher.pushkeyHash,
    removed_at: pusher.removedAt,
    state: last?.step ?? null,
    reason: last?.reason ?? null,
    steps,
  } as unknown as JsonObject
}
