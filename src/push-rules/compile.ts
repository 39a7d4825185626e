import { bodyMatch, compileCondition, type Test } from './conditions.ts'
import { LEGACY_MENTION_RULES, MASTER, PERSONAL_RULES } from './default-ids.ts'
import { isObject } from './key-path.ts'
import type { Action, Json, Outcome, PushRule, RuleKind, Ruleset, Tweaks } from './model.ts'

/** One enabled rule. Its tests stand in the order of its conditions, so that a reason can be given for each. */
export type CompiledRule = {
  readonly rule: PushRule
  readonly outcome: Outcome
  readonly tests: readonly Test[]
  /** A default rule that concerns one person: it does not take part in an impersonal evaluation. */
  readonly personal: boolean
  /** A legacy mention rule: it does not take part when the event has `m.mentions`. */
  readonly legacyMention: boolean
}

/** A rule set made ready; it can be shared and kept as long as the rules do not change. */
export type CompiledRules = {
  readonly override: readonly CompiledRule[]
  readonly content: readonly CompiledRule[]
  /** By room id. */
  readonly room: ReadonlyMap<string, CompiledRule>
  /** By the sender's user id. */
  readonly sender: ReadonlyMap<string, CompiledRule>
  readonly underride: readonly CompiledRule[]
}

/**
 * Makes rules ready for evaluation. In each kind the order of the list counts; only `.m.rule.master` goes to the top
 * wherever it stands. Disabled rules are left out, and so is what is not a rule (no id, no list of actions): rules that
 * were stored malformed never cost an evaluation. The rules must not be changed afterwards.
 */
export function compileRules(ruleset: Ruleset): CompiledRules {
  const override = compileKind(ruleset.override, 'override', conditionTests)
  return {
    override: [...override.filter(isMaster), ...override.filter((rule) => !isMaster(rule))],
    content: compileKind(ruleset.content, 'content', (rule) => [bodyMatch(rule['pattern'])]),
    room: byRuleId(compileKind(ruleset.room, 'room', noTests)),
    sender: byRuleId(compileKind(ruleset.sender, 'sender', noTests)),
    underride: compileKind(ruleset.underride, 'underride', conditionTests),
  }
}

type RuleObject = Record<string, unknown>

function compileKind(
  rules: unknown,
  kind: RuleKind,
  testsOf: (rule: RuleObject) => readonly Test[],
): CompiledRule[] {
  const compiled: CompiledRule[] = []
  for (const rule of Array.isArray(rules) ? (rules as unknown[]) : []) {
    if (!isObject(rule) || rule['enabled'] !== true) continue
    const ruleId = rule['rule_id']
    if (typeof ruleId !== 'string' || !Array.isArray(rule['actions'])) continue
    compiled.push({
      rule: rule as unknown as PushRule,
      outcome: outcomeOf(kind, ruleId, rule['actions'] as Action[]),
      tests: testsOf(rule),
      personal: PERSONAL_RULES.has(ruleId),
      legacyMention: LEGACY_MENTION_RULES.has(ruleId),
    })
  }
  return compiled
}

const noTests = (): readonly Test[] => []

function conditionTests(rule: RuleObject): readonly Test[] {
  const conditions = rule['conditions']
  if (conditions === undefined) return []
  // Something else than a list is one malformed condition, and that never matches.
  return Array.isArray(conditions) ? conditions.map(compileCondition) : [compileCondition(null)]
}

function isMaster({ rule }: CompiledRule): boolean {
  return rule.rule_id === MASTER
}

function byRuleId(rules: readonly CompiledRule[]): ReadonlyMap<string, CompiledRule> {
  const byId = new Map<string, CompiledRule>()
  for (const rule of rules) {
    if (!byId.has(rule.rule.rule_id)) byId.set(rule.rule.rule_id, rule)
  }
  return byId
}

function outcomeOf(kind: RuleKind, ruleId: string, actions: readonly Action[]): Outcome {
  const notify = actions.includes('notify')
  const tweaks = tweaksOf(actions)
  return Object.freeze({
    notify,
    highlight: notify && Object.hasOwn(tweaks, 'highlight') && tweaks['highlight'] === true,
    tweaks,
    actions: Object.freeze([...actions]),
    rule: Object.freeze({ kind, ruleId }),
  })
}

/** The last tweak of a name counts. A `sound` that is no string and a `highlight` that is no boolean are left out. */
export function tweaksOf(actions: readonly unknown[]): Tweaks {
  const tweaks = new Map<string, Json>()
  for (const action of actions) {
    if (!isObject(action) || typeof action['set_tweak'] !== 'string') continue
    const name = action['set_tweak']
    const value = (action['value'] === undefined ? true : action['value']) as Json
    if (name === 'sound' && typeof value !== 'string') continue
    if (name === 'highlight' && typeof value !== 'boolean') continue
    tweaks.set(name, value)
  }
  return Object.freeze(Object.fromEntries(tweaks))
}
