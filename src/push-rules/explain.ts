import { type CompiledRule, type CompiledRules, compileRule, compileWith } from './compile.ts'
import { LEGACY_MENTION_RULES, MASTER, PERSONAL_RULES } from './default-ids.ts'
import { evaluateForDevice } from './device.ts'
import { evaluate, NO_MATCH, wakesOnly } from './evaluate.ts'
import type { EvaluatedEvent } from './event.ts'
import type { ConditionOptions } from './conditions.ts'
import { explainCondition, type ExplainedCondition } from './explain-condition.ts'
import { BODY_KEY, isObject } from './key-path.ts'
import { explainBudget, meter, type StepBudget } from './meter.ts'
import {
  type EvaluationContext,
  type OwnerFacts,
  type RuleOutcome,
  type RuleKind,
  type RuleSettings,
  type Ruleset,
  UNTIL,
} from './model.ts'

/** The rules of one scope. `handle`: the instance handle (`profile_tag`) of the device. */
export type ExplainedScope =
  | { readonly scope: 'global'; readonly rules: Ruleset }
  | { readonly scope: 'device'; readonly handle: string; readonly rules: Ruleset }

/** The rules, the event and the context to explain. */
export type ExplainInput = {
  /** In order of evaluation: the rules of the device, if it has any, then the global rules. */
  readonly scopes: readonly ExplainedScope[]
  readonly event: EvaluatedEvent
  /** As for `evaluate`; with `profileTag` for a device. */
  readonly context: EvaluationContext
  readonly settings?: Partial<RuleSettings> | undefined
  /** As for `compileRules`. */
  readonly owner?: OwnerFacts | undefined
  /** Step limit shared by the explanations of one response. Default: a new budget. */
  readonly budget?: StepBudget | undefined
}

/**
 * - `matched`: this rule decided whether the event notifies;
 * - `wakes only`: the rule matched; it wakes the user's devices, and the later rules decide whether the event notifies;
 * - `no match`: the rule was tried; the conditions that do not hold say why it did not match;
 * - `not reached`: an earlier rule decided;
 * - `not evaluated`: the earlier rules used up the step limit (README.md, "Bounds"), or the explanation exceeds its
 *   own step limit;
 * - `disabled`, `malformed`: the rule is left out.
 */
export type RuleVerdict =
  | 'matched'
  | 'wakes only'
  | 'no match'
  | 'not reached'
  | 'not evaluated'
  | 'disabled'
  | 'malformed'

/** A rule with the result of its conditions for one event. */
export type ExplainedRule = {
  readonly scope: 'global' | 'device'
  /** For rules of the device scope. */
  readonly handle: string | undefined
  readonly kind: RuleKind
  readonly ruleId: string
  readonly enabled: boolean
  readonly verdict: RuleVerdict
  /** All conditions, including those of rules that were not reached. Empty when the budget is used up. */
  readonly conditions: readonly ExplainedCondition[]
}

/** Why an event notifies a user or not. */
export type Explanation = {
  /** Equal to the result of `evaluate`, and for a device of `evaluateForDevice`. */
  readonly outcome: RuleOutcome
  readonly decidedBy: Pick<ExplainedRule, 'scope' | 'handle' | 'kind' | 'ruleId'> | null
  /** In order of evaluation. */
  readonly rules: readonly ExplainedRule[]
}

