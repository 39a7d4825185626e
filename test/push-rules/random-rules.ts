import fc from 'fast-check'
import {
  compileRules,
  createMoment,
  defaultRules,
  rulesetFor,
  type DefaultRuleChange,
  type OwnerFacts,
  type Ruleset,
  type RuleSettings,
} from '../../src/push-rules/index.ts'
import { localTimeIn } from '../../src/lib/time-zone.ts'

/** The values that the tests of whole rooms draw from. They are few, so that rules, users and events match often. */

export const roomId = '!room:x'
const rooms = [roomId, '!other:x', '!ROOM:x']
const sound = { set_tweak: 'sound', value: 'gong' }
const actions = fc.constantFrom(
  [],
  ['notify'],
  ['notify', sound],
  ['notify', { set_tweak: 'highlight' }, sound],
  ['dont_notify'],
)
const patterns = fc.constantFrom(
  'tea',
  'Tea time',
  't*e',
  'tea*',
  '*ime',
  '?ea',
  '*',
  '???',
  '',
  'ü',
  'ü*',
  '🙂',
  '🙂?',
  'me',
  'my name',
  'TEA',
  '* ',
  ' ',
  'a*b',
  'ti?e',
  'Ödland',
  '@bob:x',
  'tea?time',
  '-',
  'x-*-y',
  'straße',
)

/** A Wednesday afternoon, a Saturday night, and a Monday at noon, in UTC. */
const MOMENTS = ['2026-07-01T15:00Z', '2026-07-04T22:30Z', '2026-07-06T12:30Z'].map((text) =>
  Date.parse(text),
)

const userIdsOf = (ids: readonly string[]) => fc.constantFrom(...ids, '@nobody:x')

export function conditionsFor(ids: readonly string[]) {
  const randomUsers = userIdsOf(ids)
  const match = (key: string, pattern: fc.Arbitrary<string>) =>
    fc.record({ kind: fc.constant('event_match'), key: fc.constant(key), pattern })
  return fc.oneof(
    { weight: 4, arbitrary: match('room_id', fc.constantFrom(...rooms, '!*', '!o*:x', '*')) },
    { weight: 4, arbitrary: match('content.body', patterns) },
    match('sender', fc.oneof(randomUsers, fc.constantFrom('@*:x', '@BOB:x'))),
    match('state_key', fc.oneof(randomUsers, fc.constantFrom('', '*'))),
    match('type', fc.constantFrom('m.room.message', 'm.room.*', 'm.room.member')),
    match('content.m\\.relates_to.event_id', fc.constantFrom('$1', '$2', '$*')),
    match('content.msgtype', fc.constantFrom('m.notice', 'm.text')),
    fc.record({
      kind: fc.constant('event_property_is'),
      key: fc.constantFrom('room_id', 'sender', 'state_key', 'content.m\\.relates_to.event_id', 'content.n'),
      value: fc.oneof(randomUsers, fc.constantFrom(roomId, '$1', '', 1, true, null)),
    }),
    fc.record({
      kind: fc.constant('event_property_contains'),
      key: fc.constantFrom('content.m\\.mentions.user_ids', 'content.list', 'room_id'),
      value: fc.oneof(randomUsers, fc.constantFrom(1, null)),
    }),
    fc.constant({ kind: 'contains_display_name' }),
    fc.constant({ kind: 'profile_tag', profile_tag: 'phone' }),
    fc.record({ kind: fc.constant('recipient_permission'), key: fc.constantFrom('invite', 'kick', 'what') }),
    fc.record({ kind: fc.constant('room_member_count'), is: fc.constantFrom('2', '>2') }),
    fc.constant({ kind: 'sender_notification_permission', key: 'room' }),
    fc.constant({ kind: 'org.example.unknown' }),
    fc.record(
      {
        kind: fc.constantFrom('time_and_day', 'org.matrix.msc3767.time_and_day'),
        timezone: fc.constantFrom('Asia/Kolkata', 'No/Zone'),
        intervals: fc.constantFrom(
          [{ time_of_day: ['22:00', '07:00'] }],
          [{ day_of_week: [0, 6] }, { time_of_day: ['12:00', '13:00'], day_of_week: [1] }],
          [],
        ),
      },
      { requiredKeys: ['kind', 'intervals'] },
    ),
    fc.record({
      kind: fc.constant('org.belfry.room_tag'),
      tag: fc.constantFrom('m.favourite', 'u.other'),
      tagged: fc.boolean(),
    }),
    fc.constantFrom(null, {}, { kind: 'event_match' }),
  )
}

