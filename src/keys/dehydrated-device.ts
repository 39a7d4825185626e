import { dehydratedDeviceOf, insertDehydratedDevice } from '../accounts/dehydrated-devices-store.ts'
import { removeDevices } from '../accounts/devices.ts'
import { deviceById, upsertDevice } from '../accounts/devices-store.ts'
import { checkDevice } from '../accounts/names.ts'
import { checkDeviceQuota } from '../accounts/sessions.ts'
import { deleteReceived, type DeviceMessage, messagesAfter, PAGE } from '../accounts/to-device/waiting.ts'
import { forbidden, invalidParam, notFound, tooLarge } from '../lib/errors.ts'
import type { DeviceId, UserId } from '../lib/ids.ts'
import { type JsonObject, parseStored } from '../lib/json.ts'
import type { Queries } from '../storage/query.ts'
import { currentPoint } from '../storage/stream.ts'
import {
  earlierOf,
  laterOf,
  parsePoint,
  pointText,
  START,
  type StreamPoint,
} from '../storage/stream-point.ts'
import type { CrossSigningDeps } from './deps.ts'
import { checkDeviceId } from './remove-keys.ts'
import { checkUpload, type KeyUpload, storeKeys } from './upload-keys.ts'

// The dehydrated device of a user (MSC3814, org.matrix.msc3814.v1): a device with keys and without a session.
// It receives room keys while the user has no other device. A new session fetches them with the private keys
// in `device_data`, which only the user can decrypt.

/** Enough for the private keys of a device with its one-time keys, several times over. */
const MAX_DATA_BYTES = 262_144

export type DehydratedUpload = KeyUpload & {
  deviceId: DeviceId
  deviceKeys: JsonObject
  data: JsonObject
  displayName: string | undefined
}

/**
 * Replaces the dehydrated device of the user, with the to-device messages and keys of the earlier one.
 * @throws MatrixError 400 for malformed keys; 403 when the id is in use, or above a quota; 413 for too much data
 */
export async function setDehydratedDevice(
  deps: CrossSigningDeps,
  userId: UserId,
  upload: DehydratedUpload,
): Promise<void> {
  const { deviceId, displayName = null } = upload
  const device = { userId, deviceId }
  const data = JSON.stringify(upload.data)
  if (Buffer.byteLength(data) > MAX_DATA_BYTES)
    throw tooLarge(`device_data must not be larger than ${MAX_DATA_BYTES} bytes`)
  checkDevice(deviceId, upload.displayName)
  const keys = checkUpload(device, upload)
  await deps.db.transaction(
    async (tx) => {
      const before = await tx.first(dehydratedDeviceOf, { userId })
      if (before) await removeDevices(deps.accounts, tx, { userId, deviceIds: [before.device_id] })
      if (await tx.first(deviceById, device))
        throw forbidden('device_id is the id of another device of yours. Use a new one')
      await checkDeviceId(tx, device)
      await checkDeviceQuota(deps, tx, device)
      await tx.run(upsertDevice, { ...device, displayName, address: null, now: deps.clock.now() })
      await tx.run(insertDehydratedDevice, { ...device, data })
      await storeKeys(deps, tx, keys)
    },
    { orderedBy: userId },
  )
}

/** @throws MatrixError 404 when the user has no dehydrated device */
export async function dehydratedDevice(
  q: Queries,
  userId: UserId,
): Promise<{ deviceId: DeviceId; data: JsonObject }> {
  const row = await q.first(dehydratedDeviceOf, { userId })
  if (!row) throw notFound('You have no dehydrated device')
  return { deviceId: row.device_id, data: parseStored(row.device_data) }
}

/** Resolves to the id of the removed device. @throws MatrixError 404 when there is none */
export async function deleteDehydratedDevice(deps: CrossSigningDeps, userId: UserId): Promise<DeviceId> {
  return deps.db.transaction(
    async (tx) => {
      const { deviceId } = await dehydratedDevice(tx, userId)
      await removeDevices(deps.accounts, tx, { userId, deviceIds: [deviceId] })
      return deviceId
    },
    { orderedBy: userId },
  )
}

export type EventsRequest = { userId: UserId; deviceId: DeviceId; from: string | undefined; limit?: number }
export type EventsPage = { events: DeviceMessage[]; nextBatch: string; isLast: boolean }

type EventsDeps = Pick<CrossSigningDeps, 'db'> & {
  /** The maximum size of a page, in bytes of messages. */
  pageBytes: number
}

/**
 * A page of the to-device messages of the dehydrated device, oldest first. Reading removes nothing, so that a
 * client can begin again.
 * @throws MatrixError 400 for a token of another form; 403 when it is not the user's dehydrated device
 */
export async function dehydratedEvents(
  { db, pageBytes }: EventsDeps,
  { userId, deviceId, from, limit = PAGE }: EventsRequest,
): Promise<EventsPage> {
  const after = pointOf(from)
  await requireDehydrated(db, { userId, deviceId })
  const range = { after, limit: Math.min(limit, PAGE), maxBytes: pageBytes }
  return db.snapshot(async (read) => {
    const { messages, upTo, isLast } = await messagesAfter(read, { userId, deviceId }, range)
    const next = upTo === undefined ? after : laterOf(earlierOf(await currentPoint(read), [upTo]), after)
    return { events: messages, nextBatch: `d${pointText(next)}`, isLast }
  })
}

/**
 * The same as the proposal had it first: the messages of the pages before `from` are removed, because the
 * client has received them.
 * @throws as `dehydratedEvents`
 */
export async function takeDehydratedEvents(deps: EventsDeps, request: EventsRequest): Promise<EventsPage> {
  const { userId, deviceId, from } = request
  const upTo = pointOf(from)
  await requireDehydrated(deps.db, { userId, deviceId })
  if (from !== undefined) await deleteReceived(deps.db, { userId, deviceId }, upTo)
  return dehydratedEvents(deps, request)
}

async function requireDehydrated(
  q: Queries,
  { userId, deviceId }: { userId: UserId; deviceId: DeviceId },
): Promise<void> {
  if ((await q.first(dehydratedDeviceOf, { userId }))?.device_id !== deviceId)
    throw forbidden('This is not the id of your dehydrated device')
}

function pointOf(token: string | undefined): StreamPoint {
  if (token === undefined) return START
  const point = token.startsWith('d') ? parsePoint(token.slice(1)) : undefined
  if (point === undefined)
    throw invalidParam('from (next_batch) must be the next_batch of the previous response')
  return point
}
