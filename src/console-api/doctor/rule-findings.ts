import {
  type DeadRule,
  deadRules,
  type PushRule,
  RULE_KINDS,
  type Ruleset,
  wakesDevice,
} from '../../push-rules/index.ts'
import type { DoctorFacts } from './facts.ts'
import { deleteRule, type Finding, ruleText, type ScopedRule } from './finding.ts'

type Scope = { handle: string | undefined; rules: Ruleset }

/** Which rules of a user have no effect, or an effect that was probably not intended. Pure. */
export function ruleFindings({ rules, roomIds, settings }: DoctorFacts): Finding[] {
  const scopes: Scope[] = [
    { handle: undefined, rules: rules.global },
    ...[...rules.device].map(([handle, own]) => ({ handle, rules: own })),
  ]
  return scopes.flatMap((scope) => {
    const left = leftRooms(scope, roomIds)
    const twice = mutedTwice(scope, roomIds)
    const known = new Set([...left, ...twice].map(({ about }) => keyOf(about.rule)))
    const dead = deadRules(scope.rules, settings)
      .map((rule) => deadFinding(rule, scope.handle))
      .filter(({ about }) => !known.has(keyOf(about.rule)))
    return [...left, ...twice, ...dead]
  })
}

const keyOf = (rule: ScopedRule | undefined) => `${rule?.kind}/${rule?.ruleId}`

function deadFinding(dead: DeadRule, handle: string | undefined): Finding {
  const rule = { kind: dead.kind, ruleId: dead.ruleId, handle }
  const remedies = [deleteRule(rule)]
  const text = capital(ruleText(rule))
  if (dead.reason === 'unknown condition')
    return {
      code: 'rule has an unknown condition',
      text: `${text} can never match: ${kindOf(dead.condition)}.`,
      about: { rule },
      remedies,
    }
  if (dead.reason === 'contradiction')
    return {
      code: 'rule contradicts itself',
      text: `${text} can never match: two conditions expect different values of ${dead.key}.`,
      about: { rule },
      remedies,
    }
  const otherRule = { ...dead.by, handle }
  return {
    code: 'rule is shadowed',
    text: `${text} can never match, because ${ruleText(otherRule)} is evaluated first and matches the same events.`,
    about: { rule, otherRule },
    remedies,
  }
}

function kindOf(condition: unknown): string {
  const kind =
    typeof condition === 'object' && condition !== null ? (condition as { kind?: unknown }).kind : undefined
  return typeof kind === 'string'
    ? `the condition ${kind} is unknown or malformed`
    : 'a condition is malformed'
}

/** Rules for rooms that the user is not in. */
function leftRooms({ handle, rules }: Scope, roomIds: ReadonlySet<string>): Finding[] {
  return roomRules(rules, handle)
    .filter(({ roomId }) => !roomIds.has(roomId))
    .map(({ rule, roomId }) => ({
      code: 'rule for a room that was left',
      text: `${capital(ruleText(rule))} is for a room that you are not in: ${roomId}.`,
      about: { rule, roomId },
      remedies: [deleteRule(rule)],
    }))
}

/** Rooms that two rules of one scope mute. */
function mutedTwice({ handle, rules }: Scope, roomIds: ReadonlySet<string>): Finding[] {
  const muting = roomRules(rules, handle).filter(({ isMuting, roomId }) => isMuting && roomIds.has(roomId))
  return [...Map.groupBy(muting, ({ roomId }) => roomId)].flatMap(([roomId, [first, ...others]]) =>
    first === undefined
      ? []
      : others.map(({ rule }) => ({
          code: 'room is muted twice' as const,
          text: `The room ${roomId} is muted by ${ruleText(first.rule)} and by ${ruleText(rule)}.`,
          about: { rule, otherRule: first.rule, roomId },
          remedies: [deleteRule(rule), deleteRule(first.rule)],
        })),
  )
}

type RoomRule = { rule: ScopedRule; roomId: string; isMuting: boolean }

/**
 * The enabled rules of users that are for one room. `isMuting`: about all events of the room, and they do not
 * notify.
 */
function roomRules(rules: Ruleset, handle: string | undefined): RoomRule[] {
  return RULE_KINDS.flatMap((kind) =>
    (rules[kind] ?? []).flatMap((rule: PushRule) => {
      if (rule.default || !rule.enabled) return []
      const { roomId, isWhole } = kind === 'room' ? { roomId: rule.rule_id, isWhole: true } : roomOf(rule)
      if (roomId === undefined) return []
      return [
        { rule: { kind, ruleId: rule.rule_id, handle }, roomId, isMuting: isWhole && !wakesDevice(rule) },
      ]
    }),
  )
}

/** The room that a condition names. `isWhole`: it is the only condition. */
function roomOf(rule: PushRule): { roomId: string | undefined; isWhole: boolean } {
  const conditions = ('conditions' in rule ? rule.conditions : undefined) ?? []
  const ids = conditions.flatMap((condition) => {
    if (condition.kind !== 'event_match' && condition.kind !== 'event_property_is') return []
    const { key, pattern, value } = condition as { key?: unknown; pattern?: unknown; value?: unknown }
    const id = pattern ?? value
    return key === 'room_id' && typeof id === 'string' && id.startsWith('!') && !/[*?]/.test(id) ? [id] : []
  })
  return { roomId: ids[0], isWhole: conditions.length === 1 }
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
