import { Deferred } from '../../lib/deferred.ts'
import { notFound } from '../../lib/errors.ts'
import type { RoomId, UserId } from '../../lib/ids.ts'
import { type JsonObject, parseStored } from '../../lib/json.ts'
import type { Queries } from '../../storage/query.ts'
import type { Flag } from '../../storage/columns.ts'
import { type BackupKey, numberOf, unknownVersion } from './backups.ts'
import { backupOfVersion } from './backups-store.ts'
import { keyOfSession, keysOfRoom, roomsOfBackup } from './keys-store.ts'

/** The key of a session as clients see it (client-server API, `KeyBackupData`). */
export type KeyBackupData = {
  first_message_index: number
  forwarded_count: number
  is_verified: boolean
  session_data: JsonObject
}
export type RoomKeyBackup = { sessions: Record<string, KeyBackupData> }

/** Rooms are read at once up to this size in bytes. The rooms after them are read when the response is written up to them. */
const BYTES_AT_ONCE = 4 * 1_048_576

/**
 * All keys of a backup. Each room is read by itself, so a change during the response can be in one room and not in an earlier one. That does no harm: the
 * rooms are independent of each other, and clients compare the etag.
 * @throws MatrixError 404 when there is no backup with this version
 */
export async function keysOfBackup(
  q: Queries,
  backup: BackupKey,
): Promise<{ rooms: Record<RoomId, RoomKeyBackup | Deferred> }> {
  const of = await existing(q, backup)
  const rooms: Record<RoomId, RoomKeyBackup | Deferred> = {}
  let left = BYTES_AT_ONCE
  for (const { room_id: roomId, bytes } of await q.all(roomsOfBackup, of)) {
    left -= bytes
    const read = () => readRoom(q, { ...of, roomId })
    rooms[roomId] = left >= 0 ? await read() : new Deferred(read)
  }
  return { rooms }
}

/** The keys of one room; none is an empty object. */
export async function keysInRoom(q: Queries, backup: BackupKey, roomId: RoomId): Promise<RoomKeyBackup> {
  return readRoom(q, { ...(await existing(q, backup)), roomId })
}

/** @throws MatrixError 404 when there is no such key */
export async function keyInSession(
  q: Queries,
  backup: BackupKey,
  place: { roomId: RoomId; sessionId: string },
): Promise<KeyBackupData> {
  const row = await q.first(keyOfSession, { ...(await existing(q, backup)), ...place })
  if (!row) throw notFound('The backup has no key of this session')
  return dataOf(row)
}

type Owned = { userId: UserId; version: number }

async function existing(q: Queries, { userId, version }: BackupKey): Promise<Owned> {
  const row = await q.first(backupOfVersion, { userId, version: numberOf(version) })
  if (!row) throw unknownVersion()
  return { userId, version: row.version }
}

async function readRoom(q: Queries, room: Owned & { roomId: RoomId }): Promise<RoomKeyBackup> {
  const rows = await q.all(keysOfRoom, room)
  return { sessions: Object.fromEntries(rows.map((row) => [row.session_id, dataOf(row)])) }
}

type DataRow = {
  first_message_index: number
  forwarded_count: number
  is_verified: Flag
  session_data: string
}

const dataOf = (row: DataRow): KeyBackupData => ({
  first_message_index: row.first_message_index,
  forwarded_count: row.forwarded_count,
  is_verified: row.is_verified === 1,
  session_data: parseStored(row.session_data),
})
