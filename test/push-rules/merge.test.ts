import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  analyseRules,
  cohortIn,
  DEFAULT_COHORT_ID,
  defaultRules,
  rulesetFor,
} from '../../src/push-rules/index.ts'
import type { DefaultRuleChange, Ruleset } from '../../src/push-rules/index.ts'
import { me, room, userRule } from './support.ts'

const owner = { userId: me, localpart: 'me', legacyMentionRules: true }
const merged = (userRules: Partial<Ruleset>, changes: DefaultRuleChange[] = []) =>
  rulesetFor({ defaults: defaultRules(owner), changes, userRules })
const cohortOf = (userRules: Partial<Ruleset>, changes: DefaultRuleChange[] = [], roomId = room) =>
  cohortIn(analyseRules(merged(userRules, changes), owner), roomId).id
const muted = (ruleId: string, roomId: string) =>
  userRule(ruleId, [], { conditions: [{ kind: 'event_match', key: 'room_id', pattern: roomId }] })

describe('rulesetFor', () => {
  it('puts user rules between the master rule and the other default rules', () => {
    const { override, underride } = merged({
      override: [userRule('a', []), userRule('b', [])],
      underride: [userRule('u', [])],
    })
    assert.deepEqual(
      override.slice(0, 4).map(({ rule_id: id }) => id),
      ['.m.rule.master', 'a', 'b', '.m.rule.suppress_notices'],
    )
    assert.equal(underride[0]?.rule_id, 'u')
  })
  it('applies the changes of a default rule and leaves the other rules unchanged', () => {
    const changes: DefaultRuleChange[] = [
      { kind: 'override', ruleId: '.m.rule.master', enabled: true },
      { kind: 'underride', ruleId: '.m.rule.message', actions: [], enabled: null },
      { kind: 'content', ruleId: '.m.rule.message', enabled: false },
      { kind: 'room', ruleId: '.gone', enabled: false },
    ]
    const { override, underride } = merged({}, changes)
    assert.equal(override[0]?.enabled, true)
    const message = underride.find(({ rule_id: id }) => id === '.m.rule.message')
    assert.deepEqual([message?.enabled, message?.actions], [true, []])
  })
  it('does not change its arguments', () => {
    const defaults = defaultRules(owner)
    rulesetFor({
      defaults,
      changes: [{ kind: 'override', ruleId: '.m.rule.master', enabled: true }],
      userRules: {},
    })
    assert.deepEqual(defaults, defaultRules(owner))
  })
})

describe('the id of a cohort', () => {
  it('is the default id without rules that match alike for all members of the room', () => {
    assert.equal(cohortOf({}), DEFAULT_COHORT_ID)
    assert.equal(
      cohortOf({ room: [userRule('!other:x', [])], override: [muted('m', '!other:x')] }),
      DEFAULT_COHORT_ID,
    )
    assert.equal(cohortOf({ content: [{ ...userRule('k', ['notify']), pattern: 'tea' }] }), DEFAULT_COHORT_ID)
    assert.equal(cohortOf({ sender: [userRule('@eve:x', [])] }), DEFAULT_COHORT_ID)
    const quieter: DefaultRuleChange = {
      kind: 'override',
      ruleId: '.m.rule.is_user_mention',
      actions: ['notify'],
    }
    assert.equal(cohortOf({}, [quieter]), DEFAULT_COHORT_ID)
    assert.equal(analyseRules(merged({}), owner).isDefault, true)
    assert.equal(analyseRules(merged({}, [quieter]), owner).isDefault, false)
  })
  it('is the same for equal rules, and ignores rules after one that always matches', () => {
    const mentionsOnly = cohortOf({ room: [userRule(room, [])] })
    assert.match(mentionsOnly, /^[0-9a-f]{40}$/)
    assert.equal(cohortOf({ room: [userRule('!other:x', ['notify']), userRule(room, [])] }), mentionsOnly)
    const below = { underride: [userRule('u', ['notify'], { conditions: [] })] }
    assert.equal(cohortOf({ ...below, room: [userRule(room, [])] }), mentionsOnly)
    const silent = cohortOf({ override: [muted(room, room)] })
    assert.equal(cohortOf({ ...below, override: [muted(room, room), userRule('x', ['notify'])] }), silent)
    assert.notEqual(silent, mentionsOnly)
  })
  it('differs for other actions, and for a disabled default rule', () => {
    const off: DefaultRuleChange = { kind: 'underride', ruleId: '.m.rule.message', enabled: false }
    const ids = [
      cohortOf({}),
      cohortOf({ room: [userRule(room, [])] }),
      cohortOf({ room: [userRule(room, ['notify'])] }),
      cohortOf({}, [off]),
    ]
    assert.equal(new Set(ids).size, ids.length)
  })
  it('stays the same when the server changes the default rules', () => {
    const newer = { ...owner, legacyMentionRules: false, experimental: { polls: true, knocks: true } }
    for (const own of [
      { override: [muted(room, room)] },
      { room: [userRule(room, [])] },
      {},
    ] as Partial<Ruleset>[]) {
      const rules = rulesetFor({ defaults: defaultRules(newer), changes: [], userRules: own })
      assert.equal(cohortIn(analyseRules(rules, newer), room).id, cohortOf(own))
    }
  })
})
