import type { RoomId, UserId } from '../../../lib/ids.ts'
import type { Queries } from '../../../storage/query.ts'
import { coversPoint, positionsBetween, type StreamPoint } from '../../../storage/stream-point.ts'
import { receiptsOfUser, roomsWithReceipts } from './receipts-store.ts'

/** The rooms with receipts since the previous response. */
export type ReceiptNews = {
  /** undefined: any room can have some. */
  rooms: ReadonlySet<RoomId> | undefined
  /** With a receipt of the user: the unread counts may have changed. */
  own: ReadonlySet<RoomId>
}

export const NO_RECEIPTS: ReceiptNews = { rooms: new Set(), own: new Set() }

/** Up to this number of positions, all receipts after a position are read, whatever their room. */
const FEW_POSITIONS = 1000

/** @param known the rooms that the client has */
export async function receiptNews(
  read: Queries,
  of: { userId: UserId; since: StreamPoint; position: StreamPoint; known: Iterable<RoomId> },
): Promise<ReceiptNews> {
  if (coversPoint(of.since, of.position)) return NO_RECEIPTS
  if (positionsBetween(of.since, of.position) > FEW_POSITIONS) {
    const own = await read.all(receiptsOfUser, { ...of, roomIds: [...of.known] })
    return { rooms: undefined, own: new Set(own.map((row) => row.room_id)) }
  }
  const rows = await read.all(roomsWithReceipts, of)
  return {
    rooms: new Set(rows.map((row) => row.room_id)),
    own: new Set(rows.filter((row) => row.is_own === 1).map((row) => row.room_id)),
  }
}
