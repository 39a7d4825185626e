import type { LoadWords } from '../language/load-words.ts'
import { CALL_LIFE_MS, isCall } from '../lib/call-events.ts'
import type { Clock } from '../lib/clock.ts'
import { editedContent } from '../lib/edited-content.ts'
import type { DeviceId, RoomId, UserId } from '../lib/ids.ts'
import { type JsonObject, parseStored } from '../lib/json.ts'
import { isInvitationOf } from '../lib/matrix-event.ts'
import { NO_MATCH, type RuleOutcome, tweaksOf, wakesDevice } from '../push-rules/index.ts'
import type { Queries } from '../storage/query.ts'
import {
  isOfIgnoredSender,
  isRecipient,
  type NotifyFacts,
  notifyReason,
  type PusherOutcome,
  type PusherRule,
  pusherRuleFacts,
} from '../trace/notify-reason.ts'
import type { SkipReason } from '../trace/vocabulary.ts'
import { momentOf } from '../user-rules/moment.ts'
import {
  type DeviceRules,
  outcomeForDevice,
  canDiffer,
  type RulesOfUser,
  wakingOutcome,
} from './device-rules.ts'
import { badgePoke, eventPoke, type Poke, type PokeDevice } from './poke.ts'
import type { PokedEvent } from './poked-event.ts'
import type { HeadRow, QueuedItem, ReadFollowing, ReadHeads } from './head-store.ts'
import type { FactsWanted, RecipientFacts, StoredOutcome } from './recipient.ts'
import { givenName, roomNameFor, type RoomNameWords } from './room-name.ts'

/** The functions that delivery needs from earlier stages. */
export type DeliveryQueries = {
  readHeads: ReadHeads
  readFollowing: ReadFollowing
  /** Reads the facts of several recipients in one query, in their order. */
  recipientFacts: (q: Queries, wanted: readonly FactsWanted[]) => Promise<readonly RecipientFacts[]>
  /** All push rules of a user. */
  rulesOf: (q: Queries, userId: UserId) => Promise<RulesOfUser>
  /** The display name of the user in the room at the time of an event. */
  displayNameAt: (
    q: Queries,
    at: { userId: UserId; roomId: RoomId; position: number },
  ) => Promise<string | undefined>
  /**
   * The time until which the user is expected to be active on a device other than `except`; undefined: not
   * active. `wasActive`: the result of the previous call.
   */
  activeUntil: (of: { userId: UserId; except: DeviceId | null; wasActive: boolean }) => number | undefined
  /**
   * Whether the event is older than its room keeps messages, although it is not removed yet. Absent: messages
   * are kept for ever.
   */
  isPastRetention?:
    | ((
        q: Queries,
        event: { roomId: RoomId; position: number; sentAt: number },
      ) => boolean | Promise<boolean>)
    | undefined
  /** Whether a fetch by this device would prove that a push arrived. */
  canProve: (device: { userId: UserId; deviceId: DeviceId }) => boolean
}

/** The next step for a pusher. */
export type NextStep =
  | {
      kind: 'send'
      poke: Poke
      /** The poke in the short form, for a gateway that refuses the long form. Absent: `poke` is short already. */
      shorter?: () => Poke
      /** null: the poke contains no badge. */
      badge: number | null
      about: 'event' | 'badge'
      /** How long the poke is useful, in seconds. Absent: no limit. */
      worthSeconds?: number
    }
  /** The app has not confirmed the pusher yet (MSC4174). The token for the confirmation is sent. */
  | { kind: 'activate'; device: PokeDevice; ackToken: string }
  | SkippedPoke
  /**
   * The user is active on another device and may read the event there. `until`: the time at which the event
   * is sent in any case. `lookAt`: the time until which the user is expected to be active. `badgeKnown`: see
   * `rest`.
   */
  | { kind: 'hold'; until: number; lookAt: number; badgeKnown: boolean }
  /**
   * Nothing is to be sent. `badgeKnown`: the badge equals the badge that was sent last, or the activation
   * token is no longer needed. `until`: an item waits until this time.
   */
  | { kind: 'rest'; badgeKnown: boolean; until?: number }

/** `rule`: the push rule that decided. */
export type SkippedPoke = { kind: 'skip'; reason: SkipReason; rule?: PusherRule | undefined }

export type NextPokeDeps = Omit<
  DeliveryQueries,
  'rulesOf' | 'recipientFacts' | 'readHeads' | 'readFollowing' | 'canProve'
