import { z } from 'zod'
import { named, uncheckedJson } from '../../http/response.ts'
import { roomId, time, userId } from '../../http/response-parts.ts'
import { jsonObject } from '../../http/schema.ts'
import { RULE_KINDS } from '../../push-rules/index.ts'
import { FINDING_CODES, REMEDY_CODES, SEVERITIES } from './finding.ts'

// The response of the doctor. `diagnose.ts` assembles it.

const rule = named('FindingRule', () =>
  z.strictObject({
    scope: z.enum(['global', 'device']),
    instance_handle: z.string().describe('Only in the device scope').optional(),
    kind: z.enum(RULE_KINDS),
    rule_id: z.string(),
  }),
)

const remedy = named('Remedy', () =>
  z.strictObject({
    code: z.enum(REMEDY_CODES),
    label: z.string(),
    method: z.enum(['POST', 'PUT', 'DELETE']),
    path: z.string(),
    body: jsonObject.nullable(),
    rule: rule().nullable().describe('The rule that it deletes, enables or disables'),
  }),
)

const finding = named('Finding', () =>
  z.strictObject({
    code: z.enum(FINDING_CODES),
    severity: z.enum(SEVERITIES),
    text: z.string(),
    advice: z.string(),
    rule: rule().nullable(),
    other_rule: rule().nullable().describe('The rule that shadows it, or that mutes the same room'),
    room: z.strictObject({ room_id: z.string(), name: z.string().nullable() }).nullable(),
    rooms: z.strictObject({ room_ids: z.array(roomId()), total: z.int() }).nullable(),
    pusher: z
      .strictObject({
        app_id: z.string(),
        pushkey_hash: z.string(),
        app_display_name: z.string(),
        device_display_name: z.string(),
        device_id: z.string().nullable(),
        instance_handle: z.string().nullable(),
      })
      .nullable(),
    instance_handle: z.string().nullable(),
    since: time().nullable(),
    remedies: z
      .array(remedy())
      .describe('Requests of which one corrects it; only for the owner, because they contain pushkeys'),
  }),
)

export const diagnosis = uncheckedJson(
  named('Diagnosis', () =>
    z.strictObject({
      user_id: userId(),
      checked: z.strictObject({ pushers: z.int(), rooms: z.int(), rules: z.int() }),
      total: z.int().describe('The number of findings; the list has the first 200'),
      findings: z.array(finding()),
    }),
  ),
)
