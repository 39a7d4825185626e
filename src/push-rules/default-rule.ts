import { MASTER } from './default-ids.ts'
import type { Action, Condition, ConditionalRule, SetTweak } from './model.ts'

/** What default rules are made of. */

export const SOUND: SetTweak = { set_tweak: 'sound', value: 'default' }
export const RING: SetTweak = { set_tweak: 'sound', value: 'ring' }
export const HIGHLIGHT: SetTweak = { set_tweak: 'highlight' }
export const IN_PAIRS: Condition = { kind: 'room_member_count', is: '2' }

/** Each call makes a rule of its own, to its last part. */
export function defaultRule(ruleId: string, conditions: Condition[], actions: Action[]): ConditionalRule {
  return {
    rule_id: ruleId,
    default: true,
    enabled: ruleId !== MASTER,
    conditions: conditions.map((condition) => ({ ...condition })),
    actions: actions.map((action) => (typeof action === 'string' ? action : { ...action })),
  }
}

/** An `event_match`. */
export function match(key: string, pattern: string): Condition {
  return { kind: 'event_match', key, pattern }
}
