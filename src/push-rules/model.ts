/**
 * The JSON shapes of push rules (client-server API, "Push Rules"), and the outcome of an evaluation. Property names
 * in snake case are from the specification.
 */

import type { StepBudget } from './meter.ts'

/** Any JSON value. */
export type ReadonlyJson =
  | null
  | boolean
  | number
  | string
  | readonly ReadonlyJson[]
  | { readonly [key: string]: ReadonlyJson }

/**
 * The values that `event_property_is` and `event_property_contains` compare with: "a non-compound canonical JSON
 * value".
 */
export type Scalar = string | number | boolean | null

/** In order of evaluation. `postcontent` has default rules only (MSC4306, experimental). */
export const RULE_KINDS = ['override', 'content', 'postcontent', 'room', 'sender', 'underride'] as const
/** The list of a ruleset that a rule is in. The kinds are evaluated in the order of `RULE_KINDS`. */
export type RuleKind = (typeof RULE_KINDS)[number]
/** The kinds of the rules that users write. */
export const USER_RULE_KINDS = ['override', 'content', 'room', 'sender', 'underride'] as const
/** One of `USER_RULE_KINDS`. */
export type UserRuleKind = (typeof USER_RULE_KINDS)[number]

/**
 * The property at the path `key` is a text that the glob `pattern` matches as a whole, without regard to
 * case. For `content.body` the pattern must match a run of whole words.
 */
export type EventMatch = { kind: 'event_match'; key: string; pattern: string }
/** The property at the path `key` is this value. */
export type EventPropertyIs = { kind: 'event_property_is'; key: string; value: Scalar }
/** The property at the path `key` is a list with this value. */
export type EventPropertyContains = { kind: 'event_property_contains'; key: string; value: Scalar }
/** Deprecated since version 1.17 of the specification; still evaluated. */
export type ContainsDisplayName = { kind: 'contains_display_name' }
/** `is`: a decimal number, after `==`, `<`, `>`, `<=`, `>=` or nothing (which means `==`). */
export type RoomMemberCount = { kind: 'room_member_count'; is: string }
/** The sender may notify: their power level is at least `notifications.<key>` of the power levels, or 50 without it. */
export type SenderNotificationPermission = { kind: 'sender_notification_permission'; key: string }
/**
 * From the 2015 drafts: the pusher's `profile_tag` (instance handle). It holds only in an evaluation for a device.
 */
export type ProfileTag = { kind: 'profile_tag'; profile_tag: string }
/** MSC4506, experimental: the user may do `key` (`invite`, `kick`, `ban` or `redact`) in the room. */
export type RecipientPermission = { kind: 'recipient_permission'; key: string }
/**
 * MSC4306, experimental: the event is a reply in a thread, and the user has a subscription to the thread, or
 * has none.
 */
export type ThreadSubscription = { kind: 'io.element.msc4306.thread_subscription'; subscribed: boolean }
/**
 * MSC3767: the event is accepted in one of the intervals. Without `timezone` the zone of the owner is used, or UTC
 * (`time-and-day.ts`).
 */
export type TimeAndDay = {
  kind: 'time_and_day' | 'org.matrix.msc3767.time_and_day'
  timezone?: string
  intervals: readonly {
    time_of_day?: readonly [from: string, to: string]
    day_of_week?: readonly number[]
  }[]
}
/** Of this server: whether the owner of the rule has given the room this tag, such as `m.favourite`. */
export type RoomTag = { kind: 'org.belfry.room_tag'; tag: string; tagged: boolean }
/** A condition of an unknown kind: it is stored unchanged and never matches. */
export type UnknownCondition = { kind: string; [parameter: string]: ReadonlyJson }

/** A condition of an override or underride rule. */
export type Condition =
  | EventMatch
  | EventPropertyIs
  | EventPropertyContains
  | ContainsDisplayName
  | RoomMemberCount
  | SenderNotificationPermission
  | ProfileTag
  | RecipientPermission
  | ThreadSubscription
  | TimeAndDay
  | RoomTag
  | UnknownCondition

/** Without `value` a tweak is set to `true`. */
export type SetTweak = { set_tweak: string; value?: ReadonlyJson }
/** `dont_notify` and `coalesce` are historical: stored unchanged, without effect. */
export type Action = 'notify' | 'dont_notify' | 'coalesce' | typeof NOTIFY_IN_APP | SetTweak
/** MSC3768, experimental: counted like `notify`, but sends nothing to a device. */
export const NOTIFY_IN_APP = 'org.matrix.msc3768.notify_in_app'

type RuleBase = {
  rule_id: string
  /** A default rule of the server; its id starts with a dot. */
  default: boolean
  enabled: boolean
  actions: readonly Action[]
  /** The end of the rule, in milliseconds since the Unix epoch: it does not match events from then on. */
  [UNTIL]?: number
  /** The events that the rule holds back are summed up when it stops to apply. */
  [DIGEST]?: true
}

/** The property of a rule with its end. */
export const UNTIL = 'org.belfry.until'

/** The property of a rule that asks for a digest. */
export const DIGEST = 'org.belfry.digest'

/** Override and underride rules. All conditions must hold; without conditions the rule always matches. */
export type ConditionalRule = RuleBase & { conditions?: readonly Condition[] }
/** `pattern` is a glob that must match a run of whole words in `content.body`. */
export type ContentRule = RuleBase & { pattern: string }
/** Room and sender rules: `rule_id` is the id of the room, or the user id of the sender. */
export type SubjectRule = RuleBase

/** A rule of any kind, as `GET /pushrules/` returns it. */
export type PushRule = ConditionalRule | ContentRule | SubjectRule

