/**
 * The push rules of Matrix as a library: pure functions, no dependencies. packages/push-rules/README.md is
 * its manual.
 */
export { NOTIFY_IN_APP, RULE_KINDS, DIGEST, UNTIL, USER_RULE_KINDS } from './model.ts'
export type {
  Action,
  Condition,
  ConditionalRule,
  ContainsDisplayName,
  ContentRule,
  DecidingRule,
  EvaluationContext,
  EventMatch,
  EventPropertyContains,
  EventPropertyIs,
  ExperimentalRules,
  LocalTime,
  Moment,
  OwnerFacts,
  ReadonlyJson,
  ProfileTag,
  PushRule,
  PushRulesResponse,
  RecipientPermission,
  RoomMemberCount,
  RoomTag,
  RuleKind,
  RuleOutcome,
  RuleSettings,
  Ruleset,
  RulesJson,
  Scalar,
  SenderNotificationPermission,
  SetTweak,
  SubjectRule,
  TimeAndDay,
  ThreadSubscription,
  Tweaks,
  UnknownCondition,
  UserRuleKind,
} from './model.ts'
export { defaultRules, impersonalDefaults } from './defaults.ts'
export type { DefaultRulesOptions } from './defaults.ts'
export { compileRules, tweaksOf } from './compile.ts'
export type { CompiledRule, CompiledRules, CompileOptions } from './compile.ts'
export { MAX_BODY_LENGTH, prepareEvent } from './event.ts'
export { cheapestFirst, explainBudget, MAX_ROOM_STEPS, MAX_STEPS, roomBudget } from './meter.ts'
export type { StepBudget } from './meter.ts'
export type { EvaluatedEvent } from './event.ts'
export { NO_MATCH, evaluate, wakesDevice, wakesOnly } from './evaluate.ts'
export { concernedUsers } from './concerned.ts'
export type { Concerned, ConcernedOptions } from './concerned.ts'
export { bodyKeys, mentionKey } from './mention-index.ts'
export { compiledDefaults, defaultsFingerprint } from './shared-defaults.ts'
export { rulesetFor } from './merge.ts'
export type { DefaultRuleChange, RulesetParts } from './merge.ts'
export { DEFAULT_RULE_LIMITS, isRuleKind, validateActions, validateRule } from './validate.ts'
export type { RuleDraft, RuleLimits, RuleProblem, Validated, ValidateOptions } from './validate.ts'
export { createMoment, isTimeAndDay, nextEndOfRule } from './time-and-day.ts'
export { evaluateForDevice } from './device.ts'
export { analyseRules } from './analyse.ts'
export type { RuleAnalysis } from './analyse.ts'
export { cohortIn, DEFAULT_COHORT_ID } from './cohort.ts'
export type { Cohort } from './cohort.ts'
export { createPopulation } from './population.ts'
export type { Population, PopulationMember, PopulationOptions, PopulationOutcome } from './population.ts'
export { explain } from './explain.ts'
export type { ExplainedRule, ExplainedScope, ExplainInput, Explanation, RuleVerdict } from './explain.ts'
export type { ExplainedCondition } from './explain-condition.ts'
export { deadRules } from './dead-rules.ts'
export type { DeadRule, NamedRule } from './dead-rules.ts'
