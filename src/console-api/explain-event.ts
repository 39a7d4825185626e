import { subscribersOf } from '../notifications/thread-subscribers-store.ts'
import { isRead, outcomeOf } from '../notifications/recipient-facts.ts'
import { momentOf } from '../user-rules/moment.ts'
import { rulesetOf } from '../user-rules/read-rules.ts'
import { asOutcome } from '../delivery/next-poke.ts'
import type { StoredOutcome } from '../delivery/recipient.ts'
import { notFound } from '../lib/errors.ts'
import type { EventId, RoomId, UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import { type Event, eventSummary, type Viewer } from '../lib/matrix-event.ts'
import { NO_MATCH, type RuleSettings } from '../push-rules/index.ts'
import { findEventOfRoom } from '../rooms/event-store.ts'
import { displayNameAt, loadPokedEvents } from '../rooms/poke-event.ts'
import { stateEventAt } from '../rooms/state-store.ts'
import { visibleEvent } from '../rooms/timeline.ts'
import type { Queries } from '../storage/query.ts'
import {
  isOfIgnoredSender,
  isRecipient,
  type NotifyFacts,
  notifyReason,
  type SilenceFact,
} from '../trace/notify-reason.ts'
import { explainResult } from './explain-user.ts'
import { ignoredSender, pushersAtEvent } from './explain-store.ts'

export type ExplainRequest = {
  viewer: Viewer & { isAdmin: boolean }
  /** The user that the explanation is about. */
  userId: UserId
  roomId: RoomId
  eventId: EventId
}

/**
 * Why a user was, or was not, notified of an event, and the result for each pusher of the user. `q` should be
 * a snapshot.
 * @throws 404 M_NOT_FOUND: the event does not exist, or a viewer who is no administrator may not see it
 */
export async function explainEvent(
  q: Queries,
  settings: RuleSettings,
  request: ExplainRequest,
): Promise<JsonObject> {
  const { userId, roomId } = request
  const event = await requestedEvent(q, request)
  const { position, threadId } = event
  const at = { userId, roomId, position }
  const poked = (await loadPokedEvents(q, [position])).get(position)
  if (!poked) throw notFound('There is no such event')
  const rules = await rulesetOf(q, userId, settings)
  const stored = await outcomeOf(q, at)
  const silence = await silenceOf(q, { userId, event, stored })
  // The outcome of the cohort does not apply to a user whose rules were not evaluated.
  const recorded = stored === undefined || notifyReason(silence) !== undefined ? NO_MATCH : asOutcome(stored)
  const displayName = await displayNameAt(q, at)
  const explained = explainResult({
    userId,
    rules,
    settings,
    event: poked.evaluated,
    type: event.type,
    // The present subscriptions: those at the time of the event are not stored.
    context: {
      ...poked.context,
      userId,
      displayName,
      subscribers: await subscribersOf(settings, q, event),
      moment: momentOf(event),
    },
    silence,
    counted: recorded,
    pushers: await q.all(pushersAtEvent, { userId, position }),
    sentAt: event.originServerTs,
    hidesText: userId !== request.viewer.userId,
  })
  return {
    ...eventSummary(event),
    ...explained,
    recorded: {
      notify: recorded.notify,
      highlight: recorded.highlight,
      decided_by: recorded.rule && {
        scope: 'global',
        kind: recorded.rule.kind,
        rule_id: recorded.rule.ruleId,
      },
    },
    rules_changed_since: rules.version > position,
    read: await isRead(q, { ...at, threadId }),
  } as unknown as JsonObject
}

async function requestedEvent(
  q: Queries,
  { viewer, userId, roomId, eventId }: ExplainRequest,
): Promise<Event> {
  if (!viewer.isAdmin || userId === viewer.userId) return visibleEvent(q, viewer.userId, { roomId, eventId })
  const event = await findEventOfRoom(q, roomId, eventId)
  if (!event) throw notFound('There is no such event')
  return event
}

/** The facts because of which the rules of the user were not evaluated at the time of the event. */
async function silenceOf(
  q: Queries,
  { userId, event, stored }: { userId: UserId; event: Event; stored: StoredOutcome | undefined },
): Promise<NotifyFacts<SilenceFact>> {
  const member = await stateEventAt(q, { ...event, type: 'm.room.member', stateKey: userId })
  const isOwnMembership = member?.position === event.position
  return {
    isOwn: event.sender === userId,
    isRedacted: event.redactedBy !== null,
    isNotMember: !isRecipient(member?.content['membership'], { isOwnMembership }),
    ignoresSender:
      stored === undefined
        ? (await q.first(ignoredSender, { userId, ignored: event.sender })) !== undefined
        : isOfIgnoredSender(stored),
  }
}
