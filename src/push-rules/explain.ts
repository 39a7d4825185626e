import { compileRule } from './compile.ts'
import { LEGACY_MENTION_RULES, MASTER, PERSONAL_RULES } from './default-ids.ts'
import { NO_MATCH } from './evaluate.ts'
import type { EvaluatedEvent } from './event.ts'
import { explainCondition, type ExplainedCondition } from './explain-condition.ts'
import { BODY_KEY, isObject } from './key-path.ts'
import {
  type EvaluationContext,
  type Outcome,
  RULE_KINDS,
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
}

/**
 *  - `matched`: this rule decided;
 *  - `no match`: it was tried, and the conditions that do not hold say why it did not decide;
 *  - `not reached`: a rule above it decided;
 *  - `disabled`, `malformed`: it takes no part.
 */
export type Verdict = 'matched' | 'no match' | 'not reached' | 'disabled' | 'malformed'

export type ExplainedRule = {
  readonly scope: 'global' | 'device'
  /** Of the device scope. */
  readonly handle: string | undefined
  readonly kind: RuleKind
  readonly ruleId: string
  readonly enabled: boolean
  readonly verdict: Verdict
  /** All of them, those of rules that were not reached included: what they would have met. */
  readonly conditions: readonly ExplainedCondition[]
}

export type Explanation = {
  /** The same as `evaluate` gives, and for a device `evaluateForDevice`. */
  readonly outcome: Outcome
  readonly decidedBy: Pick<ExplainedRule, 'scope' | 'handle' | 'kind' | 'ruleId'> | null
  /** In the order in which they are tried. */
  readonly rules: readonly ExplainedRule[]
}

/** Why the rules say what they say: every rule in order, each condition with what it asks for and what it met. Pure. */
export function explain({ scopes, event, context, settings }: ExplainInput): Explanation {
  const experimental = settings?.experimental
  let decider: { rule: ExplainedRule; outcome: Outcome } | undefined
  const rules: ExplainedRule[] = []
  for (const { scope, handle, kind, rule } of inOrder(scopes)) {
    const source = isObject(rule) ? rule : {}
    const { rule_id: ruleId, enabled } = source
    const compiled = compileRule(kind, rule, { experimental })
    const conditions = conditionsOf(kind, source, { event, context }).map(
      (condition) => condition.implied ?? explainCondition(condition.written, event, context, experimental),
    )
    const matches = compiled !== undefined && conditions.every(({ holds }) => holds)
    const explained: ExplainedRule = {
      scope,
      handle,
      kind,
      ruleId: typeof ruleId === 'string' ? ruleId : '',
      enabled: enabled === true,
      verdict: verdictOf({
        takesPart: compiled !== undefined,
        enabled,
        matches,
        isDecided: decider !== undefined,
      }),
      conditions,
    }
    rules.push(explained)
    if (explained.verdict === 'matched' && compiled !== undefined) {
      decider = { rule: explained, outcome: compiled.outcome }
    }
  }
  return { outcome: decider?.outcome ?? NO_MATCH, decidedBy: nameOf(decider?.rule), rules }
}

function verdictOf(of: {
  takesPart: boolean
  enabled: unknown
  matches: boolean
  isDecided: boolean
}): Verdict {
  if (!of.takesPart) return of.enabled === false ? 'disabled' : 'malformed'
  if (of.isDecided) return 'not reached'
  return of.matches ? 'matched' : 'no match'
}

function nameOf(rule: ExplainedRule | undefined): Explanation['decidedBy'] {
  return rule === undefined
    ? null
    : { scope: rule.scope, handle: rule.handle, kind: rule.kind, ruleId: rule.ruleId }
}

type Placed = { scope: 'global' | 'device'; handle: string | undefined; kind: RuleKind; rule: unknown }

/** `.m.rule.master` of the global scope stands above every rule of every scope. */
function inOrder(scopes: readonly ExplainedScope[]): Placed[] {
  const placed = scopes.flatMap((one) =>
    RULE_KINDS.flatMap((kind) => {
      const rules: unknown = one.rules[kind]
      const handle = one.scope === 'device' ? one.handle : undefined
      const list: unknown[] = Array.isArray(rules) ? rules : []
      return list.map((rule): Placed => ({ scope: one.scope, handle, kind, rule }))
    }),
  )
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
