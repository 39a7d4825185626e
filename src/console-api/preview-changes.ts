import { type DeviceRules, outcomeForDevice } from '../delivery/device-rules.ts'
import type { JsonObject } from '../lib/json.ts'
import {
  type EvaluatedEvent,
  type EvaluationContext,
  evaluate,
  type RuleOutcome,
  type StepBudget,
  wakesOnly,
} from '../push-rules/index.ts'
import type { PusherAtEvent } from './explain-store.ts'
import { noPokeReason } from './explain-user.ts'

// What other rules change for given events. Pure.

export type PreviewedEvent = {
  /** As the response shows it. */
  summary: JsonObject
  evaluated: EvaluatedEvent
  /** With `userId` and `displayName`. */
  context: EvaluationContext
}

type PreviewInput = {
  before: DeviceRules
  after: DeviceRules
  pushers: readonly PusherAtEvent[]
  /** Shared by all evaluations. */
  budget: StepBudget
}

/**
 * - `rings`: a notification instead of none;
 * - `silent`: no notification any more;
 * - `differs`: a notification with another sound, or with a highlight instead of without one, or the reverse.
 */
export const CHANGES = ['rings', 'silent', 'differs'] as const
type Change = (typeof CHANGES)[number]

/** The changes for the unread counts (`account`) and for each pusher, in the order of the events. */
export function changesOf(events: readonly PreviewedEvent[], input: PreviewInput): JsonObject {
  const account: JsonObject[] = []
  const devices = input.pushers.map((pusher) => ({ pusher, changes: [] as JsonObject[] }))
  let evaluated = 0
  for (const event of events) {
    const [before, after] = [resultsOf(event, input.before, input), resultsOf(event, input.after, input)]
    // Beyond the limit the rules that users wrote do not match any more, so the results are not true.
    if ((input.budget.cut ?? 0) > 0) break
    evaluated++
    account.push(...changeOf(event, before.account, after.account))
    for (const [at, { changes }] of devices.entries())
      changes.push(...changeOf(event, before.pushers[at], after.pushers[at]))
  }
  return {
    events: evaluated,
    since: events[evaluated - 1]?.summary['origin_server_ts'] ?? null,
    is_cut: evaluated < events.length,
    account: withCounts(account),
    pushers: devices.map(({ pusher, changes }) => ({ ...identityOf(pusher), ...withCounts(changes) })),
  }
}

/** The result for the unread counts, or for a pusher. */
type Result = { notifies: boolean; outcome: RuleOutcome; scope: 'global' | 'device' }

function resultsOf(
  { evaluated, context }: PreviewedEvent,
  rules: DeviceRules,
  { pushers, budget }: PreviewInput,
): { account: Result; pushers: Result[] } {
  const event = { event: evaluated, context: { ...context, budget } }
  const counted = evaluate(rules.everywhere(), event.event, event.context)
  return {
    account: { notifies: counted.notify && !wakesOnly(counted), outcome: counted, scope: 'global' },
    pushers: pushers.map((pusher) => {
      const { handle } = pusher
      const { outcome, scope } =
        handle === null
          ? { outcome: counted, scope: 'global' as const }
          : outcomeForDevice(rules, { handle, counted }, event)
      const reason = noPokeReason(PRESENT, pusher, { here: outcome, counted })
      return { notifies: reason === undefined, outcome, scope }
    }),
  }
}

/** As if the event was sent now. The silent events of a user are not among the events. */
const PRESENT = { silence: {}, sentAt: undefined }

function changeOf(
  { summary }: PreviewedEvent,
  before: Result | undefined,
  after: Result | undefined,
): JsonObject[] {
  if (before === undefined || after === undefined) return []
  const change = kindOfChange(before, after)
  return change === undefined ? [] : [{ ...summary, change, before: shown(before), after: shown(after) }]
}

function kindOfChange(before: Result, after: Result): Change | undefined {
  if (before.notifies !== after.notifies) return after.notifies ? 'rings' : 'silent'
  return after.notifies && !soundsAlike(before.outcome, after.outcome) ? 'differs' : undefined
}

const soundsAlike = (one: RuleOutcome, other: RuleOutcome): boolean =>
  one.highlight === other.highlight && one.tweaks['sound'] === other.tweaks['sound']

function shown({ notifies, outcome, scope }: Result): JsonObject {
  const sound = outcome.tweaks['sound']
  return {
    notifies,
    highlight: notifies && outcome.highlight,
    sound: notifies && typeof sound === 'string' ? sound : null,
    decided_by: outcome.rule && { scope, kind: outcome.rule.kind, rule_id: outcome.rule.ruleId },
  }
}

function withCounts(changes: JsonObject[]): JsonObject {
  const count = (change: Change) => changes.filter((one) => one['change'] === change).length
  return { rings: count('rings'), silent: count('silent'), differs: count('differs'), changes }
}

const identityOf = (pusher: PusherAtEvent): JsonObject => ({
  app_id: pusher.app_id,
  kind: pusher.kind,
  app_display_name: pusher.app_display_name,
  device_display_name: pusher.device_display_name,
  device_id: pusher.device_id,
  instance_handle: pusher.handle,
})
