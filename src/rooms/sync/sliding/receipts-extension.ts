import { Deferred } from '../../../lib/deferred.ts'
import type { RoomId } from '../../../lib/ids.ts'
import type { JsonObject } from '../../../lib/json.ts'
import { receiptsSince } from '../../receipts-store.ts'
import type { Database } from '../../../storage/database.ts'
import { highest, isSamePoint, START, type StreamPoint } from '../../../storage/stream-point.ts'
import {
  type Extension,
  type ExtensionContext,
  type ExtensionRoom,
  isWidened,
  roomsByPoint,
  roomsInScope,
} from './extension.ts'
import { ROOM_EXTENSIONS } from './extension-scope.ts'
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
 * `receipts` (MSC3960): the new receipts of rooms in the windows. Of a room that is new on the connection, or
 * has earlier events than before: the receipts of the events in its timeline, and the user's own. Of a room
 * that comes into the scope of the extension later: all receipts, because the client can have any of its
 * events.
 */
export function receiptsExtension({ db }: { db: Database }): Extension {
  return async (context) => {
    if (!context.requests.receipts) return undefined
    const joined = roomsInScope(context.rooms, BIT).filter(({ room }) => room.membership === 'join')
    const first = joined.filter((room) => room.after === undefined || (room.isGrown && !isWidened(room, BIT)))
    // The timeline of a deferred room is not known before it is written.
    const isDeferred = ({ room }: ExtensionRoom) => context.deferred.has(room.roomId)
    const [later, now] = [first.filter(isDeferred), first.filter((one) => !isDeferred(one))]
    const rows = now.length === 0 ? [] : await firstReceipts(context, now)
    for (const [after, rooms] of roomsByPoint(
      joined.filter((room) => room.after !== undefined),
      BIT,
    ))
      rows.push(...(await laterReceipts(context, rooms, after ?? START)))
    const deferred = async () => {
      const found = await db.snapshot((read) => firstReceipts({ ...context, read }, later))
      return contentsOf([...found, ...rows])
    }
    const rooms = later.length === 0 ? contentsOf(rows) : new Deferred(deferred)
    // Rooms that are deferred end the wait by themselves.
    return { part: { rooms }, hasNews: rows.length > 0 }
  }
}

const BIT = ROOM_EXTENSIONS.receipts

function contentsOf(rows: readonly ReceiptRow[]): JsonObject {
  const rooms: JsonObject = {}
  for (const [roomId, of] of Map.groupBy(rows, (row) => row.room_id))
    rooms[roomId] = { type: 'm.receipt', content: contentOf(of) }
  return rooms
}

async function laterReceipts(
  { read, viewer, since, receiptNews }: ExtensionContext,
  rooms: readonly ExtensionRoom[],
  after: StreamPoint,
): Promise<ReceiptRow[]> {
  // The news are those after `since`.
  const recent = since && isSamePoint(after, since.position) ? receiptNews.rooms : undefined
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
    high: highest(now.position),
  }))
  const roomIds = rooms.map(({ room }) => room.roomId)
  return [
    ...(await read.all(receiptsOfEvents, { ranges })),
    ...(await read.all(receiptsOfUser, { userId: viewer.userId, roomIds, since: START })),
  ]
}

/**
 * The content of one `m.receipt` event. Of two receipts of a user for the same event, the one for all threads
 * stays.
 */
function contentOf(rows: readonly ReceiptRow[]): JsonObject {
  const content: Record<string, Record<string, JsonObject>> = {}
  for (const { event_id, receipt_type, user_id, thread_id, ts } of rows) {
    const users = ((content[event_id] ??= {})[receipt_type] ??= {})
    if (thread_id !== '' && user_id in users) continue
    users[user_id] = { ts, ...(thread_id === '' ? {} : { thread_id }) }
  }
  return content
}
