/**
 * The shapes of push rules as they travel in JSON (client-server API, "Push Rules"), and the outcome of an evaluation.
 * Property names in snake case are those of the specification.
 */

import type { StepBudget } from './meter.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** What `event_property_is` and `event_property_contains` compare with: "a non-compound canonical JSON value". */
export type Scalar = string | number | boolean | null

/** The kinds, in the order in which they are tried. */
export const RULE_KINDS = ['override', 'content', 'room', 'sender', 'underride'] as const
export type RuleKind = (typeof RULE_KINDS)[number]

export type EventMatch = { kind: 'event_match'; key: string; pattern: string }
export type EventPropertyIs = { kind: 'event_property_is'; key: string; value: Scalar }
export type EventPropertyContains = { kind: 'event_property_contains'; key: string; value: Scalar }
/** Deprecated since version 1.17 of the specification; still evaluated. */
export type ContainsDisplayName = { kind: 'contains_display_name' }
/** `is`: a decimal number, after `==`, `<`, `>`, `<=`, `>=` or nothing (which means `==`). */
export type RoomMemberCount = { kind: 'room_member_count'; is: string }
export type SenderNotificationPermission = { kind: 'sender_notification_permission'; key: string }
/** Of the 2015 drafts: the pusher's `profile_tag` (instance handle). It holds only where a device is asked for. */
export type ProfileTag = { kind: 'profile_tag'; profile_tag: string }
/** MSC4506, experimental: the person may do `key` (`invite`, `kick`, `ban` or `redact`) in the room. */
export type RecipientPermission = { kind: 'recipient_permission'; key: string }
/** A condition of a kind that is not known here: it is kept as written and never matches. */
export type UnknownCondition = { kind: string; [parameter: string]: Json }

export type Condition =
  | EventMatch
  | EventPropertyIs
  | EventPropertyContains
  | ContainsDisplayName
  | RoomMemberCount
  | SenderNotificationPermission
  | ProfileTag
  | RecipientPermission
  | UnknownCondition

/** Without `value` a tweak is set to `true`. */
export type SetTweak = { set_tweak: string; value?: Json }
/** `dont_notify` and `coalesce` are historical: kept as written, without effect. */
export type Action = 'notify' | 'dont_notify' | 'coalesce' | typeof NOTIFY_IN_APP | SetTweak
/** MSC3768, experimental: it counts as `notify` does, and wakes no device. */
export const NOTIFY_IN_APP = 'org.matrix.msc3768.notify_in_app'

type RuleBase = {
  rule_id: string
  /** A rule of the server's; its id starts with a dot. */
  default: boolean
  enabled: boolean
  actions: readonly Action[]
}

/** Override and underride rules. All conditions must hold; without conditions the rule always matches. */
export type ConditionalRule = RuleBase & { conditions?: readonly Condition[] }
/** `pattern` is a glob that must match a run of whole words in `content.body`. */
export type ContentRule = RuleBase & { pattern: string }
/** Room and sender rules: `rule_id` is the id of the room, or the user id of the sender. */
export type SubjectRule = RuleBase

export type PushRule = ConditionalRule | ContentRule | SubjectRule

/** One scope's rules; in each kind the most important rule comes first. */
export type Ruleset = {
  override: ConditionalRule[]
  content: ContentRule[]
  room: SubjectRule[]
  sender: SubjectRule[]
  underride: ConditionalRule[]
}

/** `sound` is always a string and `highlight` always a boolean; other tweaks pass through as they were written. */
export type Tweaks = Readonly<Record<string, Json>>

/** What a server may switch on beyond the specification; all off unless given. */
export type ExperimentalRules = {
  /** MSC3930: default rules for polls. */
  readonly polls?: boolean | undefined
  /** MSC4028: a default rule that every encrypted event notifies, unless the user's own rules say otherwise. */
  readonly encryptedEvents?: boolean | undefined
  /** MSC4505: default rules for live locations. */
  readonly liveLocation?: boolean | undefined
  /** MSC4506: the condition `recipient_permission`, and a default rule that tells of knocks whoever may answer them. */
  readonly knocks?: boolean | undefined
  /** MSC3768: the action `notify_in_app`. */
  readonly notifyInApp?: boolean | undefined
}

/** What decides about the server's default rules, for everybody alike. */
export type RuleSettings = {
  /** Whether a name, a localpart or `@room` in the text counts as a mention, as it did before `m.mentions`. */
  readonly legacyMentionRules: boolean
  readonly experimental?: ExperimentalRules | undefined
}

/** What the first matching rule asks for. Shared between evaluations and frozen. */
export type RuleOutcome = {
  /** It counts as a notification. A device is woken only if the actions have `notify` itself (see `NOTIFY_IN_APP`). */
  readonly notify: boolean
  /** Notifies, and with the tweak `highlight` set to true: a highlight is a notification, never one of its own. */
  readonly highlight: boolean
  readonly tweaks: Tweaks
  /** The rule's actions as they were written. */
  readonly actions: readonly Action[]
  /** The rule that decided, or null when none matched (then nothing is notified). */
  readonly rule: { readonly kind: RuleKind; readonly ruleId: string } | null
}

/** What the rules may ask beyond the event: the room at that event, and the person for whom it is evaluated. */
export type EvaluationContext = {
  /**
   * What the evaluations of one event may cost together (`MAX_ROOM_STEPS`). Without it each may cost what one is allowed to
   * (README.md, "Bounds").
   */
  budget?: StepBudget | undefined
  /**
   * Whose rules these are. Without it the evaluation is impersonal: the default rules that concern one person
   * (invitation, mention, name in the text) do not match, whoever the rules belong to.
   */
  userId?: string | undefined
  /** The person's display name in this room, for `contains_display_name`. */
  displayName?: string | undefined
  /** The `profile_tag` of the pusher, where a device is asked for; the condition `profile_tag` compares with it. */
  profileTag?: string | undefined
  /** Joined members of the room. */
  memberCount: number
  /** The content of `m.room.power_levels`; undefined when the room has no such event. */
  powerLevels?: unknown
  /** The creator of the room and, from room version 12, the additional creators. */
  creators?: readonly string[] | undefined
  /** Decides how power levels are read: strings count until version 9, creators stand above all from version 12. */
  roomVersion?: string | undefined
}
