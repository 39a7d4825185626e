import type { RuleAnalysis } from './analyse.ts'
import { type CompiledRule, type CompiledRules, weightOf } from './compile.ts'
import { prepareEvent, type EvaluatedEvent } from './event.ts'
import { RULE_KINDS, type RuleKind } from './model.ts'
import { sha256 } from './sha-256.ts'

/** Members of a room who have the same outcome of every event that concerns none of them in person. */
export type Cohort = {
  /** `default`, or 40 hexadecimal digits that stand for what the rules say: the same on every server and after a restart. */
  readonly id: string
  /** To be evaluated without a `userId`. */
  readonly rules: CompiledRules
}

export const DEFAULT_COHORT_ID = 'default'

/**
 * The cohort of a person with these rules in a room. Left out is what cannot match in the room, and what can match for
 * one and not for another: mentions, invitations, names, keywords, senders. Whom such a rule may concern is found by index
 * (see `createPopulation`), and evaluated with all their rules.
 *
 * The id does not depend on the default rules as long as the person has not changed them, so that a server may change
 * them without moving anybody.
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

/** The defaults limit themselves to no room. */
function impersonal(defaults: CompiledRules): CompiledRules {
  const found = known.get(defaults)
  if (found !== undefined) return found
  const made = projected(defaults, prepareEvent({}))
  known.set(defaults, made)
  return made
}

const NO_RULES: ReadonlyMap<string, CompiledRule> = new Map()

/** What of these rules is common to all who have them, up to the first that always matches in this room. */
function projected(rules: CompiledRules, room: EvaluatedEvent): CompiledRules {
  const override = upToFirstSure(rules.override, room)
  const content = isSure(override) ? [] : upToFirstSure(rules.content, room)
  const isOpen = !isSure(override) && !isSure(content)
  const roomRule = room.roomId === null || !isOpen ? undefined : rules.room.get(room.roomId)
  const underride = isOpen && roomRule === undefined ? upToFirstSure(rules.underride, room) : []
  return {
    override,
    content,
    room: roomRule === undefined ? NO_RULES : new Map([[roomRule.ruleId, roomRule]]),
    sender: NO_RULES,
    underride,
    weight: weightOf(override) + weightOf(content) + weightOf(underride),
  }
}

const IN_NO_MATTER = { memberCount: 0 }

function upToFirstSure(rules: readonly CompiledRule[], room: EvaluatedEvent): CompiledRule[] {
  const kept: CompiledRule[] = []
  for (const rule of rules) {
    if (rule.reach?.by !== 'common' || !rule.where.every((test) => test(room, IN_NO_MATTER))) continue
    kept.push(rule)
    if (alwaysMatches(rule)) break
  }
  return kept
}

/** Of override and underride rules that may match in this room. */
function alwaysMatches(rule: CompiledRule): boolean {
  return rule.type === undefined && rule.tests.length === rule.where.length && !rule.legacyMention
}

function isSure(rules: readonly CompiledRule[]): boolean {
  const last = rules.at(-1)
  return last !== undefined && alwaysMatches(last)
}

/** How the rules of a kind differ from the default ones, '' if they do not. */
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
  return kind === 'underride' && rules.room.size > 0
}
