import type { ReasonOf } from './vocabulary.ts'

// Whether an event notifies a user, and whether it leads to a poke of a pusher. Pure. Delivery, the
// explanation, the journey, `/notifications` and the test push collect the facts and read the reason here.

/**
 * The reason that each fact gives against a notification. The order is the precedence: if several facts hold,
 * the first one gives the reason. Delivery learns the facts down to `isExpired` from the queue alone, so
 * these stand before the others.
 */
const REASONS = {
  isGone: 'gone',
  isOwn: 'own event',
  isRedacted: 'redacted',
  isNotMember: 'not a member',
  isExpired: 'expired',
  isRead: 'read',
  ignoresSender: 'sender is ignored',
  isSetAfter: 'set after the event',
  isDisabled: 'disabled',
  isNotActivated: 'not activated',
  rulesFailed: 'rules failed',
  noRuleMatched: 'no rule matched',
  isNotForMail: 'not by e-mail',
  isSuppressed: 'suppressed by a device rule',
  isInAppOnly: 'in the app only',
  doesNotNotify: 'does not notify',
} as const

/** A fact that gives a reason against a notification. */
export type NotifyFact = keyof typeof REASONS

/** Facts about an event, a user and a pusher. A fact that is left out is not known and gives no reason. */
export type NotifyFacts<F extends NotifyFact = NotifyFact> = { readonly [K in F]?: boolean | undefined }

/** Why an event does not notify a user, or does not lead to a poke of a pusher. */
export type NotifyReason<F extends NotifyFact = NotifyFact> = (typeof REASONS)[F]

const FACTS = Object.keys(REASONS) as NotifyFact[]

/** All reasons, in their precedence. */
export const NOTIFY_REASONS: readonly NotifyReason[] = Object.values(REASONS)

/**
 * The reason with the highest precedence among the facts that hold; undefined: no fact speaks against a
 * notification.
 */
export function notifyReason<F extends NotifyFact>(facts: NotifyFacts<F>): NotifyReason<F> | undefined {
  const known: NotifyFacts = facts
  const fact = FACTS.find((name) => known[name] === true)
  return fact && (REASONS[fact] as NotifyReason<F>)
}

/** The facts for which the push rules of a user are not evaluated. */
export type SilenceFact = 'isOwn' | 'isRedacted' | 'isNotMember' | 'ignoresSender'

/** Why the push rules of a user are not evaluated. */
export type Silence = NotifyReason<SilenceFact>

/**
 * Whether a user is a recipient of an event: members are, and the user that the event invites.
 * `isOwnMembership`: the event is the membership of this user.
 */
export const isRecipient = (
  membership: unknown,
  { isOwnMembership }: { isOwnMembership: boolean },
): boolean => membership === 'join' || (membership === 'invite' && isOwnMembership)

/** `until` and `schedule`: as in `RuleOutcome['rule']`. */
export type DecidingRuleName = {
  readonly kind: string
  readonly ruleId: string
  readonly until?: number
  readonly schedule?: string
}

/** The rule that has decided about the poke of one pusher. */
export type PusherRule = DecidingRuleName & { readonly scope: 'device' | 'global' }

/**
 * The part of a rule outcome that decides whether a user is notified. `wakes`: see `PusherOutcome`; absent:
 * as `notify`.
 */
export type UserOutcome = {
  readonly notify: boolean
  readonly rule: DecidingRuleName | null
  readonly wakes?: boolean
}

/**
 * Whether a stored outcome says that the user ignored the sender when the event came. All other stored
 * outcomes have a rule or notify.
 */
export const isOfIgnoredSender = (stored: UserOutcome | undefined): boolean =>
  stored !== undefined && !stored.notify && stored.rule === null

/** Whether an event notifies a user, with the reason and the deciding rule. */
export type UserDecision = {
  /** Undefined: it is not known any more. */
  notifies: boolean | undefined
  reason: ReasonOf<'decided'>
  rule: DecidingRuleName | null
}

type UserFacts = NotifyFacts<'isOwn' | 'isNotMember' | 'ignoresSender' | 'rulesFailed'> & {
  /** What the push rules have decided; undefined: not known. */
  outcome?: UserOutcome | undefined
  /** What was recorded of an event that did not notify. It counts where there is no outcome. */
  recorded?: { reason: ReasonOf<'decided'>; rule?: DecidingRuleName | undefined } | undefined
}

/** Whether an event notifies a user. The rule is null if no push rule has decided. */
export function decideForUser({ outcome, recorded, ...facts }: UserFacts): UserDecision {
  const rule = outcome?.rule ?? null
  const isQuiet = outcome?.notify === false
  const reason = notifyReason({
    ...facts,
    noRuleMatched: isQuiet && rule === null,
    doesNotNotify: isQuiet && rule !== null,
  })
  if (reason === 'does not notify')
    return { notifies: false, reason: outcome?.wakes === true ? 'wakes only' : reason, rule }
  if (reason !== undefined) return { notifies: false, reason, rule: null }
  if (outcome !== undefined) return { notifies: true, reason: 'notifies', rule }
  if (recorded !== undefined) return { notifies: false, reason: recorded.reason, rule: recorded.rule ?? null }
  return { notifies: undefined, reason: 'not kept', rule: null }
}

/** The part of a rule outcome that decides about the poke of one pusher. */
export type PusherOutcome = {
  readonly notify: boolean
  /** The actions ask for a push, and not for a notification in the app alone. */
  readonly wakes: boolean
}

/**
 * What the push rules say against the poke of one pusher. `counted`: the outcome that was stored with the
 * event; `here`: the outcome for the device of the pusher, which is `counted` where no rule of the device
 * decides. `isForMail`: false for an e-mail pusher if the deciding rule does not want the event to be mailed.
 */
export function pusherRuleFacts(
  { counted, here }: { counted: PusherOutcome; here: PusherOutcome },
  { isForMail = true }: { isForMail?: boolean } = {},
): NotifyFacts<'isNotForMail' | 'isSuppressed' | 'isInAppOnly' | 'doesNotNotify'> {
  const { wakes, notify } = here
  return {
    isNotForMail: wakes && !isForMail,
    isSuppressed: !wakes && counted.wakes,
    isInAppOnly: !wakes && notify,
    doesNotNotify: !wakes && !notify,
  }
}
