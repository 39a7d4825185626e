import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compileRules, deadRules, defaultRules, evaluate, prepareEvent } from '../../src/push-rules/index.ts'
import { ids, randomUsers, roomId, rulesOf, settings } from './random-rules.ts'
import { room, ruleset, userRule } from './support.ts'
import { runs } from '../support/property.ts'

const inRoom = { kind: 'event_match', key: 'room_id', pattern: room }
const isMessage = { kind: 'event_match', key: 'type', pattern: 'm.room.message' }
const rule = (ruleId: string, more: object = {}) => userRule(ruleId, ['notify'], more)
const found = (rules: object) =>
  deadRules(ruleset(rules)).map((dead) => [
    dead.ruleId,
    dead.reason === 'shadowed' ? dead.by.ruleId : dead.reason,
  ])

describe('rules that can never match', () => {
  it('are those with all conditions of an earlier rule', () => {
    const rules = {
      override: [
        rule('room', { conditions: [inRoom] }),
        rule('narrower', { conditions: [isMessage, inRoom] }),
        rule('other', { conditions: [isMessage] }),
      ],
      room: [rule(room), rule('!other:x')],
      content: [rule('tea', { pattern: 'tea' }), rule('again', { pattern: 'TEA' })],
    }
    assert.deepEqual(found(rules), [
      ['narrower', 'room'],
      ['again', 'tea'],
      [room, 'room'],
    ])
  })

  it('are all rules after one without conditions', () => {
    const rules = { override: [rule('all', { conditions: [] })], sender: [rule('@bob:x')] }
    assert.deepEqual(found(rules), [['@bob:x', 'all']])
  })

  it('are those with an unknown condition, or with conditions that exclude each other', () => {
    const unknown = { kind: 'org.example.moon', phase: 'full' }
    const rules = {
      override: [
        rule('moon', { conditions: [isMessage, unknown] }),
        rule('both', { conditions: [inRoom, { ...inRoom, pattern: '!other:x' }] }),
        rule('fine', { conditions: [inRoom, isMessage] }),
      ],
    }
    assert.deepEqual(deadRules(ruleset(rules)), [
      { kind: 'override', ruleId: 'moon', reason: 'unknown condition', condition: unknown },
      { kind: 'override', ruleId: 'both', reason: 'contradiction', key: 'room_id' },
    ])
  })

  it('are not disabled rules, default rules, rules behind disabled ones, or rules behind the master rule', () => {
    const owner = { userId: '@me:x', localpart: 'me', legacyMentionRules: true }
    const defaults = defaultRules(owner)
    const [master, ...others] = defaults.override
    const rules = {
      ...defaults,
      override: [
        { ...master, enabled: true },
        rule('off', { conditions: [inRoom], enabled: false }),
        rule('mine', { conditions: [inRoom] }),
        ...others,
      ],
    }
    assert.deepEqual(found(rules), [])
  })

  it('are not shadowed by a malformed rule, which never matches', () => {
    for (const malformed of [
      { 'org.belfry.until': { toString: 0 } },
      { 'org.belfry.until': '1' },
      { actions: 'notify' },
    ])
      assert.deepEqual(
        found({
          override: [rule('bad', { conditions: [], ...malformed }), rule('good', { conditions: [inRoom] })],
        }),
        [],
        JSON.stringify(malformed),
      )
  })

  it('never decide about an event, whatever the rules and the event are', () => {
    const body = fc.constantFrom('tea', 'my name', 'tea time', '🙂', '')
    const event = fc.record({
      type: fc.constantFrom('m.room.message', 'm.room.member', 'm.room.encrypted'),
      sender: fc.constantFrom(...ids, '@BOB:x'),
      room_id: fc.constantFrom(roomId, '!other:x', '!ROOM:x'),
      state_key: fc.constantFrom('', '@me:x'),
      content: fc.record({ body, msgtype: fc.constantFrom('m.text', 'M.TEXT', 'm.notice') }),
    })
    let dead = 0
    const property = fc.property(randomUsers, settings, event, (users, using, source) => {
      for (const user of users) {
        const rules = rulesOf(user, using)
        const names = deadRules(rules, using).map(({ kind, ruleId }) => `${kind}/${ruleId}`)
        dead += names.length
        const { userId, displayName } = user
        const { rule: by } = evaluate(compileRules(rules, using), prepareEvent(source), {
          userId,
          displayName,
          memberCount: 2,
        })
        // In the random rules two rules of one kind can have the same id.
        const ids = (rules[by?.kind ?? 'override'] ?? []).filter((one) => one.rule_id === by?.ruleId)
        if (by !== null && ids.length === 1) assert.ok(!names.includes(`${by.kind}/${by.ruleId}`))
      }
    })
    fc.assert(property, { numRuns: runs(300) })
    assert.ok(dead > 50, `${dead} rules were found`)
  })
})
