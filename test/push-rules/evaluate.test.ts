import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  NO_MATCH,
  compileRules,
  defaultRules,
  evaluate,
  type EvaluationContext,
  type Ruleset,
} from '../../src/push-rules/index.ts'
import { event, group, me, message, room, ruleset, userRule } from './support.ts'

const pair: EvaluationContext = { ...group, memberCount: 2 }
const powerful: EvaluationContext = { ...group, powerLevels: { users: { '@bob:x': 50 } } }

const decidedBy = (rules: Ruleset, subject = message({}), context = group) =>
  evaluate(compileRules(rules), subject, context).rule?.ruleId

describe('the default rules', () => {
  const rules = compileRules(defaultRules({ userId: me, localpart: 'me', legacyMentionRules: true }))
  const modern = compileRules(defaultRules({ userId: me, localpart: 'me', legacyMentionRules: false }))
  const sound = { sound: 'default' }
  const loud = { sound: 'default', highlight: true }
  type Row = [
    name: string,
    subject: ReturnType<typeof event>,
    context: EvaluationContext,
    ruleId: string | undefined,
    notify: boolean,
    tweaks: object,
  ]
  const member = (content: object, target: string) => event('m.room.member', content, { state_key: target })
  const mention = (content: object) => ({ 'm.mentions': content })
  const edit = { 'm.relates_to': { rel_type: 'm.replace', event_id: '$old' } }
  const rows: Row[] = [
    ['a message in a group', message({}), group, 'message', true, {}],
    ['a message in a room of two', message({}), pair, 'room_one_to_one', true, sound],
    ['a notice', message({ msgtype: 'm.notice' }), pair, 'suppress_notices', false, {}],
    ['an encrypted event in a group', event('m.room.encrypted', {}), group, 'encrypted', true, {}],
    [
      'an encrypted event in a room of two',
      event('m.room.encrypted', {}),
      pair,
      'encrypted_room_one_to_one',
      true,
      sound,
    ],
    ['a call', event('m.call.invite', {}), group, 'call', true, { sound: 'ring' }],
    ['my invitation', member({ membership: 'invite' }, me), group, 'invite_for_me', true, sound],
    [
      'an invitation of another user',
      member({ membership: 'invite' }, '@you:x'),
      group,
      'member_event',
      false,
      {},
    ],
    ['a join', member({ membership: 'join' }, me), group, 'member_event', false, {}],
    ['my mention', message(mention({ user_ids: ['@you:x', me] })), group, 'is_user_mention', true, loud],
    ['a mention of another user', message(mention({ user_ids: ['@you:x'] })), group, 'message', true, {}],
    [
      'a mention of the room',
      message(mention({ room: true })),
      powerful,
      'is_room_mention',
      true,
      { highlight: true },
    ],
    [
      'a mention of the room without the power level',
      message(mention({ room: true })),
      group,
      'message',
      true,
      {},
    ],
    [
      'a mention of the room whose value is not true',
      message(mention({ room: 'true' })),
      powerful,
      'message',
      true,
      {},
    ],
    [
      'a tombstone',
      event('m.room.tombstone', {}, { state_key: '' }),
      group,
      'tombstone',
      true,
      { highlight: true },
    ],
    ['a tombstone without a state key', event('m.room.tombstone', {}), group, undefined, false, {}],
    ['a reaction', event('m.reaction', {}), group, 'reaction', false, {}],
    ['server ACLs', event('m.room.server_acl', {}, { state_key: '' }), group, 'room.server_acl', false, {}],
    ['an edit', message(edit), pair, 'suppress_edits', false, {}],
    [
      'an edit that mentions the user',
      message({ ...edit, ...mention({ user_ids: [me] }) }),
      group,
      'is_user_mention',
      true,
      loud,
    ],
    ['a topic', event('m.room.topic', { topic: 'x' }, { state_key: '' }), group, undefined, false, {}],
    [
      'a display name in the text',
      message({ body: 'hi my name!' }),
      group,
      'contains_display_name',
      true,
      loud,
    ],
    ['my localpart', message({ body: 'hi ME' }), group, 'contains_user_name', true, loud],
    ['@room', message({ body: '@room hi' }), powerful, 'roomnotif', true, { highlight: true }],
    ['@room without the power level', message({ body: '@room hi' }), group, 'message', true, {}],
  ]
  for (const [name, subject, context, ruleId, notify, tweaks] of rows) {
    it(name, () => {
      const outcome = evaluate(rules, subject, context)
      assert.equal(outcome.rule?.ruleId, ruleId === undefined ? undefined : `.m.rule.${ruleId}`)
      assert.equal(outcome.notify, notify)
      assert.deepEqual(outcome.tweaks, tweaks)
      assert.equal(outcome.highlight, 'highlight' in tweaks)
    })
  }

  for (const mentions of [{}, null, [], 'x', 1, { user_ids: 'x' }]) {
    it(`legacy mention rules do not apply beside m.mentions ${JSON.stringify(mentions)}`, () => {
      for (const body of ['hi my name!', 'hi ME', '@room hi']) {
        const outcome = evaluate(rules, message({ body, 'm.mentions': mentions }), powerful)
        assert.equal(outcome.rule?.ruleId, '.m.rule.message')
      }
    })
  }

  it('a name in the text is no mention when the legacy rules are off', () => {
    for (const body of ['hi my name!', 'hi ME', '@room hi']) {
      assert.equal(evaluate(modern, message({ body }), powerful).rule?.ruleId, '.m.rule.message')
    }
  })

  it('rules that concern one user do not match without a user', () => {
    const impersonal = { ...group, userId: undefined }
    const outcome = (subject: ReturnType<typeof event>) => evaluate(rules, subject, impersonal).rule?.ruleId
    assert.equal(outcome(message({ body: 'hi me, my name' })), '.m.rule.message')
    assert.equal(outcome(message(mention({ user_ids: [me] }))), '.m.rule.message')
    assert.equal(outcome(member({ membership: 'invite' }, me)), '.m.rule.member_event')
  })
})

