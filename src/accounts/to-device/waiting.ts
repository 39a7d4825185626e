import type { DeviceId, UserId } from '../../lib/ids.ts'
import { parseStored } from '../../lib/json.ts'
import type { Event } from '../../lib/matrix-event.ts'
import type { Database } from '../../storage/database.ts'
import type { Queries } from '../../storage/query.ts'
import { END, type StreamPoint } from '../../storage/stream-point.ts'
import {
  deleteMessagesUpTo,
  messagesOfDevice,
  messagesOfDeviceAfter,
  oldestMessage,
} from './device-messages-store.ts'

/** The number of messages in one response (client-server API, "Send-to-Device messaging", server behaviour). */
export const PAGE = 100

/** A to-device message as its device receives it. */
export type DeviceMessage = Pick<Event, 'sender' | 'type' | 'content'>

type Device = { userId: UserId; deviceId: DeviceId }

/**
 * The oldest messages that wait for a device, in order of arrival: at most `limit` (at most `PAGE`), and at
 * most `maxBytes`, but at least one. `upTo`: the position of the last of them; undefined when there is none.
 */
export async function waitingMessages(
  read: Queries,
  device: Device,
  { maxBytes, limit = PAGE }: { maxBytes: number; limit?: number },
): Promise<{ messages: DeviceMessage[]; upTo: number | undefined }> {
  const rows = await read.all(messagesOfDevice, { ...device, limit: Math.max(1, Math.min(limit, PAGE)) })
  return pageOf(rows, maxBytes)
}

export type MessagesRange = {
  after: StreamPoint
  /** The most messages. */
  limit: number
  maxBytes: number
}

/** Like `waitingMessages`, of the messages after a point. `isLast`: no message follows the page. */
export async function messagesAfter(
  read: Queries,
  device: Device,
  { after, limit, maxBytes }: MessagesRange,
): Promise<{ messages: DeviceMessage[]; upTo: number | undefined; isLast: boolean }> {
  const rows = await read.all(messagesOfDeviceAfter, { ...device, after, limit: limit + 1 })
  const page = pageOf(rows.slice(0, limit), maxBytes)
  return { ...page, isLast: page.messages.length === rows.length }
}

type Row = Pick<Event, 'sender' | 'type' | 'position'> & { content: string }

function pageOf(rows: readonly Row[], maxBytes: number) {
  let left = maxBytes
  const end = rows.findIndex(({ content }, at) => {
    left -= Buffer.byteLength(content)
    return left < 0 && at > 0
  })
  const page = rows.slice(0, end === -1 ? undefined : end)
  return {
    messages: page.map(({ sender, type, content }) => ({ sender, type, content: parseStored(content) })),
    upTo: page.at(-1)?.position,
  }
}

/** Whether any message waits for the device. */
export async function hasWaitingMessages(q: Queries, device: Device): Promise<boolean> {
  return (await q.first(oldestMessage, { ...device, upTo: END })) !== undefined
}

/**
 * Deletes the messages that the device has received. Resolves when this is durable.
 * @param upTo a point, because a sender in another shard can commit a message with a lower position later
 */
export async function deleteReceived(db: Database, device: Device, upTo: StreamPoint): Promise<void> {
  const received = { ...device, upTo }
  // A client repeats a request with the same token. Reading costs less than a transaction.
  if ((await db.first(oldestMessage, received)) === undefined) return
  await db.transaction((tx) => tx.run(deleteMessagesUpTo, received), { repeatable: true })
}
