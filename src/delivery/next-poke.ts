import { CALL_LIFE_MS, isCall } from '../lib/call-events.ts'
import type { DeviceId, RoomId, UserId } from '../lib/ids.ts'
import { isJsonObject, type JsonObject, parseStored } from '../lib/json.ts'
import { isInvitationOf } from '../lib/matrix-event.ts'
import { NO_MATCH, type RuleOutcome, tweaksOf, wakesDevice } from '../push-rules/index.ts'
import type { Queries } from '../storage/query.ts'
import {
  isOfIgnoredSender,
  isRecipient,
  type NotifyFacts,
  notifyReason,
  type PusherOutcome,
  pusherRuleFacts,
} from '../trace/notify-reason.ts'
import type { SkipReason } from '../trace/vocabulary.ts'
import { type DeviceRules, outcomeForDevice, bearsOn, type UserRules } from './device-rules.ts'
import { badgePoke, eventPoke, type Poke, type PokeDevice } from './poke.ts'
import type { PokedEvent } from './poked-event.ts'
import type { HeadRow } from './head-store.ts'
import { roomNameFor } from './room-name.ts'

/** What delivery asks of the stages above it. */
export type Questions = {
  /** The number that belongs on the user's icon. */
  badgeOf: (q: Queries, userId: UserId) => Promise<number>
  isRead: (
    q: Queries,
    at: { userId: UserId; roomId: RoomId; threadId: string; position: number },
  ) => Promise<boolean>
  /** What the user's rules made of an event; undefined: nothing is known of it any more. */
  outcomeOf: (
    q: Queries,
    at: { userId: UserId; roomId: RoomId; position: number },
  ) => Promise<StoredOutcome | undefined>
  /** All push rules of a user. */
  rulesOf: (q: Queries, userId: UserId) => Promise<UserRules>
  /** The user's display name in the room, as it was at an event. */
  displayNameAt: (
    q: Queries,
    at: { userId: UserId; roomId: RoomId; position: number },
  ) => Promise<string | undefined>
  /**
   * Until when, as far as is known now, the user is active on a device other than `except`; undefined: on none. `wasActive`: so it
   * was when that was asked last.
   */
  activeUntil: (of: { userId: UserId; except: DeviceId | null; wasActive: boolean }) => number | undefined
}

/** As it was decided when the event came. */
export type StoredOutcome = {
  notify: boolean
  highlight: boolean
  /** As the rule has them. */
  actions: readonly (string | JsonObject)[]
  rule: { kind: string; ruleId: string } | null
}

/** What to do next for a pusher. */
export type NextStep =
  | {
      kind: 'send'
      poke: Poke
      /** The same in the short form, for a gateway that refuses the long one. Absent: it is short already. */
      shorter?: () => Poke
      /** null: the poke tells none. */
      badge: number | null
      about: 'event' | 'badge'
      /** For how long it is worth something, if not for as long as it takes. Seconds. */
      worthSeconds?: number
    }
  /** The app is still to confirm the pusher (MSC4174), and is sent the token for that. */
  | { kind: 'activate'; device: PokeDevice; ackToken: string }
  | { kind: 'skip'; reason: SkipReason }
  /**
   * The user is active elsewhere, and may read it there. `until`: then it is sent all the same. `lookAt`: until then they are there,
   * as far as is known. `badgeKnown` as below.
   */
  | { kind: 'hold'; until: number; lookAt: number; badgeKnown: boolean }
  /**
   * Nothing is to be sent. `badgeKnown`: the badge may have changed, but it is what was told last; or it is the token that need
   * not be sent any more. `until`: something waits, but is not sent before.
   */
  | { kind: 'rest'; badgeKnown: boolean; until?: number }

export type NextPokeDeps = Omit<Questions, 'rulesOf'> & {
  q: Queries
  now: number
  deviceRulesOf: (userId: UserId, version: number) => Promise<DeviceRules>
  eventAt: (position: number) => Promise<PokedEvent | undefined>
  /** Off: every poke has the short form. */
  includeContent: boolean
}

