import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { MatrixClient } from 'matrix-js-sdk'
import { MatrixEvent } from 'matrix-js-sdk/lib/models/event.js'
import { RoomState } from 'matrix-js-sdk/lib/models/room-state.js'
import { PushProcessor } from 'matrix-js-sdk/lib/pushprocessor.js'
import { compileRules, defaultRules, evaluate, prepareEvent } from '../../src/push-rules/index.ts'

/*
 * The same rules, events and rooms given to the push processor of matrix-js-sdk. What it is known to do otherwise than
 * the specification is kept out of the generated cases: `?` in globs; newlines; patterns that are empty or begin or end
 * with a character that is neither a star nor a word character (hence `x@room`); letters outside ASCII; own events; rooms without power
 * levels. It reads sender rules from `user_id` and gives content rules a highlight of their own: both are evened out.
 */

const me = '@me:x'
const roomId = '!room:x'
const people = [me, '@bob:x', '@eve:x']

const word = fc.constantFrom('tea', 'time', 'me', 'Cake', 'My', 'Name', '@room', 'foo_bar', 'x1')
const body = fc
  .array(fc.tuple(word, fc.constantFrom(' ', ', ', '! ', '-', '', '_')), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.map((part) => part.join('')).join(''))
  .filter((text) => !/[A-Za-z0-9_]@room/.test(text))
const wordPattern = fc.constantFrom(
  'tea',
  'TEA',
  't*e',
  'tea*',
  '*cake',
  'ca*me',
  'time for',
  '*',
  'x1',
  'foo*r',
  'na-me',
)
const value = fc.constantFrom('tea', 'Tea', '', 'true', true, false, null, 0, 1, -5)

type Source = {
  type: string
  sender: string
  room_id: string
  event_id: string
  state_key?: string
  content: Record<string, unknown>
}

