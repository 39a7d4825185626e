import { MASTER } from './default-ids.ts'
import type { Action, Condition, ConditionalRule, SetTweak } from './model.ts'

/** Building blocks of default rules. */

export const SOUND: SetTweak = { set_tweak: 'sound', value: 'default' }
export const RING: SetTweak = { set_tweak: 'sound', value: 'ring' }
export const HIGHLIGHT: SetTweak = { set_tweak: 'highlight' }
export const IN_PAIRS: Condition = { kind: 'room_member_count', is: '2' }

/** Each call makes a deep copy. */
export function defaultRule(ruleId: string, conditions: Condition[], actions: Action[]): ConditionalRule {
  return {
    rule_id: ruleId,
    default: true,
    enabled: ruleId !== MASTER,
    conditions: conditions.map((condition) => ({ ...condition })),
    actions: actions.map((action) => (typeof action === 'string' ? action : { ...action })),
  }
}

/** Makes an `event_match` condition. */
export function match(key: string, pattern: string): Condition {
  return { kind: 'event_match', key, pattern }
}
