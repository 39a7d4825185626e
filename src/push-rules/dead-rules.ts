import { compileRule } from './compile.ts'
import { compileCondition, never } from './conditions.ts'
import { ENCRYPTED_EVENT, LEGACY_MENTION_RULES, MASTER } from './default-ids.ts'
import { BODY_KEY, isObject, parseKeyPath, ROOM_ID_KEY } from './key-path.ts'
import { type PushRule, RULE_KINDS, type RuleKind, type RuleSettings, type Ruleset, UNTIL } from './model.ts'
import { fold } from './text.ts'

/** A rule of one scope. */
export type NamedRule = { readonly kind: RuleKind; readonly ruleId: string }

/**
 * A rule that can never match, and why:
 * - `unknown condition`: `condition` is malformed or of an unknown kind;
 * - `contradiction`: two conditions expect different values of the property `key`;
 * - `shadowed`: the earlier rule `by` matches whenever this one would.
 */
export type DeadRule = NamedRule &
  (
    | { readonly reason: 'unknown condition'; readonly condition: unknown }
    | { readonly reason: 'contradiction'; readonly key: string }
    | { readonly reason: 'shadowed'; readonly by: NamedRule }
  )

/**
 * The enabled rules of users that can never match, in order of evaluation. Pure. Rules are compared by their
 * conditions as written, so not every rule that cannot match is found, but each one that is returned cannot
 * match. An enabled `.m.rule.master` is not counted as shadowing the others.
 */
export function deadRules(rules: Ruleset, settings: Partial<RuleSettings> = {}): DeadRule[] {
  const { experimental } = settings
  const enabled = RULE_KINDS.flatMap((kind) =>
    (rules[kind] ?? [])
      // A malformed rule is left out: it neither matches nor shadows another one.
      .filter((rule) => compileRule(kind, rule, { experimental }) !== undefined)
      .map((rule) => readRule(kind, rule, settings)),
  )
  const earlier = createIndex(enabled)
  return enabled.flatMap((rule) => {
    const dead = ownFault(rule) ?? shadowOf(rule, earlier.find(rule))
    if (dead === undefined && !isDifferent(rule)) earlier.add(rule)
    return dead === undefined || rule.isDefault ? [] : [dead]
  })
}

/**
 * A rule with its conditions as texts. A condition holds for all events for which another one with the same
 * text holds.
 */
type ReadRule = NamedRule & {
  readonly isDefault: boolean
  readonly texts: ReadonlySet<string>
  /** With the texts of the weaker conditions that then hold too. */
  readonly implied: ReadonlySet<string>
  readonly unknown: { readonly condition: unknown } | undefined
  /** The values that properties must have. */
  readonly values: readonly ExactValue[]
}

function readRule(kind: RuleKind, rule: PushRule, { experimental }: Partial<RuleSettings>): ReadRule {
  const conditions = conditionsOf(kind, rule)
  const bad = conditions.find((condition) => compileCondition(condition, { experimental }) === never)
  const values = conditions.map(exactValue)
  // A rule with an end shadows only rules with the same end.
  const end = rule[UNTIL] === undefined ? [] : [`until ${rule[UNTIL]}`]
  const texts = new Set([...conditions.map((condition, at) => textOf(condition, values[at])), ...end])
  return {
    kind,
    ruleId: rule.rule_id,
    isDefault: rule.default,
    texts,
    implied: new Set([...texts, ...values.flatMap((value) => value?.implied ?? [])]),
    unknown: bad === undefined ? undefined : { condition: bad },
    values: values.filter((value) => value !== undefined),
  }
}

/** As written, or as implied by the kind. */
function conditionsOf(kind: RuleKind, rule: PushRule): readonly unknown[] {
  if (kind === 'room') return [{ kind: 'event_property_is', key: ROOM_ID_KEY, value: rule.rule_id }]
  if (kind === 'sender') return [{ kind: 'event_property_is', key: 'sender', value: rule.rule_id }]
  const { pattern, conditions } = rule as { pattern?: unknown; conditions?: unknown }
  if (kind === 'content') return [{ kind: 'event_match', key: BODY_KEY, pattern }]
  return conditions === undefined ? [] : Array.isArray(conditions) ? conditions : [conditions]
}

