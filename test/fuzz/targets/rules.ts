import assert from 'node:assert/strict'
import fc from 'fast-check'
import { isTimeZone, localTimeIn } from '../../../src/lib/time-zone.ts'
import { matchesWildcard } from '../../../src/lib/wildcard.ts'
import { compileGlob, matchesWhole, matchesWords } from '../../../src/push-rules/glob.ts'
import {
  analyseRules,
  compileRules,
  concernedUsers,
  createMoment,
  deadRules,
  defaultRules,
  evaluate,
  explain,
  MAX_BODY_LENGTH,
  MAX_STEPS,
  nextEndOfRule,
  prepareEvent,
  rulesetFor,
  validateActions,
  validateRule,
  type PushRule,
  type RuleKind,
  type Ruleset,
} from '../../../src/push-rules/index.ts'
import { parseKeyPath, valueAt } from '../../../src/push-rules/key-path.ts'
import { meter } from '../../../src/push-rules/meter.ts'
import { isWithin, parseSchedule } from '../../../src/push-rules/time-and-day.ts'
import { fuzzTarget } from '../fuzz-target.ts'
import { almost, json, loose, near, sent, text } from '../values.ts'

/** The search that reaches the limit is completed. */
const LAST_SEARCH = 40 * MAX_BODY_LENGTH
const settings = { legacyMentionRules: true }
const me = { userId: '@me:x', localpart: 'me' }
const NOW = Date.parse('2026-03-28T23:30Z')

const pattern = near('*', 'tea*', '*.example.org', '?ea', 'a*b?c', '!room:*', '@ada:x', 'tea time')
const key = near('content.body', 'type', 'content.m\\.relates_to.rel_type', 'room_id', 'content.n.a')
const zone = near('Europe/Berlin', 'UTC', 'America/St_Johns', 'Asia/Kolkata', 'Etc/GMT+12', 'GMT0', 'EST5EDT')
const interval = almost({
  time_of_day: fc.array(near('22:00', '07:00', '23:59', '00:00'), { maxLength: 3 }),
  day_of_week: fc.array(fc.integer({ min: -1, max: 8 }), { maxLength: 4 }),
})
const condition = almost({
  kind: near(
    'event_match',
    'event_property_is',
    'event_property_contains',
    'contains_display_name',
    'room_member_count',
    'sender_notification_permission',
    'profile_tag',
    'org.belfry.room_tag',
    'time_and_day',
    'org.matrix.msc3767.time_and_day',
  ),
  key,
  pattern,
  value: json,
  is: near('2', '>=2', '<10', '==1'),
  profile_tag: text,
  tag: near('m.favourite'),
  tagged: fc.boolean(),
  timezone: zone,
  intervals: fc.array(interval, { maxLength: 3 }),
})
const action = loose(
  fc.oneof(
    near('notify', 'dont_notify', 'coalesce'),
    almost({ set_tweak: near('sound', 'highlight'), value: json }),
  ),
)
const body = almost({
  conditions: fc.array(condition, { maxLength: 3 }),
  pattern,
  actions: fc.array(action, { maxLength: 3 }),
  'org.belfry.until': fc.oneof(fc.integer(), fc.constantFrom(NOW + 1, Number.MAX_SAFE_INTEGER)),
  'org.belfry.digest': fc.boolean(),
})
const ruleId = near('mine', '!room:x', '@ada:x', '.m.rule.master', '.m.rule.message')
const rule = fc.record({
  kind: fc.constantFrom<RuleKind>('override', 'content', 'room', 'sender', 'underride', 'postcontent'),
  ruleId,
  body,
})
const event = almost({
  type: near('m.room.message', 'm.room.member', 'm.room.encrypted', 'm.reaction'),
  sender: near('@ada:x', '@me:x'),
  room_id: fc.constant('!room:x'),
  state_key: near('@me:x', ''),
  content: almost({
    body: near('tea time', 'me: hello', '@room tea'),
    membership: near('invite', 'join'),
    n: json,
    'm.mentions': almost({ user_ids: fc.array(near('@me:x'), { maxLength: 3 }), room: fc.boolean() }),
    'm.relates_to': almost({ rel_type: near('m.thread', 'm.replace'), event_id: near('$1') }),
  }),
})
const context = fc.record({
  userId: fc.constant(me.userId),
  displayName: text,
  memberCount: fc.nat({ max: 5 }),
  roomVersion: near('9', '11', '12'),
  powerLevels: almost({
    users: almost({ '@ada:x': json }),
    users_default: json,
    notifications: almost({ room: json }),
    invite: json,
  }),
  creators: fc.constantFrom([], ['@me:x']),
})
const clockOf = (name: string, at: number) => localTimeIn(name, at)
const moment = () => createMoment(NOW, (name) => clockOf(name, NOW))