function userRulesFor(ids: readonly string[]): fc.Arbitrary<Partial<Ruleset>> {
  const rule = (ruleId: fc.Arbitrary<string>, more: Record<string, fc.Arbitrary<unknown>> = {}) =>
    fc
      .record({
        rule_id: ruleId,
        default: fc.constant(false),
        enabled: fc.integer({ min: 0, max: 5 }).map((n) => n > 0),
        actions,
        'org.belfry.until': fc.constantFrom(undefined, undefined, undefined, MOMENTS[1], MOMENTS[2]),
        ...more,
      })
      .map(({ 'org.belfry.until': until, ...made }) =>
        until === undefined ? made : { ...made, 'org.belfry.until': until },
      )
  const some = <T>(one: fc.Arbitrary<T>) => fc.array(one, { maxLength: 2 })
  const conditional = rule(fc.constantFrom('a', 'b', roomId), {
    conditions: fc.array(conditionsFor(ids), { maxLength: 3 }),
  })
  return fc.record(
    {
      override: some(conditional),
      content: some(rule(fc.constantFrom('a', 'b'), { pattern: patterns })),
      room: some(rule(fc.constantFrom(...rooms))),
      sender: some(rule(userIdsOf(ids))),
      underride: some(conditional),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<unknown> as fc.Arbitrary<Partial<Ruleset>>
}

const change = fc
  .record({
    rule: fc.constantFrom(
      ['override', '.m.rule.master'],
      ['override', '.m.rule.is_user_mention'],
      ['override', '.m.rule.contains_display_name'],
      ['override', '.m.rule.member_event'],
      ['override', '.m.rule.invite_for_me'],
      ['content', '.m.rule.contains_user_name'],
      ['underride', '.m.rule.message'],
      ['underride', '.m.rule.room_one_to_one'],
    ),
    enabled: fc.constantFrom(true, false, undefined),
    actions: fc.option(actions, { nil: undefined }),
  })
  .map(({ rule: [kind, ruleId], ...changed }) => ({ kind, ruleId, ...changed }) as DefaultRuleChange)

export type RandomUser = {
  userId: string
  displayName: string | undefined
  own: Partial<Ruleset>
  changes: DefaultRuleChange[]
  owner: OwnerFacts
}

export const ids = ['@me:x', '@bob:x', '@Eve:x', '@t*a:x', '@*:x', '@tea:x']

/** One user for each id. Some have no user rules. */
export const randomUsers: fc.Arbitrary<RandomUser[]> = fc.tuple(
  ...ids.map((userId) =>
    fc.record({
      userId: fc.constant(userId),
      displayName: fc.constantFrom('My Name', 'tea', '🙂', '!!', 'Ödland', '', undefined),
      own: fc.oneof(
        { weight: 1, arbitrary: fc.constant<Partial<Ruleset>>({}) },
        { weight: 4, arbitrary: userRulesFor(ids) },
      ),
      changes: fc.oneof(
        { weight: 3, arbitrary: fc.constant<DefaultRuleChange[]>([]) },
        { weight: 1, arbitrary: fc.array(change, { maxLength: 2 }) },
      ),
      owner: fc.record({
        timezone: fc.constantFrom(undefined, 'Europe/Berlin', 'America/New_York', 'No/Zone'),
        taggedRooms: fc.constantFrom(undefined, new Map([['m.favourite', new Set([roomId])]])),
      }),
    }),
  ),
)

export const settings: fc.Arbitrary<RuleSettings> = fc.record({
  legacyMentionRules: fc.boolean(),
  experimental: fc.oneof(
    fc.constant(undefined),
    fc.record({
      polls: fc.boolean(),
      encryptedEvents: fc.boolean(),
      encryptedEventsCount: fc.boolean(),
      liveLocation: fc.boolean(),
      knocks: fc.boolean(),
      notifyInApp: fc.boolean(),
    }),
  ),
})

export function rulesOf({ userId, own, changes }: RandomUser, using: RuleSettings): Ruleset {
  return rulesetFor({
    defaults: defaultRules({ userId, localpart: userId.slice(1, -2), ...using }),
    changes,
    userRules: own,
  })
}

export const compiledOf = (user: RandomUser, using: RuleSettings) =>
  compileRules(rulesOf(user, using), { ...using, ...user.owner })

const word = fc.constantFrom(
  'tea',
  'Tea',
  'time',
  'me',
  'My Name',
  '🙂',
  '!!',
  'ü',
  'Ödland',
  '@bob:x',
  '@room',
  'x-a-y',
  'STRASSE',
  'tt',
)
export const randomEvent: fc.Arbitrary<Record<string, unknown>> = fc.record(
  {
    type: fc.constantFrom(
      'm.room.message',
      'm.room.message',
      'm.room.member',
      'm.room.encrypted',
      'm.reaction',
      'org.matrix.msc3381.poll.start',
    ),
    sender: fc.constantFrom(...ids),
    room_id: fc.constant(roomId),
    state_key: fc.constantFrom(...ids, '', '@ME:x', '@eve:x'),
    content: fc.record(
      {
        body: fc.oneof(
          {
            weight: 6,
            arbitrary: fc
              .tuple(fc.array(word, { maxLength: 4 }), fc.constantFrom(' ', '', '-', '\n'))
              .map(([list, by]) => list.join(by)),
          },
          { weight: 1, arbitrary: fc.constantFrom(7, null) },
        ),
        msgtype: fc.constantFrom('m.text', 'm.notice'),
        membership: fc.constantFrom('invite', 'join', 'knock'),
        n: fc.constantFrom(1, true, null),
        list: fc.constantFrom([1], ['@me:x', null]),
        'm.mentions': fc.oneof(
          fc.record({ user_ids: fc.subarray([...ids]), room: fc.boolean() }, { requiredKeys: [] }),
          fc.constantFrom(null, []),
        ),
        'm.relates_to': fc.record({
          rel_type: fc.constantFrom('m.replace', 'm.thread'),
          event_id: fc.constantFrom('$1', '$2'),
        }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['type', 'sender', 'room_id', 'content'] },
)

export const randomContext = fc.record({
  memberCount: fc.constantFrom(2, 6),
  powerLevels: fc.constantFrom(
    undefined,
    { users: { '@bob:x': 50 }, users_default: 0, invite: 10 },
    { users: { '@me:x': 100, '@bob:x': -1 }, users_default: 50, kick: 60 },
  ),
  creators: fc.constantFrom([], ['@me:x']),
  roomVersion: fc.constantFrom('9', '11', '12'),
  moment: fc
    .constantFrom(undefined, ...MOMENTS)
    .map((at) => (at === undefined ? undefined : createMoment(at, (zone) => localTimeIn(zone, at)))),
})
