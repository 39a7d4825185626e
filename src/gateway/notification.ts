import { z } from 'zod'
import { cleanJson } from '../lib/clean-json.ts'
import { badJson, invalidParam, missingParam } from '../lib/errors.ts'

const MAX_DEVICES = 100
/** Of objects and lists within each other; what is deeper is left out. */
const MAX_DEPTH = 64

// Anyone who shares a room with a user decides what an event and its names look like. A home server that gets a 400 for one of them
// sends it again for a day, and all later events of that pusher wait behind it. So a value of the wrong type counts as absent. Only
// what tells where to send has to be right.
//
// Absent and null are the same to us: home servers in Go send null for a map that was never made.
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
/** What a home server told the gateway (Push Gateway API, `POST /notify`); keys that are not listed are kept. */
export type Notification = z.infer<typeof decoration> & { devices: NotificationDevice[] }

/** `malformed`: so many devices have no `app_id` or no `pushkey`, and were left out. */
export type ParsedNotification = { notification: Notification; malformed: number }

/**
 * Reads the body of `POST /_matrix/push/v1/notify`. Everything but `devices` and their `app_id` and `pushkey` is decoration: what is odd
 * about it is left out, cut or replaced (see `cleanJson`). A malformed device does not keep the others from being served. It is not
 * answered as rejected either: a fault of the home server would then delete its pushers.
 *
 * Pushkeys are kept as they came, for the answer repeats them.
 *
 * @throws {MatrixError} 400 when there is nothing to send to: `M_MISSING_PARAM` naming all that is missing, `M_BAD_JSON` for a wrong
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
