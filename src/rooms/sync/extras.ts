import { accountDataSince } from '../../accounts/account-data-store.ts'
import type { AccountDataRow } from '../../accounts/viewer.ts'
import type { RoomId, UserId } from '../../lib/ids.ts'
import { type JsonObject, parseStored } from '../../lib/json.ts'
import { type RoomCounts, unreadCounts, unreadTotals } from '../../notifications/counts.ts'
import type { Queries } from '../../storage/query.ts'
import { coversUpTo, positionIn, START } from '../../storage/stream-point.ts'
import { receiptContents, type ReceiptsOfRoom } from '../receipts.ts'
import type { Typing } from '../typing.ts'
import type { RoomPlan } from './plan.ts'
import type { SyncToken } from './token.ts'

/** The parts of a room's response besides its events. They are read for all rooms at once. */
export type RoomExtras = {
  /** Receipts and typing, unfiltered, without room id. */
  ephemeral: JsonObject[]
  accountData: JsonObject[]
  /** A receipt of the user moved, or the user's ignore list changed, so the counts may have changed. */
  ownReceipt: boolean
  counts: RoomCounts | undefined
}

export const IGNORED_USERS = 'm.ignored_user_list'

/** Account data by room; '' is global account data. */
export type AccountData = {
  roomIds: RoomId[]
  of(roomId: RoomId | ''): JsonObject[]
}

const NO_ACCOUNT_DATA: AccountData = { roomIds: [], of: () => [] }

export function accountDataOf(rows: readonly AccountDataRow[]): AccountData {
  if (rows.length === 0) return NO_ACCOUNT_DATA
  const byRoom = Map.groupBy(rows, (row) => row.room_id)
  return {
    roomIds: [...byRoom.keys()].filter((roomId): roomId is RoomId => roomId !== ''),
    of: (roomId) =>
      (byRoom.get(roomId) ?? []).map((row) => ({ type: row.type, content: parseStored(row.content) })),
  }
}

export type ExtrasRequest = {
  userId: UserId
  since: SyncToken | undefined
  plans: readonly RoomPlan[]
  accountData: AccountData
  /** The filter requests counts of threads. */
  byThread: boolean
  /** Rooms without news whose counts may have changed. */
  recounted: readonly RoomId[]
  /** The position of the last receipt of any user. */
  receiptsPosition: number
}

export async function roomExtras(
  deps: { typing: Typing },
  read: Queries,
  request: ExtrasRequest,
): Promise<(roomId: RoomId) => RoomExtras> {
  const { userId, plans } = request
  const since = request.since?.position ?? START
  const recounted = new Set(request.recounted)
  const joined = plans.filter((plan) => plan.membership === 'join')
  const roomIds = joined.map((plan) => plan.roomId)
  // An initial response for a room has all its account data and receipts, however old.
  const newRooms = new Set(
    joined.filter((plan) => plan.after < positionIn(since, plan.upTo)).map((plan) => plan.roomId),
  )
  const known = roomIds.filter((roomId) => !newRooms.has(roomId))
  const receipts = coversUpTo(since, request.receiptsPosition)
    ? new Map<RoomId, ReceiptsOfRoom>()
    : await receiptContents(read, { userId, roomIds: known, since })
  if (newRooms.size > 0)
    for (const [roomId, all] of await receiptContents(read, { userId, roomIds: [...newRooms], since: START }))
      receipts.set(roomId, all)
  const countsOf = request.byThread ? unreadCounts : unreadTotals
  const counts = roomIds.length === 0 ? undefined : await countsOf(read, userId, roomIds)
  const earlier =
    newRooms.size === 0
      ? undefined
      : accountDataOf(await read.all(accountDataSince, { userId, since: START }))
  const typed = new Set(deps.typing.changedSince(request.since?.typing ?? 0))
  return (roomId) => {
    const found = receipts.get(roomId)
    const ephemeral = (found?.contents ?? []).map((content): JsonObject => ({ type: 'm.receipt', content }))
    const userIds = deps.typing.usersIn(roomId)
    // A client that does not know the room yet assumes that no member is typing.
    const isNewToClient = request.since === undefined || newRooms.has(roomId)
    if (isNewToClient ? userIds.length > 0 : typed.has(roomId))
      ephemeral.push({ type: 'm.typing', content: { user_ids: userIds } })
    return {
      ephemeral,
      accountData: (newRooms.has(roomId) && earlier ? earlier : request.accountData).of(roomId),
      ownReceipt: found?.own === true || recounted.has(roomId),
      counts: counts?.get(roomId),
    }
  }
}