/**
 * The oldest event that waits, if there is still a reason to tell of it; with none waiting, the badge if it is not what the
 * gateway was told last. Everything is read now: what was read, redacted or left while it waited is not told of.
 */
export async function nextPoke(deps: NextPokeDeps, head: HeadRow, badgeMissed: boolean): Promise<NextStep> {
  if (head.activated === 0) return activationStep(deps, head)
  const isBadgeDue = head.value_due > 0 || badgeMissed
  return head.head === null
    ? badgeStep(deps, head, isBadgeDue)
    : eventStep(deps, head, { position: head.head, isBadgeDue })
}

/** Until then the pusher of an app that does not confirm it is left alone. The activation ends the wait. */
const UNCONFIRMED_WAIT_MS = 3_600_000

function activationStep(deps: NextPokeDeps, head: HeadRow): NextStep {
  const { ack_token: ackToken, ack_expires_at: expiresAt, value_due: due } = head
  const isLate = (expiresAt ?? 0) <= deps.now
  if (due > 0 && ackToken !== null && head.enabled === 1 && !isLate)
    return { kind: 'activate', device: deviceOf(head, deps.includeContent), ackToken }
  const until = head.head === null ? {} : { until: deps.now + UNCONFIRMED_WAIT_MS }
  return { kind: 'rest', badgeKnown: true, ...until }
}

async function badgeStep(
  deps: NextPokeDeps,
  head: HeadRow,
  isBadgeDue: boolean,
): Promise<Extract<NextStep, { kind: 'send' | 'rest' }>> {
  if (!isBadgeDue) return { kind: 'rest', badgeKnown: false }
  if (!wantsBadges(head)) return { kind: 'rest', badgeKnown: true }
  const badge = await deps.badgeOf(deps.q, head.user_id)
  if (badge === head.value_told) return { kind: 'rest', badgeKnown: true }
  const poke = badgePoke({ device: deviceOf(head, deps.includeContent), unread: badge })
  return { kind: 'send', poke, badge, about: 'badge' }
}

/** What delivery looks at to see whether there is still a reason to tell of an event. */
export type WaitingRow = Pick<
  HeadRow,
  | 'user_id'
  | 'enabled'
  | 'handle'
  | 'room_id'
  | 'type'
  | 'state_key'
  | 'sender'
  | 'thread_id'
  | 'origin_server_ts'
  | 'redacted_by'
  | 'edit_position'
  | 'membership'
  | 'rules_version'
>

/** Whether an event that waits for a pusher is still to be sent, and as what. */
export type PokeDecision =
  | { kind: 'tell'; outcome: RuleOutcome; poked: PokedEvent }
  | { kind: 'skip'; reason: SkipReason }

export type JudgeDeps = Pick<NextPokeDeps, 'q' | 'now' | 'isRead' | 'outcomeOf' | 'displayNameAt'> &
  Pick<NextPokeDeps, 'deviceRulesOf' | 'eventAt'> & {
    /** For e-mail pushers: whether the deciding rule wants the event to be mailed. */
    isForMail?: (tweaks: RuleOutcome['tweaks']) => boolean
  }

/**
 * Whether the event at `position` is still to be sent to this pusher, and as what. Everything is read now. The facts of the
 * queue come first, so that nothing is looked up for an event that they rule out.
 */
