import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  compileRules,
  defaultRules,
  evaluate,
  evaluateForDevice,
  explain,
  prepareEvent,
  rulesetFor,
  type Ruleset,
} from '../../src/push-rules/index.ts'
import { compiledOf, randomUsers, randomContext, randomEvent, rulesOf, settings } from './random-rules.ts'
import { group, me, message, room, ruleset, userRule } from './support.ts'
import { runs } from '../support/property.ts'

const defaults = defaultRules({ userId: me, localpart: 'me', legacyMentionRules: false })
const global = (userRules: Partial<Ruleset> = {}) => ({
  scope: 'global' as const,
  rules: rulesetFor({ defaults, changes: [], userRules }),
})
const phone = (rules: object) => ({ scope: 'device' as const, handle: 'phone', rules: ruleset(rules) })

describe('explain', () => {
  it('has the outcome of the evaluation, for a user and for a device', () => {
    let reached = 0
    fc.assert(
      fc.property(randomUsers, settings, randomContext, randomEvent, (members, using, room, source) => {
        const [user, other] = members
        assert.ok(user && other)
        const event = prepareEvent(source)
        const context = {
          ...room,
          userId: user.userId,
          displayName: user.displayName,
          profileTag: 'phone',
        }
        const own = rulesOf(user, using)
        const outcome = evaluate(compiledOf(user, using), event, context)
        const alone = explain({
          scopes: [{ scope: 'global', rules: own }],
          event,
          context,
          settings: using,
          owner: user.owner,
        })
        assert.deepEqual(alone.outcome, outcome)

        const device = ruleset(other.own)
        const expected = evaluateForDevice(
          { rules: compileRules(device, { ...using, ...user.owner }), global: outcome },
          event,
          context,
        )
        const both = explain({
          scopes: [
            { scope: 'device', handle: 'phone', rules: device },
            { scope: 'global', rules: own },
          ],
          event,
          context,
          settings: using,
          owner: user.owner,
        })
        assert.deepEqual(both.outcome, expected)
        assert.equal(both.decidedBy?.ruleId, expected.rule?.ruleId)
        for (const { verdict, conditions } of both.rules) {
          if (verdict === 'matched') assert.ok(conditions.every(({ holds }) => holds))
          if (verdict === 'no match') assert.ok(conditions.some(({ holds }) => !holds))
        }
        const at = both.rules.findIndex(({ verdict }) => verdict === 'matched')
        if (at !== -1) {
          reached++
          assert.ok(both.rules.slice(0, at).every(({ verdict }) => verdict !== 'not reached'))
          assert.ok(
            both.rules.slice(at + 1).every(({ verdict }) => verdict !== 'no match' && verdict !== 'matched'),
          )
        }
      }),
      { numRuns: runs(1000) },
    )
    assert.ok(reached > 500, String(reached))
  })

  it('reports the expected and the actual value of each condition', () => {
    const rules = global({
      override: [
        userRule('o', [], {
          conditions: [
            { kind: 'event_match', key: 'type', pattern: 'm.room.*' },
            { kind: 'event_match', key: 'content.body', pattern: 'tea' },
            { kind: 'event_property_is', key: 'content.n', value: 1 },
            { kind: 'event_property_contains', key: 'content.list', value: 'x' },
            { kind: 'contains_display_name' },
            { kind: 'room_member_count', is: '2' },
            { kind: 'sender_notification_permission', key: 'room' },
            { kind: 'profile_tag', profile_tag: 'phone' },
            { kind: 'org.example.future' },
          ],
        }),
      ],
    })
    const event = message({ body: 'coffee', n: '1', list: ['a', { b: 1 }] })
    const powerLevels = { users_default: 10, notifications: { room: 20 } }
    const { rules: explained } = explain({ scopes: [rules], event, context: { ...group, powerLevels } })
    const found = explained.find(({ ruleId }) => ruleId === 'o')
    assert.deepEqual(
      found?.conditions.map(({ holds, expected, actual }) => [holds, expected, actual]),
      [
        [true, 'm.room.*', 'm.room.message'],
        [false, 'tea', 'coffee'],
        [false, 1, '1'],
        [false, 'x', ['a', {}]],
        [false, 'My Name', 'coffee'],
        [false, '2', 5],
        [false, 20, 10],
        [false, 'phone', undefined],
        [false, 'a well-formed condition of a known kind', 'org.example.future'],
      ],
    )
  })

  it('reports the condition that the kind of a rule implies', () => {
    const rules = global({
      content: [{ ...userRule('c', []), pattern: 'tea' }],
      room: [userRule('!other:x', [])],
      sender: [userRule('@eve:x', [])],
    })
    const { rules: explained, decidedBy } = explain({ scopes: [rules], event: message({}), context: group })
    const shown = explained
      .filter(({ ruleId }) => !ruleId.startsWith('.'))
      .map(({ ruleId, verdict, conditions }) => [
        ruleId,
        verdict,
        conditions[0]?.expected,
        conditions[0]?.actual,
      ])
    assert.deepEqual(shown, [
      ['c', 'no match', 'tea', 'hello'],
      ['!other:x', 'no match', '!other:x', room],
      ['@eve:x', 'no match', '@eve:x', '@bob:x'],
    ])
    assert.deepEqual(decidedBy, {
      scope: 'global',
      handle: undefined,
      kind: 'underride',
      ruleId: '.m.rule.message',
    })
  })

  it('distinguishes disabled, malformed and unreached rules from rules that did not match', () => {
    const rules = global({
      override: [
        userRule('off', [], { enabled: false }),
        userRule('bad', 'notify' as never, {}),
        userRule('first', ['notify'], {}),
        userRule('second', [], {}),
      ],
    })
    const { rules: explained } = explain({ scopes: [rules], event: message({}), context: group })
    const verdicts = Object.fromEntries(explained.map(({ ruleId, verdict }) => [ruleId, verdict]))
    assert.equal(verdicts['off'], 'disabled')
    assert.equal(verdicts['bad'], 'malformed')
    assert.equal(verdicts['first'], 'matched')
    assert.equal(verdicts['second'], 'not reached')
    assert.equal(verdicts['.m.rule.message'], 'not reached')
    assert.equal(verdicts['.m.rule.master'], 'disabled')
  })

  it('reports why a legacy mention rule is skipped', () => {
    const legacy = defaultRules({ userId: me, localpart: 'me', legacyMentionRules: true })
    const event = message({ body: 'My Name', 'm.mentions': {} })
    const { rules } = explain({ scopes: [{ scope: 'global', rules: legacy }], event, context: group })
    const byName = rules.find(({ ruleId }) => ruleId === '.m.rule.contains_display_name')
    assert.equal(byName?.verdict, 'no match')
    assert.deepEqual(
      byName?.conditions.map(({ holds }) => holds),
      [false, true],
    )
  })

  it('lists device rules before global rules, and the master rule before both', () => {
    const device = phone({ override: [userRule('mine', ['notify'])] })
    const master = rulesetFor({
      defaults,
      changes: [{ kind: 'override', ruleId: '.m.rule.master', enabled: true }],
      userRules: {},
    })
    const asked = { event: message({}), context: group }
    const decided = explain({ scopes: [device, global()], ...asked }).decidedBy
    assert.deepEqual(decided, { scope: 'device', handle: 'phone', kind: 'override', ruleId: 'mine' })
    const silenced = explain({ scopes: [device, { scope: 'global', rules: master }], ...asked })
    assert.equal(silenced.decidedBy?.ruleId, '.m.rule.master')
    assert.equal(silenced.rules[1]?.verdict, 'not reached')
  })

  it('cuts long values', () => {
    const body = 'x'.repeat(100_000)
    const rules = global({ content: [{ ...userRule('c', []), pattern: 'tea' }] })
    const { rules: explained } = explain({ scopes: [rules], event: message({ body }), context: group })
    const actual = explained.find(({ ruleId }) => ruleId === 'c')?.conditions[0]?.actual
    assert.ok(typeof actual === 'string' && actual.length < 600)
  })
})
