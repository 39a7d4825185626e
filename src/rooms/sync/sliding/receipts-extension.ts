import type { RoomId } from '../../../lib/ids.ts'
import type { JsonObject } from '../../../lib/json.ts'
import { receiptsSince } from '../../receipts-store.ts'
import {
  type Extension,
  type ExtensionContext,
  type ExtensionRoom,
  LETTERS,
  roomsByPosition,
  roomsInScope,
} from './extension.ts'
import { receiptsOfEvents, receiptsOfUser } from './receipts-store.ts'

type ReceiptRow = {
  room_id: RoomId
  user_id: string
  receipt_type: string
  thread_id: string
  event_id: string
  ts: number
}

/**
 * `receipts` (MSC3960): the new receipts of rooms in the windows. Of a room that is new on the connection, or has earlier events than before: the receipts of
 * the events in its timeline, and the user's own.
 */
export const receiptsExtension: Extension = async (context) => {
  const scope = context.requests.receipts
  if (!scope) return undefined
  const joined = roomsInScope(scope, context.rooms).filter(({ room }) => room.membership === 'join')
  const isKnown = context.known.includes(LETTERS.receipts)
  const rows: ReceiptRow[] = []
  const grown = isKnown ? joined.filter(({ isGrown, after }) => isGrown && after !== undefined) : []
  if (grown.length > 0) rows.push(...(await firstReceipts(context, grown)))
  for (const [after, rooms] of roomsByPosition(joined, isKnown))
    rows.push(
      ...(after === undefined
        ? await firstReceipts(context, rooms)
        : await laterReceipts(context, rooms, after)),
    )
  const rooms: JsonObject = {}
  for (const [roomId, of] of Map.groupBy(rows, (row) => row.room_id))
    rooms[roomId] = { type: 'm.receipt', content: contentOf(of) }
  return { part: { rooms }, hasNews: rows.length > 0 }
}

async function laterReceipts(
  { read, viewer, since, receiptNews }: ExtensionContext,
  rooms: readonly ExtensionRoom[],
  after: number,
): Promise<ReceiptRow[]> {
  // The news are those after `since`.
  const recent = after === since?.position ? receiptNews.rooms : undefined
  const roomIds = rooms.map(({ room }) => room.roomId).filter((roomId) => recent?.has(roomId) ?? true)
  return roomIds.length === 0 ? [] : read.all(receiptsSince, { userId: viewer.userId, roomIds, since: after })
}

async function firstReceipts(
  { read, viewer, starts, now }: ExtensionContext,
  rooms: readonly ExtensionRoom[],
): Promise<ReceiptRow[]> {
  const ranges = rooms.map(({ room: { roomId, lastPosition } }) => ({
    room_id: roomId,
    low: starts.get(roomId) ?? lastPosition,
    high: now.position,
  }))
  const roomIds = rooms.map(({ room }) => room.roomId)
  return [
    ...(await read.all(receiptsOfEvents, { ranges })),
    ...(await read.all(receiptsOfUser, { userId: viewer.userId, roomIds, since: 0 })),
  ]
}

/** The content of one `m.receipt` event. Of two receipts of a user for the same event, the one for all threads stays. */
function contentOf(rows: readonly ReceiptRow[]): JsonObject {
  const content: Record<string, Record<string, JsonObject>> = {}
  for (const { event_id, receipt_type, user_id, thread_id, ts } of rows) {
    const users = ((content[event_id] ??= {})[receipt_type] ??= {})
    if (thread_id !== '' && user_id in users) continue
    users[user_id] = { ts, ...(thread_id === '' ? {} : { thread_id }) }
  }
  return content
}
