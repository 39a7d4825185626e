import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isTimeZone, localTimeIn } from '../../src/lib/time-zone.ts'
import {
  analyseRules,
  cohortIn,
  compileRules,
  createMoment,
  deadRules,
  DEFAULT_COHORT_ID,
  defaultRules,
  evaluate,
  explain,
  MAX_STEPS,
  nextEndOfRule,
  type OwnerFacts,
  prepareEvent,
  type PushRule,
  rulesetFor,
  type RuleKind,
  validateRule,
} from '../../src/push-rules/index.ts'
import { group, message, room, ruleset, userRule } from './support.ts'

const at = (text: string) => Date.parse(text)
const momentAt = (text: string) => createMoment(at(text), (zone) => localTimeIn(zone, at(text)))
const night = { kind: 'time_and_day', intervals: [{ time_of_day: ['22:00', '07:00'] }] }
const quiet = (conditions: unknown[], owner: OwnerFacts = {}) =>
  compileRules(ruleset({ override: [userRule('quiet', [], { conditions })] }), owner)

/** Whether a rule with this condition matches at a time. */
function holds(condition: object, time: string, owner?: OwnerFacts): boolean {
  const outcome = evaluate(quiet([condition], owner), message({}), { ...group, moment: momentAt(time) })
  return outcome.rule !== null
}

describe('the condition time_and_day', () => {
  const berlin = { ...night, timezone: 'Europe/Berlin' }
  const onDays = (...days: number[]) => ({
    kind: 'time_and_day',
    intervals: [{ time_of_day: ['22:00', '07:00'], day_of_week: days }],
  })
  const cases: [title: string, condition: object, time: string, expected: boolean, owner?: OwnerFacts][] = [
    ['holds from the first minute', night, '2026-07-01T22:00:00Z', true],
    ['does not hold the minute before', night, '2026-07-01T21:59:59Z', false],
    ['holds until the end of the last minute', night, '2026-07-02T07:00:59Z', true],
    ['does not hold the minute after', night, '2026-07-02T07:01:00Z', false],
    ['uses its own time zone', berlin, '2026-07-01T20:30Z', true],
    ['prefers its own time zone', berlin, '2026-07-01T20:30Z', true, { timezone: 'America/New_York' }],
    ['uses the time zone of the owner', night, '2026-07-02T02:30Z', true, { timezone: 'America/New_York' }],
    [
      'uses the time zone of the owner, by day',
      night,
      '2026-07-01T22:30Z',
      false,
      { timezone: 'America/New_York' },
    ],
    ['does not hold in an unknown zone', { ...night, timezone: 'No/Zone' }, '2026-07-01T23:00Z', false],
    [
      'does not hold for an owner in an unknown zone',
      night,
      '2026-07-01T23:00Z',
      false,
      { timezone: 'No/Zone' },
    ],
    // 3 July 2026 is a Friday.
    ['belongs to the day on which it starts', onDays(5), '2026-07-03T23:00Z', true],
    ['continues on the next day', onDays(5), '2026-07-04T06:00Z', true],
    ['does not start on another day', onDays(5), '2026-07-04T23:00Z', false],
    ['does not hold in the morning of its day', onDays(5), '2026-07-03T06:00Z', false],
    ['knows 0 as Sunday', onDays(0), '2026-07-05T23:00Z', true],
    ['knows 7 as Sunday', onDays(7), '2026-07-06T01:00Z', true],
    ['holds on the leap day', onDays(2), '2028-02-29T23:00Z', true],
    ['holds in the night after the leap day', onDays(2), '2028-03-01T06:59Z', true],
    ['ends after the night of the leap day', onDays(2), '2028-03-01T23:00Z', false],
    // In Berlin, 02:00 to 03:00 does not exist on 29 March 2026, and exists twice on 25 October 2026.
    ['holds in the night to summer time, before the change', berlin, '2026-03-29T00:59Z', true],
    ['holds in the night to summer time, after the change', berlin, '2026-03-29T01:00Z', true],
    ['ends at 7 on the first day of summer time', berlin, '2026-03-29T05:00:59Z', true],
    ['has ended at 7:01 on the first day of summer time', berlin, '2026-03-29T05:01Z', false],
    ['lasts an hour longer in the night to winter time', berlin, '2026-10-25T05:30Z', true],
    ['has ended at 7:01 on the first day of winter time', berlin, '2026-10-25T06:01Z', false],
  ]
  const gap = (from: string, to: string) => ({
    kind: 'time_and_day',
    timezone: 'Europe/Berlin',
    intervals: [{ time_of_day: [from, to] }],
  })
  cases.push(
    ['never holds for times that do not exist that day', gap('02:10', '02:50'), '2026-03-29T01:00Z', false],
    ['starts after a time that does not exist', gap('02:30', '03:30'), '2026-03-29T01:00Z', true],
    ['holds for the first of two equal times', gap('02:10', '02:50'), '2026-10-25T00:30Z', true],
    ['holds for the second of two equal times', gap('02:10', '02:50'), '2026-10-25T01:30Z', true],
  )
  for (const [title, condition, time, expected, owner] of cases)
    test(`${title}: ${time}`, () => {
      assert.equal(holds(condition, time, owner), expected)
      const unstable = { ...condition, kind: 'org.matrix.msc3767.time_and_day' }
      assert.equal(holds(unstable, time, owner), expected)
    })

  test('never matches when it is malformed, or when the time of the event is not known', () => {
    for (const intervals of [
      undefined,
      [],
      'night',
      [null],
      [{ time_of_day: ['22:00'] }],
      [{ time_of_day: ['24:00', '07:00'] }],
      [{ time_of_day: ['7:00', '08:00'] }],
      [{ day_of_week: [8] }],
      [{ day_of_week: 1 }],
    ])
      assert.equal(holds({ ...night, intervals }, '2026-07-01T23:00Z'), false, JSON.stringify(intervals))
    assert.equal(holds({ ...night, timezone: 5 }, '2026-07-01T23:00Z'), false)
    assert.equal(evaluate(quiet([night]), message({}), group).rule, null)
  })

  test('reads the clock of each zone once for an event, and a bounded number of zones', () => {
    const zones: string[] = []
    const moment = createMoment(0, (zone) => {
      zones.push(zone)
      return { day: 1, minute: 720 }
    })
    const many = Array.from({ length: 1000 }, (_, n) =>
      userRule(`r${n}`, [], { conditions: [{ ...night, timezone: `Zone/${n}` }] }),
    )
    const twice = quiet([night, night, night])
    for (let n = 0; n < 5; n++) evaluate(twice, message({}), { ...group, moment })
    assert.deepEqual(zones, ['UTC'])
    evaluate(compileRules(ruleset({ override: many })), message({}), { ...group, moment })
    assert.ok(zones.length < MAX_STEPS / 2000 + 2, `${zones.length}`)
  })
})

