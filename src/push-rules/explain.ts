import { type CompiledRule, type CompiledRules, compileRule, compileWith } from './compile.ts'
import { LEGACY_MENTION_RULES, MASTER, PERSONAL_RULES } from './default-ids.ts'
import { evaluateForDevice } from './device.ts'
import { evaluate, NO_MATCH } from './evaluate.ts'
import type { EvaluatedEvent } from './event.ts'
import { explainCondition, type ExplainedCondition } from './explain-condition.ts'
import { BODY_KEY, isObject } from './key-path.ts'
import { explainBudget, meter, type StepBudget } from './meter.ts'
import {
  type EvaluationContext,
  type ExperimentalRules,
  type RuleOutcome,
  type RuleKind,
  type RuleSettings,
  type Ruleset,
} from './model.ts'

/** The rules of one scope. `handle`: the instance handle (`profile_tag`) of the device. */
export type ExplainedScope =
  | { readonly scope: 'global'; readonly rules: Ruleset }
  | { readonly scope: 'device'; readonly handle: string; readonly rules: Ruleset }

export type ExplainInput = {
  /** The most important first: a device's rules, if it has any, and then the global ones. */
  readonly scopes: readonly ExplainedScope[]
  readonly event: EvaluatedEvent
  /** As for `evaluate`; with `profileTag` for a device. */
  readonly context: EvaluationContext
  readonly settings?: Partial<RuleSettings> | undefined
  /** What the explanations of one answer may cost together; one of its own unless given. */
  readonly budget?: StepBudget | undefined
}

/**
 *  - `matched`: this rule decided;
 *  - `no match`: it was tried, and the conditions that do not hold say why it did not decide;
 *  - `not reached`: a rule above it decided;
 *  - `not evaluated`: the rules above it cost what an evaluation may (README.md, "Bounds"), or there is more to explain than
 *    an explanation may cost;
 *  - `disabled`, `malformed`: it takes no part.
 */
export type RuleVerdict = 'matched' | 'no match' | 'not reached' | 'not evaluated' | 'disabled' | 'malformed'

export type ExplainedRule = {
  readonly scope: 'global' | 'device'
  /** Of the device scope. */
  readonly handle: string | undefined
  readonly kind: RuleKind
  readonly ruleId: string
  readonly enabled: boolean
  readonly verdict: RuleVerdict
  /** All of them, those of rules that were not reached included: what they would have met. None where the budget is spent. */
  readonly conditions: readonly ExplainedCondition[]
}

export type Explanation = {
  /** The same as `evaluate` gives, and for a device `evaluateForDevice`. */
  readonly outcome: RuleOutcome
  readonly decidedBy: Pick<ExplainedRule, 'scope' | 'handle' | 'kind' | 'ruleId'> | null
  /** In the order in which they are tried. */
  readonly rules: readonly ExplainedRule[]
}

/** Why the rules say what they say: every rule in order, each condition with what it asks for and what it met. Pure. */
export function explain(input: ExplainInput): Explanation {
  const { event, context, settings, budget = explainBudget() } = input
  const experimental = settings?.experimental
  const scopes = input.scopes.map((scope) => compileScope(scope, experimental))
  const placed = inOrder(scopes)
  const outcome = outcomeOf(scopes, input)
  const decider = placed.findIndex(({ compiled }) => compiled?.outcome === outcome)
  meter.left = budget.left
  const rules = placed.map((one, at) => {
    const source = isObject(one.rule) ? one.rule : {}
    const conditions = conditionsOf(one.kind, source, { event, context })
    const met = (condition: SomeCondition) =>
      condition.implied ?? explainCondition({ condition: condition.written, experimental }, event, context)
    meter.left -= STEPS_PER_CONDITION * (1 + conditions.length)
    const explained = meter.left > 0 ? conditions.map(met) : undefined
    return ruleShown(one, source, {
      conditions: explained ?? [],
      verdict: verdictOf(one, source['enabled'], { at, decider, explained }),
    })
  })
  budget.left = meter.left
  return { outcome, decidedBy: nameOf(rules[decider]), rules }
}

/** Mostly for compiling it, and for what is told of it. */
const STEPS_PER_CONDITION = 400

type Placed = {
  readonly scope: 'global' | 'device'
  readonly handle: string | undefined
  readonly kind: RuleKind
  readonly rule: unknown
  readonly compiled: CompiledRule | undefined
}

type CompiledScope = { readonly made: CompiledRules; readonly rules: readonly Placed[] }

