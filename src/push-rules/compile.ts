import { bodyMatch, type ConditionOptions, isBefore, never, type Test } from './conditions.ts'
import { ENCRYPTED_EVENT, LEGACY_MENTION_RULES, MASTER, PERSONAL_RULES } from './default-ids.ts'
import { ANY_TYPE, typeCode } from './event.ts'
import { isObject } from './key-path.ts'
import {
  type Action,
  type DecidingRule,
  type ExperimentalRules,
  type ReadonlyJson,
  NOTIFY_IN_APP,
  type RuleOutcome,
  RULE_KINDS,
  type PushRulesResponse,
  type RuleKind,
  type RulesJson,
  type Tweaks,
  UNTIL,
} from './model.ts'
import { BY_OWNER, compileConditions, reachOfKind, type Reach } from './reach.ts'

/** One enabled rule. */
export type CompiledRule = {
  readonly ruleId: string
  readonly outcome: RuleOutcome
  readonly tests: readonly Test[]
  /** A default rule that concerns one user. It is skipped in an impersonal evaluation. */
  readonly personal: boolean
  /**
   * A default rule of the server. It is still evaluated after the step limit of an evaluation is reached (see
   * `meter.ts`).
   */
  readonly isDefault: boolean
  /** A legacy mention rule. It is skipped when the event has `m.mentions`. */
  readonly legacyMention: boolean
  readonly reach: Reach | undefined
  /**
   * The only event type that the rule can match, case folded; undefined: any type. It is compared before the tests
   * run.
   */
  readonly type: string | undefined
  readonly typeCode: number
  /** The tests that check the room. A room rule has none, because it is found by its id. */
  readonly where: readonly Test[]
  readonly asksPermission: boolean
  /**
   * The rule as text, without its room conditions. Rules with the same text have the same effect in a room in which
   * both can match.
   */
  readonly text: string
}

/** A compiled ruleset. It can be shared and cached as long as the rules do not change. */
export type CompiledRules = {
  readonly override: readonly CompiledRule[]
  readonly content: readonly CompiledRule[]
  readonly postcontent: readonly CompiledRule[]
  /** By room id. */
  readonly room: ReadonlyMap<string, CompiledRule>
  /** By the sender's user id. */
  readonly sender: ReadonlyMap<string, CompiledRule>
  readonly underride: readonly CompiledRule[]
  /** Approximate number of steps to try all rules of the lists. */
  readonly weight: number
}

/** With the facts about the owner of the rules. */
export type CompileOptions = ConditionOptions

/**
 * Compiles rules for evaluation: a ruleset, or the response of `GET /pushrules/`. In each kind the order of
 * the list is the order of evaluation, except that `.m.rule.master` always comes first. Disabled rules and
 * malformed rules (no id, no list of actions) are left out: a malformed stored rule never fails an
 * evaluation. Do not change the rules afterwards.
 */
export function compileRules(
  rules: RulesJson | PushRulesResponse,
  options: CompileOptions = {},
): CompiledRules {
  return compileWith(scopeOf(rules), (kind, rule) => compileRule(kind, rule, options))
}

/** The global rules of a response, or the ruleset itself. Any JSON. */
function scopeOf(rules: unknown): RulesJson {
  if (!isObject(rules)) return {}
  return isObject(rules['global']) ? rules['global'] : rules
}

/** `compile` returns undefined for a rule to leave out. */
export function compileWith(
  ruleset: RulesJson,
  compile: (kind: RuleKind, rule: unknown) => CompiledRule | undefined,
): CompiledRules {
  const [override, content, postcontent, room, sender, underride] = RULE_KINDS.map((kind) => {
    const rules: unknown = ruleset[kind]
    if (!Array.isArray(rules)) return []
    return rules.map((rule) => compile(kind, rule)).filter((rule) => rule !== undefined)
  }) as [CompiledRule[], CompiledRule[], CompiledRule[], CompiledRule[], CompiledRule[], CompiledRule[]]
  return {
    override: [...override.filter(isMaster), ...override.filter((rule) => !isMaster(rule))],
    content,
    postcontent,
    room: byRuleId(room),
    sender: byRuleId(sender),
    underride,
    weight: weightOf(override) + weightOf(content) + weightOf(postcontent) + weightOf(underride),
  }
}

/** Approximate number of steps to try these rules. */
export function weightOf(rules: readonly CompiledRule[]): number {
  return rules.reduce((weight, { tests }) => weight + STEPS_PER_RULE + STEPS_PER_TEST * tests.length, 0)
}

/** Minimum cost of trying a rule, and of running each of its tests. Most of it is memory access. */
export const STEPS_PER_RULE = 8
export const STEPS_PER_TEST = 4

