import type { CompiledRule, CompiledRules } from './compile.ts'
import { ANY_TYPE, type EvaluatedEvent, OTHER_TYPE } from './event.ts'
import type { EvaluationContext, Outcome } from './model.ts'

/** No rule matched: nothing is notified. */
export const NO_MATCH: Outcome = Object.freeze({
  notify: false,
  highlight: false,
  tweaks: Object.freeze({}),
  actions: Object.freeze([]),
  rule: null,
})

/**
 * What the rules say about an event: the outcome of the first rule that matches, override before content, room, sender
 * and underride. Pure, and it never throws.
 *
 * It does not know that nobody is notified of their own events, nor of those of people they ignore: the caller does not
 * ask in those cases.
 */
export function evaluate(rules: CompiledRules, event: EvaluatedEvent, context: EvaluationContext): Outcome {
  const rule =
    firstMatch(rules.override, event, context) ??
    firstMatch(rules.content, event, context) ??
    (event.roomId === null ? undefined : rules.room.get(event.roomId)) ??
    (event.sender === null ? undefined : rules.sender.get(event.sender)) ??
    firstMatch(rules.underride, event, context)
  return rule === undefined ? NO_MATCH : rule.outcome
}

function firstMatch(
  rules: readonly CompiledRule[],
  event: EvaluatedEvent,
  context: EvaluationContext,
): CompiledRule | undefined {
  const { typeCode } = event
  for (const rule of rules) {
    if (rule.typeCode !== ANY_TYPE) {
      if (rule.typeCode !== typeCode) continue
      if (typeCode === OTHER_TYPE && rule.type !== event.type) continue
    }
    if (rule.personal && context.userId === undefined) continue
    if (rule.legacyMention && event.hasMentions) continue
    if (matchesAll(rule, event, context)) return rule
  }
  return undefined
}

function matchesAll({ tests }: CompiledRule, event: EvaluatedEvent, context: EvaluationContext): boolean {
  for (let at = 0; at < tests.length; at++) {
    if (tests[at]?.(event, context) !== true) return false
  }
  return true
}
