import { compileRule, compileWith, type CompiledRule, type CompiledRules } from './compile.ts'
import { defaultRules, type DefaultRulesOptions } from './defaults.ts'
import { isObject } from './key-path.ts'
import { RULE_KINDS, type RuleKind, type RuleSettings, type Ruleset } from './model.ts'
import { sameJson } from './same-json.ts'
import { compiledDefaults } from './shared-defaults.ts'

/** What a person's global rules mean for the rooms they are in. Made once for each version of the rules, and kept. */
export type RuleAnalysis = {
  readonly userId: string
  readonly settings: RuleSettings
  /** All rules. They are to be evaluated with this `userId` in the context. */
  readonly compiled: CompiledRules
  /** The defaults by which it was measured; shared by all who have the same settings. */
  readonly defaults: CompiledRules
  /** Every rule is a default one, as shipped. */
  readonly isDefault: boolean
}

/**
 * `ruleset`: complete, the defaults included (see `rulesetFor`). `owner`: whose rules they are, and the settings that the
 * defaults follow.
 */
export function analyseRules(ruleset: Ruleset, owner: DefaultRulesOptions): RuleAnalysis {
  const { userId, legacyMentionRules, experimental } = owner
  const settings = { legacyMentionRules, experimental }
  const defaults = compiledDefaults(settings)
  const shipped = shippedRules(owner, defaults)
  let own = 0
  const compiled = compileWith(ruleset, (kind, rule) => {
    const ruleId = isObject(rule) ? String(rule['rule_id']) : ''
    const like = shipped.get(ruleId)
    if (like?.kind === kind && sameJson(like.rule, rule)) {
      shipped.delete(ruleId)
      return like.compiled
    }
    own++
    return compileRule(kind, rule, settings)
  })
  return {
    userId,
    settings,
    compiled: sharing(compiled, defaults),
    defaults,
    isDefault: own === 0 && shipped.size === 0,
  }
}

/** A kind without rules of the person's own is the same list for everybody. */
function sharing(compiled: CompiledRules, defaults: CompiledRules): CompiledRules {
  const same = (one: readonly CompiledRule[], other: readonly CompiledRule[]) =>
    one.length === other.length && one.every((rule, at) => rule === other[at]) ? other : one
  return {
    override: same(compiled.override, defaults.override),
    content: same(compiled.content, defaults.content),
    room: compiled.room,
    sender: compiled.sender,
    underride: same(compiled.underride, defaults.underride),
    weight: compiled.weight,
  }
}

type Shipped = { kind: RuleKind; rule: unknown; compiled: CompiledRule | undefined }

/** The default rules as this person gets them, each with what was compiled of it for everybody. */
function shippedRules(owner: DefaultRulesOptions, defaults: CompiledRules): Map<string, Shipped> {
  const compiled = new Map(allRules(defaults).map((rule) => [rule.ruleId, rule]))
  const rules = defaultRules(owner)
  return new Map(
    RULE_KINDS.flatMap((kind) =>
      rules[kind].map(
        (rule) => [rule.rule_id, { kind, rule, compiled: compiled.get(rule.rule_id) }] as const,
      ),
    ),
  )
}

export function allRules(rules: CompiledRules): CompiledRule[] {
  return RULE_KINDS.flatMap((kind) => [...rules[kind].values()])
}
