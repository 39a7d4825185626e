import type { RulesOfUser } from '../delivery/device-rules.ts'
import { ownerFactsOf } from '../user-rules/owner-facts.ts'
import { invalidParam } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import { isTimeZone } from '../lib/time-zone.ts'
import {
  type PushRule,
  RULE_KINDS,
  type RuleKind,
  type RuleSettings,
  type Ruleset,
  validateActions,
  type ValidateOptions,
  validateRule,
} from '../push-rules/index.ts'
import type { Queries } from '../storage/query.ts'

/** Rules in a request that are not stored. */
export type GivenRules = {
  /** In the shape of `GET /pushrules/`. Scopes and kinds may be missing. */
  rules: JsonObject | undefined
  /** Ignore the stored rules. The default rules still apply. */
  onlyThese: boolean
  /** The end of a given rule must be later. In milliseconds since the Unix epoch. */
  now: number
}

/** The checks of a `PUT`. */
type Checks = RuleSettings & ValidateOptions

const MAX_HANDLES = 50
const MAX_GIVEN_RULES = 1000

/** The limit of `PUT /pushrules/device/<handle>`. */
const MAX_HANDLE_BYTES = 255

type Stored = { userId: UserId; stored: RulesOfUser; settings: RuleSettings }

/**
 * The stored rules and the given ones, as if each given rule had been `PUT` now: a rule with a known id
 * replaces the stored one, and others come first in their kind, in the given order.
 * @throws 400 M_INVALID_PARAM: a rule that a `PUT` would refuse, or too many rules
 */
export async function withGivenRules(
  q: Queries,
  { userId, stored, settings }: Stored,
  given: GivenRules,
): Promise<RulesOfUser> {
  const all = withRules(stored, { ...settings, isTimeZone, now: given.now }, given)
  const conditions = JSON.stringify([all.global, ...all.device.values()])
  const owner = (await ownerFactsOf(q, [{ user_id: userId, conditions }])).get(userId) ?? {}
  return { ...all, owner }
}

function withRules(
  stored: RulesOfUser,
  settings: Checks,
  { rules, onlyThese }: GivenRules,
): Omit<RulesOfUser, 'owner'> {
  checkNumber(rules)
  const kept = onlyThese ? { global: defaultsIn(stored.global), device: new Map<string, Ruleset>() } : stored
  const global = objectIn(rules, 'global')
  const device = new Map(kept.device)
  for (const [handle, given] of Object.entries(objectIn(rules, 'device') ?? {})) {
    const bytes = Buffer.byteLength(handle)
    if (bytes === 0 || bytes > MAX_HANDLE_BYTES)
      throw invalidParam('rules.device: a handle must be 1 to 255 bytes long')
    if (!isJsonObject(given)) throw invalidParam(`rules.device.${handle}: expected an object of rule kinds`)
    const place = { path: `rules.device.${handle}`, settings }
    device.set(handle, merged(device.get(handle) ?? NO_RULES, given, place))
  }
  const place = { path: 'rules.global', settings }
  return { global: global ? merged(kept.global, global, place) : kept.global, device }
}

/** Each given rule is compiled, and each handle gets its own explanation. */
function checkNumber(rules: JsonObject | undefined): void {
  const devices = Object.values(objectIn(rules, 'device') ?? {})
  if (devices.length > MAX_HANDLES)
    throw invalidParam(`rules.device: no more than ${MAX_HANDLES} handles are allowed in one request`)
  const lists = [objectIn(rules, 'global'), ...devices]
    .filter(isJsonObject)
    .flatMap((set) => Object.values(set))
  const count = lists.reduce<number>((sum, list) => sum + (Array.isArray(list) ? list.length : 0), 0)
  if (count > MAX_GIVEN_RULES)
    throw invalidParam(`rules: no more than ${MAX_GIVEN_RULES} rules are allowed in one request`)
}

const NO_RULES: Ruleset = { override: [], content: [], room: [], sender: [], underride: [] }

function defaultsIn(rules: Ruleset): Ruleset {
  const only = (kind: RuleKind) => (rules[kind] ?? []).filter((rule: PushRule) => rule.default)
  return Object.fromEntries(RULE_KINDS.map((kind) => [kind, only(kind)])) as Ruleset
}

function objectIn(rules: JsonObject | undefined, name: string): JsonObject | undefined {
  const value = rules?.[name]
  if (value === undefined || isJsonObject(value)) return value
  throw invalidParam(`rules.${name}: expected an object`)
}

type Place = { path: string; settings: Checks }

function merged(base: Ruleset, given: JsonObject, { path, settings }: Place): Ruleset {
  const unknown = Object.keys(given).find((kind) => !(RULE_KINDS as readonly string[]).includes(kind))
  if (unknown !== undefined)
    throw invalidParam(`${path}: the kind of a push rule must be one of ${RULE_KINDS.join(', ')}`)
  return Object.fromEntries(
    RULE_KINDS.map((kind) => [
      kind,
      mergedKind(base[kind] ?? [], given[kind] ?? [], { kind, path: `${path}.${kind}`, settings }),
    ]),
  ) as Ruleset
}

function mergedKind(
  base: readonly PushRule[],
  given: unknown,
  place: Place & { kind: RuleKind },
): PushRule[] {
  const { path } = place
  if (!Array.isArray(given)) throw invalidParam(`${path}: expected a list of rules`)
  const rules = given.map((rule: unknown, at) => checked(rule, base, { ...place, path: `${path}.${at}` }))
  const byId = new Map(rules.map((rule) => [rule.rule_id, rule]))
  const known = new Set(base.map((rule) => rule.rule_id))
  return [
    ...[...byId.values()].filter((rule) => !known.has(rule.rule_id)),
    ...base.map((rule) => byId.get(rule.rule_id) ?? rule),
  ]
}

/** @throws MatrixError 400 */
function checked(
  rule: unknown,
  base: readonly PushRule[],
  { kind, path, settings }: Place & { kind: RuleKind },
): PushRule {
  const ruleId = isJsonObject(rule) ? rule['rule_id'] : undefined
  if (!isJsonObject(rule) || typeof ruleId !== 'string')
    throw invalidParam(`${path}: expected a rule with a rule_id`)
  const enabled = rule['enabled'] ?? true
  if (typeof enabled !== 'boolean') throw invalidParam(`${path}.enabled: expected true or false`)
  const shipped = base.find((one) => one.default && one.rule_id === ruleId)
  if (shipped) {
    // Only the actions and `enabled` of a default rule can change, not its conditions.
    const actions = validateActions(rule['actions'] ?? shipped.actions, settings)
    if (!actions.ok) throw invalidParam(`${path}: ${actions.problem.message}`)
    return { ...shipped, enabled, actions: actions.value }
  }
  const result = validateRule({ kind, ruleId }, rule, settings)
  if (!result.ok) throw invalidParam(`${path}: ${result.problem.message}`)
  const { kind: _kind, ruleId: _ruleId, ...parts } = result.value
  return { ...parts, rule_id: ruleId, default: false, enabled }
}