export async function judgeEvent(deps: JudgeDeps, row: WaitingRow, position: number): Promise<PokeDecision> {
  const queued = queuedFacts(row, deps.now)
  const early = notifyReason(queued)
  if (early !== undefined) return { kind: 'skip', reason: early }
  const { user_id: userId, room_id: roomId, thread_id: threadId } = row
  if (roomId === null || threadId === null) return { kind: 'skip', reason: 'gone' }
  const [isRead, stored, poked] = await Promise.all([
    deps.isRead(deps.q, { userId, roomId, threadId, position }),
    deps.outcomeOf(deps.q, { userId, roomId, position }),
    deps.eventAt(position),
  ])
  const reason = notifyReason({
    isRead,
    isGone: poked === undefined,
    ignoresSender: isOfIgnoredSender(stored),
    isDisabled: row.enabled === 0,
  })
  if (reason !== undefined || poked === undefined) return { kind: 'skip', reason: reason ?? 'gone' }
  const outcomes = await outcomesFor(deps, row, { poked, stored })
  const isForMail = deps.isForMail?.(outcomes.here.outcome.tweaks) ?? true
  const quiet = notifyReason(pusherRuleFacts(outcomes, { isForMail }))
  if (quiet !== undefined) return { kind: 'skip', reason: quiet }
  return { kind: 'tell', outcome: outcomes.here.outcome, poked: await asEdited(deps, row, poked) }
}

/**
 * The event with the content of its newest edit, and with its own relation, as an edit cannot change that (client-server
 * API, "Event replacements"). The rules have decided about the content that it was sent with.
 */
async function asEdited(
  deps: Pick<JudgeDeps, 'eventAt'>,
  { edit_position: at }: WaitingRow,
  poked: PokedEvent,
): Promise<PokedEvent> {
  const edit = at === null ? undefined : await deps.eventAt(at)
  const content = edit?.event.content['m.new_content']
  if (!isJsonObject(content)) return poked
  const { 'm.relates_to': _, ...others } = content
  const relation = poked.event.content['m.relates_to']
  const edited = { ...others, ...(relation !== undefined && { 'm.relates_to': relation }) }
  return { ...poked, event: { ...poked.event, content: edited } }
}

async function eventStep(
  deps: NextPokeDeps,
  head: HeadRow,
  { position, isBadgeDue }: { position: number; isBadgeDue: boolean },
): Promise<NextStep> {
  const userId = head.user_id
  const [decision, badge] = await Promise.all([
    judgeEvent(deps, head, position),
    isTold(head) ? deps.badgeOf(deps.q, userId) : null,
  ])
  if (decision.kind === 'skip') return decision
  const { outcome, poked } = decision
  const hold = holdFor(deps, head)
  if (hold !== undefined) {
    // What was read meanwhile changes the badge all the same.
    const badgeNow = await badgeStep(deps, head, isBadgeDue)
    return badgeNow.kind === 'send' ? badgeNow : { ...hold, badgeKnown: badgeNow.badgeKnown }
  }
  const input = {
    event: namedFor(poked, userId),
    recipient: userId,
    device: deviceOf(head, deps.includeContent),
    tweaks: outcome.tweaks as JsonObject,
    unread: badge,
  }
  const isShort = input.device.data.format === 'event_id_only'
  return {
    kind: 'send',
    poke: eventPoke(input),
    ...(!isShort && { shorter: () => eventPoke({ ...input, device: shortened(input.device) }) }),
    badge,
    about: 'event',
    ...(isCall(head.type ?? '') && { worthSeconds: CALL_LIFE_MS / 1000 }),
  }
}

/**
 * Is the event held back? For so long after it was sent as the pusher asks for, while its user is active on another device.
 * A call is not: who is called is called everywhere, and a minute later it is over.
 */
function holdFor(
  deps: NextPokeDeps,
  head: HeadRow,
): { kind: 'hold'; until: number; lookAt: number } | undefined {
  const { hold_ms: holdMs, origin_server_ts: sentAt, user_id: userId, device_id: except } = head
  if (holdMs === 0 || sentAt === null || isCall(head.type ?? '')) return undefined
  const until = sentAt + holdMs
  // The clocks of two machines may differ by a little; one that was set back must not hold it for ever.
  if (until <= deps.now || until > deps.now + 2 * holdMs) return undefined
  const activeUntil = deps.activeUntil({ userId, except, wasActive: head.held_until !== null })
  return activeUntil === undefined ? undefined : { kind: 'hold', until, lookAt: Math.min(until, activeUntil) }
}

