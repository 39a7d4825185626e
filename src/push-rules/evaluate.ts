import { type CompiledRule, type CompiledRules, STEPS_PER_RULE, STEPS_PER_TEST } from './compile.ts'
import { ANY_TYPE, type EvaluatedEvent, OTHER_TYPE } from './event.ts'
import { beginSteps, endSteps, meter } from './meter.ts'
import type { EvaluationContext, RuleOutcome } from './model.ts'

/** No rule matched: the event does not notify. */
export const NO_MATCH: RuleOutcome = Object.freeze({
  notify: false,
  highlight: false,
  tweaks: Object.freeze({}),
  actions: Object.freeze([]),
  rule: null,
})

/** Whether the outcome sends a push to a device. `notify_in_app` is counted and sends none. */
export function wakesDevice({ actions }: { readonly actions: readonly unknown[] }): boolean {
  return actions.includes('notify')
}

/**
 * Whether the outcome sends a push to the user's devices without counting as a notification: the devices decrypt the
 * event and evaluate the rules. Only the rule of MSC4028 has such an outcome (`encryptedEventsCount`).
 */
export function wakesOnly(outcome: {
  readonly actions: readonly unknown[]
  readonly notify: boolean
}): boolean {
  return !outcome.notify && wakesDevice(outcome)
}

/**
 * The outcome of the first rule that matches, in the order of `RULE_KINDS`. If that rule only wakes devices,
 * the first later rule that matches decides whether the event notifies. Pure; it never throws. An evaluation
 * costs at most `MAX_STEPS`, and at most the rest of `context.budget`. After that only the default rules, the
 * room rules and the sender rules are evaluated.
 *
 * A user is not notified of their own events or of events of ignored users. The caller checks this and does
 * not call `evaluate` then.
 */
export function evaluate(
  rules: CompiledRules,
  event: EvaluatedEvent,
  context: EvaluationContext,
): RuleOutcome {
  const most = beginSteps(context.budget)
  if (context.budget === undefined) event.searched = 0
  const rule = decider(rules, event, context)
  const outcome = rule === undefined ? NO_MATCH : rule.outcome
  const later =
    rule !== undefined && wakesOnly(outcome) ? decider(after(rules, rule), event, context) : undefined
  endSteps(context.budget, most)
  return later?.outcome.notify === true ? later.outcome : outcome
}

function decider(
  rules: CompiledRules,
  event: EvaluatedEvent,
  context: EvaluationContext,
): CompiledRule | undefined {
  return (
    firstMatch(rules.override, event, context) ??
    firstMatch(rules.content, event, context) ??
    // Nearly always empty, and counted as a step otherwise.
    (rules.postcontent.length === 0 ? undefined : firstMatch(rules.postcontent, event, context)) ??
    (event.roomId === null ? undefined : ifItHolds(rules.room.get(event.roomId), event, context)) ??
    (event.sender === null ? undefined : ifItHolds(rules.sender.get(event.sender), event, context)) ??
    firstMatch(rules.underride, event, context)
  )
}

/** Room and sender rules are found by their id. They have a test only if they have an end. */
function ifItHolds(
  rule: CompiledRule | undefined,
  event: EvaluatedEvent,
  context: EvaluationContext,
): CompiledRule | undefined {
  return rule === undefined || rule.tests.length === 0 || matchesAll(rule, event, context) ? rule : undefined
}

/** The rules after an override rule. */
function after(rules: CompiledRules, rule: CompiledRule): CompiledRules {
  return { ...rules, override: rules.override.slice(rules.override.indexOf(rule) + 1) }
}

function firstMatch(
  rules: readonly CompiledRule[],
  event: EvaluatedEvent,
  context: EvaluationContext,
): CompiledRule | undefined {
  if (meter.left <= 0) return firstDefault(rules, event, context)
  // Charged once for the whole list: counting each rule costs more than trying most rules.
  meter.left -= STEPS_PER_RULE * rules.length
  const { typeCode } = event
  for (const rule of rules) {
    if (rule.typeCode !== ANY_TYPE && rule.typeCode !== typeCode) continue
    if (!takesPart(rule, event, context)) continue
    if (matchesAll(rule, event, context)) return rule
    if (meter.left <= 0) return firstDefault(rules, event, context)
  }
  return undefined
}

function takesPart(rule: CompiledRule, event: EvaluatedEvent, context: EvaluationContext): boolean {
  if (rule.typeCode !== ANY_TYPE) {
    if (rule.typeCode !== event.typeCode) return false
    if (rule.typeCode === OTHER_TYPE && rule.type !== event.type) return false
  }
  if (rule.personal && context.userId === undefined) return false
  return !(rule.legacyMention && event.hasMentions)
}

function matchesAll(rule: CompiledRule, event: EvaluatedEvent, context: EvaluationContext): boolean {
  const { tests } = rule
  for (let at = 0; at < tests.length; at++) {
    if (at > 0) {
      // A rule may have many conditions, and each may search a long text.
      if (meter.left <= 0 && !rule.isDefault) return false
      meter.left -= STEPS_PER_TEST
    }
    if (tests[at]?.(event, context) !== true) return false
  }
  return true
}

/**
 * Tries only the default rules of a list, when the step limit leaves out the others. The default rules are the last
 * ones, and `.m.rule.master` is the first.
 */
function firstDefault(
  rules: readonly CompiledRule[],
  event: EvaluatedEvent,
  context: EvaluationContext,
): CompiledRule | undefined {
  const isMatch = (rule: CompiledRule) =>
    rule.isDefault && takesPart(rule, event, context) && matchesAll(rule, event, context)
  const [first] = rules
  if (first !== undefined && isMatch(first)) return first
  let from = rules.length
  while (from > 0 && rules[from - 1]?.isDefault === true) from--
  return rules.slice(from).find(isMatch)
}
