import { compileRules, defaultRules, evaluate, prepareEvent, rulesetFor } from 'belfry/push-rules'

const me = { userId: '@ada:example.org', localpart: 'ada', legacyMentionRules: false }
const tea = { rule_id: 'tea', default: false, enabled: true, pattern: 'tea*', actions: ['notify' as const] }
const rules = compileRules(
  rulesetFor({ defaults: defaultRules(me), changes: [], userRules: { content: [tea] } }),
)
const event = prepareEvent({
  type: 'm.room.message',
  sender: '@bob:example.org',
  content: { body: 'Teatime!' },
})
const outcome = evaluate(rules, event, { userId: me.userId, memberCount: 3 })
console.log(outcome.notify, outcome.rule) // true { kind: 'content', ruleId: 'tea' }