function compileScope(from: ExplainedScope, experimental: ExperimentalRules | undefined): CompiledScope {
  const { scope } = from
  const handle = from.scope === 'device' ? from.handle : undefined
  const rules: Placed[] = []
  const made = compileWith(from.rules, (kind, rule) => {
    const compiled = compileRule(kind, rule, { experimental })
    rules.push({ scope, handle, kind, rule, compiled })
    return compiled
  })
  return { made, rules }
}

/** By the very rules that are explained: the rule that decided is known by its outcome. */
function outcomeOf(
  compiled: readonly CompiledScope[],
  { scopes, event, context }: ExplainInput,
): RuleOutcome {
  let outcome = NO_MATCH
  for (const [at, { made }] of [...compiled.entries()].toReversed()) {
    outcome =
      scopes[at]?.scope === 'global'
        ? evaluate(made, event, context)
        : evaluateForDevice({ rules: made, global: outcome }, event, context)
  }
  return outcome
}

function ruleShown(
  { scope, handle, kind }: Placed,
  { rule_id: ruleId, enabled }: Record<string, unknown>,
  shown: Pick<ExplainedRule, 'verdict' | 'conditions'>,
): ExplainedRule {
  return {
    scope,
    handle,
    kind,
    ruleId: typeof ruleId === 'string' ? ruleId : '',
    enabled: enabled === true,
    ...shown,
  }
}

type Place = { at: number; decider: number; explained: readonly ExplainedCondition[] | undefined }

function verdictOf({ compiled }: Placed, enabled: unknown, { at, decider, explained }: Place): RuleVerdict {
  if (compiled === undefined) return enabled === false ? 'disabled' : 'malformed'
  if (at === decider) return 'matched'
  if (decider !== -1 && at > decider) return 'not reached'
  return explained?.some(({ holds }) => !holds) === true ? 'no match' : 'not evaluated'
}

function nameOf(rule: ExplainedRule | undefined): Explanation['decidedBy'] {
  return rule === undefined
    ? null
    : { scope: rule.scope, handle: rule.handle, kind: rule.kind, ruleId: rule.ruleId }
}

/** `.m.rule.master` of the global scope stands above every rule of every scope. */
function inOrder(scopes: readonly CompiledScope[]): Placed[] {
  const placed = scopes.flatMap(({ rules }) => rules)
  return [...placed.filter(isMaster), ...placed.filter((one) => !isMaster(one))]
}

function isMaster({ scope, kind, rule }: Placed): boolean {
  return scope === 'global' && kind === 'override' && isObject(rule) && rule['rule_id'] === MASTER
}

type Met = { event: EvaluatedEvent; context: EvaluationContext }
type SomeCondition =
  | { written: unknown; implied?: undefined }
  | { written?: undefined; implied: ExplainedCondition }

/** With what the kind of rule implies, and what a default rule of its name asks besides. */
function conditionsOf(
  kind: RuleKind,
  rule: Record<string, unknown>,
  { event, context }: Met,
): SomeCondition[] {
  const { rule_id: ruleId, conditions, pattern } = rule
  const all: SomeCondition[] = []
  if (typeof ruleId === 'string' && PERSONAL_RULES.has(ruleId)) {
    const { userId } = context
    if (userId === undefined)
      all.push(implied({ kind: 'person' }, { holds: false, expected: 'a person', actual: userId }))
  }
  if (typeof ruleId === 'string' && LEGACY_MENTION_RULES.has(ruleId) && event.hasMentions) {
    all.push(
      implied({ kind: 'no_mentions' }, { holds: false, expected: 'no m.mentions', actual: 'm.mentions' }),
    )
  }
  if (kind === 'room') all.push(isExactly('room_id', ruleId, event.roomId))
  else if (kind === 'sender') all.push(isExactly('sender', ruleId, event.sender))
  else if (kind === 'content') all.push({ written: { kind: 'event_match', key: BODY_KEY, pattern } })
  else if (Array.isArray(conditions)) all.push(...conditions.map((written: unknown) => ({ written })))
  else if (conditions !== undefined) all.push({ written: conditions })
  return all
}

function isExactly(key: string, expected: unknown, actual: string | null): SomeCondition {
  const condition = { kind: 'event_property_is', key, value: expected }
  return implied(condition, { holds: expected === actual, expected, actual: actual ?? undefined })
}

function implied(condition: unknown, met: Omit<ExplainedCondition, 'condition'>): SomeCondition {
  return { implied: { condition, ...met } }
}
