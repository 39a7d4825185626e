import { isObject } from './key-path.ts'
import {
  type Action,
  type Condition,
  DIGEST,
  type ExperimentalRules,
  NOTIFY_IN_APP,
  RULE_KINDS,
  type RuleKind,
  type Scalar,
  UNTIL,
  USER_RULE_KINDS,
} from './model.ts'
import { intervalsOf, isTimeAndDay, MAX_INTERVALS, parseSchedule } from './time-and-day.ts'
import { utf8 } from './utf-8.ts'

/** How large a rule may be. */
export type RuleLimits = {
  /** For the rule id, in UTF-8. */
  readonly maxIdBytes: number
  /** For conditions, pattern and actions together, as JSON in UTF-8. */
  readonly maxRuleBytes: number
  readonly maxConditions: number
  /** For any pattern, in UTF-16 units. The cost of a pattern grows with its length (README.md). */
  readonly maxPatternLength: number
}

/** The limits of `validateRule` without `limits`. */
export const DEFAULT_RULE_LIMITS: RuleLimits = {
  maxIdBytes: 300,
  maxRuleBytes: 4096,
  maxConditions: 50,
  maxPatternLength: 512,
}

/**
 * Why a rule is refused. `missing`: a required property is absent; `malformed`: wrong type or shape; `invalid`: well
 * formed, but not allowed (an id, an action); `too_large`: over a limit. `message`: tells the client what to change.
 */
export type RuleProblem = {
  readonly reason: 'missing' | 'malformed' | 'invalid' | 'too_large'
  readonly message: string
}

/** The content of a rule from a client, without its position and its enabled flag. */
export type RuleDraft = {
  readonly kind: RuleKind
  readonly ruleId: string
  /** Override and underride rules only. */
  readonly conditions?: readonly Condition[] | undefined
  /** Content rules only. */
  readonly pattern?: string | undefined
  readonly actions: readonly Action[]
  readonly [UNTIL]?: number
  readonly [DIGEST]?: true
}

/** The validated value, or why it is refused. */
export type Validated<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problem: RuleProblem }

/** What `validateRule` and `validateActions` accept. */
export type ValidateOptions = {
  readonly limits?: RuleLimits | undefined
  readonly experimental?: ExperimentalRules | undefined
  /** Whether a name is the name of a time zone. Default: every name is accepted. */
  readonly isTimeZone?: ((name: string) => boolean) | undefined
  /** In milliseconds since the Unix epoch. An end of a rule before it is refused. Default: every end is accepted. */
  readonly now?: number | undefined
}

/** Whether a value, such as a part of a path, is one of `RULE_KINDS`. */
export function isRuleKind(kind: unknown): kind is RuleKind {
  return (RULE_KINDS as readonly unknown[]).includes(kind)
}

/**
 * Validates the content of a rule (client-server API, `PUT /pushrules/global/{kind}/{ruleId}`). `body`: any JSON.
 * Conditions of unknown kinds are accepted, because a client may use them. Unknown actions are refused. Properties of
 * other rule kinds are left out.
 */
export function validateRule(
  { kind, ruleId }: Pick<RuleDraft, 'kind' | 'ruleId'>,
  body: unknown,
  options: ValidateOptions = {},
): Validated<RuleDraft> {
  const limits = options.limits ?? DEFAULT_RULE_LIMITS
  if (!isObject(body)) return refuse('malformed', 'A rule must be a JSON object')
  if (kind === 'postcontent')
    return refuse('invalid', `Users can write push rules of the kinds ${USER_RULE_KINDS.join(', ')} only`)
  const hasConditions = kind === 'override' || kind === 'underride'
  const problem =
    idProblem(ruleId, limits) ??
    (hasConditions ? conditionsProblem(body['conditions'], limits, options) : undefined) ??
    (kind === 'content' ? patternProblem(body['pattern'], 'pattern', limits) : undefined) ??
    actionsProblem(body['actions'], options.experimental) ??
    untilProblem(body[UNTIL], options.now) ??
    digestProblem(body, hasConditions)
  if (problem !== undefined) return { ok: false, problem }
  const parts = {
    ...(hasConditions ? { conditions: body['conditions'] as Condition[] } : {}),
    ...(kind === 'content' ? { pattern: body['pattern'] as string } : {}),
    actions: body['actions'] as Action[],
    ...(body[UNTIL] !== undefined && { [UNTIL]: body[UNTIL] as number }),
    ...(body[DIGEST] === true && { [DIGEST]: true as const }),
  }
  return within(parts, limits) ? { ok: true, value: { kind, ruleId, ...parts } } : tooLarge(limits)
}

