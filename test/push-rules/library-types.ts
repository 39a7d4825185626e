import type {
  createMoment,
  deadRules,
  evaluateForDevice,
  explain,
  RULE_KINDS,
} from '../../src/push-rules/index.ts'
import {
  analyseRules,
  compileRules,
  createPopulation,
  defaultRules,
  evaluate,
  isRuleKind,
  prepareEvent,
  rulesetFor,
  UNTIL,
  validateRule,
  type Action,
  type CompiledRules,
  type Condition,
  type DeadRule,
  type EvaluatedEvent,
  type EvaluationContext,
  type Explanation,
  type Moment,
  type Population,
  type PushRulesResponse,
  type RuleAnalysis,
  type RuleDraft,
  type RuleKind,
  type RuleOutcome,
  type Ruleset,
  type Validated,
} from '../../src/push-rules/index.ts'

// The types of the library as its users see them. package.test.ts compiles this file with the types of the
// package and several versions of TypeScript. It is never run.

type Same<One, Other> =
  (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false
declare function same<One, Other>(isSame: Same<One, Other>): void

declare const ruleset: Ruleset
declare const response: PushRulesResponse
declare const context: EvaluationContext

const rules = compileRules(ruleset)
same<typeof rules, CompiledRules>(true)
compileRules(response, { timezone: 'Europe/Berlin', experimental: { polls: true } })
compileRules({ global: { override: [] } })
compileRules({})
// @ts-expect-error: a response that is not awaited
compileRules(Promise.resolve(response))
// @ts-expect-error: a kind that does not exist
compileRules({ overrides: [] })
// @ts-expect-error: an option that does not exist
compileRules(ruleset, { timeZone: 'Europe/Berlin' })

const event = prepareEvent({ type: 'm.room.message' })
same<typeof event, EvaluatedEvent>(true)
const outcome = evaluate(rules, event, { memberCount: 2 })
same<typeof outcome, RuleOutcome>(true)
same<(typeof outcome)['notify'], boolean>(true)
// @ts-expect-error: an outcome is frozen
outcome.notify = true
// @ts-expect-error: the number of members is needed
evaluate(rules, event, { userId: '@alice:example.org' })
// @ts-expect-error: rules must be compiled
evaluate(ruleset, event, context)
// @ts-expect-error: an event must be prepared
evaluate(rules, { type: 'm.room.message' }, context)
same<ReturnType<typeof evaluateForDevice>, RuleOutcome>(true)

const me = { userId: '@alice:example.org', localpart: 'alice', legacyMentionRules: false }
same<ReturnType<typeof defaultRules>, Ruleset>(true)
const mine = { rule_id: 'tea', default: false, enabled: true, pattern: 'tea', actions: [], [UNTIL]: 1 }
const all = rulesetFor({ defaults: defaultRules(me), changes: [], userRules: { content: [mine] } })
same<typeof all, Ruleset>(true)
same<ReturnType<typeof analyseRules>, RuleAnalysis>(true)
const population = createPopulation({ roomId: '!a:example.org', defaults: { legacyMentionRules: false } })
same<typeof population, Population>(true)
population.set({ userId: me.userId, rules: analyseRules(all, me) })
same<ReturnType<typeof explain>, Explanation>(true)
same<ReturnType<typeof deadRules>, DeadRule[]>(true)
same<ReturnType<typeof createMoment>, Moment>(true)

const validated = validateRule({ kind: 'override', ruleId: 'a' }, {})
same<typeof validated, Validated<RuleDraft>>(true)
if (validated.ok) same<typeof validated.value, RuleDraft>(true)
else same<typeof validated.problem.reason, 'missing' | 'malformed' | 'invalid' | 'too_large'>(true)
declare const kind: unknown
if (isRuleKind(kind)) same<typeof kind, RuleKind>(true)
same<(typeof RULE_KINDS)[number], RuleKind>(true)

export const conditions: Condition[] = [
  { kind: 'event_match', key: 'type', pattern: 'm.room.message' },
  { kind: 'event_property_is', key: 'content.urgent', value: true },
  { kind: 'org.example.unknown', anything: [1, { deep: null }] },
]
export const actions: Action[] = ['notify', { set_tweak: 'sound', value: 'default' }]
// @ts-expect-error: an unknown action
export const unknown: Action = 'shout'
