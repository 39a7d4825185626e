import { Deferred } from '../../lib/deferred.ts'
import { notFound } from '../../lib/errors.ts'
import type { RoomId, UserId } from '../../lib/ids.ts'
import { type JsonObject, parseStored } from '../../lib/json.ts'
import type { Queries } from '../../storage/query.ts'
import type { Flag } from '../../storage/columns.ts'
import { type BackupKey, numberOf, unknownVersion } from './backups.ts'
import { backupOfVersion } from './backups-store.ts'
import {
  keyOfSession,
  keysOfRoom,
  keysOfSessions,
  roomsOfBackup,
  sessionsOfRoom,
  usageOfRoom,
} from './keys-store.ts'

/** The key of a session as clients see it (client-server API, `KeyBackupData`). */
export type KeyBackupData = {
  first_message_index: number
  forwarded_count: number
  is_verified: boolean
  session_data: JsonObject
}
/** Keys of a large room are read when the response is written up to them. */
export type RoomKeyBackup = { sessions: Record<string, KeyBackupData | Deferred> }

/**
 * Keys are read at once up to this size in bytes. The keys after them are read when the response is written
 * up to them.
 */
const BYTES_AT_ONCE = 4 * 1_048_576

/**
 * All keys of a backup. Each room is read by itself, so a change during the response can be in one room and
 * not in an earlier one. That does no harm: the rooms are independent of each other, and clients compare the
 * etag.
 * @throws MatrixError 404 when there is no backup with this version
 */
export async function keysOfBackup(
  q: Queries,
  backup: BackupKey,
): Promise<{ rooms: Record<RoomId, RoomKeyBackup | Deferred> }> {
  const of = await existing(q, backup)
  const rooms: Record<RoomId, RoomKeyBackup | Deferred> = {}
  let left = BYTES_AT_ONCE
  for (const { room_id: roomId, ...size } of await q.all(roomsOfBackup, of)) {
    left -= size.bytes
    const read = () => readRoom(q, { ...of, roomId }, size)
    rooms[roomId] = left >= 0 ? await read() : new Deferred(read as () => Promise<JsonObject>)
  }
  return { rooms }
}

/** The keys of one room; none is an empty object. */
export async function keysInRoom(q: Queries, backup: BackupKey, roomId: RoomId): Promise<RoomKeyBackup> {
  const room = { ...(await existing(q, backup)), roomId }
  return readRoom(q, room, (await q.first(usageOfRoom, room)) ?? { keys: 0, bytes: 0 })
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

type Room = Owned & { roomId: RoomId }
type Size = { keys: number; bytes: number }

async function readRoom(q: Queries, room: Room, { keys, bytes }: Size): Promise<RoomKeyBackup> {
  if (bytes > BYTES_AT_ONCE)
    return { sessions: await deferredKeys(q, room, Math.ceil(BYTES_AT_ONCE / (bytes / keys))) }
  const rows = await q.all(keysOfRoom, room)
  return { sessions: Object.fromEntries(rows.map((row) => [row.session_id, dataOf(row)])) }
}

/**
 * The keys of a room, each deferred, and read in batches of `atOnce` keys. A response is written in order, so
 * one batch is in memory.
 */
async function deferredKeys(q: Queries, room: Room, atOnce: number): Promise<Record<string, Deferred>> {
  const rows = await q.all(sessionsOfRoom, room)
  // The order in which JavaScript writes the keys of an object.
  const sessionIds = Object.keys(Object.fromEntries(rows.map((row) => [row.session_id, true])))
  let batch: { number: number; read: Promise<Map<string, KeyBackupData>> } | undefined
  const keyAt = async (sessionId: string, at: number): Promise<JsonObject> => {
    const number = Math.floor(at / atOnce)
    if (batch?.number !== number) {
      const wanted = sessionIds.slice(number * atOnce, (number + 1) * atOnce)
      batch = { number, read: readSessions(q, room, wanted) }
    }
    const key = (await batch.read).get(sessionId)
    // The end of the connection shows the client that the response is incomplete.
    if (key === undefined) throw new Error('a backed up key was deleted while it was read')
    return key
  }
  return Object.fromEntries(
    sessionIds.map((sessionId, at) => [sessionId, new Deferred(() => keyAt(sessionId, at))]),
  )
}

async function readSessions(
  q: Queries,
  room: Room,
  sessionIds: readonly string[],
): Promise<Map<string, KeyBackupData>> {
  const rows = await q.all(keysOfSessions, { ...room, sessionIds })
  return new Map(rows.map((row) => [row.session_id, dataOf(row)]))
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