describe('a rule with an end', () => {
  const until = at('2026-07-01T14:00Z')
  const kinds: [RuleKind, object][] = [
    ['override', { conditions: [] }],
    ['content', { pattern: 'hello' }],
    ['room', {}],
    ['sender', {}],
    ['underride', { conditions: [] }],
  ]
  for (const [kind, more] of kinds)
    test(`of kind ${kind} matches before its end, and not from its end on`, () => {
      const id = kind === 'room' ? room : kind === 'sender' ? '@bob:x' : 'a'
      const rules = ruleset({ [kind]: [userRule(id, [], { ...more, 'org.belfry.until': until })] })
      const ruleAt = (moment?: ReturnType<typeof momentAt>) =>
        evaluate(compileRules(rules), message({}), { ...group, moment }).rule
      assert.deepEqual(ruleAt(momentAt('2026-07-01T13:59:59.999Z')), { kind, ruleId: id, until })
      assert.equal(ruleAt(momentAt('2026-07-01T14:00Z')), null)
      assert.equal(ruleAt(), null, 'without the time of the event')
    })

  test('of kind room lets the rules after it decide when it has ended', () => {
    const rules = compileRules(
      ruleset({
        room: [userRule(room, [], { 'org.belfry.until': until })],
        underride: [userRule('rest', ['notify'], { conditions: [] })],
      }),
    )
    const moment = momentAt('2026-07-01T14:00Z')
    assert.equal(evaluate(rules, message({}), { ...group, moment }).rule?.ruleId, 'rest')
  })

  test('is left out when its end is not a number', () => {
    const rules = compileRules(ruleset({ room: [userRule(room, [], { 'org.belfry.until': 'noon' })] }))
    assert.equal(rules.room.size, 0)
  })
})

