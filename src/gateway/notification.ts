import { z } from 'zod'
import { cleanJson } from '../lib/clean-json.ts'
import { badJson, invalidParam, missingParam } from '../lib/errors.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'

const MAX_DEVICES = 100
/** The most levels of nested objects and lists. Deeper values are left out. */
const MAX_DEPTH = 64

// Any member of a room can decide what an event and its names look like. After a 400 a home server sends the
// notification again for a day, and all later events of that pusher wait behind it. So a value of the wrong
// type counts as absent. Only the fields that say where to send must be correct.
//
// Null counts as absent: home servers in Go send null for a map that was never created.
//
// Each notification is read here, so the values are checked without a schema, and an object with nothing to
// correct is not copied.

type Maybe<T> = T | null | undefined

export type NotificationDevice = {
  app_id: string
  pushkey: string
  /** Seconds since the Unix epoch. */
  pushkey_ts?: Maybe<number>
  data?: Maybe<Record<string, unknown>>
  tweaks?: Maybe<Record<string, unknown>>
  /** The language of the pusher, if it asks for it (`notification-text.ts`). */
  'org.belfry.lang'?: unknown
  [other: string]: unknown
}

type Decoration = {
  event_id?: Maybe<string>
  room_id?: Maybe<string>
  type?: Maybe<string>
  sender?: Maybe<string>
  sender_display_name?: Maybe<string>
  room_name?: Maybe<string>
  room_alias?: Maybe<string>
  user_is_target?: Maybe<boolean>
  prio?: Maybe<string>
  content?: Maybe<Record<string, unknown>>
  counts?: Maybe<{ unread?: Maybe<number>; missed_calls?: Maybe<number>; [other: string]: unknown }>
  [other: string]: unknown
}

/** A notification from a home server (Push Gateway API, `POST /notify`). Unknown keys are kept. */
export type Notification = Decoration & { devices: NotificationDevice[] }

type Check = (value: unknown) => boolean

const isText: Check = (value) => typeof value === 'string'
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const isTime: Check = (value) => typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER

const OF_DEVICE: Record<string, Check> = { pushkey_ts: isTime, data: isJsonObject, tweaks: isJsonObject }
const OF_COUNTS: Record<string, Check> = { unread: isCount, missed_calls: isCount }
const OF_NOTIFICATION: Record<string, Check> = {
  event_id: isText,
  room_id: isText,
  type: isText,
  sender: isText,
  sender_display_name: isText,
  room_name: isText,
  room_alias: isText,
  user_is_target: (value) => typeof value === 'boolean',
  prio: isText,
  content: isJsonObject,
  counts: isJsonObject,
}

/** The same object if all its values have their types, else a copy in which the others are undefined. */
function lenient(given: JsonObject, checks: Record<string, Check>): Record<string, unknown> {
  let read: Record<string, unknown> = given
  for (const key in checks) {
    const value = given[key]
    if (value === undefined || value === null || checks[key]?.(value) === true) continue
    if (read === given) read = { ...given }
    read[key] = undefined
  }
  return read
}

// For the errors alone: what a call must have.
const device = z.looseObject({ app_id: z.string(), pushkey: z.string() })
const envelope = z.looseObject({ notification: z.looseObject({ devices: z.array(z.unknown()) }) })
const requestBody = z.object({ notification: z.object({ devices: z.array(device) }) })

/** `malformed`: the number of devices that were left out because they have no `app_id` or no `pushkey`. */
export type ParsedNotification = { notification: Notification; malformed: number }

/**
 * Reads the body of `POST /_matrix/push/v1/notify`. Only `devices` and their `app_id` and `pushkey` are
 * required. Other fields with bad values are left out, cut or replaced (see `cleanJson`). A malformed device
 * does not prevent the others from being served. It is not rejected either: because of a bug the home server
 * would delete its pushers.
 *
 * Pushkeys stay unchanged, because the response repeats them.
 *
 * @throws {MatrixError} 400 without a usable device: `M_MISSING_PARAM` naming all missing fields,
 *   `M_BAD_JSON` for a wrong type, `M_INVALID_PARAM` for no device or more than 100.
 */
export function parseNotification(body: unknown): ParsedNotification {
  const all = isJsonObject(body) && isJsonObject(body.notification) ? body.notification : {}
  const { devices: given, ...rest } = all
  if (!Array.isArray(given)) throw refusalBy(envelope, body)
  if (given.length === 0) throw invalidParam('notification.devices must not be empty')
  if (given.length > MAX_DEVICES)
    throw invalidParam(`notification.devices must have at most ${MAX_DEVICES} entries`)
  const devices = given.flatMap((one) => readDevice(one) ?? [])
  const malformed = given.length - devices.length
  if (devices.length === 0) throw refusalBy(requestBody, body)
  return { notification: { ...readDecoration(rest), devices }, malformed }
}

function readDecoration(given: JsonObject): Decoration {
  const read = lenient(cleanJson(given, MAX_DEPTH) as JsonObject, OF_NOTIFICATION)
  const { counts } = read
  if (!isJsonObject(counts)) return read
  const readCounts = lenient(counts, OF_COUNTS)
  return readCounts === counts ? read : { ...read, counts: readCounts }
}

function readDevice(given: unknown): NotificationDevice | undefined {
  const cleaned = cleanJson(given, MAX_DEPTH)
  if (!isJsonObject(cleaned) || !isJsonObject(given)) return undefined
  const { pushkey } = given
  if (typeof cleaned.app_id !== 'string' || typeof pushkey !== 'string') return undefined
  const read = lenient(cleaned, OF_DEVICE) as NotificationDevice
  return read.pushkey === pushkey ? read : { ...read, pushkey }
}

function refusalBy(schema: z.ZodType, body: unknown) {
  const { error } = schema.safeParse(body)
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
