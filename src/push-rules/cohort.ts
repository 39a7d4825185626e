import type { RuleAnalysis } from './analyse.ts'
import { type CompiledRule, type CompiledRules, weightOf } from './compile.ts'
import { prepareEvent, type EvaluatedEvent } from './event.ts'
import { RULE_KINDS, type RuleKind } from './model.ts'
import { sha256 } from './sha-256.ts'

/** The members of a room with the same outcome for every event that concerns none of them individually. */
export type Cohort = {
  /**
   * `default`, or 40 hexadecimal digits of a hash of the rules. The id is the same on every server and after a
   * restart.
   */
  readonly id: string
  /** Evaluate them without a `userId`. */
  readonly rules: CompiledRules
}

/** The id of the cohort of members whose rules, in a room, are the unchanged default rules. */
export const DEFAULT_COHORT_ID = 'default'

/**
 * The cohort of a user with these rules in a room. It leaves out rules that cannot match in the room, and rules that
 * can match for one member and not for another: mentions, invitations, names, keywords and senders. Members that such
 * a rule may concern are found by index (see `createPopulation`) and evaluated with all their rules.
 *
 * The id does not depend on the default rules as long as the user has not changed them. A server can therefore change
 * the default rules without moving users to other cohorts.
 */
export function cohortIn(analysis: RuleAnalysis, roomId: string): Cohort {
  const defaults: CompiledRules = impersonal(analysis.defaults)
  if (analysis.isDefault) return { id: DEFAULT_COHORT_ID, rules: defaults }
  const rules = projected(analysis.compiled, prepareEvent({ room_id: roomId }))
  const differences = RULE_KINDS.map((kind) => difference(kind, rules, defaults))
  const id = differences.every((one) => one === '')
    ? DEFAULT_COHORT_ID
    : sha256(differences.join('\n')).slice(0, 40)
  return { id, rules }
}

const known = new WeakMap<CompiledRules, CompiledRules>()

/** The default rules contain no rule for a single room. */
function impersonal(defaults: CompiledRules): CompiledRules {
  const found = known.get(defaults)
  if (found !== undefined) return found
  const made = projected(defaults, prepareEvent({}))
  known.set(defaults, made)
  return made
}

const NO_RULES: ReadonlyMap<string, CompiledRule> = new Map()

/** The rules that match alike for all users who have them, up to the first rule that always matches in this room. */
function projected(rules: CompiledRules, room: EvaluatedEvent): CompiledRules {
  const override = upToFirstSure(rules.override, room)
  const content = isSure(override) ? [] : upToFirstSure(rules.content, room)
  const isOpen = !isSure(override) && !isSure(content)
  const postcontent = isOpen ? upToFirstSure(rules.postcontent, room) : []
  const roomRule = room.roomId === null || !isOpen ? undefined : rules.room.get(room.roomId)
  const underride = isOpen && !isSureRule(roomRule) ? upToFirstSure(rules.underride, room) : []
  return {
    override,
    content,
    postcontent,
    room: roomRule === undefined ? NO_RULES : new Map([[roomRule.ruleId, roomRule]]),
    sender: NO_RULES,
    underride,
    weight: weightOf(override) + weightOf(content) + weightOf(postcontent) + weightOf(underride),
  }
}

/** A room rule without an end. */
const isSureRule = (rule: CompiledRule | undefined): boolean => rule !== undefined && rule.tests.length === 0

const ANY_CONTEXT = { memberCount: 0 }

function upToFirstSure(rules: readonly CompiledRule[], room: EvaluatedEvent): CompiledRule[] {
  const kept: CompiledRule[] = []
  for (const rule of rules) {
    if (rule.reach?.by !== 'common' || !rule.where.every((test) => test(room, ANY_CONTEXT))) continue
    kept.push(rule)
    if (alwaysMatches(rule)) break
  }
  return kept
}

/** For override and underride rules that may match in this room. */
function alwaysMatches(rule: CompiledRule): boolean {
  return rule.type === undefined && rule.tests.length === rule.where.length && !rule.legacyMention
}

function isSure(rules: readonly CompiledRule[]): boolean {
  const last = rules.at(-1)
  return last !== undefined && alwaysMatches(last)
}

/** How the rules of a kind differ from the default rules. Empty if they do not differ. */
function difference(kind: RuleKind, rules: CompiledRules, defaults: CompiledRules): string {
  const ours = [...rules[kind].values()]
  const theirs = [...defaults[kind].values()]
  let after = 0
  while (ours.length > after && ours.at(-1 - after) === theirs.at(-1 - after)) after++
  let before = 0
  const most = Math.min(ours.length, theirs.length) - after
  while (before < most && ours[before] === theirs[before]) before++
  const added = ours.slice(before, ours.length - after)
  const missing =
    isSure(ours) || isDecidedBefore(kind, rules) ? [] : theirs.slice(before, theirs.length - after)
  if (added.length === 0 && missing.length === 0) return ''
  const place = theirs[before - 1]?.ruleId ?? ''
  return JSON.stringify([kind, place, added.map(({ text }) => text), missing.map(({ ruleId }) => ruleId)])
}

function isDecidedBefore(kind: RuleKind, rules: CompiledRules): boolean {
  if (kind === 'override') return false
  if (isSure(rules.override)) return true
  if (kind === 'content') return false
  if (isSure(rules.content)) return true
  return kind === 'underride' && [...rules.room.values()].some(isSureRule)
}