describe('the rules that can never match', () => {
  test('do not include a rule below one with an end', () => {
    const muted = (until?: number) =>
      userRule(`until ${until}`, [], { conditions: [], ...(until && { 'org.belfry.until': until }) })
    assert.deepEqual(deadRules(ruleset({ override: [muted(5), muted(6), muted()] })), [])
    const [dead] = deadRules(ruleset({ override: [muted(), muted(5)] }))
    assert.equal(dead?.ruleId, 'until 5')
  })
})

describe('the next end of a rule', () => {
  const quietRule = (conditions: object[], more: object = {}) =>
    userRule('quiet', [], { conditions, ...more }) as PushRule
  const endOf = (rule: PushRule, time: string, owner: OwnerFacts = {}) => {
    const end = nextEndOfRule(rule, owner, { at: at(time), clockOf: localTimeIn })
    return end === undefined ? undefined : new Date(end).toISOString()
  }
  const berlin = { ...night, timezone: 'Europe/Berlin' }
  const cases: [rule: PushRule, time: string, end: string | undefined, owner?: OwnerFacts][] = [
    [quietRule([night]), '2026-07-01T23:00Z', '2026-07-02T07:01:00.000Z'],
    [quietRule([night]), '2026-07-02T07:00:30Z', '2026-07-02T07:01:00.000Z'],
    [quietRule([night]), '2026-07-02T07:01Z', '2026-07-03T07:01:00.000Z'],
    [quietRule([night]), '2026-07-01T12:00Z', '2026-07-02T05:01:00.000Z', { timezone: 'Europe/Berlin' }],
    [quietRule([berlin]), '2026-03-28T22:00Z', '2026-03-29T05:01:00.000Z'],
    [quietRule([berlin]), '2026-10-24T22:00Z', '2026-10-25T06:01:00.000Z'],
    [quietRule([{ ...night, timezone: 'No/Zone' }]), '2026-07-01T12:00Z', undefined],
    [quietRule([{ kind: 'time_and_day', intervals: [{}] }]), '2026-07-01T12:00Z', undefined],
    [
      quietRule([], { 'org.belfry.until': at('2026-07-01T13:00Z') }),
      '2026-07-01T12:00Z',
      '2026-07-01T13:00:00.000Z',
    ],
    [
      quietRule([night], { 'org.belfry.until': at('2026-07-02T03:00Z') }),
      '2026-07-01T23:00Z',
      '2026-07-02T03:00:00.000Z',
    ],
    // Quiet at weekends: from Saturday 00:00 to the end of Sunday. 3 July 2026 is a Friday.
    [
      quietRule([{ kind: 'time_and_day', intervals: [{ day_of_week: [6, 0] }] }]),
      '2026-07-03T12:00Z',
      '2026-07-06T00:00:00.000Z',
    ],
    [quietRule([]), '2026-07-01T12:00Z', undefined],
    // A rule that has ended does not end again with its schedule.
    [quietRule([night], { 'org.belfry.until': at('2026-07-02T03:00Z') }), '2026-07-02T03:00Z', undefined],
    [quietRule([night, { ...night, intervals: [{ day_of_week: [] }] }]), '2026-07-01T12:00Z', undefined],
    [
      quietRule([{ kind: 'time_and_day', intervals: [{ day_of_week: [] }, { day_of_week: [6, 0] }] }]),
      '2026-07-03T12:00Z',
      '2026-07-06T00:00:00.000Z',
    ],
  ]
  for (const [rule, time, end, owner] of cases)
    test(`after ${time} is ${end}`, () => assert.equal(endOf(rule, time, owner), end))

  test('is not searched in more than 32 intervals of a rule from an older version', () => {
    const many = (count: number) => [
      { ...night, intervals: Array(count).fill(night.intervals[0]) as object[] },
    ]
    assert.equal(endOf(quietRule(many(32)), '2026-07-01T12:00Z'), '2026-07-02T07:01:00.000Z')
    let reads = 0
    const clockOf = (zone: string, time: number) => {
      reads++
      return localTimeIn(zone, time)
    }
    const conditions = [...many(32), night]
    assert.equal(
      nextEndOfRule(quietRule(conditions), {}, { at: at('2026-07-01T12:00Z'), clockOf }),
      undefined,
    )
    assert.equal(reads, 0)
  })

  test('is found with one formatter for each time zone, for as many times as the search needs', (t) => {
    const uses = t.mock.method(Intl.DateTimeFormat.prototype, 'formatToParts').mock
    const intervals = Array.from({ length: 31 }, (_, n) => ({
      time_of_day: ['00:00', `${String(n % 24).padStart(2, '0')}:${n + 10}`],
      day_of_week: [1],
    }))
    const never = { ...berlin, intervals: [{ time_of_day: ['23:59', '23:59'], day_of_week: [3] }] }
    for (const timezone of ['Asia/Kathmandu', 'Pacific/Apia'])
      assert.equal(
        endOf(
          quietRule([
            { ...night, timezone, intervals },
            { ...never, timezone },
          ]),
          '2031-07-01T12:00Z',
        ),
        undefined,
      )
    assert.equal(new Set(uses.calls.map((call) => call.this)).size, 2)
    assert.ok(uses.callCount() > 100, `${uses.callCount()}`)
  })
})

