import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { MatrixClient } from 'matrix-js-sdk'
import { MatrixEvent } from 'matrix-js-sdk/lib/models/event.js'
import { RoomState } from 'matrix-js-sdk/lib/models/room-state.js'
import { PushProcessor } from 'matrix-js-sdk/lib/pushprocessor.js'
import {
  compileRules,
  defaultRules,
  evaluate,
  prepareEvent,
  rulesetFor,
  type RuleOutcome,
  type Ruleset,
} from '../../src/push-rules/index.ts'
import { runs } from '../support/property.ts'

/**
 * Compares with the push processor of matrix-js-sdk, which gets the same rules, events and rooms. It differs from the
 * specification in these points; each is excluded from the generated cases or normalised:
 *  1. `?` in a glob matches a literal dot: no `?` is generated;
 *  2. `*` does not match a newline: no newlines;
 *  3. a pattern with a non-word character at its edge needs another such character beside it: no such patterns, and
 *    no `x@room`;
 *  4. an empty content pattern disables the rule: no empty pattern for the body;
 *  5. letters outside ASCII are compared without folding: ASCII only;
 *  6. it does not skip the user's own events: another user sends;
 *  7. without power levels no user may notify the room: rooms have power levels;
 *  8. key paths can read list indexes and inherited properties: no such keys;
 *  9. it reads the current state of a room: that is the state at the event here;  10. sender rules read `user_id`:
 *    events have that key too;  11. content rules get a highlight, all others `highlight: false`: dropped unless the
 *    actions of the rule set it;  12. it changes the actions of rules: it gets a copy of them.
 */

const me = '@me:x'
const roomId = '!room:x'
const randomUsers = [me, '@bob:x', '@eve:x']

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
        'm.mentions': fc.record(
          { user_ids: fc.subarray(randomUsers), room: fc.boolean() },
          { requiredKeys: [] },
        ),
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
  sender: several(userRule(fc.constantFrom(...randomUsers))),
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

type Decision = {
  notify: boolean
  tweaks: Record<string, unknown>
  rule: { kind: string; ruleId: string } | null
}

/** The result of the push processor as a `RuleOutcome`. */
function outcomeOfSdk(
  rules: object,
  { memberCount, powerLevels, displayName }: Room,
): (event: Source) => Decision {
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
  const members = randomUsers.map((userId, at) =>
    stateEvent('m.room.member', userId, {
      // A sender who has left still has a power level, but is not a joined member.
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
    pushRules: { global: structuredClone(rules) },
    getRoom: (id: string) => (id === roomId ? { currentState: state } : null),
  }
  const processor = new PushProcessor(client as unknown as MatrixClient)
  return (event) => {
    const subject = new MatrixEvent({ ...structuredClone(event), user_id: event.sender } as object)
    const { actions: asked, rule } = processor.actionsAndRuleForEvent(subject)
    return {
      notify: asked?.notify ?? false,
      tweaks: (asked?.tweaks ?? {}) as Record<string, unknown>,
      rule: rule === undefined ? null : { kind: rule.kind as string, ruleId: rule.rule_id },
    }
  }
}

const EVENTS = 25
const ROOMS = 1000

describe('compared with the push processor of matrix-js-sdk', () => {
  it(`has the same outcome in ${EVENTS * ROOMS} cases`, () => {
    const deciding = new Map<string, number>()
    let compared = 0
    const events = fc.array(source, { minLength: EVENTS, maxLength: EVENTS })
    fc.assert(
      fc.property(events, userRules, room, fc.boolean(), (subjects, own, where, legacyMentionRules) => {
        const defaults = defaultRules({ userId: me, localpart: 'me', legacyMentionRules })
        const rules = rulesetFor({ defaults, changes: [], userRules: own as object as Partial<Ruleset> })
        const compiled = compileRules(rules)
        const theirs = outcomeOfSdk(rules, where)
        const context = { userId: me, roomVersion: '10', ...where }
        for (const event of subjects) {
          const ours = evaluate(compiled, prepareEvent(event), context)
          assertAlike(ours, theirs(event))
          compared++
          const decider = `${ours.rule?.kind} ${ours.rule?.ruleId}`
          deciding.set(decider, (deciding.get(decider) ?? 0) + 1)
        }
      }),
      { numRuns: runs(ROOMS) },
    )
    assert.ok(compared >= EVENTS * ROOMS, `only ${compared} cases were compared`)
    // Nearly every rule must have decided a case; otherwise the comparison would prove nothing.
    assert.ok(deciding.size >= 20, JSON.stringify([...deciding], null, 1))
  })
})

function assertAlike(ours: RuleOutcome, theirs: Decision): void {
  const writesHighlight = ours.actions.some(
    (action) => typeof action !== 'string' && action.set_tweak === 'highlight',
  )
  if (!writesHighlight) delete theirs.tweaks['highlight']
  assert.deepEqual({ notify: ours.notify, tweaks: { ...ours.tweaks }, rule: ours.rule }, theirs)
}