/** For `PUT …/actions`. `actions`: any JSON. */
export function validateActions(
  actions: unknown,
  options: ValidateOptions = {},
): Validated<readonly Action[]> {
  const limits = options.limits ?? DEFAULT_RULE_LIMITS
  const problem = actionsProblem(actions, options.experimental)
  if (problem !== undefined) return { ok: false, problem }
  return within({ actions }, limits) ? { ok: true, value: actions as Action[] } : tooLarge(limits)
}

function within(parts: object, { maxRuleBytes }: RuleLimits): boolean {
  return bytesOf(JSON.stringify(parts)) <= maxRuleBytes
}

function tooLarge({ maxRuleBytes }: RuleLimits): Validated<never> {
  return refuse('too_large', `A rule must not be longer than ${maxRuleBytes} bytes`)
}

function refuse(reason: RuleProblem['reason'], message: string): { ok: false; problem: RuleProblem } {
  return { ok: false, problem: { reason, message } }
}

function problem(reason: RuleProblem['reason'], message: string): RuleProblem {
  return { reason, message }
}

function idProblem(ruleId: string, { maxIdBytes }: RuleLimits): RuleProblem | undefined {
  if (ruleId === '') return problem('invalid', 'The id of a rule must not be empty')
  if (ruleId.startsWith('.'))
    return problem(
      'invalid',
      "The id of a rule must not begin with '.': such ids are reserved for the server",
    )
  if (/[/\\]/.test(ruleId)) return problem('invalid', "The id of a rule must not contain '/' or '\\'")
  if (!isStorable(ruleId))
    return problem('invalid', 'The id of a rule must be well-formed Unicode without NUL')
  return bytesOf(ruleId) > maxIdBytes
    ? problem('too_large', `The id of a rule must not be longer than ${maxIdBytes} bytes`)
    : undefined
}

function untilProblem(until: unknown, now = 0): RuleProblem | undefined {
  if (until === undefined) return undefined
  if (typeof until !== 'number' || !Number.isSafeInteger(until))
    return problem('malformed', `${UNTIL} must be an integer: milliseconds since 1970, or leave it out`)
  return until <= now
    ? problem('invalid', `${UNTIL} is in the past. Set a later time, or leave it out`)
    : undefined
}

function digestProblem(body: Record<string, unknown>, hasConditions: boolean): RuleProblem | undefined {
  const digest = body[DIGEST]
  if (digest === undefined || digest === false) return undefined
  if (digest !== true) return problem('malformed', `${DIGEST} must be true or false`)
  const conditions = hasConditions ? (body['conditions'] as Record<string, unknown>[]) : []
  return body[UNTIL] !== undefined || conditions.some(({ kind }) => isTimeAndDay(kind))
    ? undefined
    : problem(
        'invalid',
        `${DIGEST} needs a rule that stops to apply: with ${UNTIL}, or a condition time_and_day`,
      )
}

function conditionsProblem(
  conditions: unknown,
  limits: RuleLimits,
  options: ValidateOptions,
): RuleProblem | undefined {
  if (conditions === undefined)
    return problem('missing', 'conditions is missing: rules of this kind need a list, [] for no conditions')
  if (!Array.isArray(conditions)) return problem('malformed', 'conditions must be a list')
  if (conditions.length > limits.maxConditions) {
    return problem('too_large', `A rule must not have more than ${limits.maxConditions} conditions`)
  }
  if (intervalsOf(conditions) > MAX_INTERVALS)
    return problem('too_large', `A rule must not have more than ${MAX_INTERVALS} intervals of time_and_day`)
  for (const condition of conditions as unknown[]) {
    const found = conditionProblem(condition, limits, options)
    if (found !== undefined) return found
  }
  return undefined
}

