import type { RoomId, UserId } from '../../../lib/ids.ts'
import { type JsonObject, parseStored } from '../../../lib/json.ts'
import type { Queries } from '../../../storage/query.ts'
import { isSamePoint, START, type StreamPoint } from '../../../storage/stream-point.ts'
import { type AccountData } from '../extras.ts'
import type { SyncSection } from '../section.ts'
import { accountDataOfRooms } from './account-data-store.ts'
import { ROOM_EXTENSIONS } from './extension-scope.ts'
import {
  type Extension,
  type ExtensionContext,
  type ExtensionRoom,
  roomsByPoint,
  roomsInScope,
} from './extension.ts'
import { hasExtension } from './known-extensions.ts'

/**
 * `account_data` (MSC3959): the global account data with the push rules, and that of the rooms in the windows.
 * @param section the section of /sync for global account data
 */
export function accountDataExtension(section: SyncSection): Extension {
  return async (context) => {
    if (!context.requests.accountData) return undefined
    const { read, viewer } = context
    const isKnown = hasExtension(context.known, 'accountData')
    const { keys } = await section.news(
      isKnown
        ? context
        : { ...context, since: undefined, accountData: await globalData(read, viewer.userId) },
    )
    const global = keys.account_data?.events ?? []
    const rooms = await dataOfRooms(context)
    return { part: { global, rooms }, hasNews: global.length > 0 || Object.keys(rooms).length > 0 }
  }
}

async function globalData(read: Queries, userId: UserId): Promise<AccountData> {
  const found = await readRooms(read, { userId, roomIds: [''], since: START })
  return { roomIds: [], of: (roomId) => found.get(roomId) ?? [] }
}

/** A room without account data is absent: thousands of rooms have none. */
async function dataOfRooms(context: ExtensionContext): Promise<JsonObject> {
  const { read, viewer, since, accountData } = context
  const rooms: JsonObject = {}
  const bit = ROOM_EXTENSIONS.accountData
  for (const [after, of] of roomsByPoint(roomsInScope(context.rooms, bit), bit))
    if (after !== undefined && since !== undefined && isSamePoint(after, since.position))
      Object.assign(rooms, changesOf(accountData, of))
    else {
      const roomIds = of.map(({ room }) => room.roomId)
      const found = await readRooms(read, { userId: viewer.userId, roomIds, since: after ?? START })
      for (const [roomId, events] of found) rooms[roomId] = events
    }
  return rooms
}

function changesOf(accountData: AccountData, rooms: readonly ExtensionRoom[]): JsonObject {
  const changed = new Set(accountData.roomIds)
  const found = rooms.filter(({ room }) => changed.has(room.roomId))
  return Object.fromEntries(found.map(({ room }) => [room.roomId, accountData.of(room.roomId)]))
}

async function readRooms(
  read: Queries,
  of: { userId: UserId; roomIds: readonly (RoomId | '')[]; since: StreamPoint },
): Promise<Map<RoomId | '', JsonObject[]>> {
  const rows = of.roomIds.length === 0 ? [] : await read.all(accountDataOfRooms, of)
  const byRoom = Map.groupBy(rows, (row) => row.room_id)
  return new Map(
    [...byRoom].map(([roomId, data]) => [
      roomId,
      data.map(({ type, content }) => ({ type, content: parseStored(content) })),
    ]),
  )
}
