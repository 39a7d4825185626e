import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { IPushRules } from 'matrix-js-sdk'
import {
  NO_MATCH,
  compileRules,
  evaluate,
  prepareEvent,
  type Action,
  type PushRulesResponse,
  type Ruleset,
} from '../../src/push-rules/index.ts'
import { event, group, message, room, ruleset, userRule } from './support.ts'

const decidedBy = (rules: Ruleset | PushRulesResponse, subject = message({})) =>
  evaluate(compileRules(rules), subject, group).rule?.ruleId

describe('the response of GET /pushrules/', () => {
  const muted = ruleset({ room: [userRule(room, [])], underride: [userRule('all', ['notify'])] })
  it('is compiled like its global rules; other scopes are ignored', () => {
    const device = { phone: ruleset({ override: [userRule('mine', ['notify'])] }) }
    const response = { global: muted, device }
    assert.deepEqual(evaluate(compileRules(response), message({}), group), {
      ...NO_MATCH,
      rule: { kind: 'room', ruleId: room },
    })
    assert.equal(decidedBy(muted), room)
  })
  it('can have the type of matrix-js-sdk', () => {
    const response: IPushRules = { global: { override: [{ ...userRule('all', []), actions: [] }] } }
    assert.equal(decidedBy(response), 'all')
  })
  it('may lack kinds, and never throws', () => {
    assert.equal(decidedBy({ global: { underride: muted.underride } }), 'all')
    for (const json of [{}, { global: {} }, { global: null }, { global: 1 }, null, [], 'text', 1])
      assert.equal(decidedBy(json as PushRulesResponse), undefined)
  })
})

describe('room and sender rules', () => {
  it('compare ids exactly', () => {
    for (const id of [room.toUpperCase(), '!*:x', '!room:?', '', room + '2']) {
      assert.equal(decidedBy(ruleset({ room: [userRule(id, [])] })), undefined)
    }
    for (const id of ['@BOB:x', '@*:x', '*', '', '@bob:xy']) {
      assert.equal(decidedBy(ruleset({ sender: [userRule(id, [])] })), undefined)
    }
  })
  it('ignore other properties', () => {
    const rules = ruleset({ sender: [userRule('@eve:x', [])], room: [userRule('!other:x', [])] })
    const subject = event(
      'm.room.message',
      { room_id: '!other:x' },
      { user_id: '@eve:x', state_key: '@eve:x' },
    )
    assert.equal(decidedBy(rules, subject), undefined)
  })
  it('do not match an event without a room or a sender', () => {
    const rules = ruleset({ sender: [userRule('null', [])], room: [userRule('null', [])] })
    assert.equal(decidedBy(rules, prepareEvent({ sender: null, room_id: null })), undefined)
  })
  it('use the first of two rules with the same id', () => {
    const rules = ruleset({ room: [userRule(room, ['notify']), userRule(room, [])] })
    assert.equal(evaluate(compileRules(rules), message({}), group).notify, true)
  })
})

describe('actions', () => {
  const outcomeOf = (actions: unknown) =>
    evaluate(
      compileRules(ruleset({ override: [userRule('it', actions as Action[], { conditions: [] })] })),
      message({}),
      group,
    )
  const rows: [actions: unknown[], notify: boolean, highlight: boolean, tweaks: object][] = [
    [[], false, false, {}],
    [['notify'], true, false, {}],
    [['dont_notify'], false, false, {}],
    [['coalesce'], false, false, {}],
    [['dont_notify', 'notify'], true, false, {}],
    [['notify', { set_tweak: 'highlight' }], true, true, { highlight: true }],
    [['notify', { set_tweak: 'highlight', value: true }], true, true, { highlight: true }],
    [['notify', { set_tweak: 'highlight', value: false }], true, false, { highlight: false }],
    [['notify', { set_tweak: 'highlight', value: 'false' }], true, false, {}],
    [['notify', { set_tweak: 'highlight', value: null }], true, false, {}],
    [[{ set_tweak: 'highlight' }], false, false, { highlight: true }],
    [['notify', { set_tweak: 'sound', value: 'gong' }], true, false, { sound: 'gong' }],
    [['notify', { set_tweak: 'sound', value: 1 }], true, false, {}],
    [['notify', { set_tweak: 'sound' }], true, false, {}],
    [['notify', { set_tweak: 'light', value: { red: 1 } }], true, false, { light: { red: 1 } }],
    [['notify', { set_tweak: 'light' }], true, false, { light: true }],
    [['notify', { set_tweak: 'a', value: 1 }, { set_tweak: 'a', value: 2 }], true, false, { a: 2 }],
    [['notify', 'org.example.future', 7, null, ['notify'], { notify: true }], true, false, {}],
  ]
  for (const [actions, notify, highlight, tweaks] of rows) {
    it(JSON.stringify(actions), () => {
      const outcome = outcomeOf(actions)
      assert.deepEqual(outcome, {
        notify,
        highlight,
        tweaks,
        actions,
        rule: { kind: 'override', ruleId: 'it' },
      })
    })
  }
  it('a tweak can have any name', () => {
    const { tweaks } = outcomeOf([{ set_tweak: '__proto__', value: { highlight: true } }, 'notify'])
    assert.deepEqual(Object.keys(tweaks), ['__proto__'])
    assert.equal(tweaks['highlight'], undefined)
  })
  it('a rule without a list of actions is dropped', () => {
    for (const actions of [undefined, null, 'notify', {}]) assert.equal(outcomeOf(actions), NO_MATCH)
  })
  it('outcomes are frozen', () => {
    const outcome = outcomeOf(['notify'])
    assert.throws(() => Object.assign(outcome, { notify: false }), TypeError)
    assert.throws(() => Object.assign(outcome.tweaks, { highlight: true }), TypeError)
  })
})
