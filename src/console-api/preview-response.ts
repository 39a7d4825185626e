import { z } from 'zod'
import { named, uncheckedJson } from '../http/response.ts'
import { eventId, roomId, time, userId } from '../http/response-parts.ts'
import { once } from '../lib/once.ts'
import { RULE_KINDS } from '../push-rules/index.ts'
import { explanation } from './explain-response.ts'
import { CHANGES } from './preview-changes.ts'

// The response of a preview. `preview-changes.ts` assembles it.

const result = () =>
  z.strictObject({
    notifies: z.boolean(),
    highlight: z.boolean(),
    sound: z.string().nullable(),
    decided_by: z
      .strictObject({
        scope: z.enum(['global', 'device']),
        kind: z.enum(RULE_KINDS),
        rule_id: z.string(),
      })
      .nullable(),
  })

const changedEvent = named('ChangedEvent', () =>
  z.strictObject({
    event_id: eventId(),
    room_id: roomId(),
    room_name: z.string().nullable(),
    type: z.string(),
    sender: userId(),
    origin_server_ts: time(),
    change: z
      .enum(CHANGES)
      .describe('rings: a notification instead of none; differs: with another sound or highlight'),
    before: result().describe('With the stored rules'),
    after: result().describe('With the given rules too'),
  }),
)

const changes = once(() => ({
  rings: z.int(),
  silent: z.int(),
  differs: z.int(),
  changes: z.array(changedEvent()),
}))

export const preview = uncheckedJson(
  named('Preview', () =>
    z.strictObject({
      user_id: userId(),
      events: z.int().describe('The number of events that were evaluated'),
      since: time().nullable().describe('The time of the oldest of them'),
      is_cut: z.boolean().describe('The rules exceed the cost limit, so fewer events were evaluated'),
      account: z.strictObject(changes()).describe('The unread counts'),
      pushers: z.array(
        z.strictObject({
          app_id: z.string(),
          kind: z.string(),
          app_display_name: z.string(),
          device_display_name: z.string(),
          device_id: z.string().nullable(),
          instance_handle: z.string().nullable(),
          ...changes(),
        }),
      ),
    }),
  ),
)

/** An explanation of a given event, or a preview. */
export const dryRunResponse = uncheckedJson(once(() => z.union([explanation(), preview()])))
