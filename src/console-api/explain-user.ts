import {
  type DeviceRules,
  deviceRules,
  isAboutDevice,
  MASTER,
  outcomeForDevice,
  type RulesOfUser,
} from '../delivery/device-rules.ts'
import { isForMail } from '../delivery/email/tweaks.ts'
import { asPusherOutcome } from '../delivery/next-poke.ts'
import { priorityOf } from '../delivery/poke.ts'
import type { UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import {
  type EvaluatedEvent,
  type EvaluationContext,
  explain,
  explainBudget,
  type Explanation,
  NO_MATCH,
  type RuleOutcome,
  roomBudget,
  type RuleSettings,
  type Ruleset,
  type StepBudget,
  wakesOnly,
} from '../push-rules/index.ts'
import {
  type NotifyFacts,
  notifyReason,
  pusherRuleFacts,
  type Silence,
  type SilenceFact,
} from '../trace/notify-reason.ts'
import type { PusherAtEvent } from './explain-store.ts'

// Assembles the response of an explanation. Pure.

/** Why no poke is sent to a pusher, as far as an explanation can tell. */
export type NoPokeReason = NonNullable<ReturnType<typeof noPokeReason>>

export type UserExplainInput = {
  userId: UserId
  rules: RulesOfUser
  settings: RuleSettings
  /** The event. `type` is its type. */
  event: EvaluatedEvent
  type: string
  /** Must have `userId` and `displayName`. */
  context: EvaluationContext
  silence: NotifyFacts<SilenceFact>
  /** The outcome stored with the event; undefined: nothing is stored (as in a dry run), so the present rules decide. */
  counted: RuleOutcome | undefined
  pushers: readonly (Partial<PusherAtEvent> & Pick<PusherAtEvent, 'handle'>)[]
  /** Leaves out what the sender wrote: for viewers who are not the user. */
  hidesText: boolean
  /** When the event was sent, in milliseconds since the Unix epoch. Pushers that were set later get no poke of it. */
  sentAt: number | undefined
}

export type ExplainResult = {
  user_id: UserId
  notify: boolean
  highlight: boolean
  actions: readonly unknown[]
  decided_by: JsonObject | null
  reason: Silence | null
  rules: JsonObject[]
  pushers: JsonObject[]
}

/** The verdict of each rule on the event, and the result for each pusher. */
export function explainResult(input: UserExplainInput): ExplainResult {
  const silence = notifyReason(input.silence)
  const budget = explainBudget()
  const scopes = [{ scope: 'global' as const, rules: input.rules.global }]
  const global =
    silence === undefined ? explain({ ...input, owner: input.rules.owner, scopes, budget }) : undefined
  const devices: Devices = {
    made: deviceRules(input.rules, input.settings),
    context: { ...input.context, budget: roomBudget() },
    budget,
  }
  const outcome = global?.outcome ?? NO_MATCH
  // No outcome is stored with an event that only wakes devices.
  const isStored = input.counted !== undefined && !(wakesOnly(outcome) && input.counted.rule === null)
  return {
    user_id: input.userId,
    notify: outcome.notify,
    highlight: outcome.highlight,
    actions: outcome.actions,
    decided_by: decider(global),
    reason: silence ?? null,
    rules: global?.rules.map((rule) => ruleShown(rule, input)) ?? [],
    pushers: input.pushers.map((pusher) =>
      pusherShown(input, pusher, {
        devices,
        counted: isStored && input.counted !== undefined ? input.counted : outcome,
        isSilent: silence !== undefined,
      }),
    ),
  }
}

/** The rules of the device, and the global rules with a condition on the device. */
function isOfDevice({ scope, conditions }: Explanation['rules'][number]): boolean {
  return scope === 'device' || conditions.some(({ condition }) => isAboutDevice(condition))
}

/** Shared by all pushers of an explanation: the rules, compiled once, and the cost limit. */
type Devices = {
  readonly made: DeviceRules
  readonly context: EvaluationContext
  readonly budget: StepBudget
}

/** The verdicts of the rules of one device, and of the global rules with a condition on the device. */
function deviceExplained(
  { rules, settings, event }: UserExplainInput,
  devices: Devices,
  handle: string,
): ExplainedRules {
  const own = rules.device.get(handle)
  const { made, context, budget } = devices
  if ((own === undefined && made.global === undefined) || budget.left <= 0) return []
  const scopes = [
    ...(own === undefined ? [] : [{ scope: 'device' as const, handle, rules: own }]),
    // Without a global rule with a condition on the device, only the master rule takes precedence over the
    // rules of the device.
    { scope: 'global' as const, rules: made.global === undefined ? onlyMaster(rules.global) : rules.global },
  ]
  const here = { ...context, profileTag: handle }
  const explained = explain({ scopes, event, context: here, owner: rules.owner, settings, budget })
  return explained.rules.filter(isOfDevice)
}

type ExplainedRules = Explanation['rules']

function onlyMaster({ override }: Ruleset): Ruleset {
  return {
    override: override.filter((rule) => rule.rule_id === MASTER),
    content: [],
    room: [],
    sender: [],
    underride: [],
  }
}

function pusherShown(
  input: UserExplainInput,
  pusher: UserExplainInput['pushers'][number],
  { devices, counted, isSilent }: { devices: Devices; counted: RuleOutcome; isSilent: boolean },
): JsonObject {
  const { handle } = pusher
  const here = isSilent ? NOT_EVALUATED : outcomeHere(input, devices, { handle, counted })
  const reason = noPokeReason(input, pusher, { here: here.outcome, counted })
  const { tweaks } = here.outcome
  const rules = handle === null || isSilent ? [] : deviceExplained(input, devices, handle)
  return {
    app_id: pusher.app_id ?? null,
    kind: pusher.kind ?? null,
    app_display_name: pusher.app_display_name ?? null,
    device_display_name: pusher.device_display_name ?? null,
    device_id: pusher.device_id ?? null,
    instance_handle: handle,
    poke: reason === undefined,
    reason: reason ?? null,
    ...(reason === undefined && {
      tweaks: tweaks as JsonObject,
      prio: priorityOf(input.type, tweaks as JsonObject),
    }),
    decided_by: here.outcome.rule === null ? null : ruleNamed(here, handle),
    rules: rules.map((rule) => ruleShown(rule, input)),
    queued: (pusher.queued ?? null) !== null,
    failing_since: pusher.failing_since ?? null,
  }
}

const NOT_EVALUATED = { outcome: NO_MATCH, scope: 'global' as const }

function outcomeHere(
  { event }: UserExplainInput,
  { made, context }: Devices,
  { handle, counted }: { handle: string | null; counted: RuleOutcome },
) {
  if (handle === null) return { outcome: counted, scope: 'global' as const }
  return outcomeForDevice(made, { handle, counted }, { event, context })
}

/**
 * Why a pusher gets no poke of an event; undefined: it gets one. `here`: the outcome for its device,
 * `counted`: the outcome that counts.
 */
export function noPokeReason(
  { silence, sentAt }: Pick<UserExplainInput, 'silence' | 'sentAt'>,
  pusher: UserExplainInput['pushers'][number],
  { here, counted }: { here: RuleOutcome; counted: RuleOutcome },
) {
  // The values before the last set are not stored.
  const isSince = sentAt === undefined || (pusher.set_at ?? 0) <= sentAt
  const outcomes = { here: asPusherOutcome(here), counted: asPusherOutcome(counted) }
  return notifyReason({
    ...silence,
    isSetAfter: sentAt !== undefined && (pusher.created_at ?? 0) > sentAt,
    isDisabled: pusher.enabled === 0 && isSince,
    isNotActivated: pusher.activated === 0 && isSince,
    ...pusherRuleFacts(outcomes, { isForMail: pusher.kind !== 'email' || isForMail(here.tweaks) }),
  })
}

const ruleNamed = (
  { outcome, scope }: { outcome: RuleOutcome; scope: string },
  handle: string | null,
): JsonObject => ({
  ...scopeNamed(scope, handle ?? undefined),
  kind: outcome.rule?.kind ?? '',
  rule_id: outcome.rule?.ruleId ?? '',
  ...timesOf(outcome),
})

/** The end and the schedules of the deciding rule. */
function timesOf({ rule }: RuleOutcome): JsonObject {
  const { until, schedule } = rule ?? {}
  return { ...(until !== undefined && { until }), ...(schedule !== undefined && { schedule }) }
}

const scopeNamed = (scope: string, handle: string | undefined): JsonObject =>
  scope === 'device' ? { scope, instance_handle: handle ?? '' } : { scope }

function decider(explanation: Explanation | undefined): JsonObject | null {
  const by = explanation?.decidedBy ?? null
  const named = by && { ...scopeNamed(by.scope, by.handle), kind: by.kind, rule_id: by.ruleId }
  return named && explanation ? { ...named, ...timesOf(explanation.outcome) } : named
}

function ruleShown(
  rule: Explanation['rules'][number],
  { hidesText }: Pick<UserExplainInput, 'hidesText'>,
): JsonObject {
  return {
    ...scopeNamed(rule.scope, rule.handle),
    kind: rule.kind,
    rule_id: rule.ruleId,
    enabled: rule.enabled,
    verdict: rule.verdict,
    conditions: rule.conditions.map(({ condition, holds, expected, actual }) => {
      const isHidden = hidesText && comparesText(condition)
      return {
        condition,
        holds,
        expected: expected ?? null,
        actual: isHidden ? null : (actual ?? null),
        ...(isHidden && { hidden: true }),
      }
    }) as unknown as JsonObject[],
  }
}

const OF_EVENT = ['event_match', 'event_property_is', 'event_property_contains']
/** Keys of events with values that the sender did not write. */
const WITHOUT_TEXT =
  /^(type|sender|room_id|state_key|content\.(msgtype|membership|m\\\.(mentions|relates_to)\..*))$/

/** Whether a condition compares what the sender wrote, such as the text of a message. */
function comparesText(condition: unknown): boolean {
  const { kind, key } = (condition ?? {}) as { kind?: unknown; key?: unknown }
  if (kind === 'contains_display_name') return true
  return OF_EVENT.includes(String(kind)) && !WITHOUT_TEXT.test(String(key))
}