type Given = { kind: RuleKind; ruleId: string; body: unknown }

/**
 * As the server stores rules: those that the validation accepts, and those of any shape that an earlier
 * version may have stored.
 */
function rulesOf(given: readonly Given[], isValidated: boolean): Ruleset {
  const userRules: Record<string, PushRule[]> = {}
  for (const one of given) {
    const checked = validateRule(one, one.body, { isTimeZone, now: NOW })
    if (!checked.ok) assert.ok(checked.problem.message.length > 10)
    if (isValidated && !checked.ok) continue
    const content = checked.ok ? checked.value : (one.body as object)
    const stored = { ...content, rule_id: one.ruleId, default: false, enabled: true } as unknown as PushRule
    ;(userRules[one.kind] ??= []).push(stored)
  }
  return rulesetFor({ defaults: defaultRules({ ...me, ...settings }), changes: [], userRules })
}

const evaluation = fc.record({
  given: fc.array(rule, { maxLength: 5 }),
  isValidated: fc.boolean(),
  source: event,
  where: context,
  timezone: fc.oneof(fc.constant(undefined), zone),
})

export const ruleTargets = [
  fuzzTarget(
    'rules',
    'push rules from a request to an outcome and its explanation, with events of any shape',
    {
      values: evaluation,
      check({ given, isValidated, source, where, timezone }) {
        const rules = sent(rulesOf(given, isValidated))
        const owner = { timezone }
        const compiled = compileRules(rules, owner)
        const prepared = prepareEvent(sent(source))
        const outcome = evaluate(compiled, prepared, { ...where, moment: moment() })
        assert.ok(MAX_STEPS - meter.left <= MAX_STEPS + LAST_SEARCH, `${MAX_STEPS - meter.left} steps`)
        const explained = explain({
          scopes: [{ scope: 'global', rules }],
          event: prepared,
          context: { ...where, moment: moment() },
          settings,
          owner,
        })
        assert.deepEqual(explained.outcome, outcome)
        JSON.stringify(explained)
        analyseRules(rules, { ...me, ...settings, ...owner })
        deadRules(rules, settings)
        concernedUsers(prepared, settings)
        for (const one of Object.values(rules).flat() as PushRule[]) {
          const end = nextEndOfRule(one, owner, { at: NOW, clockOf })
          assert.ok(end === undefined || end > NOW, `the next end ${end} is in the past`)
        }
      },
    },
  ),
  fuzzTarget('rule-actions', 'the body of PUT …/actions', {
    values: json,
    check(actions) {
      const checked = validateActions(sent(actions))
      assert.ok(checked.ok || checked.problem.message.length > 10)
    },
  }),
  fuzzTarget('globs', 'patterns of event_match and of keywords, and their cost', {
    values: fc.tuple(near('*', 'a*b', '?', 'tea*', '*a?b*', 'x'), near('tea time', 'aab aab aab', 'x')),
    check([globText, subject]) {
      meter.left = MAX_STEPS
      const glob = compileGlob(globText)
      const isWhole = matchesWhole(glob, subject)
      const isInside = matchesWords(glob, subject)
      assert.equal(typeof isWhole, 'boolean')
      assert.ok(!isWhole || isInside || subject === '', 'a pattern that matches the whole text matches in it')
      assert.ok(
        MAX_STEPS - meter.left <= 100 * (subject.length + globText.length + 1),
        'the cost grows with the length',
      )
      assert.equal(matchesWildcard(globText, globText), true, 'a pattern matches its own text')
    },
  }),
  fuzzTarget('key-paths', 'keys of conditions, and values at them', {
    values: fc.tuple(key, json),
    check([path, value]) {
      const { names } = parseKeyPath(path)
      assert.ok(names.length > 0)
      const written = names.map((name) => name.replaceAll('\\', '\\\\').replaceAll('.', '\\.')).join('.')
      assert.deepEqual(parseKeyPath(written).names, names)
      valueAt(sent(value), names)
    },
  }),
  fuzzTarget('schedules', 'quiet hours of rules: intervals, time zones, local times', {
    values: fc.tuple(
      almost({ timezone: zone, intervals: fc.array(interval, { maxLength: 4 }) }),
      zone,
      fc.integer({ min: -8.64e15, max: 8.64e15 }),
    ),
    check([condition, name, at]) {
      const schedule = parseSchedule(sent(condition), name)
      const local = localTimeIn(name, at)
      assert.ok(local === undefined || isTimeZone(name))
      if (local === undefined) return
      assert.ok(local.day >= 0 && local.day < 7 && Number.isInteger(local.day), `day ${local.day}`)
      assert.ok(local.minute >= 0 && local.minute < 1440, `minute ${local.minute}`)
      if (schedule !== undefined) assert.equal(typeof isWithin(schedule, local), 'boolean')
    },
  }),
]