describe('the cohorts of users with conditions on the time', () => {
  const settings = { legacyMentionRules: false }
  const analysisOf = (userId: string, rule: PushRule, owner: OwnerFacts = {}) =>
    analyseRules(
      rulesetFor({
        defaults: defaultRules({ ...settings, userId, localpart: 'x' }),
        changes: [],
        userRules: { override: [rule] },
      }),
      { ...settings, ...owner, userId, localpart: 'x' },
    )
  const rule = (more: object) => userRule('quiet', [], more) as PushRule
  const cohortOf = (userId: string, more: object, owner?: OwnerFacts) =>
    cohortIn(analysisOf(userId, rule(more), owner), room).id

  test('are shared by users with the same rule in the same time zone only', () => {
    const conditions = [night]
    const berlin = cohortOf('@a:x', { conditions }, { timezone: 'Europe/Berlin' })
    assert.equal(cohortOf('@b:x', { conditions }, { timezone: 'Europe/Berlin' }), berlin)
    assert.notEqual(cohortOf('@c:x', { conditions }, { timezone: 'Asia/Tokyo' }), berlin)
    assert.notEqual(cohortOf('@d:x', { conditions }), berlin)
  })

  test('differ for other ends of the rule', () => {
    const one = cohortOf('@a:x', { conditions: [], 'org.belfry.until': 5 })
    assert.equal(cohortOf('@b:x', { conditions: [], 'org.belfry.until': 5 }), one)
    assert.notEqual(cohortOf('@c:x', { conditions: [], 'org.belfry.until': 6 }), one)
    assert.notEqual(cohortOf('@d:x', { conditions: [] }), one)
  })

  test('are those of the rooms in which the tag lets the rule match', () => {
    const favourite = (tagged: boolean) => ({
      conditions: [{ kind: 'org.belfry.room_tag', tag: 'm.favourite', tagged }],
    })
    const owner = { taggedRooms: new Map([['m.favourite', new Set([room])]]) }
    assert.notEqual(cohortOf('@a:x', favourite(true), owner), DEFAULT_COHORT_ID)
    assert.equal(cohortOf('@a:x', favourite(false), owner), DEFAULT_COHORT_ID)
    assert.equal(cohortOf('@a:x', favourite(true)), DEFAULT_COHORT_ID)
  })
})

