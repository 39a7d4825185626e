import { z } from 'zod'

import { badJson, invalidParam, missingParam } from '../lib/errors.ts'

const MAX_DEVICES = 100

// Absent and null are the same to us: home servers in Go send null for a map that was never made.
const dictionary = z.record(z.string(), z.unknown()).nullish()
const text = z.string().nullish()

const device = z.looseObject({
  app_id: z.string(),
  pushkey: z.string(),
  /** Seconds since the Unix epoch. */
  pushkey_ts: z.number().nullish(),
  data: dictionary,
  tweaks: dictionary,
})

const notification = z.looseObject({
  event_id: text,
  room_id: text,
  type: text,
  sender: text,
  sender_display_name: text,
  room_name: text,
  room_alias: text,
  user_is_target: z.boolean().nullish(),
  prio: text,
  content: dictionary,
  counts: z.looseObject({ unread: z.int().nullish(), missed_calls: z.int().nullish() }).nullish(),
  devices: z.array(device),
})

const requestBody = z.looseObject({ notification })

export type NotificationDevice = z.infer<typeof device>
/** What a home server told the gateway (Push Gateway API, `POST /notify`); keys that are not listed are kept. */
export type Notification = z.infer<typeof notification>

/**
 * Reads the body of `POST /_matrix/push/v1/notify`.
 *
 * @throws {MatrixError} 400: `M_MISSING_PARAM` naming all that is missing, `M_BAD_JSON` for a wrong type,
 * `M_INVALID_PARAM` for no device or more than 100.
 */
export function parseNotification(body: unknown): Notification {
  const result = requestBody.safeParse(body)
  if (!result.success) throw refusal(result.error, body)
  const { devices } = result.data.notification
  if (devices.length === 0) throw invalidParam('notification.devices must not be empty')
  if (devices.length > MAX_DEVICES)
    throw invalidParam(`notification.devices must have at most ${MAX_DEVICES} entries`)
  return result.data.notification
}

function refusal(error: z.ZodError, body: unknown) {
  const missing = error.issues.filter(
    (issue) => issue.path.length > 0 && valueAt(body, issue.path) === undefined,
  )
  if (missing.length > 0) return missingParam(missing.map((issue) => issue.path.join('.')))
  const [first] = error.issues
  const where = first === undefined || first.path.length === 0 ? 'the body' : first.path.join('.')
  return badJson(`Wrong type: ${where}`)
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let here = value
  for (const key of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined
    here = (here as Record<PropertyKey, unknown>)[key]
  }
  return here
}
