import { invalidParam, notFound, tooMany, wrongKeysVersion } from '../../lib/errors.ts'
import type { UserId } from '../../lib/ids.ts'
import { type JsonObject, parseStored } from '../../lib/json.ts'
import type { Transaction } from '../../storage/database.ts'
import type { Queries } from '../../storage/query.ts'
import {
  backupOfVersion,
  backupUsage,
  changeAuthData,
  currentBackup,
  deleteBackup,
  deleteBackupsOfUser,
  insertBackup,
  lastVersion,
  lockBackup,
  nextVersion,
} from './backups-store.ts'
import type { KeyBackupDeps } from './deps.ts'
import { deleteKeysOfBackup, deleteKeysOfUser } from './keys-store.ts'

/** What a client sets for a backup. The server does not interpret it. */
export type BackupSettings = { algorithm: string; authData: JsonObject }
/** `etag` changes with each change of the keys; `count`: the number of keys. */
export type KeyBackup = BackupSettings & { version: string; etag: string; count: number }
/** `version`: as in the request. */
export type BackupKey = { userId: UserId; version: string }

const MAX_ALGORITHM_BYTES = 255

/**
 * Creates a backup, which becomes the current one, and resolves to its version: a number that the user never
 * had before.
 * @throws MatrixError 400 for the name of the algorithm; 403 over the quota
 */
export async function createBackup(
  { db, quotas }: KeyBackupDeps,
  userId: UserId,
  { algorithm, authData }: BackupSettings,
): Promise<string> {
  const bytes = Buffer.byteLength(algorithm)
  if (bytes === 0 || bytes > MAX_ALGORITHM_BYTES)
    throw invalidParam(`algorithm must have 1 to ${MAX_ALGORITHM_BYTES} bytes`)
  return db.transaction(async (tx) => {
    // First, because of its lock.
    const version = (await tx.first(nextVersion, { userId }))?.last_version ?? 1
    const { backups = 0 } = (await tx.first(backupUsage, { userId })) ?? {}
    if (backups >= quotas.key_backups)
      throw tooMany(
        'quotas.key_backups',
        `You have ${backups} versions of the key backup and cannot add more. Delete one first`,
      )
    tx.write(insertBackup, { userId, version, algorithm, authData: JSON.stringify(authData) })
    return String(version)
  })
}

/**
 * Resolves to a backup; without `version` to the current one.
 * @throws MatrixError 404
 */
export async function getBackup(q: Queries, userId: UserId, version?: string): Promise<KeyBackup> {
  const row =
    version === undefined
      ? await q.first(currentBackup, { userId })
      : await q.first(backupOfVersion, { userId, version: numberOf(version) })
  if (!row) throw version === undefined ? noBackup() : unknownVersion()
  return {
    version: String(row.version),
    algorithm: row.algorithm,
    authData: parseStored(row.auth_data),
    etag: String(row.etag),
    count: row.key_count,
  }
}

/**
 * Changes the `auth_data` of a backup.
 * @throws MatrixError 404; 400 when the algorithm is not that of the backup, or `version` in the body is not
 *   that in the path
 */
export async function updateBackup(
  { db }: KeyBackupDeps,
  { userId, version }: BackupKey,
  { algorithm, authData, bodyVersion }: BackupSettings & { bodyVersion: string | undefined },
): Promise<void> {
  if (bodyVersion !== undefined && bodyVersion !== version)
    throw invalidParam(`version in the body is ${bodyVersion}, and in the path ${version}`)
  await db.transaction(async (tx) => {
    const backup = await lockVersion(tx, { userId, version })
    if (backup.algorithm !== algorithm)
      throw invalidParam(`The algorithm of this backup is ${backup.algorithm} and cannot be changed`)
    tx.write(changeAuthData, { userId, version: backup.version, authData: JSON.stringify(authData) })
  })
}

/**
 * Deletes a backup with its keys. A backup that was deleted before counts as deleted now.
 * @throws MatrixError 404 when there never was a backup with this version
 */
export async function removeBackup({ db }: KeyBackupDeps, { userId, version }: BackupKey): Promise<void> {
  const backup = { userId, version: numberOf(version) }
  await db.transaction(async (tx) => {
    if ((await tx.run(deleteBackup, backup)) > 0) return tx.write(deleteKeysOfBackup, backup)
    const last = await tx.first(lastVersion, { userId })
    if (backup.version < 1 || backup.version > (last?.last_version ?? 0)) throw unknownVersion()
  })
}

/** Deletes all backups of a user who closes their account. The numbers stay used. */
export function removeBackupsOf(tx: Transaction, userId: UserId): void {
  tx.write(deleteBackupsOfUser, { userId })
  tx.write(deleteKeysOfUser, { userId })
}

export type LockedBackup = { version: number; algorithm: string; etag: number; key_count: number }

/**
 * Locks a backup for a change in this transaction.
 * @throws MatrixError 404
 */
export async function lockVersion(tx: Transaction, { userId, version }: BackupKey): Promise<LockedBackup> {
  const row = await tx.first(lockBackup, { userId, version: numberOf(version) })
  if (!row) throw unknownVersion()
  return row
}

/**
 * The same for a backup that must be the current one, because only that accepts keys.
 * @throws MatrixError 403 `M_WRONG_ROOM_KEYS_VERSION` with the current version; 404 when the user has no backup
 */
export async function lockCurrent(tx: Transaction, { userId, version }: BackupKey): Promise<LockedBackup> {
  const row = await tx.first(lockBackup, { userId, version: numberOf(version) })
  // Read after the lock: another process may have created or deleted a backup before.
  const current = await tx.first(currentBackup, { userId })
  if (!current) throw noBackup()
  if (!row || current.version !== row.version) throw wrongKeysVersion(String(current.version))
  return row
}

/** Versions are opaque to clients. Any text that is not one of ours stands for a version that does not exist. */
export const numberOf = (version: string) => (/^[1-9]\d{0,14}$/.test(version) ? Number(version) : 0)

const noBackup = () => notFound('You have no key backup')
export const unknownVersion = () => notFound('You have no key backup with this version')