> & {
  q: Queries
  clock: Pick<Clock, 'now'>
  deviceRulesOf: (userId: UserId, version: number) => Promise<DeviceRules>
  eventAt: (position: number) => Promise<PokedEvent | undefined>
  /** false: every poke has the short form. */
  includeContent: boolean
  /** The words in the names of rooms that users have not named. */
  wordsOf: LoadWords
}

/**
 * The next step: the oldest queued event that is still to be sent; without queued events, the badge if it
 * differs from the badge that was sent last. All facts are current: an event that was read, redacted or left
 * in the meantime is not sent. `badgeMissed`: an event was skipped in this look, so the badge may differ
 * although it is not due. `item`: the head, or an item behind it.
 */
export function nextPoke(
  deps: NextPokeDeps,
  { head, item, badgeMissed }: { head: HeadRow; item: QueuedItem; badgeMissed: boolean },
): NextStep | Promise<NextStep> {
  if (head.activated === 0) return activationStep(deps, head)
  const isBadgeDue = head.value_due > 0 || badgeMissed
  return item.position === null
    ? badgeStep(deps, head, isBadgeDue)
    : eventStep(deps, { head, item }, { position: item.position, isBadgeDue })
}

/** The wait before the next look at a pusher that its app has not confirmed. The activation ends the wait. */
const UNCONFIRMED_WAIT_MS = 3_600_000

function activationStep(deps: NextPokeDeps, head: HeadRow): NextStep {
  const { ack_token: ackToken, ack_expires_at: expiresAt, value_due: due } = head
  const now = deps.clock.now()
  const isLate = (expiresAt ?? 0) <= now
  if (due > 0 && ackToken !== null && head.enabled === 1 && !isLate)
    return { kind: 'activate', device: deviceOf(head, deps.includeContent), ackToken }
  const until = head.position === null ? {} : { until: now + UNCONFIRMED_WAIT_MS }
  return { kind: 'rest', badgeKnown: true, ...until }
}

function badgeStep(
  deps: NextPokeDeps,
  head: HeadRow,
  isBadgeDue: boolean,
): Extract<NextStep, { kind: 'send' | 'rest' }> {
  if (!isBadgeDue) return { kind: 'rest', badgeKnown: false }
  if (!wantsBadges(head)) return { kind: 'rest', badgeKnown: true }
  const { badge } = head.facts
  if (badge === head.value_told) return { kind: 'rest', badgeKnown: true }
  const poke = badgePoke({ device: deviceOf(head, deps.includeContent), unread: badge })
  return { kind: 'send', poke, badge, about: 'badge' }
}

/** The facts from which delivery decides whether an event is still to be sent. */
export type QueuedEvent = Pick<
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
  | 'digest'
>

/** Whether a queued event is still to be sent, and with which outcome. */
export type PokeDecision =
  | { kind: 'send'; outcome: RuleOutcome; poked: PokedEvent; badge: number; digest?: JsonObject }
  | SkippedPoke

export type JudgeDeps = Pick<
  NextPokeDeps,
  'q' | 'clock' | 'displayNameAt' | 'deviceRulesOf' | 'eventAt' | 'isPastRetention'
> & {
  /** For e-mail pushers: whether the deciding rule wants the event to be mailed. */
  isForMail?: (tweaks: RuleOutcome['tweaks']) => boolean
}

/** `facts`: the function that reads them is not called for an event that the facts of the queue rule out. */
type Judged = {
  position: number
  facts: RecipientFacts | ((wanted: FactsWanted) => Promise<RecipientFacts>)
}

/**
 * Decides whether the event at `position` is still to be sent to this pusher, and with which outcome. All
 * facts are current. The facts of the queue are checked first, so that an event that they rule out needs no
 * look-up.
 */
