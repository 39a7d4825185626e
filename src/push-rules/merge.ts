import { MASTER } from './default-ids.ts'
import { RULE_KINDS, type Action, type PushRule, type RuleKind, type Ruleset } from './model.ts'

/** The changes of a user to one of the server's default rules; undefined or null: unchanged. */
export type DefaultRuleChange = {
  readonly kind: RuleKind
  readonly ruleId: string
  readonly enabled?: boolean | null | undefined
  readonly actions?: readonly Action[] | null | undefined
}

/** The parts from which `rulesetFor` builds a ruleset. */
export type RulesetParts = {
  readonly defaults: Ruleset
  /** A change of an unknown default rule has no effect: the server may have dropped that rule. */
  readonly changes: readonly DefaultRuleChange[]
  /** The user's own rules, in each kind in order of evaluation. */
  readonly userRules: Partial<Ruleset>
}

/**
 * A complete ruleset in order of evaluation (client-server API, "Push Rules"): in each kind the user's own rules
 * before the default rules, and `.m.rule.master` before all of them. The arguments are not changed.
 */
export function rulesetFor({ defaults, changes, userRules }: RulesetParts): Ruleset {
  const changed = new Map(changes.map((change) => [`${change.kind} ${change.ruleId}`, change]))
  const merged = RULE_KINDS.map((kind) => {
    const own: readonly PushRule[] = userRules[kind] ?? []
    const shipped = (defaults[kind] ?? []).map((rule: PushRule) =>
      applied(rule, changed.get(`${kind} ${rule.rule_id}`)),
    )
    const isMaster = (rule: PushRule) => rule.rule_id === MASTER
    return [
      kind,
      [...shipped.filter(isMaster), ...own, ...shipped.filter((rule) => !isMaster(rule))],
    ] as const
  })
  return Object.fromEntries(
    merged.filter(([kind, rules]) => kind !== 'postcontent' || rules.length > 0),
  ) as Ruleset
}

function applied(rule: PushRule, change: DefaultRuleChange | undefined): PushRule {
  if (change === undefined) return rule
  return { ...rule, enabled: change.enabled ?? rule.enabled, actions: change.actions ?? rule.actions }
}
