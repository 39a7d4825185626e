import { MASTER } from './default-ids.ts'
import type { CompiledRules } from './compile.ts'
import { evaluate } from './evaluate.ts'
import type { EvaluatedEvent } from './event.ts'
import type { EvaluationContext, RuleOutcome } from './model.ts'

/**
 * What a device with rules of its own does about an event: the first of its rules that matches decides, otherwise the
 * global outcome stands (2015 drafts, "Push Rules: Scopes"). `.m.rule.master` silences every scope. What is counted as
 * unread follows the global outcome alone.
 *
 * `rules`: the device's own. `global`: the outcome of the user's global rules. `context`: in person, with the `profileTag` that the pusher has. Own
 * events and ignored senders are not asked about, as for `evaluate`.
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

/** Whether a device is woken: `notify_in_app` counts, and wakes none. */
export function wakesDevice({ actions }: Pick<RuleOutcome, 'actions'>): boolean {
  return actions.includes('notify')
}
