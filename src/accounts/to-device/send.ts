import type { Bus } from '../../cluster/bus.ts'
import type { Clock } from '../../lib/clock.ts'
import { invalidParam, tooLarge } from '../../lib/errors.ts'
import type { DeviceId, UserId } from '../../lib/ids.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Quotas } from '../../config/limits-schema.ts'
import type { Database, Transaction } from '../../storage/database.ts'
import { nextPosition } from '../../storage/stream.ts'
import {
  deleteExcess,
  deleteMessagesOfDevices,
  deleteTransactionsOfDevices,
  insertMessages,
  insertTransaction,
  lockedDevicesOfUsers,
  type MessageRow,
} from './device-messages-store.ts'

export type ToDeviceDeps = {
  db: Database
  bus: Bus
  clock: Clock
  quotas: Quotas
  /** The largest content of one message, in bytes. */
  maxMessageBytes: number
  /**
   * The largest sum of the contents that one request stores, in bytes: a message to `*` is stored once for
   * each device.
   */
  maxRequestBytes: number
}

export type ToDeviceRequest = {
  sender: { userId: UserId; deviceId: DeviceId }
  type: string
  txnId: string
  /** Contents by user and device id; `*` stands for every other device of the user. */
  messages: Readonly<Record<UserId, Readonly<Record<string, JsonObject>>>>
}

const EVERY_DEVICE = '*'
const MAX_TYPE_BYTES = 255

/**
 * Stores messages for devices (client-server API, "Send-to-Device messaging"): all of them or none. A repeat
 * from the same device with the same type and transaction id stores nothing. Unknown users and devices are
 * ignored, because a device can be removed while the sender encrypts for it. The messages are committed when
 * it resolves, so an event that the client sends afterwards has a higher position, and its pokes are sent
 * later.
 * @throws MatrixError 400 for a type that is too long; 413 for a message, or all messages together, that are
 *   too large
 */
export async function sendToDevices(deps: ToDeviceDeps, request: ToDeviceRequest): Promise<void> {
  if (Buffer.byteLength(request.type) > MAX_TYPE_BYTES)
    throw invalidParam(`The type must not be longer than ${MAX_TYPE_BYTES} bytes`)
  const contents = contentsOf(request, deps.maxMessageBytes)
  await deps.db.transaction((tx) => storeMessages(deps, tx, { ...request, contents }), {
    orderedBy: request.sender.userId,
    repeatable: true,
  })
}

/** JSON texts by user and device id. */
type Contents = ReadonlyMap<UserId, ReadonlyMap<string, string>>

function contentsOf({ messages }: ToDeviceRequest, maxBytes: number): Contents {
  const textOf = ([deviceId, content]: [string, JsonObject]): [string, string] => {
    const text = JSON.stringify(content)
    if (Buffer.byteLength(text) > maxBytes)
      throw tooLarge(`The content of a message must not be larger than ${maxBytes} bytes`)
    return [deviceId, text]
  }
  const users = Object.entries(messages) as [UserId, Record<string, JsonObject>][]
  return new Map(users.map(([userId, byDevice]) => [userId, new Map(Object.entries(byDevice).map(textOf))]))
}

async function storeMessages(
  deps: ToDeviceDeps,
  tx: Transaction,
  { sender, type, txnId, contents }: ToDeviceRequest & { contents: Contents },
): Promise<void> {
  const position = await nextPosition(tx)
  if ((await tx.run(insertTransaction, { ...sender, type, txnId, now: deps.clock.now() })) === 0) return
  const devices = await tx.all(lockedDevicesOfUsers, { userIds: [...contents.keys()] })
  const rows = devices.flatMap(({ user_id, device_id }): MessageRow[] => {
    const ofUser = contents.get(user_id)
    const content = ofUser?.get(device_id) ?? ofUser?.get(EVERY_DEVICE)
    if (content === undefined) return []
    return [{ user_id, device_id, content, bytes: Buffer.byteLength(type) + Buffer.byteLength(content) }]
  })
  if (rows.length === 0) return
  if (rows.reduce((sum, row) => sum + row.bytes, 0) > deps.maxRequestBytes)
    throw tooLarge(
      `The messages of one request must not be larger than ${deps.maxRequestBytes} bytes for all devices together. Send several requests`,
    )
  const stored = await tx.all(insertMessages, { rows, sender: sender.userId, type, position })
  await deleteOverLimit(deps.quotas, tx, { sender: sender.userId, position, stored })
  tx.onCommit(() => {
    for (const { user_id, device_id } of rows) deps.bus.publish(`device:${user_id} ${device_id}`)
  })
}

type Stored = { user_id: UserId; device_id: DeviceId; total_count: number; total_bytes: number }

/** A device that does not sync must not fill the database. It keeps the newest messages of each sender. */
async function deleteOverLimit(
  { device_messages, device_messages_bytes }: Quotas,
  tx: Transaction,
  { sender, position, stored }: { sender: UserId; position: number; stored: readonly Stored[] },
): Promise<void> {
  const rows = stored.flatMap(({ user_id, device_id, total_count, total_bytes }) => {
    const [counted, bytes] = [total_count - device_messages, total_bytes - device_messages_bytes]
    return counted > 0 || bytes > 0 ? [{ user_id, device_id, counted, bytes }] : []
  })
  if (rows.length > 0) await tx.run(deleteExcess, { sender, before: position, rows })
}

/** Deletes the messages and transaction ids of devices that are removed. */
export function removeMessagesOf(
  tx: Transaction,
  devices: { userId: UserId; deviceIds: readonly DeviceId[] },
): void {
  tx.write(deleteMessagesOfDevices, devices)
  tx.write(deleteTransactionsOfDevices, devices)
}