export async function judgeEvent(
  deps: JudgeDeps,
  row: QueuedEvent,
  { position, facts }: Judged,
): Promise<PokeDecision> {
  const queued = queuedFacts(row, deps.clock.now())
  const early = notifyReason(queued)
  if (early !== undefined) return { kind: 'skip', reason: early }
  const { user_id: userId, room_id: roomId, thread_id: threadId } = row
  if (roomId === null || threadId === null) return { kind: 'skip', reason: 'gone' }
  if (await isPastRetention(deps, row, { roomId, position }))
    return { kind: 'skip', reason: 'past retention' }
  const [{ isRead, outcome: stored, badge }, poked] =
    typeof facts === 'function'
      ? await Promise.all([facts({ userId, event: { roomId, threadId, position } }), deps.eventAt(position)])
      : [facts, await deps.eventAt(position)]
  const reason = notifyReason({
    isRead,
    isGone: poked === undefined,
    ignoresSender: isOfIgnoredSender(stored),
    isDisabled: row.enabled === 0,
  })
  if (reason !== undefined || poked === undefined) return { kind: 'skip', reason: reason ?? 'gone' }
  if (row.digest !== null) {
    const newest = row.edit_position === null ? poked : await asEdited(deps, row, poked)
    return { kind: 'send', outcome: OF_DIGEST, poked: newest, badge, digest: parseStored(row.digest) }
  }
  const known = asPusherOutcome(stored === undefined ? NO_MATCH : asOutcome(stored))
  const mayWake = stored === undefined && poked.event.type === 'm.room.encrypted'
  const isAsked = row.rules_version !== null && (row.handle !== null || mayWake)
  const outcomes = isAsked
    ? await outcomesFor(deps, row, { poked, known, mayWake })
    : { counted: known, here: known, scope: 'global' as const }
  const isForMail = deps.isForMail?.(outcomes.here.outcome.tweaks) ?? true
  const quiet = notifyReason(pusherRuleFacts(outcomes, { isForMail }))
  if (quiet !== undefined) return { kind: 'skip', reason: quiet, rule: ruleOf(outcomes) }
  const edited = row.edit_position === null ? poked : await asEdited(deps, row, poked)
  return { kind: 'send', outcome: outcomes.here.outcome, poked: edited, badge }
}

const ruleOf = ({ here: { outcome }, scope }: OutcomesHere): PusherRule | undefined =>
  outcome.rule === null ? undefined : { ...outcome.rule, scope }

/** A digest is sent without asking the rules, and without a sound. */
const OF_DIGEST: RuleOutcome = { ...NO_MATCH, notify: true, actions: ['notify'] }

/** The event with the content of its newest edit. The rules have evaluated the original content. */
export async function asEdited(
  deps: Pick<JudgeDeps, 'eventAt'>,
  { edit_position: at }: Pick<QueuedEvent, 'edit_position'>,
  poked: PokedEvent,
): Promise<PokedEvent> {
  const edit = at === null ? undefined : await deps.eventAt(at)
  const content = editedContent(poked.event, edit?.event.content)
  return content === undefined ? poked : { ...poked, event: { ...poked.event, content } }
}

/** Words are loaded only for a room that users have not named. */
async function named({ wordsOf }: NextPokeDeps, { event, room, ...poked }: PokedEvent, head: HeadRow) {
  const given = givenName(room)
  if (given !== undefined) return { ...event, roomName: given }
  return namedFor({ ...poked, event, room }, head.user_id, await wordsOf('notification', [head.lang]))
}

async function eventStep(
  deps: NextPokeDeps,
  { head, item }: { head: HeadRow; item: QueuedItem },
  { position, isBadgeDue }: { position: number; isBadgeDue: boolean },
): Promise<NextStep> {
  const userId = head.user_id
  const decision = await judgeEvent(deps, item, { position, facts: item.facts })
  if (decision.kind === 'skip') return decision
  const { outcome, poked } = decision
  const badge = receivesBadge(head) ? decision.badge : null
  const hold = holdFor(deps, head, item)
  if (hold !== undefined) {
    // Events that were read in the meantime change the badge also during a hold.
    const badgeNow = badgeStep(deps, head, isBadgeDue)
    return badgeNow.kind === 'send' ? badgeNow : { ...hold, badgeKnown: badgeNow.badgeKnown }
  }
  const input = {
    event: await named(deps, poked, head),
    recipient: userId,
    device: deviceOf(head, deps.includeContent),
    tweaks: outcome.tweaks as JsonObject,
    unread: badge,
    digest: decision.digest,
  }
  const isShort = input.device.data.format === 'event_id_only'
  return {
    kind: 'send',
    poke: eventPoke(input),
    ...(!isShort && { shorter: () => eventPoke({ ...input, device: shortened(input.device) }) }),
    badge,
    about: 'event',
    ...(isCall(item.type ?? '') && { worthSeconds: CALL_LIFE_MS / 1000 }),
  }
}

/** State stays. */
const isPastRetention = (
  { q, isPastRetention: isPast }: JudgeDeps,
  { state_key: stateKey, origin_server_ts: sentAt }: QueuedEvent,
  of: { roomId: RoomId; position: number },
) => isPast !== undefined && stateKey === null && sentAt !== null && isPast(q, { ...of, sentAt })

/**
 * Whether the event is held: for `hold_ms` after it was sent, while the user is active on another device. A
 * call is never held, because it rings on all devices and ends after a minute.
 */
