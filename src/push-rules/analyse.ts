import { compileRule, compileWith, type CompiledRule, type CompiledRules } from './compile.ts'
import { defaultRules, type DefaultRulesOptions } from './defaults.ts'
import { isObject } from './key-path.ts'
import { type OwnerFacts, RULE_KINDS, type RuleKind, type RuleSettings, type Ruleset } from './model.ts'
import { sameJson } from './same-json.ts'
import { compiledDefaults } from './shared-defaults.ts'

/**
 * The result of analysing a user's global rules, independent of any room. Made once for each version of the rules,
 * then cached.
 */
export type RuleAnalysis = {
  readonly userId: string
  readonly settings: RuleSettings
  /** All rules. Evaluate them with this `userId` in the context. */
  readonly compiled: CompiledRules
  /** The default rules used for the comparison. All users with the same settings share them. */
  readonly defaults: CompiledRules
  /** Whether the ruleset consists of the unchanged default rules. */
  readonly isDefault: boolean
}

/**
 * `ruleset`: complete, including the default rules (see `rulesetFor`). `owner`: the user who owns the rules,
 * the facts about that user that conditions use, and the settings that select the default rules.
 */
export function analyseRules(ruleset: Ruleset, owner: DefaultRulesOptions & OwnerFacts): RuleAnalysis {
  const { userId, legacyMentionRules, experimental, timezone, taggedRooms } = owner
  const settings = { legacyMentionRules, experimental }
  const defaults = compiledDefaults(settings)
  const shipped = shippedRules(owner, defaults)
  let own = 0
  const compiled = compileWith(ruleset, (kind, rule) => {
    const ruleId = isObject(rule) ? String(rule['rule_id']) : ''
    const standard = shipped.get(ruleId)
    if (standard?.kind === kind && sameJson(standard.rule, rule)) {
      shipped.delete(ruleId)
      return standard.compiled
    }
    own++
    return compileRule(kind, rule, { experimental, timezone, taggedRooms })
  })
  return {
    userId,
    settings,
    compiled: sharing(compiled, defaults),
    defaults,
    isDefault: own === 0 && shipped.size === 0,
  }
}

/** Uses the shared list for each kind in which the user has no rules of their own. */
function sharing(compiled: CompiledRules, defaults: CompiledRules): CompiledRules {
  const same = (one: readonly CompiledRule[], other: readonly CompiledRule[]) =>
    one.length === other.length && one.every((rule, at) => rule === other[at]) ? other : one
  return {
    override: same(compiled.override, defaults.override),
    content: same(compiled.content, defaults.content),
    postcontent: same(compiled.postcontent, defaults.postcontent),
    room: compiled.room,
    sender: compiled.sender,
    underride: same(compiled.underride, defaults.underride),
    weight: compiled.weight,
  }
}

type Shipped = { kind: RuleKind; rule: unknown; compiled: CompiledRule | undefined }

/** The default rules for this user, each with the compiled form that all users share. */
function shippedRules(owner: DefaultRulesOptions, defaults: CompiledRules): Map<string, Shipped> {
  const compiled = new Map(allRules(defaults).map((rule) => [rule.ruleId, rule]))
  const rules = defaultRules(owner)
  return new Map(
    RULE_KINDS.flatMap((kind) =>
      (rules[kind] ?? []).map(
        (rule) => [rule.rule_id, { kind, rule, compiled: compiled.get(rule.rule_id) }] as const,
      ),
    ),
  )
}

export function allRules(rules: CompiledRules): CompiledRule[] {
  return RULE_KINDS.flatMap((kind) => [...rules[kind].values()])
}
