import type { RoomId, UserId } from '../lib/ids.ts'
import { isRoomId } from '../lib/ids.ts'
import { isJsonObject, type JsonObject, parseStored } from '../lib/json.ts'
import type { Transaction } from '../storage/database.ts'
import { needAllShards } from '../storage/stream.ts'
import type { RoomDeps } from './deps.ts'
import { membershipIn } from './membership-store.ts'
import { currentStateEvent } from './state-store.ts'

/** The room that a room replaces, from the content of its create event (client-server API, "m.room.create"). */
export function predecessorIn(createContent: string | null): RoomId | undefined {
  if (createContent === null || !createContent.includes('"predecessor"')) return undefined
  const { predecessor } = parseStored(createContent)
  const id = isJsonObject(predecessor) ? predecessor['room_id'] : undefined
  return typeof id === 'string' && isRoomId(id) ? id : undefined
}

/** The room that replaces a room, from the content of `m.room.tombstone`. */
export function replacementIn(tombstone: JsonObject | undefined): RoomId | undefined {
  const id = tombstone?.['replacement_room']
  return typeof id === 'string' && isRoomId(id) ? id : undefined
}

/**
 * Call it in the transaction of a join, before the join: carries the settings of a user from the replaced
 * room to the new one (client-server API, "Room Upgrades"). It does so once, for the first join, so that
 * settings which the user removes later stay removed. A room whose predecessor does not name it as its
 * replacement is no replacement: everybody can create one.
 */
export async function carrySettings(
  deps: Pick<RoomDeps, 'onReplacementJoined'>,
  tx: Transaction,
  { userId, from, to }: { userId: UserId; from: RoomId; to: RoomId },
): Promise<void> {
  const before = await membershipIn(tx, to, userId)
  if (before !== undefined && before.sharing_position > 0) return
  const old = await membershipIn(tx, from, userId)
  if (old?.membership !== 'join' && old?.membership !== 'leave') return
  const tombstone = await currentStateEvent(tx, { roomId: from, type: 'm.room.tombstone', stateKey: '' })
  if (replacementIn(tombstone?.content) !== to) return
  // The user may change the same settings at the same moment.
  needAllShards(tx)
  await deps.onReplacementJoined(tx, { userId, from, to })
}
