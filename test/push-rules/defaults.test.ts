import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defaultRules, impersonalDefaults } from '../../src/push-rules/defaults.ts'
import { evaluate } from '../../src/push-rules/evaluate.ts'
import { prepareEvent } from '../../src/push-rules/event.ts'
import type { Ruleset } from '../../src/push-rules/model.ts'
import { compiledDefaults } from '../../src/push-rules/shared-defaults.ts'

const options = { userId: '@me:x', localpart: 'me' }
const ids = (rules: Ruleset) =>
  Object.fromEntries(
    Object.entries(rules).map(([kind, list]) => [
      kind,
      list.map((rule) => rule.rule_id.slice('.m.rule.'.length)),
    ]),
  )
const find = (rules: Ruleset, id: string) =>
  Object.values(rules)
    .flat()
    .find((rule) => rule.rule_id === `.m.rule.${id}`)

const said = (body: string) => ({ type: 'm.room.message', content: { msgtype: 'm.text', body } })

const underride = ['call', 'encrypted_room_one_to_one', 'room_one_to_one', 'message', 'encrypted']

describe('defaultRules', () => {
  it('has the rules of the specification in order', () => {
    assert.deepEqual(ids(defaultRules({ ...options, legacyMentionRules: false })), {
      override: [
        'master',
        'suppress_notices',
        'invite_for_me',
        'member_event',
        'is_user_mention',
        'is_room_mention',
        'tombstone',
        'reaction',
        'room.server_acl',
        'suppress_edits',
      ],
      content: [],
      room: [],
      sender: [],
      underride,
    })
  })

  it('has no rule for a localpart without letters and digits', () => {
    for (const localpart of ['.', '-', '_', '=/+']) {
      const settings = { userId: `@${localpart}:x`, localpart, legacyMentionRules: true }
      assert.deepEqual(ids(defaultRules(settings))['content'], [])
      const shared = evaluate(compiledDefaults(settings), prepareEvent(said(`a ${localpart} b`)), {
        memberCount: 3,
        userId: settings.userId,
      })
      assert.equal(shared.rule?.ruleId, '.m.rule.message')
    }
  })

  it('puts the legacy mention rules at their positions', () => {
    assert.deepEqual(ids(defaultRules({ ...options, legacyMentionRules: true })), {
      override: [
        'master',
        'suppress_notices',
        'invite_for_me',
        'member_event',
        'is_user_mention',
        'contains_display_name',
        'is_room_mention',
        'roomnotif',
        'tombstone',
        'reaction',
        'room.server_acl',
        'suppress_edits',
      ],
      content: ['contains_user_name'],
      room: [],
      sender: [],
      underride,
    })
  })

  it('marks every rule as default, and enables all rules except the master rule', () => {
    for (const rule of Object.values(defaultRules({ ...options, legacyMentionRules: true })).flat()) {
      assert.equal(rule.default, true)
      assert.equal(rule.enabled, rule.rule_id !== '.m.rule.master')
    }
  })

  it('contains the user id in the rules of the specification that name the user', () => {
    const rules = defaultRules({ ...options, legacyMentionRules: true })
    assert.deepEqual(find(rules, 'invite_for_me'), {
      rule_id: '.m.rule.invite_for_me',
      default: true,
      enabled: true,
      conditions: [
        { kind: 'event_match', key: 'type', pattern: 'm.room.member' },
        { kind: 'event_match', key: 'content.membership', pattern: 'invite' },
        { kind: 'event_match', key: 'state_key', pattern: '@me:x' },
      ],
      actions: ['notify', { set_tweak: 'sound', value: 'default' }],
    })
    assert.deepEqual(find(rules, 'is_user_mention'), {
      rule_id: '.m.rule.is_user_mention',
      default: true,
      enabled: true,
      conditions: [{ kind: 'event_property_contains', key: 'content.m\\.mentions.user_ids', value: '@me:x' }],
      actions: ['notify', { set_tweak: 'sound', value: 'default' }, { set_tweak: 'highlight' }],
    })
    assert.deepEqual(find(rules, 'contains_user_name'), {
      rule_id: '.m.rule.contains_user_name',
      default: true,
      enabled: true,
      pattern: 'me',
      actions: ['notify', { set_tweak: 'sound', value: 'default' }, { set_tweak: 'highlight' }],
    })
  })

  it('returns a new set at each call', () => {
    const changed = defaultRules({ ...options, legacyMentionRules: true })
    for (const rule of Object.values(changed).flat()) {
      rule.enabled = false
      for (const action of rule.actions) if (typeof action !== 'string') action.set_tweak = 'changed'
      if ('conditions' in rule) for (const each of rule.conditions ?? []) each.kind = 'changed'
    }
    const fresh = JSON.stringify(defaultRules({ ...options, legacyMentionRules: true }))
    assert.equal(fresh.includes('changed'), false)
  })
})

describe('impersonalDefaults', () => {
  it('has the same rules with the personal ones disabled', () => {
    const rules = impersonalDefaults({ legacyMentionRules: true })
    assert.deepEqual(ids(rules), ids(defaultRules({ ...options, legacyMentionRules: true })))
    const disabled = Object.values(rules)
      .flat()
      .filter((rule) => !rule.enabled)
      .map((rule) => rule.rule_id)
    assert.deepEqual(disabled, [
      '.m.rule.master',
      '.m.rule.invite_for_me',
      '.m.rule.is_user_mention',
      '.m.rule.contains_display_name',
      '.m.rule.contains_user_name',
    ])
  })
})
