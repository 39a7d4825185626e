/** The push rules of Matrix as a library: pure functions, no dependencies. See README.md in this folder. */
export { RULE_KINDS } from './model.ts'
export type {
  Action,
  Condition,
  ConditionalRule,
  ContainsDisplayName,
  ContentRule,
  EvaluationContext,
  EventMatch,
  EventPropertyContains,
  EventPropertyIs,
  Json,
  Outcome,
  PushRule,
  RoomMemberCount,
  RuleKind,
  Ruleset,
  Scalar,
  SenderNotificationPermission,
  SetTweak,
  SubjectRule,
  Tweaks,
  UnknownCondition,
} from './model.ts'
export { defaultRules, impersonalDefaults } from './defaults.ts'
export type { DefaultRulesOptions } from './defaults.ts'
export { compileRules, tweaksOf } from './compile.ts'
export type { CompiledRules } from './compile.ts'
export { prepareEvent } from './event.ts'
export type { EvaluatedEvent } from './event.ts'
export { NO_MATCH, evaluate } from './evaluate.ts'
export { concernedUsers } from './concerned.ts'
export type { Concerned, ConcernedOptions } from './concerned.ts'
export { bodyKeys, mentionKey } from './mention-index.ts'
