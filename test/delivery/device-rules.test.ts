import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  createDeviceRules,
  deviceRules,
  outcomeForDevice,
  type RulesOfUser,
} from '../../src/delivery/device-rules.ts'
import type { UserId } from '../../src/lib/ids.ts'
import {
  compileRules,
  defaultRules,
  evaluate,
  NO_MATCH,
  prepareEvent,
  type PushRule,
  type Ruleset,
} from '../../src/push-rules/index.ts'

const ALICE = '@alice:localhost' as UserId
const PHONE = 'phone'
const context = { memberCount: 5, userId: ALICE, displayName: 'Alice' }
const message = (body: string, more: Record<string, unknown> = {}) =>
  prepareEvent({
    type: 'm.room.message',
    sender: '@bob:localhost',
    room_id: '!delivery',
    content: { msgtype: 'm.text', body, ...more },
  })

const none: Ruleset = { override: [], content: [], room: [], sender: [], underride: [] }
const defaults = defaultRules({ userId: ALICE, localpart: 'alice', legacyMentionRules: true })
const rule = (more: Partial<PushRule> & { rule_id: string }) => ({
  default: false,
  enabled: true,
  actions: ['notify' as const],
  ...more,
})

/** Returns the outcome on the phone, and `counted`: the stored outcome, from which unread counts are computed. */
function onPhone(rules: RulesOfUser, body = 'hello') {
  const event = message(body)
  const counted = evaluate(compileRules(rules.global), event, context)
  const onDevice = outcomeForDevice(deviceRules(rules), { handle: PHONE, counted }, { event, context })
  return { counted, ...onDevice }
}

describe('the outcome on a device', () => {
  test('is the stored outcome if the device has no rules', () => {
    const { outcome, counted, scope } = onPhone({ global: defaults, device: new Map([['laptop', none]]) })
    assert.equal(outcome, counted)
    assert.equal(scope, 'global')
    assert.equal(outcome.notify, true)
  })

  test('is that of the first matching device rule, without tweaks of the global rule', () => {
    const device = new Map([
      [
        PHONE,
        {
          ...none,
          content: [{ ...rule({ rule_id: 'fire', actions: ['notify'] }), pattern: 'fire' }],
          room: [rule({ rule_id: '!delivery', actions: [] })],
        },
      ],
    ])
    const plain = onPhone({ global: defaults, device })
    assert.deepEqual([plain.outcome.notify, plain.scope], [false, 'device'])
    assert.equal(plain.counted.notify, true)
    const fire = onPhone({ global: defaults, device }, 'fire, alice!')
    assert.deepEqual(fire.counted.tweaks, { sound: 'default', highlight: true })
    assert.deepEqual(fire.outcome.tweaks, {})
    assert.deepEqual(fire.outcome.rule, { kind: 'content', ruleId: 'fire' })
  })

  test('is the global outcome if the device rules are disabled or do not match', () => {
    const device = new Map([
      [
        PHONE,
        {
          ...none,
          room: [rule({ rule_id: '!delivery', actions: [], enabled: false }), rule({ rule_id: '!x' })],
        },
      ],
    ])
    assert.equal(onPhone({ global: defaults, device }).scope, 'global')
  })

  test('is the global outcome if the master rule is enabled', () => {
    const device = new Map([
      [PHONE, { ...none, override: [{ ...rule({ rule_id: 'all' }), conditions: [] }] }],
    ])
    const global = {
      ...defaults,
      override: defaults.override.map((one) =>
        one.rule_id === '.m.rule.master' ? { ...one, enabled: true } : one,
      ),
    }
    assert.equal(onPhone({ global, device }).outcome.notify, false)
    // The outcome of an event that does not notify is not stored, so the deciding rule is not known when the
    // poke is sent.
    const silent = outcomeForDevice(
      deviceRules({ global, device }),
      { handle: PHONE, counted: NO_MATCH },
      { event: message('hello'), context },
    )
    assert.equal(silent.outcome.notify, false)
  })

  test('is that of a global rule with profile_tag if that rule is the first to match', () => {
    const withProfileTag = (tag: string, enabled = true) => ({
      ...rule({ rule_id: 'quiet', actions: [], enabled }),
      conditions: [{ kind: 'profile_tag', profile_tag: tag }],
    })
    const withRule = (one: PushRule, above: PushRule[] = []): RulesOfUser => ({
      global: { ...defaults, override: [...above, one, ...defaults.override] },
      device: new Map(),
    })
    const onDevice = onPhone(withRule(withProfileTag(PHONE)))
    assert.deepEqual(
      [onDevice.counted.notify, onDevice.outcome.notify, onDevice.scope],
      [true, false, 'global'],
    )
    assert.equal(onDevice.outcome.rule?.ruleId, 'quiet')
    assert.equal(onPhone(withRule(withProfileTag('laptop'))).outcome.notify, true)
    assert.equal(onPhone(withRule(withProfileTag(PHONE, false))).outcome.notify, true)
    const first = { ...rule({ rule_id: 'first' }), conditions: [] }
    assert.equal(onPhone(withRule(withProfileTag(PHONE), [first])).outcome.notify, true)
  })

  test('is the stored outcome although global rules have changed since the event', () => {
    const event = message('hello')
    const counted = evaluate(compileRules(defaults), event, context)
    const rules: RulesOfUser = {
      global: {
        ...defaults,
        override: [
          { ...rule({ rule_id: 'mute', actions: [] }), conditions: [] },
          {
            ...rule({ rule_id: 'tag', actions: [] }),
            conditions: [{ kind: 'profile_tag', profile_tag: PHONE }],
          },
          ...defaults.override,
        ],
      },
      device: new Map(),
    }
    const { outcome } = outcomeForDevice(deviceRules(rules), { handle: PHONE, counted }, { event, context })
    assert.equal(outcome, counted)
  })

  test('is computed without an error for malformed stored rules', () => {
    const malformedRule = {
      rule_id: 'malformed',
      default: false,
      enabled: true,
      actions: [],
      conditions: [null, 7],
    }
    const rules = {
      global: { ...defaults, override: [malformedRule as never, ...defaults.override] },
      device: new Map([[PHONE, { ...none, override: [malformedRule as never] }]]),
    }
    assert.equal(onPhone(rules).outcome.notify, true)
  })
})

describe('the cache of device rules', () => {
  test('loads the rules once for each version, and again after a failure', async () => {
    let loads = 0
    let fails = false
    const rulesOf = createDeviceRules(async () => {
      loads++
      if (fails) throw new Error('the database is unavailable')
      return { global: defaults, device: new Map() }
    }, {})
    const [one, two] = await Promise.all([rulesOf(ALICE, 1), rulesOf(ALICE, 1)])
    assert.equal(one, two)
    assert.equal(loads, 1)
    fails = true
    await assert.rejects(rulesOf(ALICE, 2))
    fails = false
    assert.notEqual(await rulesOf(ALICE, 2), one)
    assert.equal(loads, 3)
  })

  test('holds at most 1000 users', async () => {
    let loads = 0
    const rulesOf = createDeviceRules(async () => {
      loads++
      return { global: none, device: new Map() }
    }, {})
    for (let n = 0; n <= 1000; n++) await rulesOf(`@u${n}:localhost` as UserId, 1)
    await rulesOf('@u1000:localhost' as UserId, 1)
    assert.equal(loads, 1001)
    await rulesOf('@u0:localhost' as UserId, 1)
    assert.equal(loads, 1002)
  })
})