/** The outcome that counts, and the outcome for the device of the pusher where rules of the device may decide. */
async function outcomesFor(
  deps: JudgeDeps,
  { user_id: userId, handle, rules_version: version }: WaitingRow,
  { poked, stored }: { poked: PokedEvent; stored: StoredOutcome | undefined },
): Promise<{ counted: OutcomeHere; here: OutcomeHere }> {
  const { position, event, evaluated } = poked
  const counted = asPusherOutcome(stored === undefined ? NO_MATCH : asOutcome(stored))
  const rules = handle === null || version === null ? undefined : await deps.deviceRulesOf(userId, version)
  if (handle === null || rules === undefined || !bearsOn(rules, handle)) return { counted, here: counted }
  const displayName = await deps.displayNameAt(deps.q, { userId, roomId: event.roomId, position })
  const context = { ...poked.context, userId, displayName }
  const asked = { event: evaluated, context }
  const { outcome } = outcomeForDevice(rules, { handle, counted: counted.outcome }, asked)
  return { counted, here: asPusherOutcome(outcome) }
}

type OutcomeHere = PusherOutcome & { readonly outcome: RuleOutcome }

/** A rule outcome with the facts that decide about a poke. */
export const asPusherOutcome = (outcome: RuleOutcome): OutcomeHere => ({
  outcome,
  notify: outcome.notify,
  wakes: wakesDevice(outcome),
})

/** Stored is what the rules have decided, as they had it. */
export const asOutcome = (stored: StoredOutcome) =>
  ({ ...stored, tweaks: tweaksOf(stored.actions) }) as RuleOutcome

/** The facts that are known from the row alone. Of an event that is gone nothing else is known. */
function queuedFacts(
  row: WaitingRow,
  now: number,
): NotifyFacts<'isGone' | 'isOwn' | 'isRedacted' | 'isNotMember' | 'isExpired'> {
  const { type, origin_server_ts: sentAt } = row
  if (type === null || sentAt === null) return { isGone: true }
  const isOwnMembership = type === 'm.room.member' && row.state_key === row.user_id
  return {
    isOwn: row.sender === row.user_id,
    isRedacted: row.redacted_by !== null,
    isNotMember: !isRecipient(row.membership, { isOwnMembership }),
    isExpired: isCall(type) && now - sentAt > CALL_LIFE_MS,
  }
}

/** The event with the name that its room has for this user. */
export function namedFor({ event, room }: PokedEvent, recipient: UserId) {
  const roomName = roomNameFor({
    ...room,
    recipient,
    // Whoever invites is a member, so there is a member event of theirs.
    ...(isInvitationOf(event, recipient) && { invite: { inviterKnown: true } }),
  })
  return { ...event, ...(roomName !== undefined && { roomName }) }
}

/** Does the pusher want to know the badge? */
const isTold = (head: HeadRow) => head.enabled === 1 && head.disable_badge_count === 0

/**
 * Does it want a push for the badge alone? A browser is to show something for every push, so its app may say no, as it does to
 * Sygnal: `events_only` in `data`. Gateways read that for themselves.
 */
const wantsBadges = (head: HeadRow) =>
  isTold(head) && !(head.kind === 'webpush' && parseStored(head.data)['events_only'] === true)

/** What the gateway is told of a pusher. */
export function deviceOf(
  head: Pick<HeadRow, 'app_id' | 'pushkey' | 'set_at' | 'data'>,
  includeContent: boolean,
): PokeDevice {
  const { app_id: appId, pushkey, set_at: pushkeyTsMs } = head
  const device = { appId, pushkey, pushkeyTsMs, data: parseStored(head.data) }
  return includeContent ? device : shortened(device)
}

const shortened = (device: PokeDevice): PokeDevice => ({
  ...device,
  data: { ...device.data, format: 'event_id_only' },
})