/** A condition that one value of a property fulfils. `folded`: without regard to case. */
type ExactValue = { key: string; folded: string; text: string; implied: readonly string[] }

function exactValue(condition: unknown): ExactValue | undefined {
  if (!isObject(condition) || typeof condition['key'] !== 'string') return undefined
  const { kind, value, pattern } = condition
  const key = JSON.stringify(parseKeyPath(condition['key']).names)
  if (kind === 'event_property_is') {
    const folded = JSON.stringify(typeof value === 'string' ? fold(value) : value)
    return { key, folded, text: `is ${key} ${JSON.stringify(value)}`, implied: [`match ${key} ${folded}`] }
  }
  // The body is searched for words.
  const isWhole = kind === 'event_match' && condition['key'] !== BODY_KEY
  if (!isWhole || typeof pattern !== 'string' || /[*?]/.test(pattern)) return undefined
  const folded = JSON.stringify(fold(pattern))
  return { key, folded, text: `match ${key} ${folded}`, implied: [] }
}

function textOf(condition: unknown, value: ExactValue | undefined): string {
  if (value !== undefined) return value.text
  if (!isObject(condition)) return JSON.stringify(condition)
  const names = Object.keys(condition).toSorted()
  return JSON.stringify(names.map((name) => [name, foldedPattern(name, condition[name])]))
}

const foldedPattern = (name: string, value: unknown) =>
  name === 'pattern' && typeof value === 'string' ? fold(value) : value

function ownFault({ kind, ruleId, unknown, values }: ReadRule): DeadRule | undefined {
  if (unknown !== undefined)
    return { kind, ruleId, reason: 'unknown condition', condition: unknown.condition }
  const known = new Map<string, string>()
  for (const { key, folded } of values) {
    if ((known.get(key) ?? folded) !== folded)
      return { kind, ruleId, reason: 'contradiction', key: (JSON.parse(key) as string[]).join('.') }
    known.set(key, folded)
  }
  return undefined
}

const shadowOf = ({ kind, ruleId }: ReadRule, by: ReadRule | undefined): DeadRule | undefined =>
  by && { kind, ruleId, reason: 'shadowed', by: { kind: by.kind, ruleId: by.ruleId } }

/**
 * Rules that do not end the evaluation of every event that their conditions hold for: the rule of MSC4028,
 * the legacy rules, which do not apply to an event with `m.mentions`, and `.m.rule.master`.
 */
const isDifferent = ({ ruleId }: ReadRule): boolean =>
  ruleId === MASTER || ruleId === ENCRYPTED_EVENT || LEGACY_MENTION_RULES.has(ruleId)

/**
 * Finds a rule all of whose conditions another rule has too. Each rule is kept under its rarest condition, so
 * that few are compared.
 */
function createIndex(all: readonly ReadRule[]) {
  const uses = new Map<string, number>()
  for (const { texts } of all) for (const text of texts) uses.set(text, (uses.get(text) ?? 0) + 1)
  const byText = new Map<string, ReadRule[]>()
  const keyOf = ({ texts }: ReadRule) =>
    [...texts].toSorted((a, b) => (uses.get(a) ?? 0) - (uses.get(b) ?? 0))[0] ?? ''
  return {
    add(rule: ReadRule): void {
      const key = keyOf(rule)
      const kept = byText.get(key)
      if (kept) kept.push(rule)
      else byText.set(key, [rule])
    },
    find({ implied }: ReadRule): ReadRule | undefined {
      return ['', ...implied]
        .flatMap((text) => byText.get(text) ?? [])
        .find((earlier) => [...earlier.texts].every((text) => implied.has(text)))
    },
  }
}