/** The rules of one scope, in each kind in order of evaluation. */
export type Ruleset = {
  override: ConditionalRule[]
  content: ContentRule[]
  /** MSC4306, experimental: absent if it is off. */
  postcontent?: ConditionalRule[]
  room: SubjectRule[]
  sender: SubjectRule[]
  underride: ConditionalRule[]
}

/** The rules of one scope as JSON. A kind may be missing; malformed rules are left out when they are compiled. */
export type RulesJson = { readonly [Kind in RuleKind]?: readonly object[] | undefined }

/** The response of `GET /pushrules/`. The rules of other scopes than `global` are ignored. */
export type PushRulesResponse = { readonly global: RulesJson }

/** `sound` is always a string and `highlight` always a boolean. Other tweaks are passed on unchanged. */
export type Tweaks = Readonly<Record<string, ReadonlyJson>>

/** Rules beyond the specification that a server can enable. All are off by default. */
export type ExperimentalRules = {
  /** MSC3930: default rules for polls. */
  readonly polls?: boolean | undefined
  /** MSC4028: a default rule that every encrypted event notifies, unless the user's own rules say otherwise. */
  readonly encryptedEvents?: boolean | undefined
  /**
   * With `encryptedEvents`: an event that only the rule of MSC4028 notifies counts as unread. Off: it wakes the user's
   * devices and does not count.
   */
  readonly encryptedEventsCount?: boolean | undefined
  /** MSC4505: default rules for live locations. */
  readonly liveLocation?: boolean | undefined
  /**
   * MSC4506: the condition `recipient_permission`, and a default rule that notifies the members who may answer a
   * knock.
   */
  readonly knocks?: boolean | undefined
  /**
   * MSC4306: the condition `thread_subscription`, and default rules by which replies notify subscribers of
   * their thread only.
   */
  readonly threadSubscriptions?: boolean | undefined
  /** MSC3768: the action `notify_in_app`. */
  readonly notifyInApp?: boolean | undefined
}

/** The settings that select the server's default rules, the same for all users. */
export type RuleSettings = {
  /** Whether a name, a localpart or `@room` in the text counts as a mention, as it did before `m.mentions`. */
  readonly legacyMentionRules: boolean
  readonly experimental?: ExperimentalRules | undefined
}

/** The effect of the first matching rule. Shared between evaluations and frozen. */
export type RuleOutcome = {
  /**
   * Whether the event counts as a notification. A device gets a push only if the actions have `notify` itself (see
   * `NOTIFY_IN_APP`). An outcome with the action `notify` that does not count only wakes devices (`wakesOnly`).
   */
  readonly notify: boolean
  /** Whether it notifies with the tweak `highlight` set to true. A highlight is always a notification too. */
  readonly highlight: boolean
  readonly tweaks: Tweaks
  /** The actions of the rule, unchanged. */
  readonly actions: readonly Action[]
  /** The rule that decided, or null when no rule matched (then the event does not notify). */
  readonly rule: DecidingRule | null
}

/** The name of the rule that decided. */
export type DecidingRule = {
  readonly kind: RuleKind
  readonly ruleId: string
  /** The end of the rule, if it has one. */
  readonly until?: number
  /** The schedules of the rule as a text, if it has any: `22:00-07:00 Europe/Berlin`. */
  readonly schedule?: string
}

/** A time on the clock of a time zone. */
export type LocalTime = {
  /** 0 is Sunday, 6 is Saturday. */
  readonly day: number
  /** Of the day: 0 to 1439. */
  readonly minute: number
}

/** The time of an event. Make it with `createMoment`, once for each event. */
export type Moment = {
  /** In milliseconds since the Unix epoch. */
  readonly at: number
  readonly localTime: (zone: string) => LocalTime | undefined
  /** The local times that were read; null: there is no such zone. Created with the first entry. */
  known: Map<string, LocalTime | null> | undefined
}

/** The facts about the owner of rules that their conditions use. Rules must be compiled again when they change. */
export type OwnerFacts = {
  /** The time zone (IANA) for conditions without one. */
  readonly timezone?: string | undefined
  /** By tag: the rooms to which the owner has given it. */
  readonly taggedRooms?: ReadonlyMap<string, ReadonlySet<string>> | undefined
}

/** The input of an evaluation beyond the event: the state of the room at that event, and the user. */
export type EvaluationContext = {
  /**
   * The step budget shared by the evaluations of one event (`MAX_ROOM_STEPS`). Without it each evaluation has its own
   * limit (README.md, "Bounds").
   */
  budget?: StepBudget | undefined
  /**
   * The owner of the rules. Without it the evaluation is impersonal: the default rules that concern one user
   * (invitation, mention, name in the text) do not match.
   */
  userId?: string | undefined
  /** MSC4306: the users with a subscription to the thread of the event. */
  subscribers?: ReadonlySet<string> | undefined
  /** The user's display name in this room, for `contains_display_name`. */
  displayName?: string | undefined
  /**
   * When the event was accepted. Without it, conditions on the time and rules with an end do not match.
   */
  moment?: Moment | undefined
  /** The `profile_tag` of the pusher, in an evaluation for a device. The condition `profile_tag` compares with it. */
  profileTag?: string | undefined
  /** The number of joined members of the room. */
  memberCount: number
  /** The content of `m.room.power_levels`; undefined when the room has no such event. */
  powerLevels?: unknown
  /** The creator of the room and, from room version 12, the additional creators. */
  creators?: readonly string[] | undefined
  /**
   * Selects how power levels are read: strings count until version 9, creators rank above all levels from version 12.
   */
  roomVersion?: string | undefined
}
