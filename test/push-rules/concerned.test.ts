import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  compileRules,
  concernedUsers,
  defaultRules,
  evaluate,
  impersonalDefaults,
  mentionKey,
  prepareEvent,
} from '../../src/push-rules/index.ts'
import { runs } from '../support/property.ts'

const concerned = (event: unknown, more: object = {}) =>
  concernedUsers(prepareEvent(event), { legacyMentionRules: true, ...more })
const mentioning = (userIds: unknown) => ({ type: 'm.x', content: { 'm.mentions': { user_ids: userIds } } })
const inviting = (more: object) => ({ type: 'm.room.member', content: { membership: 'invite' }, ...more })

describe('concernedUsers', () => {
  it('returns each mentioned user once', () => {
    const { mentioned } = concerned(mentioning(['@a:x', '@b:x', '@a:x', 7, null, ['@c:x'], '', 'a', '@a']))
    assert.deepEqual(mentioned, ['@a:x', '@b:x'])
  })
  it('leaves out values that cannot be used in a database query', () => {
    const { mentioned } = concerned(mentioning(['@a\0:x', '@\ud83d:x', `@${'a'.repeat(255)}:x`, '@ok:x']))
    assert.deepEqual(mentioned, ['@ok:x'])
  })
  it('returns at most the limit of mentions', () => {
    const many = Array.from({ length: 1500 }, (_, at) => `@u${at}:x`)
    assert.deepEqual(concerned(mentioning(many)).mentioned, many.slice(0, 1000))
    assert.deepEqual(concerned(mentioning(many), { maxMentioned: 2 }).mentioned, many.slice(0, 2))
  })
  it('returns no mentions when there is no list', () => {
    for (const userIds of [undefined, null, '@a:x', { 0: '@a:x' }]) {
      assert.deepEqual(concerned(mentioning(userIds)).mentioned, [])
    }
  })
  it('returns the invited user', () => {
    assert.equal(concerned(inviting({ state_key: '@a:x' })).target, '@a:x')
    assert.equal(concerned(inviting({})).target, undefined)
    assert.equal(concerned(inviting({ state_key: 'a' })).target, undefined)
    assert.equal(
      concerned(inviting({ state_key: '@a:x', content: { membership: 'join' } })).target,
      undefined,
    )
    assert.equal(concerned(inviting({ state_key: '@a:x', type: 'm.x' })).target, undefined)
  })
  it('returns the users who may answer a knock when the setting is on', () => {
    const knock = { type: 'm.room.member', state_key: '@k:x', content: { membership: 'knock' } }
    const powerLevels = { users: { '@a:x': 50, odd: 100 } }
    const room = { memberCount: 3, powerLevels, creators: ['@c:x', '@a:x'] }
    const privileged = (event: unknown, knocks: boolean) =>
      concernedUsers(prepareEvent(event), { legacyMentionRules: false, experimental: { knocks } }, room)
        .privileged
    assert.deepEqual(privileged(knock, true), ['@a:x', '@c:x'])
    assert.deepEqual(privileged(knock, false), [])
    assert.deepEqual(privileged({ ...knock, content: { membership: 'join' } }, true), [])
  })
  it('returns the keys of the body only with the legacy rules', () => {
    const event = { type: 'm.room.message', content: { body: 'hi Bob' } }
    assert.deepEqual(concerned(event).bodyKeys, ['hi', ' ', 'bob'])
    assert.deepEqual(concerned(event, { maxBodyKeys: 1 }).bodyKeys, ['hi'])
    assert.deepEqual(concerned(event, { legacyMentionRules: false }).bodyKeys, [])
    assert.deepEqual(concerned({ ...event, content: { body: 'hi', 'm.mentions': null } }).bodyKeys, [])
    assert.deepEqual(concerned({ ...event, content: { body: 7 } }).bodyKeys, [])
    assert.deepEqual(concerned(null), {
      mentioned: [],
      target: undefined,
      bodyKeys: [],
      privileged: [],
    })
  })
})

const users = ['@bob:x', '@eve:x', '@zoe:x']
const names = ['Bob', 'bob smith', '🙂', '!!', 'Zoë', 'eve', '']
const words = fc.array(fc.constantFrom('hi', 'Bob', 'smith', '🙂', '!!', 'zoë', 'eve', '@room', 'bobby'), {
  maxLength: 5,
})
const anyEvent = fc.record(
  {
    type: fc.constantFrom(
      'm.room.message',
      'm.room.member',
      'M.ROOM.MEMBER',
      'm.room.encrypted',
      'm.reaction',
    ),
    sender: fc.constant('@sender:x'),
    state_key: fc.constantFrom(...users, ''),
    content: fc.record(
      {
        body: words.chain((list) => fc.constantFrom(list.join(' '), list.join(''), list.join(', '))),
        membership: fc.constantFrom('invite', 'Invite', 'join'),
        msgtype: fc.constantFrom('m.text', 'm.notice'),
        'm.mentions': fc.oneof(
          fc.record({ user_ids: fc.subarray([...users, '']), room: fc.boolean() }, { requiredKeys: [] }),
          fc.constantFrom(null, 'x', []),
        ),
        'm.relates_to': fc.constant({ rel_type: 'm.replace' }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['type', 'sender', 'content'] },
)

describe('members that an event does not concern', () => {
  it('have the impersonal outcome', () => {
    const seen = { concerned: 0, differing: 0, others: 0 }
    fc.assert(
      fc.property(
        anyEvent,
        fc.constantFrom(...users),
        fc.constantFrom(...names),
        fc.constantFrom(true, false),
        (source, userId, displayName, legacyMentionRules) => {
          const localpart = userId.slice(1, -2)
          const event = prepareEvent(source)
          const context = { memberCount: 2, powerLevels: { users_default: 50 } }
          const rules = compileRules(defaultRules({ userId, localpart, legacyMentionRules }))
          const cohort = evaluate(compileRules(impersonalDefaults({ legacyMentionRules })), event, context)
          assert.deepEqual(evaluate(rules, event, { ...context, displayName }), cohort)

          const { mentioned, target, bodyKeys } = concernedUsers(event, { legacyMentionRules })
          const own = evaluate(rules, event, { ...context, userId, displayName })
          const isConcerned =
            mentioned.includes(userId) ||
            target === userId ||
            bodyKeys.includes(mentionKey(localpart)) ||
            bodyKeys.includes(mentionKey(displayName))
          if (!isConcerned) {
            seen.others++
            assert.deepEqual(own, cohort)
          } else {
            seen.concerned++
            if (own.rule?.ruleId !== cohort.rule?.ruleId) seen.differing++
          }
        },
      ),
      { numRuns: runs(2000) },
    )
    assert.ok(seen.others > 300 && seen.concerned > 300 && seen.differing > 50, JSON.stringify(seen))
  })
})