describe('validation', () => {
  const options = { isTimeZone, now: 1000 }
  const check = (more: object) =>
    validateRule({ kind: 'override', ruleId: 'a' }, { conditions: [], actions: [], ...more }, options)

  test('accepts an end in the future and keeps it', () => {
    const checked = check({ 'org.belfry.until': 1001 })
    assert.equal(checked.ok && checked.value['org.belfry.until'], 1001)
  })

  test('refuses ends, schedules, zones and tags that cannot be meant, and says what to change', () => {
    const condition = (more: object) => ({ conditions: [{ ...night, ...more }] })
    const refused: [object, RegExp][] = [
      [{ 'org.belfry.until': 1000 }, /in the past/],
      [{ 'org.belfry.until': '2000' }, /must be an integer/],
      [{ 'org.belfry.until': null }, /must be an integer/],
      [{ 'org.belfry.until': 1.5 }, /must be an integer/],
      [{ 'org.belfry.digest': true }, /needs a rule that stops to apply/],
      [{ 'org.belfry.digest': 1 }, /must be true or false/],
      [condition({ timezone: 'Mars/Base' }), /name of a time zone/],
      [condition({ timezone: '+02:00' }), /name of a time zone/],
      [condition({ timezone: 2 }), /must be a string/],
      [condition({ intervals: Array(33).fill({}) }), /more than 32 intervals/],
      [
        {
          conditions: [
            { ...night, intervals: Array(32).fill({}) },
            { ...night, kind: 'org.matrix.msc3767.time_and_day' },
          ],
        },
        /more than 32 intervals/,
      ],
      [condition({ intervals: undefined }), /intervals of time_and_day is missing/],
      [condition({ intervals: [{ time_of_day: ['22:00', '25:00'] }] }), /"22:00", "07:00"/],
      [condition({ intervals: [{ day_of_week: [9] }] }), /0 \(Sunday\) to 7/],
      [
        { conditions: [{ kind: 'org.belfry.room_tag', tagged: true }] },
        /tag of org.belfry.room_tag is missing/,
      ],
      [{ conditions: [{ kind: 'org.belfry.room_tag', tag: 'a', tagged: 1 }] }, /true or false/],
    ]
    for (const [more, text] of refused) {
      const checked = check(more)
      assert.ok(!checked.ok, JSON.stringify(more))
      assert.match(checked.problem.message, text)
    }
  })
})

describe('an explanation', () => {
  test('names the schedule with the local time, the end with the time of the event, and the tag', () => {
    const { rules } = explain({
      scopes: [
        {
          scope: 'global',
          rules: ruleset({
            override: [
              userRule('night', [], { conditions: [{ ...night, timezone: 'Asia/Tokyo' }] }),
              userRule('zone', [], { conditions: [{ ...night, timezone: 'No/Zone' }] }),
              userRule('hour', [], { conditions: [], 'org.belfry.until': 5 }),
              userRule('tag', [], {
                conditions: [{ kind: 'org.belfry.room_tag', tag: 'm.favourite', tagged: true }],
              }),
            ],
          }),
        },
      ],
      event: message({}),
      context: { ...group, moment: momentAt('2026-07-01T12:00Z') },
    })
    assert.deepEqual(
      rules.map(({ ruleId, verdict, conditions: [one] }) => [ruleId, verdict, one?.expected, one?.actual]),
      [
        ['night', 'no match', '22:00-07:00 Asia/Tokyo', 'Wed 21:00'],
        ['zone', 'no match', '22:00-07:00 No/Zone', 'unknown time zone No/Zone'],
        ['hour', 'no match', 5, at('2026-07-01T12:00Z')],
        ['tag', 'no match', true, false],
      ],
    )
  })

  test('the outcome names the end and the schedules of the deciding rule', () => {
    const rules = ruleset({
      override: [
        userRule('q', [], {
          conditions: [{ ...night, intervals: [{ day_of_week: [6, 0] }], timezone: 'Europe/Berlin' }],
          'org.belfry.until': Number.MAX_SAFE_INTEGER,
        }),
      ],
    })
    const moment = momentAt('2026-07-04T12:00Z')
    assert.deepEqual(evaluate(compileRules(rules), prepareEvent({ type: 'm' }), { ...group, moment }).rule, {
      kind: 'override',
      ruleId: 'q',
      until: Number.MAX_SAFE_INTEGER,
      schedule: 'Sun Sat 00:00-23:59 Europe/Berlin',
    })
  })
})
