import { MASTER } from './default-ids.ts'
import type { CompiledRules } from './compile.ts'
import { evaluate } from './evaluate.ts'
import type { EvaluatedEvent } from './event.ts'
import type { EvaluationContext, RuleOutcome } from './model.ts'

/**
 * The outcome for a device with rules of its own: the first matching device rule decides, otherwise the global
 * outcome applies (2015 drafts, "Push Rules: Scopes"). `.m.rule.master` disables every scope. The unread counts
 * follow the global outcome alone.
 *
 * `rules`: the device rules. `global`: the outcome of the user's global rules. `context`: with the `userId`, and with
 * the `profileTag` of the pusher. As for `evaluate`, the caller skips the user's own events and events of ignored
 * senders.
 */
export function evaluateForDevice(
  { rules, global }: { rules: CompiledRules; global: RuleOutcome },
  event: EvaluatedEvent,
  context: EvaluationContext,
): RuleOutcome {
  if (global.rule?.ruleId === MASTER) return global
  const own = evaluate(rules, event, context)
  return own.rule === null ? global : own
}
