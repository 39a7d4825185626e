import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  compileRules,
  concernedUsers,
  evaluate,
  prepareEvent,
  type Ruleset,
} from '../../src/push-rules/index.ts'
import { runs } from '../support/property.ts'

// Arbitrary JSON in which meaningful names are frequent.
const json = fc.jsonValue({ maxDepth: 3 })
const text = fc.oneof(
  fc.constantFrom(
    'content.body',
    'content.v',
    'type',
    'room',
    'notify',
    '*',
    '?a*',
    '>=1',
    '',
    'm.room.message',
    'a b',
  ),
  fc.string(),
)
const loose = (value: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 4, arbitrary: value }, { weight: 1, arbitrary: json })
const object = (shape: Record<string, fc.Arbitrary<unknown>>) =>
  loose(
    fc.record(Object.fromEntries(Object.entries(shape).map(([key, value]) => [key, loose(value)])), {
      requiredKeys: [],
    }),
  )

const condition = object({
  kind: fc.constantFrom(
    'event_match',
    'event_property_is',
    'event_property_contains',
    'contains_display_name',
    'room_member_count',
    'sender_notification_permission',
    'other',
  ),
  key: text,
  pattern: text,
  value: text,
  is: text,
})
const rule = object({
  rule_id: fc.oneof(fc.constantFrom('.m.rule.master', '.m.rule.roomnotif', '!r:x', '@a:x'), text),
  enabled: fc.constant(true),
  default: fc.boolean(),
  actions: fc.array(object({ set_tweak: fc.constantFrom('sound', 'highlight', 'x'), value: json })),
  conditions: fc.array(condition, { maxLength: 2 }),
  pattern: text,
})
const rules = fc.array(rule, { maxLength: 3 })
const ruleset = object({ override: rules, content: rules, room: rules, sender: rules, underride: rules })
const event = object({
  type: text,
  sender: fc.constant('@a:x'),
  room_id: fc.constant('!r:x'),
  state_key: text,
  content: object({
    body: text,
    v: fc.array(text),
    membership: text,
    'm.mentions': object({ user_ids: fc.array(text) }),
  }),
})
const powerLevels = object({
  users: object({ '@a:x': fc.integer() }),
  notifications: object({ room: fc.integer() }),
})

describe('arbitrary JSON', () => {
  it('compiling and evaluating never throws, and returns an outcome', () => {
    let matched = 0
    fc.assert(
      fc.property(ruleset, event, powerLevels, text, (ruleset, source, levels, displayName) => {
        const prepared = prepareEvent(source)
        const context = {
          userId: '@me:x',
          displayName,
          memberCount: 2,
          powerLevels: levels,
          roomVersion: '9',
        }
        // The caller must pass a list of rules, as the type of the argument requires.
        const compiled = compileRules(Object(ruleset) as Ruleset)
        const outcome = evaluate(compiled, prepared, context)
        assert.equal(typeof outcome.notify, 'boolean')
        assert.equal(typeof outcome.highlight, 'boolean')
        assert.ok(Array.isArray(outcome.actions))
        assert.ok(outcome.rule !== null || !outcome.notify)
        if (outcome.rule !== null) matched++
        concernedUsers(prepared, { legacyMentionRules: true })
      }),
      { numRuns: runs(1500) },
    )
    assert.ok(matched > 100, `only ${matched} rules matched`)
  })

  it('does not change its arguments', () => {
    fc.assert(
      fc.property(ruleset, event, (ruleset, source) => {
        const before = JSON.stringify([ruleset, source])
        evaluate(compileRules(Object(ruleset) as Ruleset), prepareEvent(source), { memberCount: 2 })
        assert.equal(JSON.stringify([ruleset, source]), before)
      }),
    )
  })
})
