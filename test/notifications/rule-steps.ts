import {
  deleteRule,
  putRule,
  removeAllRules,
  type RuleContent,
  setRuleActions,
  setRuleEnabled,
} from '../../src/user-rules/change-rules.ts'
import { GLOBAL, rulesetOf } from '../../src/user-rules/read-rules.ts'
import type { RuleKey } from '../../src/user-rules/rules-store.ts'
import type { RoomId, UserId } from '../../src/lib/ids.ts'
import { type Action, USER_RULE_KINDS, type RuleKind } from '../../src/push-rules/index.ts'
import { HANDLE, type NotificationsFixture, NOW } from './fixture.ts'
import type { Model } from './model.ts'

/** A step of a random history. */
export type Step = { kind: string; user: number; other: number; room: number; pick: number; form: number }

// The changes of push rules in random histories.

const HIGHLIGHT: readonly Action[] = ['notify', { set_tweak: 'highlight' }]
const SOUND: readonly Action[] = ['notify', { set_tweak: 'sound', value: 'ding' }]

const HOUR_MS = 3_600_000
const NIGHT = { kind: 'time_and_day', intervals: [{ time_of_day: ['22:00', '07:00'] }] }

type Put = { scope?: string; kind: RuleKind; ruleId: string } & RuleContent

/** The new rule for `form`. The other forms are `changeDefault` and `changeOwn`. */
function newRule(form: number, { roomId, other }: { roomId: RoomId; other: UserId }): Put | undefined {
  const here = { kind: 'event_match', key: 'room_id', pattern: roomId }
  const puts: Put[] = [
    { kind: 'room', ruleId: roomId, actions: [] },
    { kind: 'room', ruleId: roomId, actions: HIGHLIGHT },
    { kind: 'override', ruleId: 'mute', conditions: [here], actions: ['dont_notify'] },
    { kind: 'content', ruleId: 'word', pattern: 'hello', actions: HIGHLIGHT },
    { kind: 'sender', ruleId: other, actions: [] },
    { kind: 'sender', ruleId: other, actions: SOUND },
    { kind: 'override', ruleId: 'all', conditions: [], actions: ['notify'] },
    { scope: HANDLE, kind: 'override', ruleId: 'wake', conditions: [here], actions: SOUND },
    { scope: HANDLE, kind: 'override', ruleId: 'hush', conditions: [], actions: [] },
  ]
  return puts[form]
}

/** Some rules get an end, or quiet hours, or both. */
function timed(put: Put, pick: number): Put {
  return {
    ...put,
    ...(pick % 3 === 0 && { 'org.belfry.until': NOW + 4 * (pick + 1) * HOUR_MS }),
    ...(pick % 2 === 0 && put.conditions && { conditions: [...put.conditions, NIGHT] }),
  }
}

const DEFAULTS: readonly [RuleKind, string, readonly Action[]][] = [
  ['underride', '.m.rule.message', HIGHLIGHT],
  ['override', '.m.rule.member_event', ['notify']],
  ['override', '.m.rule.is_user_mention', []],
  ['override', '.m.rule.invite_for_me', []],
  ['override', '.m.rule.suppress_notices', SOUND],
  ['override', '.m.rule.reaction', HIGHLIGHT],
  ['underride', '.m.rule.room_one_to_one', []],
]

/** Performs one change. False when it is not possible. */
export async function changeRule(
  fixture: NotificationsFixture,
  model: Model,
  { user, other, room, pick, form }: Step,
): Promise<boolean> {
  const userId = model.users[user] as UserId
  const rule = newRule(form, { roomId: model.rooms[room] as RoomId, other: model.users[other] as UserId })
  const put = rule && timed(rule, pick)
  if (put) {
    const { scope = GLOBAL, kind, ruleId, ...content } = put
    await putRule(fixture.rules, { userId, scope, kind, ruleId }, { content })
  } else if (form === 9) await changeDefault(fixture, model, userId, pick)
  else if (!(await changeOwn(fixture, model, userId, { pick, remove: form === 10 }))) return false
  model.rules.set(userId, await rulesetOf(fixture.db, userId, { legacyMentionRules: true }))
  return true
}

async function changeDefault(
  fixture: NotificationsFixture,
  model: Model,
  userId: UserId,
  pick: number,
): Promise<void> {
  const [kind, ruleId, actions] = DEFAULTS[pick % DEFAULTS.length] as (typeof DEFAULTS)[number]
  const key = { userId, scope: GLOBAL, kind, ruleId }
  if (pick >= DEFAULTS.length) {
    const isEnabled = model.rules.get(userId)?.global[kind]?.find((rule) => rule.rule_id === ruleId)?.enabled
    await setRuleEnabled(fixture.rules, key, !isEnabled)
  } else await setRuleActions(fixture.rules, key, actions)
}

/** Removes one or all rules that the user created, or toggles one of them. */
async function changeOwn(
  fixture: NotificationsFixture,
  model: Model,
  userId: UserId,
  { pick, remove }: { pick: number; remove: boolean },
): Promise<boolean> {
  const rules = model.rules.get(userId)
  if (!rules) return false
  const own = [[GLOBAL, rules.global] as const, ...rules.device].flatMap(([scope, set]) =>
    USER_RULE_KINDS.flatMap((kind) =>
      set[kind].flatMap((rule) =>
        rule.default ? [] : [{ key: { userId, scope, kind, ruleId: rule.rule_id } satisfies RuleKey, rule }],
      ),
    ),
  )
  const one = own[pick % own.length]
  if (!one) return false
  if (remove && pick > 5) {
    await fixture.db.transaction((tx) => removeAllRules(fixture.rules, tx, userId), { orderedBy: userId })
    return true
  }
  if (remove) await deleteRule(fixture.rules, one.key)
  else await setRuleEnabled(fixture.rules, one.key, !one.rule.enabled)
  return true
}
