import { z } from 'zod'
import { named, uncheckedJson } from '../http/response.ts'
import { once } from '../lib/once.ts'
import { eventId, roomId, time, userId } from '../http/response-parts.ts'
import { jsonObject } from '../http/schema.ts'
import { RULE_KINDS, type RuleVerdict } from '../push-rules/index.ts'
import type { Silence } from '../trace/notify-reason.ts'
import type { NoPokeReason } from './explain-user.ts'

// The response of `/explain`. `explain-user.ts` assembles it.

const SILENCES: readonly Silence[] = ['own event', 'redacted', 'sender is ignored', 'not a member']
const NO_POKE_REASONS: readonly NoPokeReason[] = [
  ...SILENCES,
  'does not notify',
  'in the app only',
  'suppressed by a device rule',
  'set after the event',
  'disabled',
  'not activated',
  'not by e-mail',
]
const VERDICTS: readonly RuleVerdict[] = [
  'matched',
  'wakes only',
  'no match',
  'not reached',
  'not evaluated',
  'disabled',
  'malformed',
]

const rule = {
  scope: () => z.enum(['global', 'device']),
  instance_handle: () => z.string().describe('Only in the device scope').optional(),
  kind: () => z.enum(RULE_KINDS),
  rule_id: () => z.string(),
}
const ruleName = () => ({
  scope: rule.scope(),
  instance_handle: rule.instance_handle(),
  kind: rule.kind(),
  rule_id: rule.rule_id(),
})

/** The end and the schedules of a rule that decided. */
export const ruleTimes = () => ({
  until: z.int().describe('The end of the rule, in milliseconds since the Unix epoch').optional(),
  schedule: z.string().describe('Its quiet hours or other times, with the time zone').optional(),
})

const decidedBy = named('DecidingRule', () => z.strictObject({ ...ruleName(), ...ruleTimes() }))

const explainedRule = named('ExplainedRule', () =>
  z.strictObject({
    ...ruleName(),
    enabled: z.boolean(),
    verdict: z.enum(VERDICTS),
    conditions: z.array(
      z.strictObject({
        condition: z.unknown().describe('As written in the rule, or as implied by the kind of the rule'),
        holds: z.boolean(),
        expected: z.unknown(),
        actual: z.unknown().describe('The value in the event or room; long texts and lists are truncated'),
        hidden: z
          .literal(true)
          .describe('`actual` is left out: an administrator sees no text of messages to other users')
          .optional(),
      }),
    ),
  }),
)

const explainedPusher = named('ExplainedPusher', () =>
  z.strictObject({
    app_id: z
      .string()
      .nullable()
      .describe('Null for a handle without a pusher; so are the other properties of the pusher'),
    kind: z.string().nullable(),
    app_display_name: z.string().nullable(),
    device_display_name: z.string().nullable(),
    device_id: z.string().nullable(),
    instance_handle: z.string().nullable(),
    poke: z.boolean(),
    reason: z.enum(NO_POKE_REASONS).nullable().describe('Why no poke is sent; null: a poke is sent'),
    tweaks: jsonObject.optional(),
    prio: z.enum(['high', 'low']).optional(),
    decided_by: decidedBy().nullable(),
    rules: z.array(explainedRule()).describe('The rules of the device'),
    queued: z.boolean(),
    failing_since: time().nullable(),
  }),
)

const explained = once(() => ({
  user_id: userId(),
  notify: z.boolean(),
  highlight: z.boolean(),
  actions: z.array(z.unknown()),
  decided_by: decidedBy().nullable(),
  reason: z.enum(SILENCES).nullable().describe('Why no rule was evaluated; null: the rules were evaluated'),
  rules: z.array(explainedRule()).describe('The global rules in order of priority, highest first'),
  pushers: z.array(explainedPusher()),
}))

/** For an event that was not sent. */
export const explanation = uncheckedJson(named('Explanation', () => z.strictObject(explained())))

/** For an event that was sent. `recorded`: the outcome stored with it, which the unread counts use. */
export const explainedEvent = uncheckedJson(
  named('ExplainedEvent', () =>
    z.strictObject({
      event_id: eventId(),
      room_id: roomId(),
      type: z.string(),
      sender: userId(),
      ...explained(),
      recorded: z.strictObject({
        notify: z.boolean(),
        highlight: z.boolean(),
        decided_by: decidedBy().nullable(),
      }),
      rules_changed_since: z.boolean(),
      read: z.boolean(),
    }),
  ),
)