describe('precedence', () => {
  const all = ruleset({
    override: [userRule('override', [], { conditions: [] })],
    content: [userRule('content', [], { pattern: 'hello' })],
    room: [userRule(room, [])],
    sender: [userRule('@bob:x', [])],
    underride: [userRule('underride', [], { conditions: [] })],
  })
  it('tries the kinds in order', () => {
    const order: [kind: keyof Ruleset, ruleId: string][] = [
      ['override', 'override'],
      ['content', 'content'],
      ['room', room],
      ['sender', '@bob:x'],
      ['underride', 'underride'],
    ]
    const rules = { ...all }
    for (const [kind, ruleId] of order) {
      const outcome = evaluate(compileRules(rules), message({}), group)
      assert.deepEqual(outcome.rule, { kind, ruleId })
      rules[kind] = []
    }
    assert.equal(evaluate(compileRules(rules), message({}), group), NO_MATCH)
  })

  it('takes the outcome of the first rule that matches and nothing from the others', () => {
    const rules = ruleset({
      content: [
        userRule('other', ['notify'], { pattern: 'goodbye' }),
        userRule('tea', ['notify'], { pattern: 'tea' }),
        userRule('time', ['notify', { set_tweak: 'sound', value: 'gong' }], { pattern: 'time' }),
      ],
    })
    const outcome = evaluate(compileRules(rules), message({ body: "It's time for tea" }), group)
    assert.equal(outcome.rule?.ruleId, 'tea')
    assert.deepEqual(outcome.tweaks, {})
  })

  it('tries the master rule first wherever it is in the list', () => {
    const master = { ...userRule('.m.rule.master', [], { conditions: [] }), default: true }
    const override = [userRule('mine', ['notify'], { conditions: [] }), master]
    assert.equal(decidedBy(ruleset({ override })), '.m.rule.master')
    assert.equal(decidedBy(ruleset({ override: [override[0], { ...master, enabled: false }] })), 'mine')
  })

  it('skips disabled rules', () => {
    for (const enabled of [false, undefined, 0, 'true']) {
      const override = [
        userRule('off', [], { conditions: [], enabled }),
        userRule('on', [], { conditions: [] }),
      ]
      assert.equal(decidedBy(ruleset({ override })), 'on')
    }
    assert.equal(decidedBy(ruleset({ room: [userRule(room, [], { enabled: false })] })), undefined)
  })

  it('requires all conditions, and always matches without conditions', () => {
    const yes = { kind: 'event_match', key: 'type', pattern: 'm.room.message' }
    const no = { kind: 'event_match', key: 'type', pattern: 'm.other' }
    const withConditions = (conditions: unknown) =>
      decidedBy(ruleset({ underride: [userRule('it', [], { conditions })] }))
    assert.equal(withConditions([yes, yes]), 'it')
    assert.equal(withConditions([yes, no]), undefined)
    assert.equal(withConditions([no, yes]), undefined)
    assert.equal(withConditions([]), 'it')
    assert.equal(withConditions(undefined), 'it')
    assert.equal(withConditions([yes, { kind: 'org.example.future' }]), undefined)
    assert.equal(withConditions(null), undefined)
    assert.equal(withConditions({}), undefined)
  })

  it('adds no condition on state events', () => {
    const rules = ruleset({
      underride: [userRule('it', [], { conditions: [{ kind: 'event_match', key: 'type', pattern: 'm.x' }] })],
    })
    assert.equal(decidedBy(rules, event('m.x', {}, { state_key: 'any' })), 'it')
    assert.equal(decidedBy(rules, event('m.x', {})), 'it')
  })
})

describe('one event, many rules', () => {
  it('can be shared by different evaluations', () => {
    const subject = message({ body: 'Tea for ALICE', list: ['a'] })
    const content = (pattern: string) => compileRules(ruleset({ content: [userRule('it', [], { pattern })] }))
    const list = (value: string) =>
      compileRules(
        ruleset({
          override: [
            userRule('it', [], {
              conditions: [{ kind: 'event_property_contains', key: 'content.list', value }],
            }),
          ],
        }),
      )
    for (let round = 0; round < 2; round++) {
      assert.equal(evaluate(content('alice'), subject, group).rule?.ruleId, 'it')
      assert.equal(evaluate(content('bob'), subject, group), NO_MATCH)
      assert.equal(evaluate(list('a'), subject, group).rule?.ruleId, 'it')
      assert.equal(evaluate(list('b'), subject, group), NO_MATCH)
    }
  })
})