function conditionProblem(
  condition: unknown,
  limits: RuleLimits,
  { isTimeZone }: ValidateOptions,
): RuleProblem | undefined {
  if (!isObject(condition)) return problem('malformed', 'A condition must be a JSON object')
  const { kind, key, value } = condition
  if (kind === undefined) return problem('missing', 'The kind of a condition is missing')
  if (typeof kind !== 'string') return problem('malformed', 'The kind of a condition must be a string')
  switch (kind) {
    case 'event_match':
      return (
        textProblem(key, `key of ${kind}`) ??
        patternProblem(condition['pattern'], `pattern of ${kind}`, limits)
      )
    case 'event_property_is':
    case 'event_property_contains':
      return textProblem(key, `key of ${kind}`) ?? valueProblem(value, kind)
    case 'room_member_count':
      return textProblem(condition['is'], `is of ${kind}`)
    case 'sender_notification_permission':
      return textProblem(key, `key of ${kind}`)
    case 'profile_tag':
      return textProblem(condition['profile_tag'], `profile_tag of ${kind}`)
    case 'org.belfry.room_tag':
      return textProblem(condition['tag'], `tag of ${kind}`) ?? taggedProblem(condition['tagged'])
    default:
      return isTimeAndDay(kind) ? timesProblem(condition, isTimeZone) : undefined
  }
}

function taggedProblem(tagged: unknown): RuleProblem | undefined {
  if (tagged === undefined) return problem('missing', 'tagged of org.belfry.room_tag is missing')
  return typeof tagged === 'boolean'
    ? undefined
    : problem('malformed', 'tagged of org.belfry.room_tag must be true or false')
}

function timesProblem(
  condition: Record<string, unknown>,
  isTimeZone: (name: string) => boolean = () => true,
): RuleProblem | undefined {
  const { kind, timezone, intervals } = condition
  const name = String(kind)
  if (intervals === undefined) return problem('missing', `intervals of ${name} is missing`)
  if (timezone !== undefined && typeof timezone !== 'string')
    return problem('malformed', `timezone of ${name} must be a string`)
  if (timezone !== undefined && !isTimeZone(timezone))
    return problem('invalid', `timezone of ${name} must be the name of a time zone, such as "Europe/Berlin"`)
  if (parseSchedule(condition, undefined) !== undefined) return undefined
  return problem(
    'invalid',
    `intervals of ${name} must be a list, not empty, of objects with time_of_day, such as ["22:00", "07:00"], and day_of_week, a list of 0 (Sunday) to 7; either can be left out`,
  )
}

function textProblem(value: unknown, name: string): RuleProblem | undefined {
  if (value === undefined) return problem('missing', `${name} is missing`)
  return typeof value === 'string' ? undefined : problem('malformed', `${name} must be a string`)
}

function patternProblem(pattern: unknown, name: string, limits: RuleLimits): RuleProblem | undefined {
  const found = textProblem(pattern, name)
  if (found !== undefined || typeof pattern !== 'string') return found
  if (!isStorable(pattern)) return problem('invalid', `${name} must be well-formed Unicode without NUL`)
  return pattern.length > limits.maxPatternLength
    ? problem('too_large', `${name} must not be longer than ${limits.maxPatternLength} characters`)
    : undefined
}

function valueProblem(value: unknown, kind: string): RuleProblem | undefined {
  if (value === undefined) return problem('missing', `value of ${kind} is missing`)
  return isScalar(value)
    ? undefined
    : problem('malformed', `value of ${kind} must be a string, an integer, a boolean or null`)
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'boolean'].includes(typeof value) || Number.isSafeInteger(value)
}

const ACTIONS: ReadonlySet<unknown> = new Set(['notify', 'dont_notify', 'coalesce'])

function actionsProblem(
  actions: unknown,
  experimental: ExperimentalRules | undefined,
): RuleProblem | undefined {
  if (actions === undefined)
    return problem('missing', 'actions is missing: a rule needs a list, [] for no actions')
  if (!Array.isArray(actions)) return problem('malformed', 'actions must be a list')
  for (const action of actions as unknown[]) {
    if (ACTIONS.has(action)) continue
    if (action === NOTIFY_IN_APP && experimental?.notifyInApp === true) continue
    if (isObject(action) && typeof action['set_tweak'] === 'string') continue
    return typeof action === 'string' || isObject(action)
      ? problem('invalid', "An action must be 'notify' or an object with the string set_tweak")
      : problem('malformed', 'An action must be a string or a JSON object')
  }
  return undefined
}

/** PostgreSQL stores neither NUL nor lone surrogates. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}

function bytesOf(text: string): number {
  return utf8(text).length
}