/** `rule`: any JSON. Returns undefined for a rule that is disabled or malformed. */
export function compileRule(
  kind: RuleKind,
  rule: unknown,
  options: CompileOptions,
): CompiledRule | undefined {
  if (!isObject(rule) || rule['enabled'] !== true) return undefined
  const { rule_id: ruleId, actions } = rule
  if (typeof ruleId !== 'string' || !Array.isArray(actions)) return undefined
  const until = rule[UNTIL]
  if (until !== undefined && typeof until !== 'number') return undefined
  const { experimental } = options
  const personal = PERSONAL_RULES.has(ruleId)
  const compiled = compileSubject(kind, rule, options)
  // A rule that concerns one user is never common to a cohort.
  const reach = personal && compiled.reach?.by === 'common' ? BY_OWNER : compiled.reach
  return {
    ruleId,
    outcome: outcomeOf(nameOf(kind, ruleId, { until, schedule: compiled.schedule }), {
      actions: actions as Action[],
      experimental,
    }),
    personal,
    isDefault: ruleId.startsWith('.'),
    legacyMention: LEGACY_MENTION_RULES.has(ruleId),
    tests: until === undefined ? compiled.tests : [isBefore(until), ...compiled.tests],
    reach,
    type: compiled.type,
    typeCode: compiled.type === undefined ? ANY_TYPE : typeCode(compiled.type),
    where: compiled.where,
    asksPermission: compiled.asksPermission,
    text:
      reach?.by === 'common'
        ? JSON.stringify([ruleId, compiled.elsewhere, actions, ...(until === undefined ? NONE : [until])])
        : '',
  }
}

/** Whether rules of the kind list their conditions. Other kinds have predefined ones. */
export const hasConditions = (kind: RuleKind) =>
  kind === 'override' || kind === 'postcontent' || kind === 'underride'

function compileSubject(
  kind: RuleKind,
  rule: Record<string, unknown>,
  options: CompileOptions,
): ReturnType<typeof compileConditions> {
  if (hasConditions(kind)) return compileConditions(rule['conditions'], options)
  const { rule_id: ruleId, pattern } = rule
  const test = kind === 'content' ? bodyMatch(pattern) : undefined
  return {
    tests: test === undefined ? NONE : [test],
    type: undefined,
    reach: test === never ? undefined : reachOfKind(kind, kind === 'content' ? pattern : ruleId),
    where: NONE,
    asksPermission: false,
    elsewhere: test === undefined ? NONE : [pattern],
  }
}

const NONE: readonly never[] = []
const EMPTY: ReadonlyMap<string, CompiledRule> = new Map()

function isMaster({ ruleId }: CompiledRule): boolean {
  return ruleId === MASTER
}

function byRuleId(rules: readonly CompiledRule[]): ReadonlyMap<string, CompiledRule> {
  if (rules.length === 0) return EMPTY
  const byId = new Map<string, CompiledRule>()
  for (const rule of rules) {
    if (!byId.has(rule.ruleId)) byId.set(rule.ruleId, rule)
  }
  return byId
}

type Times = { until: number | undefined; schedule: string | undefined }

function nameOf(kind: RuleKind, ruleId: string, { until, schedule }: Times): DecidingRule {
  if (until === undefined && schedule === undefined) return Object.freeze({ kind, ruleId })
  return Object.freeze({
    kind,
    ruleId,
    ...(until !== undefined && { until }),
    ...(schedule !== undefined && { schedule }),
  })
}

function outcomeOf(
  rule: DecidingRule,
  { actions, experimental }: { actions: readonly Action[]; experimental: ExperimentalRules | undefined },
): RuleOutcome {
  const effect = effectOf(actions, experimental?.notifyInApp === true)
  const { tweaks, actions: asked } = effect
  const counts = rule.ruleId !== ENCRYPTED_EVENT || experimental?.encryptedEventsCount === true
  const notify = effect.notify && counts
  const highlight = effect.highlight && counts
  // Written out, like the rule in `nameOf`: an object made by spreading takes twice the memory, and there is
  // one object for each rule.
  return Object.freeze({ notify, highlight, tweaks, actions: asked, rule })
}

type Effect = Omit<RuleOutcome, 'rule'>

/**
 * Nearly all rules have one of a few effects. Up to this number of effects is cached and shared by the rules of all
 * users.
 */
const MAX_EFFECTS = 200
const effects = new Map<string, Effect>()

function effectOf(actions: readonly Action[], countsInApp: boolean): Effect {
  const key = `${countsInApp ? '+' : '-'}${JSON.stringify(actions)}`
  const found = effects.get(key)
  if (found !== undefined) return found
  const notify = actions.includes('notify') || (countsInApp && actions.includes(NOTIFY_IN_APP))
  const tweaks = tweaksOf(actions)
  const effect = {
    notify,
    highlight: notify && Object.hasOwn(tweaks, 'highlight') && tweaks['highlight'] === true,
    tweaks,
    actions: Object.freeze([...actions]),
  }
  if (effects.size < MAX_EFFECTS && key.length <= MAX_EFFECTS) effects.set(key, effect)
  return effect
}

const NO_TWEAKS: Tweaks = Object.freeze({})

/**
 * If a tweak is set twice, the last one counts. A `sound` that is not a string and a `highlight` that is not a
 * boolean are left out.
 */
export function tweaksOf(actions: readonly unknown[]): Tweaks {
  const tweaks = new Map<string, ReadonlyJson>()
  for (const action of actions) {
    if (!isObject(action) || typeof action['set_tweak'] !== 'string') continue
    const name = action['set_tweak']
    const value = (action['value'] === undefined ? true : action['value']) as ReadonlyJson
    if (name === 'sound' && typeof value !== 'string') continue
    if (name === 'highlight' && typeof value !== 'boolean') continue
    tweaks.set(name, value)
  }
  return tweaks.size === 0 ? NO_TWEAKS : Object.freeze(Object.fromEntries(tweaks))
}
