import { z } from 'zod'
import { named } from '../http/response.ts'
import { once } from '../lib/once.ts'
import { NOTIFY_IN_APP, DIGEST, type RuleKind, UNTIL } from '../push-rules/index.ts'

// Push rules in responses (client-server API, "Push Rules"). Conditions and actions are returned as the
// client wrote them, including unknown keys.

const KNOWN_CONDITIONS = [
  'event_match',
  'event_property_is',
  'event_property_contains',
  'contains_display_name',
  'room_member_count',
  'sender_notification_permission',
  'profile_tag',
] as const
type KnownCondition = (typeof KNOWN_CONDITIONS)[number]

const condition = named('PushCondition', () => {
  const of = <K extends KnownCondition, S extends z.ZodRawShape>(kind: K, shape: S) =>
    z.looseObject({ kind: z.literal(kind), ...shape })
  const key = z.string().describe('The path of a property of the event, dot-separated')
  const value = z.union([z.string(), z.int(), z.boolean(), z.null()])
  return z.union([
    of('event_match', { key, pattern: z.string().describe('A glob') }),
    of('event_property_is', { key, value }),
    of('event_property_contains', { key, value }),
    of('contains_display_name', {}),
    of('room_member_count', {
      is: z.string().describe('A number with an optional prefix ==, <, >, <= or >='),
    }),
    of('sender_notification_permission', {
      key: z.string().describe('The key in notifications of the power levels'),
    }),
    of('profile_tag', { profile_tag: z.string().describe('The instance handle of a pusher') }),
    z.looseObject({
      kind: z
        .string()
        .regex(new RegExp(`^(?!(?:${KNOWN_CONDITIONS.join('|')})$)`))
        .describe('An unknown kind'),
    }),
  ])
})

export const pushAction = named('PushAction', () =>
  z.union([
    z.enum(['notify', 'dont_notify', 'coalesce', NOTIFY_IN_APP]),
    z.looseObject({
      set_tweak: z.string().describe('Such as sound or highlight'),
      value: z.unknown().describe('Absent: true').optional(),
    }),
  ]),
)

export const pushRule = named('PushRule', () =>
  z.strictObject({
    rule_id: z.string(),
    default: z.boolean().describe('True for a default rule of the server'),
    enabled: z.boolean(),
    actions: z.array(pushAction()),
    conditions: z.array(condition()).describe('Only in override and underride rules').optional(),
    pattern: z.string().describe('Only in content rules: a glob').optional(),
    [UNTIL]: z.int().describe('The end of the rule, in milliseconds since the Unix epoch').optional(),
    [DIGEST]: z.literal(true).describe('Events that it holds back are summed up').optional(),
  }),
)

export const pushRules = once(() => z.array(pushRule()).describe('In order of priority, highest first'))

export const ruleset = named('PushRuleset', () =>
  z.strictObject({
    override: pushRules(),
    content: pushRules(),
    postcontent: pushRules().describe('MSC4306, experimental').optional(),
    room: pushRules(),
    sender: pushRules(),
    underride: pushRules(),
  } satisfies Record<RuleKind, unknown>),
)

/** By the tag of the scope, the instance handle of a pusher. */
export const deviceRulesets = once(() => z.record(z.string(), ruleset()))

export const allRulesets = once(() =>
  z.strictObject({
    global: ruleset(),
    device: deviceRulesets().describe('Present when a device has rules').optional(),
  }),
)

export const ruleAttribute = once(() =>
  z.union([z.strictObject({ enabled: z.boolean() }), z.strictObject({ actions: z.array(pushAction()) })]),
)
