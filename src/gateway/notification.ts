import { z } from 'zod'
import { cleanJson } from '../lib/clean-json.ts'
import { badJson, invalidParam, missingParam } from '../lib/errors.ts'

const MAX_DEVICES = 100
/** The most levels of nested objects and lists. Deeper values are left out. */
const MAX_DEPTH = 64

// Any member of a room can decide what an event and its names look like. After a 400 a home server sends the notification again for
// a day, and all later events of that pusher wait behind it. So a value of the wrong type counts as absent. Only the fields that say
// where to send must be correct.
//
// Null counts as absent: home servers in Go send null for a map that was never created.
const lenient = <Value extends z.ZodType>(value: Value) => value.nullish().catch(undefined)

const dictionary = lenient(z.record(z.string(), z.unknown()))
const text = lenient(z.string())
const count = lenient(z.int().nonnegative())

const device = z.looseObject({
  app_id: z.string(),
  pushkey: z.string(),
  /** Seconds since the Unix epoch. */
  pushkey_ts: lenient(z.number().nonnegative().max(Number.MAX_SAFE_INTEGER)),
  data: dictionary,
  tweaks: dictionary,
})

const decoration = z.looseObject({
  event_id: text,
  room_id: text,
  type: text,
  sender: text,
  sender_display_name: text,
  room_name: text,
  room_alias: text,
  user_is_target: lenient(z.boolean()),
  prio: text,
  content: dictionary,
  counts: lenient(z.looseObject({ unread: count, missed_calls: count })),
})

const envelope = z.looseObject({ notification: z.looseObject({ devices: z.array(z.unknown()) }) })
const requestBody = z.object({ notification: z.object({ devices: z.array(device) }) })

export type NotificationDevice = z.infer<typeof device>
/** A notification from a home server (Push Gateway API, `POST /notify`). Unknown keys are kept. */
export type Notification = z.infer<typeof decoration> & { devices: NotificationDevice[] }

/** `malformed`: the number of devices that were left out because they have no `app_id` or no `pushkey`. */
export type ParsedNotification = { notification: Notification; malformed: number }

/**
 * Reads the body of `POST /_matrix/push/v1/notify`. Only `devices` and their `app_id` and `pushkey` are required. Other fields with bad
 * values are left out, cut or replaced (see `cleanJson`). A malformed device does not prevent the others from being served. It is not
 * rejected either: because of a bug the home server would delete its pushers.
 *
 * Pushkeys stay unchanged, because the response repeats them.
 *
 * @throws {MatrixError} 400 without a usable device: `M_MISSING_PARAM` naming all missing fields, `M_BAD_JSON` for a wrong
 * type, `M_INVALID_PARAM` for no device or more than 100.
 */
export function parseNotification(body: unknown): ParsedNotification {
  const read = envelope.safeParse(body)
  if (!read.success) throw refusal(read.error, body)
  const { devices: given, ...rest } = read.data.notification
  if (given.length === 0) throw invalidParam('notification.devices must not be empty')
  if (given.length > MAX_DEVICES)
    throw invalidParam(`notification.devices must have at most ${MAX_DEVICES} entries`)
  const devices = given.flatMap((one) => readDevice(one) ?? [])
  const malformed = given.length - devices.length
  if (devices.length === 0) throw refusalOfAll(body)
  return { notification: { ...decoration.parse(cleanJson(rest, MAX_DEPTH)), devices }, malformed }
}

function readDevice(given: unknown): NotificationDevice | undefined {
  const { data: read } = device.safeParse(cleanJson(given, MAX_DEPTH))
  if (read === undefined) return undefined
  const { pushkey } = given as NotificationDevice
  return read.pushkey === pushkey ? read : { ...read, pushkey }
}

function refusalOfAll(body: unknown) {
  const { error } = requestBody.safeParse(body)
  return error === undefined ? badJson('Wrong type: notification.devices') : refusal(error, body)
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