const source = fc.record(
  {
    type: fc.constantFrom(
      'm.room.message',
      'm.room.message',
      'm.room.member',
      'm.reaction',
      'm.room.encrypted',
      'm.call.invite',
      'm.room.tombstone',
      'm.room.server_acl',
    ),
    sender: fc.constantFrom('@bob:x', '@eve:x'),
    room_id: fc.constant(roomId),
    event_id: fc.constant('$event'),
    state_key: fc.constantFrom('', me, '@bob:x'),
    content: fc.record(
      {
        body,
        msgtype: fc.constantFrom('m.text', 'm.notice'),
        membership: fc.constantFrom('invite', 'join'),
        v: fc.oneof(value, fc.array(value, { maxLength: 3 })),
        'm.mentions': fc.record({ user_ids: fc.subarray(people), room: fc.boolean() }, { requiredKeys: [] }),
        'm.relates_to': fc.record({ rel_type: fc.constantFrom('m.replace', 'm.annotation') }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['type', 'sender', 'room_id', 'event_id', 'content'] },
) as fc.Arbitrary<Source>

const condition = fc.oneof(
  fc.record({ kind: fc.constant('event_match'), key: fc.constant('content.body'), pattern: wordPattern }),
  fc.record({
    kind: fc.constant('event_match'),
    key: fc.constantFrom(
      'type',
      'state_key',
      'content.v',
      'content.msgtype',
      'content.m\\.relates_to.rel_type',
      'content.m.x',
    ),
    pattern: fc.constantFrom('m.room.*', 'M.ROOM.MESSAGE', '*', '', 'te*', 'm.*t*', '[a-z]*', 'm.text'),
  }),
  fc.record({
    kind: fc.constant('event_property_is'),
    key: fc.constantFrom('content.v', 'content.body'),
    value,
  }),
  fc.record({ kind: fc.constant('event_property_contains'), key: fc.constant('content.v'), value }),
  fc.record({ kind: fc.constant('contains_display_name') }),
  fc.record({
    kind: fc.constant('room_member_count'),
    is: fc.constantFrom('3', '==3', '<3', '>2', '<=3', '>=4', '=3', ''),
  }),
  fc.record({ kind: fc.constant('sender_notification_permission'), key: fc.constantFrom('room', 'other') }),
  fc.record({ kind: fc.constant('org.example.unknown') }),
)
const actions = fc.subarray([
  'notify',
  'dont_notify',
  { set_tweak: 'sound', value: 'gong' },
  { set_tweak: 'highlight' },
  { set_tweak: 'highlight', value: false },
  { set_tweak: 'light' },
] as const)

function userRule(ruleId: fc.Arbitrary<string>, more: Record<string, fc.Arbitrary<unknown>> = {}) {
  const enabled = fc.integer({ min: 0, max: 4 }).map((n) => n > 0)
  return fc.record({ rule_id: ruleId, default: fc.constant(false), enabled, actions, ...more })
}
const several = <T>(rule: fc.Arbitrary<T>) => fc.array(rule, { maxLength: 2 })
const conditions = fc.array(condition, { minLength: 1, maxLength: 2 })
const userRules = fc.record({
  override: several(userRule(fc.constant('over'), { conditions })),
  content: several(userRule(fc.constant('content'), { pattern: wordPattern })),
  room: several(userRule(fc.constantFrom(roomId, '!other:x'))),
  sender: several(userRule(fc.constantFrom(...people))),
  underride: several(userRule(fc.constant('under'), { conditions })),
})
const room = fc.record({
  memberCount: fc.constantFrom(2, 3),
  powerLevels: fc.record({
    users: fc.constantFrom({}, { '@bob:x': 50 }, { '@bob:x': 49, '@eve:x': 100 }),
    users_default: fc.constantFrom(0, 50),
    notifications: fc.constantFrom({}, { room: 20 }, { room: 50, other: 0 }),
  }),
  displayName: fc.constantFrom('My Name', 'tea', 'Time'),
})
type Room = { memberCount: number; powerLevels: object; displayName: string }

/** What the push processor says, in our words. */
function otherOutcome(rules: object, event: Source, { memberCount, powerLevels, displayName }: Room) {
  const state = new RoomState(roomId)
  const stateEvent = (type: string, stateKey: string, content: object) =>
    new MatrixEvent({
      type,
      state_key: stateKey,
      content: { ...content },
      room_id: roomId,
      sender: '@bob:x',
      event_id: `$${type}${stateKey}`,
    })
  const names = [displayName, 'Robert', 'Evelyn']
  const members = people.map((userId, at) =>
    stateEvent('m.room.member', userId, {
      // A sender who has left has power levels still, but is not counted.
      membership: at < memberCount ? 'join' : 'leave',
      displayname: names[at],
    }),
  )
  state.setStateEvents([
    stateEvent('m.room.create', '', { room_version: '10' }),
    ...members,
    stateEvent('m.room.power_levels', '', powerLevels),
  ])
  const client = {
    credentials: { userId: me },
    getSafeUserId: () => me,
    getUserId: () => me,
    supportsIntentionalMentions: () => true,
    // It fills in what is missing in the actions, so it gets rules of its own.
    pushRules: { global: structuredClone(rules) },
    getRoom: (id: string) => (id === roomId ? { currentState: state } : null),
  }
  const subject = new MatrixEvent({ ...structuredClone(event), user_id: event.sender } as object)
  const result = new PushProcessor(client as unknown as MatrixClient).actionsAndRuleForEvent(subject)
  return {
    notify: result.actions?.notify ?? false,
    tweaks: (result.actions?.tweaks ?? {}) as Record<string, unknown>,
    rule:
      result.rule === undefined ? null : { kind: result.rule.kind as string, ruleId: result.rule.rule_id },
  }
}

describe('beside the push processor of matrix-js-sdk', () => {
  it('decides alike', () => {
    const deciding = new Map<string, number>()
    let compared = 0
    fc.assert(
      fc.property(source, userRules, room, fc.boolean(), (event, own, where, legacyMentionRules) => {
        const defaults = defaultRules({ userId: me, localpart: 'me', legacyMentionRules })
        const [master, ...otherDefaults] = defaults.override
        const rules = {
          override: [master, ...own.override, ...otherDefaults],
          content: [...own.content, ...defaults.content],
          room: own.room,
          sender: own.sender,
          underride: [...own.underride, ...defaults.underride],
        } as typeof defaults
        const ours = evaluate(compileRules(rules), prepareEvent(event), {
          userId: me,
          roomVersion: '10',
          ...where,
        })
        const theirs = otherOutcome(rules, event, where)
        const writesHighlight = ours.actions.some(
          (action) => typeof action !== 'string' && action.set_tweak === 'highlight',
        )
        if (!writesHighlight) delete theirs.tweaks['highlight']

        assert.deepEqual({ notify: ours.notify, tweaks: { ...ours.tweaks }, rule: ours.rule }, theirs)
        compared++
        const decider = `${ours.rule?.kind} ${ours.rule?.ruleId}`
        deciding.set(decider, (deciding.get(decider) ?? 0) + 1)
      }),
      { numRuns: 1500 },
    )
    assert.ok(compared >= 1500, `only ${compared} cases were compared`)
    // Nearly every rule has decided some case, so that no green comes from cases in which nothing happened.
    assert.ok(deciding.size >= 20, JSON.stringify([...deciding], null, 1))
  })
})