/** Explains an outcome: every rule in order, each condition with its expected and its actual value. Pure. */
export function explain(input: ExplainInput): Explanation {
  const { event, context, settings, budget = explainBudget() } = input
  const options = { ...input.owner, experimental: settings?.experimental }
  const scopes = input.scopes.map((scope) => compileScope(scope, options))
  const placed = inOrder(scopes)
  const outcome = outcomeOf(scopes, input)
  const decider = placed.findIndex(({ compiled }) => compiled?.outcome === outcome)
  // If the outcome only wakes devices, the first later rule that matches has decided that the event does not notify.
  let last = wakesOnly(outcome) ? -1 : decider
  meter.left = budget.left
  const rules = placed.map((one, at) => {
    const source = isObject(one.rule) ? one.rule : {}
    const conditions = conditionsOf(one.kind, source, { event, context })
    const met = (condition: SomeCondition) =>
      condition.implied ?? explainCondition({ condition: condition.written, options }, event, context)
    meter.left -= STEPS_PER_CONDITION * (1 + conditions.length)
    const explained = meter.left > 0 ? conditions.map(met) : undefined
    const holds = explained?.every((condition) => condition.holds) === true
    if (last === -1 && at > decider && decider !== -1 && one.compiled !== undefined && holds) last = at
    return ruleShown(one, source, {
      conditions: explained ?? [],
      verdict: verdictOf(one, source['enabled'], { at, decider: last, explained }),
    })
  })
  budget.left = meter.left
  return { outcome, decidedBy: nameOf(rules[decider]), rules }
}

/** Most of it is for compiling the condition and for its text in the response. */
const STEPS_PER_CONDITION = 400

type Placed = {
  readonly scope: 'global' | 'device'
  readonly handle: string | undefined
  readonly kind: RuleKind
  readonly rule: unknown
  readonly compiled: CompiledRule | undefined
}

type CompiledScope = { readonly made: CompiledRules; readonly rules: readonly Placed[] }

function compileScope(from: ExplainedScope, options: ConditionOptions): CompiledScope {
  const { scope } = from
  const handle = from.scope === 'device' ? from.handle : undefined
  const rules: Placed[] = []
  const made = compileWith(from.rules, (kind, rule) => {
    const compiled = compileRule(kind, rule, options)
    rules.push({ scope, handle, kind, rule, compiled })
    return compiled
  })
  return { made, rules }
}

/**
 * Evaluates the same compiled rules that are explained, so that the deciding rule can be found by the identity of its
 * outcome.
 */
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
  const isReached = decider === -1 || at < decider
  if (isReached && wakesOnly(compiled.outcome) && explained?.every(({ holds }) => holds) === true)
    return 'wakes only'
  if (at === decider) return 'matched'
  if (decider !== -1 && at > decider) return 'not reached'
  return explained?.some(({ holds }) => !holds) === true ? 'no match' : 'not evaluated'
}

function nameOf(rule: ExplainedRule | undefined): Explanation['decidedBy'] {
  return rule === undefined
    ? null
    : { scope: rule.scope, handle: rule.handle, kind: rule.kind, ruleId: rule.ruleId }
}

/** `.m.rule.master` of the global scope comes before every rule of every scope. */
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

/** With the condition that the kind of rule implies, and the extra condition of some default rules. */
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
  if (typeof rule[UNTIL] === 'number') all.push(isNotEnded(rule[UNTIL], context))
  if (kind === 'room') all.push(isExactly('room_id', ruleId, event.roomId))
  else if (kind === 'sender') all.push(isExactly('sender', ruleId, event.sender))
  else if (kind === 'content') all.push({ written: { kind: 'event_match', key: BODY_KEY, pattern } })
  else if (Array.isArray(conditions)) all.push(...conditions.map((written: unknown) => ({ written })))
  else if (conditions !== undefined) all.push({ written: conditions })
  return all
}

function isNotEnded(until: number, { moment }: EvaluationContext): SomeCondition {
  const holds = moment !== undefined && moment.at < until
  return implied({ kind: UNTIL, until }, { holds, expected: until, actual: moment?.at })
}

function isExactly(key: string, expected: unknown, actual: string | null): SomeCondition {
  const condition = { kind: 'event_property_is', key, value: expected }
  return implied(condition, { holds: expected === actual, expected, actual: actual ?? undefined })
}

function implied(condition: unknown, met: Omit<ExplainedCondition, 'condition'>): SomeCondition {
  return { implied: { condition, ...met } }
}
