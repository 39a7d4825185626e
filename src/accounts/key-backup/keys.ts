import { tooMany, tooMuch } from '../../lib/errors.ts'
import type { RoomId, UserId } from '../../lib/ids.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Quotas } from '../../config/limits-schema.ts'
import type { Transaction } from '../../storage/database.ts'
import type { Flag } from '../../storage/columns.ts'
import { type BackupKey, lockCurrent, type LockedBackup, lockVersion } from './backups.ts'
import { backupUsage, countKeys } from './backups-store.ts'
import { isBetterKey, type KeyQuality } from './better-key.ts'
import type { KeyBackupDeps } from './deps.ts'
import {
  deleteKey,
  deleteKeysOfBackup,
  deleteKeysOfRoom,
  keysAt,
  type BackupKeyRow,
  upsertKeys,
  usageOfBackup,
  usageOfKey,
  usageOfRoom,
} from './keys-store.ts'

/** The key of one session in a backup. `sessionData` is encrypted; the server does not interpret it. */
export type BackedUpKey = KeyQuality & { roomId: RoomId; sessionId: string; sessionData: JsonObject }

/** The state of a backup after a change. */
export type BackupState = { etag: string; count: number }

/** All keys, those of one room, or the key of one session. */
export type KeyScope = { roomId?: RoomId; sessionId?: string }

/**
 * Stores keys in the current backup. A key that is not better than the stored one is ignored. All keys are
 * stored, or none.
 * @throws MatrixError 403 `M_WRONG_ROOM_KEYS_VERSION` or over a quota, 404, 413
 */
export async function storeKeys(
  { db, quotas }: KeyBackupDeps,
  backup: BackupKey,
  keys: readonly BackedUpKey[],
): Promise<BackupState> {
  const offered = keys.map(rowOf)
  return db.transaction(async (tx) => {
    const { version, ...state } = await lockCurrent(tx, backup)
    const of = { userId: backup.userId, version }
    if (offered.length === 0) return stateOf(state)
    const stored = await tx.all(keysAt, { ...of, places: offered.map(placeOf) })
    const before = new Map(stored.map((row) => [placeText(row), row]))
    const rows = offered.filter((row) => {
      const earlier = before.get(placeText(row))
      return earlier === undefined || isBetterKey(qualityOf(row), qualityOf(earlier))
    })
    if (rows.length === 0) return stateOf(state)
    const added = rows.filter((row) => !before.has(placeText(row))).length
    const bytes = rows.reduce((sum, row) => sum + sizeOf(row) - (before.get(placeText(row))?.bytes ?? 0), 0)
    await checkQuotas(quotas, tx, { userId: of.userId, keys: added, bytes })
    tx.write(upsertKeys, { ...of, rows })
    return changed(tx, of, { keys: added, bytes })
  })
}

/**
 * Deletes keys from any backup of the user.
 * @throws MatrixError 404 when there is no backup with this version
 */
export async function deleteKeys(
  { db }: KeyBackupDeps,
  backup: BackupKey,
  scope: KeyScope,
): Promise<BackupState> {
  return db.transaction(async (tx) => {
    const { version, ...state } = await lockVersion(tx, backup)
    const of = { userId: backup.userId, version }
    const usage = await deleteInScope(tx, of, scope)
    if (usage.keys === 0) return stateOf(state)
    return changed(tx, of, { keys: -usage.keys, bytes: -usage.bytes })
  })
}

type Owned = { userId: UserId; version: number }
type Usage = { keys: number; bytes: number }
const NO_USAGE: Usage = { keys: 0, bytes: 0 }

/** Resolves to the number and size of the deleted keys. */
async function deleteInScope(tx: Transaction, of: Owned, { roomId, sessionId }: KeyScope): Promise<Usage> {
  if (roomId === undefined) {
    const usage = await tx.first(usageOfBackup, of)
    tx.write(deleteKeysOfBackup, of)
    return usage ?? NO_USAGE
  }
  if (sessionId === undefined) {
    const usage = await tx.first(usageOfRoom, { ...of, roomId })
    tx.write(deleteKeysOfRoom, { ...of, roomId })
    return usage ?? NO_USAGE
  }
  const usage = await tx.first(usageOfKey, { ...of, roomId, sessionId })
  tx.write(deleteKey, { ...of, roomId, sessionId })
  return usage ?? NO_USAGE
}

async function changed(tx: Transaction, of: Owned, difference: Usage): Promise<BackupState> {
  const row = await tx.first(countKeys, { ...of, ...difference })
  if (!row) throw new Error('the locked backup has disappeared')
  return stateOf(row)
}

async function checkQuotas(
  { key_backup_keys, key_backup_bytes }: Quotas,
  tx: Transaction,
  { userId, keys, bytes }: Usage & { userId: UserId },
): Promise<void> {
  const used = (await tx.first(backupUsage, { userId })) ?? NO_USAGE
  const advice = 'Delete an old version of the backup first'
  if (keys > 0 && used.keys + keys > key_backup_keys)
    throw tooMany(
      'quotas.key_backup_keys',
      `Your key backups have ${used.keys} keys and must not have more than ${key_backup_keys}. ${advice}`,
    )
  if (bytes > 0 && used.bytes + bytes > key_backup_bytes)
    throw tooMuch(
      'quotas.key_backup_bytes',
      `The keys in your backups must not be larger than ${key_backup_bytes} bytes in total. ${advice}`,
    )
}

const stateOf = ({ etag, key_count }: Pick<LockedBackup, 'etag' | 'key_count'>): BackupState => ({
  etag: String(etag),
  count: key_count,
})

const rowOf = (key: BackedUpKey): BackupKeyRow => ({
  room_id: key.roomId,
  session_id: key.sessionId,
  first_message_index: key.firstMessageIndex,
  forwarded_count: key.forwardedCount,
  is_verified: key.isVerified ? 1 : 0,
  session_data: JSON.stringify(key.sessionData),
})

const placeOf = ({ room_id, session_id }: BackupKeyRow) => ({ room_id, session_id })
const placeText = ({ room_id, session_id }: Pick<BackupKeyRow, 'room_id' | 'session_id'>) =>
  JSON.stringify([room_id, session_id])

type StoredQuality = { first_message_index: number; forwarded_count: number; is_verified: Flag }

const qualityOf = (row: StoredQuality): KeyQuality => ({
  firstMessageIndex: row.first_message_index,
  forwardedCount: row.forwarded_count,
  isVerified: row.is_verified === 1,
})

const sizeOf = ({ room_id, session_id, session_data }: BackupKeyRow) =>
  Buffer.byteLength(room_id) + Buffer.byteLength(session_id) + Buffer.byteLength(session_data)