function holdFor(
  deps: NextPokeDeps,
  head: HeadRow,
  { origin_server_ts: sentAt, type }: QueuedItem,
): { kind: 'hold'; until: number; lookAt: number } | undefined {
  const { hold_ms: holdMs, user_id: userId, device_id: except } = head
  if (holdMs === 0 || sentAt === null || isCall(type ?? '')) return undefined
  const now = deps.clock.now()
  const until = sentAt + holdMs
  // The clocks of two machines may differ a little. After a clock was set back, an event must not be held for ever.
  if (until <= now || until > now + 2 * holdMs) return undefined
  const activeUntil = deps.activeUntil({ userId, except, wasActive: head.held_until !== null })
  return activeUntil === undefined ? undefined : { kind: 'hold', until, lookAt: Math.min(until, activeUntil) }
}

/** The outcome that counts, and the outcome for the device of the pusher if device rules can decide. */
async function outcomesFor(
  deps: JudgeDeps,
  { user_id: userId, handle, rules_version: version }: QueuedEvent,
  { poked, known, mayWake }: { poked: PokedEvent; known: OutcomeHere; mayWake: boolean },
): Promise<OutcomesHere> {
  const { position, event, evaluated } = poked
  const rules = version === null ? undefined : await deps.deviceRulesOf(userId, version)
  const isForDevice = handle !== null && rules !== undefined && canDiffer(rules, handle)
  if (rules === undefined || !(isForDevice || mayWake))
    return { counted: known, here: known, scope: 'global' }
  const displayName = await deps.displayNameAt(deps.q, { userId, roomId: event.roomId, position })
  const moment = momentOf(event)
  const evaluation = { event: evaluated, context: { ...poked.context, userId, displayName, moment } }
  const waking = mayWake ? wakingOutcome(rules, evaluation) : undefined
  const counted = waking === undefined ? known : asPusherOutcome(waking)
  if (!isForDevice) return { counted, here: counted, scope: 'global' }
  const { outcome, scope } = outcomeForDevice(rules, { handle, counted: counted.outcome }, evaluation)
  return { counted, here: asPusherOutcome(outcome), scope }
}

/** `scope`: of the rule that decided for the device. */
type OutcomesHere = { counted: OutcomeHere; here: OutcomeHere; scope: PusherRule['scope'] }

type OutcomeHere = PusherOutcome & { readonly outcome: RuleOutcome }

/** A rule outcome with the facts that decide about a poke. */
export const asPusherOutcome = (outcome: RuleOutcome): OutcomeHere => ({
  outcome,
  notify: outcome.notify,
  wakes: wakesDevice(outcome),
})

/** The stored outcome in the form of the rule engine. */
export const asOutcome = (stored: StoredOutcome) =>
  ({ ...stored, tweaks: tweaksOf(stored.actions) }) as RuleOutcome

/** The facts that the row alone contains. For an event that does not exist any more there are no other facts. */
function queuedFacts(
  row: QueuedEvent,
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

/** The event with the room name for this user, in the words of the user's language. */
export function namedFor({ event, room }: PokedEvent, recipient: UserId, words: RoomNameWords) {
  // The inviting user is a member, so the room has a member event of that user.
  const invite = isInvitationOf(event, recipient) ? { invite: { inviterKnown: true } } : {}
  const roomName = roomNameFor({ ...room, recipient, ...invite }, words)
  return { ...event, ...(roomName !== undefined && { roomName }) }
}

/** Whether the pusher receives the badge. */
const receivesBadge = (head: HeadRow) => head.enabled === 1 && head.disable_badge_count === 0

/**
 * Whether the pusher receives badge-only pushes. A browser must show something for every push, so the app of
 * a Web Push pusher can disable them, as with Sygnal: `events_only` in `data`. Gateways read the key
 * themselves.
 */
const wantsBadges = (head: HeadRow) =>
  receivesBadge(head) && !(head.kind === 'webpush' && parseStored(head.data)['events_only'] === true)

/** The device of a poke. */
export function deviceOf(
  head: Pick<HeadRow, 'app_id' | 'pushkey' | 'set_at' | 'data' | 'lang'>,
  includeContent: boolean,
): PokeDevice {
  const { app_id: appId, pushkey, set_at: pushkeyTsMs } = head
  const device = { appId, pushkey, pushkeyTsMs, data: parseStored(head.data), lang: head.lang }
  return includeContent ? device : shortened(device)
}

const shortened = (device: PokeDevice): PokeDevice => ({
  ...device,
  data: { ...device.data, format: 'event_id_only' },
})
