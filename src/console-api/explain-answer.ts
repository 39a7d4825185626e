import {
  type DeviceRules,
  deviceRules,
  isAboutDevice,
  MASTER,
  outcomeForDevice,
  type UserRules,
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
} from '../push-rules/index.ts'
import {
  type NotifyFacts,
  notifyReason,
  pusherRuleFacts,
  type Silence,
  type SilenceFact,
} from '../trace/notify-reason.ts'
import type { PusherRow } from './explain-store.ts'

// Puts an explanation into the words of the answer. Pure.

/** Why a pusher is not poked, as far as an explanation looks. */
export type PusherSilence = NonNullable<ReturnType<typeof quietBecause>>

export type Case = {
  userId: UserId
  rules: UserRules
  settings: RuleSettings
  /** The event, `type` being its own. */
  event: EvaluatedEvent
  type: string
  /** With `userId` and `displayName`. */
  context: EvaluationContext
  silence: NotifyFacts<SilenceFact>
  /** What was stored with the event; undefined: nothing was, as in a dry run, and today's rules decide. */
  counted: RuleOutcome | undefined
  pushers: readonly (Partial<PusherRow> & Pick<PusherRow, 'handle'>)[]
  /** When the event was sent; pushers that were set later were never told. Milliseconds since the Unix epoch. */
  sentAt: number | undefined
}

export type Answer = {
  user_id: UserId
  notify: boolean
  highlight: boolean
  actions: readonly unknown[]
  decided_by: JsonObject | null
  reason: Silence | null
  rules: JsonObject[]
  pushers: JsonObject[]
}

/** What the rules say to an event, rule by rule, and what follows from it for each pusher. */
export function answer(asked: Case): Answer {
  const silence = notifyReason(asked.silence)
  const budget = explainBudget()
  const scopes = [{ scope: 'global' as const, rules: asked.rules.global }]
  const global = silence === undefined ? explain({ ...asked, scopes, budget }) : undefined
  const devices: Devices = {
    made: deviceRules(asked.rules, asked.settings),
    context: { ...asked.context, budget: roomBudget() },
    budget,
  }
  const outcome = global?.outcome ?? NO_MATCH
  return {
    user_id: asked.userId,
    notify: outcome.notify,
    highlight: outcome.highlight,
    actions: outcome.actions,
    decided_by: decider(global),
    reason: silence ?? null,
    rules: global?.rules.map(ruleShown) ?? [],
    pushers: asked.pushers.map((pusher) =>
      pusherShown(asked, pusher, {
        devices,
        counted: asked.counted ?? outcome,
        isSilent: silence !== undefined,
      }),
    ),
  }
}

/** Rules of the device, and those of the global ones that ask for it. */
function isOfDevice({ scope, conditions }: Explanation['rules'][number]): boolean {
  return scope === 'device' || conditions.some(({ condition }) => isAboutDevice(condition))
}

/** What the pushers of an answer share: rules compiled once, and what they may cost together. */
type Devices = {
  readonly made: DeviceRules
  readonly context: EvaluationContext
  readonly budget: StepBudget
}

/** The rules of one device, and how the global ones that ask for it stand. */
function deviceExplained({ rules, settings, event }: Case, devices: Devices, handle: string): ExplainedRules {
  const own = rules.device.get(handle)
  const { made, context, budget } = devices
  if ((own === undefined && made.global === undefined) || budget.left <= 0) return []
  const scopes = [
    ...(own === undefined ? [] : [{ scope: 'device' as const, handle, rules: own }]),
    // Where no global rule asks for a device, the only one that bears on the rules of one stands above them.
    { scope: 'global' as const, rules: made.global === undefined ? onlyMaster(rules.global) : rules.global },
  ]
  const explained = explain({ scopes, event, context: { ...context, profileTag: handle }, settings, budget })
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
  asked: Case,
  pusher: Case['pushers'][number],
  { devices, counted, isSilent }: { devices: Devices; counted: RuleOutcome; isSilent: boolean },
): JsonObject {
  const { handle } = pusher
  const here = isSilent ? NOT_ASKED : outcomeHere(asked, devices, { handle, counted })
  const quiet = quietBecause(asked, pusher, { here: here.outcome, counted })
  const { tweaks } = here.outcome
  const rules = handle === null || isSilent ? [] : deviceExplained(asked, devices, handle)
  return {
    app_id: pusher.app_id ?? null,
    kind: pusher.kind ?? null,
    app_display_name: pusher.app_display_name ?? null,
    device_display_name: pusher.device_display_name ?? null,
    device_id: pusher.device_id ?? null,
    instance_handle: handle,
    poke: quiet === undefined,
    reason: quiet ?? null,
    ...(quiet === undefined && {
      tweaks: tweaks as JsonObject,
      prio: priorityOf(asked.type, tweaks as JsonObject),
    }),
    decided_by: here.outcome.rule === null ? null : ruleNamed(here, handle),
    rules: rules.map(ruleShown),
    queued: (pusher.queued ?? null) !== null,
    failing_since: pusher.failing_since ?? null,
  }
}

const NOT_ASKED = { outcome: NO_MATCH, scope: 'global' as const }

function outcomeHere(
  { event }: Case,
  { made, context }: Devices,
  { handle, counted }: { handle: string | null; counted: RuleOutcome },
) {
  if (handle === null) return { outcome: counted, scope: 'global' as const }
  return outcomeForDevice(made, { handle, counted }, { event, context })
}

function quietBecause(
  { silence, sentAt }: Case,
  pusher: Case['pushers'][number],
  { here, counted }: { here: RuleOutcome; counted: RuleOutcome },
) {
  // What it was before it was last set is not known.
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
})

const scopeNamed = (scope: string, handle: string | undefined): JsonObject =>
  scope === 'device' ? { scope, instance_handle: handle ?? '' } : { scope }

function decider(explanation: Explanation | undefined): JsonObject | null {
  const by = explanation?.decidedBy ?? null
  return by && { ...scopeNamed(by.scope, by.handle), kind: by.kind, rule_id: by.ruleId }
}

function ruleShown(rule: Explanation['rules'][number]): JsonObject {
  return {
    ...scopeNamed(rule.scope, rule.handle),
    kind: rule.kind,
    rule_id: rule.ruleId,
    enabled: rule.enabled,
    verdict: rule.verdict,
    conditions: rule.conditions.map(({ condition, holds, expected, actual }) => ({
      condition,
      holds,
      expected: expected ?? null,
      actual: actual ?? null,
    })) as unknown as JsonObject[],
  }
}
