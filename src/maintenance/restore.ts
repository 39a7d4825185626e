import { existsSync, mkdirSync } from 'node:fs'
import { copyFile, readdir, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ConfigError } from '../config/config-error.ts'
import type { Config } from '../config/schema.ts'
import type { OnProgress } from '../lib/progress.ts'
import type { Blobs } from '../media/blobs.ts'
import { createFolderBlobs } from '../media/folder-blobs.ts'
import { checkSqlite, skipPositions, syncFile } from '../storage/copy-sqlite.ts'
import { StorageError } from '../storage/database.ts'
import { skipPostgresPositions, startFilling } from '../storage/filling-postgres.ts'
import { copyBlob } from './copy-blob.ts'
import { type BackupManifest, backupPaths, readManifest } from './manifest.ts'
import { runPostgresTool } from './postgres-tools.ts'

export type RestoreOptions = { folder: string; onProgress: OnProgress }

/**
 * More than the positions that a server takes between two backups of a day: clients have them in their
 * tokens, and none may be given twice.
 */
const SKIPPED_POSITIONS = 1_000_000_000

/**
 * Restores a backup into a database that does not exist or is empty, and its files into an empty store of
 * media. Positions of the stream continue much higher, because clients know positions that the server took
 * after the backup.
 * @throws ConfigError if there is no complete backup, or the target is not empty
 */
export async function restore(
  config: Config,
  blobs: Blobs,
  { folder, onProgress }: RestoreOptions,
): Promise<BackupManifest> {
  const manifest = await readManifest(folder)
  const { database } = config
  if (manifest.database !== database.kind)
    throw new ConfigError(
      `the backup is of a ${manifest.database} database, and the configuration names a ${database.kind} database: pass another --database`,
    )
  if (config.server_name !== undefined && config.server_name !== manifest.server_name)
    throw new ConfigError(
      `the backup is of the server "${manifest.server_name}", not "${config.server_name}"`,
    )
  const { media, sqlite, postgres } = backupPaths(folder)
  const restoreFiles = async () => {
    if (manifest.has_media) await restoreMedia(media, blobs, { manifest, onProgress })
    onProgress({ step: 'restoring the database', done: 0, total: 1 })
  }
  // Files first: a restore that fails meanwhile can be repeated, because there is no database yet.
  if (database.kind === 'sqlite') {
    refuseExisting(database.path)
    await restoreFiles()
    await restoreSqlite(sqlite, database.path)
  } else {
    await using filling = await startFilling(database.url, 'belfry restore')
    await restoreFiles()
    await restorePostgres(postgres, database.url)
    await skipPostgresPositions(filling.client, SKIPPED_POSITIONS)
    await filling.complete()
  }
  return manifest
}

function refuseExisting(database: string): void {
  const found = [database, `${database}-wal`].find((path) => existsSync(path))
  if (found !== undefined)
    throw new ConfigError(`${found} exists: move it away, or pass another --data or --database`)
}

async function restoreSqlite(from: string, to: string): Promise<void> {
  const [fault] = checkSqlite(from)
  if (fault !== undefined)
    throw new StorageError(`the database in the backup is damaged (${fault}); use another backup`)
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 })
  const incomplete = `${to}.restoring`
  await copyFile(from, incomplete)
  skipPositions(incomplete, SKIPPED_POSITIONS)
  await syncFile(incomplete)
  await rename(incomplete, to)
  await syncFile(dirname(to))
}

async function restorePostgres(from: string, url: string): Promise<void> {
  await runPostgresTool('pg_restore', url, [
    '--no-owner',
    '--no-privileges',
    '--exit-on-error',
    '--single-transaction',
    from,
  ])
}

type Restoring = { manifest: BackupManifest; onProgress: OnProgress }

async function restoreMedia(folder: string, to: Blobs, { manifest, onProgress }: Restoring): Promise<void> {
  if (manifest.files === 0) return
  await using from = createFolderBlobs({ folder, reserve: 0 })
  let done = 0
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    const { size } = await stat(join(entry.parentPath, entry.name))
    const isThere = (await to.size(entry.name).catch(() => undefined)) === size
    if (!isThere) await copyBlob({ blob_key: entry.name, size }, from, to)
    onProgress({ step: 'restoring files', done: ++done, total: manifest.files })
  }
}
