import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  analyseRules,
  compiledDefaults,
  compileRules,
  createPopulation,
  DEFAULT_COHORT_ID,
  defaultRules,
  evaluate,
  prepareEvent,
  validateRule,
} from '../../src/push-rules/index.ts'

const settings = { legacyMentionRules: false, experimental: { threadSubscriptions: true } }
const defaultsOf = (userId: string) => defaultRules({ ...settings, userId, localpart: userId.slice(1, -2) })

const reply = (more: Record<string, unknown> = {}, relType = 'm.thread') =>
  prepareEvent({
    type: 'm.room.message',
    room_id: '!room:x',
    sender: '@bob:x',
    event_id: '$reply',
    content: { body: 'hello', 'm.relates_to': { rel_type: relType, event_id: '$root' }, ...more },
  })
const context = { memberCount: 5, subscribers: new Set(['@alice:x']) }
const deciderOf = (userId: string | undefined, event = reply()) =>
  evaluate(compiledDefaults(settings), event, { ...context, userId })

describe('the default rules for thread subscriptions', () => {
  test('notify subscribers of replies in their thread, and no other user', () => {
    const subscribed = deciderOf('@alice:x')
    assert.deepEqual(subscribed.rule, {
      kind: 'postcontent',
      ruleId: '.io.element.msc4306.rule.subscribed_thread',
    })
    assert.equal(subscribed.notify, true)
    for (const userId of ['@carol:x', undefined]) {
      const other = deciderOf(userId)
      assert.equal(other.rule?.ruleId, '.io.element.msc4306.rule.unsubscribed_thread')
      assert.equal(other.notify, false)
    }
  })

  test('leave mentions, and events outside of threads, to the other rules', () => {
    const mention = reply({ 'm.mentions': { user_ids: ['@carol:x'] } })
    assert.equal(deciderOf('@carol:x', mention).rule?.ruleId, '.m.rule.is_user_mention')
    for (const relType of ['m.reference', 'm.annotation'])
      assert.equal(deciderOf('@alice:x', reply({}, relType)).rule?.ruleId, '.m.rule.message')
    const plain = prepareEvent({ type: 'm.room.message', sender: '@bob:x', content: { body: 'hello' } })
    assert.equal(deciderOf('@alice:x', plain).rule?.ruleId, '.m.rule.message')
  })

  test('come before the rules of a room, and after the keywords of the user', () => {
    const rules = defaultsOf('@alice:x')
    const own = { default: false, enabled: true }
    const mine = compileRules(
      {
        ...rules,
        content: [{ ...own, rule_id: 'keyword', pattern: 'hello', actions: ['notify'] }],
        room: [{ ...own, rule_id: '!room:x', actions: [] }],
      },
      settings,
    )
    const decide = (event: ReturnType<typeof reply>) =>
      evaluate(mine, event, { ...context, userId: '@alice:x' })
    assert.equal(decide(reply()).rule?.ruleId, 'keyword')
    assert.equal(decide(reply({ body: 'other' })).rule?.ruleId, '.io.element.msc4306.rule.subscribed_thread')
  })

  test('give members of a population the outcome of an evaluation for each alone', () => {
    const population = createPopulation({ roomId: '!room:x', defaults: settings })
    const analyse = (userId: string) => {
      const rules = defaultsOf(userId)
      const own = {
        rule_id: 'keyword',
        default: false,
        enabled: true,
        pattern: 'word',
        actions: ['notify' as const],
      }
      return analyseRules(
        { ...rules, content: [own] },
        { ...settings, userId, localpart: userId.slice(1, -2) },
      )
    }
    for (const userId of ['@alice:x', '@carol:x']) population.set({ userId, rules: analyse(userId) })
    population.setDefaultMember('@dave:x')
    const subscribers = new Set(['@alice:x', '@dave:x'])
    const { cohorts, exceptions } = population.evaluate(reply(), { memberCount: 4, subscribers })
    assert.equal(cohorts.get(DEFAULT_COHORT_ID)?.notify, false)
    assert.ok(exceptions.every(({ outcome }) => outcome.notify))
    assert.deepEqual(new Set(exceptions.map(({ userId }) => userId)), subscribers)
  })

  test('are absent without the setting, and users cannot write rules of their kind', () => {
    const off = { legacyMentionRules: false, userId: '@alice:x', localpart: 'alice' }
    assert.ok(!('postcontent' in defaultRules(off)))
    const outcome = evaluate(compiledDefaults(off), reply(), { ...context, userId: '@alice:x' })
    assert.equal(outcome.rule?.ruleId, '.m.rule.message')
    const draft = validateRule({ kind: 'postcontent', ruleId: 'mine' }, { conditions: [], actions: [] })
    assert.equal(!draft.ok && draft.problem.reason, 'invalid')
  })
})
