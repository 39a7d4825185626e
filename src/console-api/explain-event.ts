import { rulesetOf } from '../user-rules/read-rules.ts'
import { asOutcome, type StoredOutcome } from '../delivery/next-poke.ts'
import { notFound } from '../lib/errors.ts'
import type { EventId, RoomId, UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import { type Event, eventSummary, type Viewer } from '../lib/matrix-event.ts'
import { isRead, outcomeOf } from '../notifications/counts.ts'
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
import { answer } from './explain-answer.ts'
import { ignoring, pushersAtEvent } from './explain-store.ts'

export type ExplainRequest = {
  viewer: Viewer & { isAdmin: boolean }
  /** Of whom is asked. */
  userId: UserId
  roomId: RoomId
  eventId: EventId
}

/**
 * Why a user was, or was not, notified of an event, and what followed for each of their pushers. `q` should be a snapshot.
 * @throws 404 M_NOT_FOUND when there is no such event, or the viewer, who is no administrator, may not see it
 */
export async function explainEvent(
  q: Queries,
  settings: RuleSettings,
  request: ExplainRequest,
): Promise<JsonObject> {
  const { userId, roomId } = request
  const event = await eventAsked(q, request)
  const { position, threadId } = event
  const at = { userId, roomId, position }
  const poked = (await loadPokedEvents(q, [position])).get(position)
  if (!poked) throw notFound('There is no such event')
  const rules = await rulesetOf(q, userId, settings)
  const stored = await outcomeOf(q, at)
  const silence = await silenceOf(q, { userId, event, stored })
  // What is stored for the others says nothing of who was not asked.
  const recorded = stored === undefined || notifyReason(silence) !== undefined ? NO_MATCH : asOutcome(stored)
  const displayName = await displayNameAt(q, at)
  const explained = answer({
    userId,
    rules,
    settings,
    event: poked.evaluated,
    type: event.type,
    context: { ...poked.context, userId, displayName },
    silence,
    counted: recorded,
    pushers: await q.all(pushersAtEvent, { userId, position }),
    sentAt: event.originServerTs,
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

async function eventAsked(q: Queries, { viewer, userId, roomId, eventId }: ExplainRequest): Promise<Event> {
  if (!viewer.isAdmin || userId === viewer.userId) return visibleEvent(q, viewer.userId, { roomId, eventId })
  const event = await findEventOfRoom(q, roomId, eventId)
  if (!event) throw notFound('There is no such event')
  return event
}

/** The facts for which the rules of the user were not asked when the event came. */
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
        ? (await q.first(ignoring, { userId, ignored: event.sender })) !== undefined
        : isOfIgnoredSender(stored),
  }
}
