import {
  prepareEvent,
  type Action,
  type EvaluationContext,
  type Ruleset,
} from '../../src/push-rules/index.ts'

/** Shared by the tests of rules: one room, one owner of rules, one sender. */
export const me = '@me:x'
export const room = '!room:x'
export const group: EvaluationContext = { userId: me, displayName: 'My Name', memberCount: 5 }

export const event = (type: string, content: object, more: object = {}) =>
  prepareEvent({ type, content, room_id: room, sender: '@bob:x', event_id: '$e', ...more })
export const message = (content: object) =>
  event('m.room.message', { msgtype: 'm.text', body: 'hello', ...content })

export const ruleset = (rules: object): Ruleset => ({
  override: [],
  content: [],
  room: [],
  sender: [],
  underride: [],
  ...(rules as Partial<Ruleset>),
})
export const userRule = (ruleId: string, actions: Action[], more: object = {}) => ({
  rule_id: ruleId,
  default: false,
  enabled: true,
  actions,
  ...more,
})
