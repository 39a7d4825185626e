import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  compileRules,
  DEFAULT_RULE_LIMITS,
  type RuleKind,
  validateActions,
  validateRule,
} from '../../src/push-rules/index.ts'
import { ruleset } from './support.ts'
import { runs } from '../support/property.ts'

const problemOf = (kind: RuleKind, body: unknown, ruleId = 'id', options = {}) => {
  const checked = validateRule({ kind, ruleId }, body, options)
  return checked.ok ? undefined : checked.problem.reason
}
const match = { kind: 'event_match', key: 'type', pattern: 'x' }

describe('validateRule', () => {
  const good: [kind: RuleKind, body: object][] = [
    ['override', { conditions: [], actions: [] }],
    ['override', { conditions: [match, { kind: 'org.example.future', any: [1] }], actions: ['notify'] }],
    ['underride', { conditions: [{ kind: 'contains_display_name' }], actions: ['dont_notify', 'coalesce'] }],
    [
      'content',
      { pattern: 'tea', actions: ['notify', { set_tweak: 'org.example.light', value: { red: 1 } }] },
    ],
    ['room', { actions: [] }],
    ['sender', { actions: [{ set_tweak: 'highlight' }] }],
    ['override', { conditions: [{ kind: 'event_property_is', key: 'a', value: null }], actions: [] }],
  ]
  for (const [kind, body] of good) {
    it(`accepts a rule of kind ${kind}: ${JSON.stringify(body)}`, () => {
      assert.deepEqual(validateRule({ kind, ruleId: 'id' }, body), {
        ok: true,
        value: { kind, ruleId: 'id', ...body },
      })
    })
  }

  it('drops properties of other rule kinds', () => {
    const body = { conditions: [match], pattern: 'p', actions: [], enabled: false, rule_id: 'other', more: 1 }
    const valueOf = (kind: RuleKind) => {
      const checked = validateRule({ kind, ruleId: 'id' }, body)
      return checked.ok ? Object.keys(checked.value).toSorted().join() : undefined
    }
    assert.equal(valueOf('override'), 'actions,conditions,kind,ruleId')
    assert.equal(valueOf('content'), 'actions,kind,pattern,ruleId')
    assert.equal(valueOf('room'), 'actions,kind,ruleId')
  })

  const bad: [reason: string, kind: RuleKind, body: unknown][] = [
    ['malformed', 'room', null],
    ['malformed', 'room', []],
    ['missing', 'room', {}],
    ['malformed', 'room', { actions: 'notify' }],
    ['malformed', 'room', { actions: [1] }],
    ['malformed', 'room', { actions: [null] }],
    ['invalid', 'room', { actions: ['ring'] }],
    ['invalid', 'room', { actions: [{}] }],
    ['invalid', 'room', { actions: [{ set_tweak: 1 }] }],
    ['missing', 'override', { actions: [] }],
    ['malformed', 'underride', { conditions: {}, actions: [] }],
    ['malformed', 'override', { conditions: ['x'], actions: [] }],
    ['missing', 'override', { conditions: [{}], actions: [] }],
    ['malformed', 'override', { conditions: [{ kind: 1 }], actions: [] }],
    ['missing', 'override', { conditions: [{ kind: 'event_match', key: 'a' }], actions: [] }],
    ['malformed', 'override', { conditions: [{ ...match, pattern: 1 }], actions: [] }],
    ['malformed', 'override', { conditions: [{ ...match, key: 1 }], actions: [] }],
    ['missing', 'override', { conditions: [{ kind: 'event_property_is', key: 'a' }], actions: [] }],
    [
      'malformed',
      'override',
      { conditions: [{ kind: 'event_property_contains', key: 'a', value: 1.5 }], actions: [] },
    ],
    ['malformed', 'override', { conditions: [{ kind: 'room_member_count', is: 2 }], actions: [] }],
    ['missing', 'override', { conditions: [{ kind: 'sender_notification_permission' }], actions: [] }],
    ['missing', 'override', { conditions: [{ kind: 'profile_tag' }], actions: [] }],
    ['missing', 'content', { actions: [] }],
    ['malformed', 'content', { pattern: 1, actions: [] }],
    ['invalid', 'content', { pattern: 'a\0', actions: [] }],
    ['invalid', 'content', { pattern: '\ud83d', actions: [] }],
    ['too_large', 'content', { pattern: 'x'.repeat(513), actions: [] }],
    ['too_large', 'override', { conditions: [{ ...match, pattern: 'x'.repeat(513) }], actions: [] }],
    ['too_large', 'override', { conditions: Array.from({ length: 51 }, () => match), actions: [] }],
    ['too_large', 'room', { actions: [{ set_tweak: 'x', value: 'é'.repeat(2048) }] }],
  ]
  for (const [reason, kind, body] of bad) {
    it(`refuses as ${reason} a rule of kind ${kind}: ${JSON.stringify(body).slice(0, 80)}`, () => {
      assert.equal(problemOf(kind, body), reason)
    })
  }

  it('refuses ids that cannot be in a path or stored in a table', () => {
    const reasons = ['', '.m.rule.x', 'a/b', 'a\\b', 'a\0', '\ud83d', 'é'.repeat(151)].map((ruleId) =>
      problemOf('room', { actions: [] }, ruleId),
    )
    assert.deepEqual(reasons, ['invalid', 'invalid', 'invalid', 'invalid', 'invalid', 'invalid', 'too_large'])
    assert.equal(problemOf('room', { actions: [] }, 'é'.repeat(150)), undefined)
  })

  it('applies the given limits', () => {
    const limits = { ...DEFAULT_RULE_LIMITS, maxConditions: 1, maxIdBytes: 2 }
    assert.equal(
      problemOf('override', { conditions: [match, match], actions: [] }, 'id', { limits }),
      'too_large',
    )
    assert.equal(problemOf('override', { conditions: [match], actions: [] }, 'id', { limits }), undefined)
    assert.equal(problemOf('override', { conditions: [match], actions: [] }, 'idx', { limits }), 'too_large')
  })

  it('accepts notify_in_app only when the setting is on', () => {
    const actions = ['org.matrix.msc3768.notify_in_app']
    assert.equal(problemOf('room', { actions }), 'invalid')
    assert.equal(problemOf('room', { actions }, 'id', { experimental: { notifyInApp: true } }), undefined)
    assert.equal(validateActions(actions).ok, false)
    assert.equal(validateActions(actions, { experimental: { notifyInApp: true } }).ok, true)
  })

  it('never throws, and accepts only rules that can be compiled', () => {
    const json = fc.jsonValue({ maxDepth: 3 })
    const body = fc.oneof(
      json,
      fc.record(
        { conditions: json, pattern: json, actions: fc.oneof(fc.constant([]), json) },
        { requiredKeys: [] },
      ),
    )
    const kind = fc.constantFrom<RuleKind>('override', 'content', 'room', 'sender', 'underride')
    fc.assert(
      fc.property(kind, fc.string(), body, (of, ruleId, candidate) => {
        const checked = validateRule({ kind: of, ruleId }, candidate)
        if (!checked.ok) return
        const { kind: _, ...rule } = checked.value
        compileRules(ruleset({ [of]: [{ ...rule, rule_id: ruleId, enabled: true }] }))
      }),
      { numRuns: runs(1000) },
    )
  })
})

describe('validateActions', () => {
  it('reports the problem', () => {
    const reasonOf = (actions: unknown) => {
      const checked = validateActions(actions)
      return checked.ok ? undefined : checked.problem.reason
    }
    assert.deepEqual([undefined, {}, ['x'], [true]].map(reasonOf), [
      'missing',
      'malformed',
      'invalid',
      'malformed',
    ])
    assert.equal(reasonOf([{ set_tweak: 'x', value: 'y'.repeat(5000) }]), 'too_large')
    assert.equal(reasonOf(['notify']), undefined)
  })
})
