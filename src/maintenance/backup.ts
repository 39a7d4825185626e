import { mkdir, readdir } from 'node:fs/promises'
import { ConfigError } from '../config/config-error.ts'
import type { OnProgress } from '../lib/progress.ts'
import { VERSION } from '../lib/version.ts'
import { createFolderBlobs } from '../media/folder-blobs.ts'
import { copySqlite } from '../storage/copy-sqlite.ts'
import { copyBlob } from './copy-blob.ts'
import type { MaintenanceDeps } from './deps.ts'
import { countBlobs, listBlobs } from './list-blobs.ts'
import { type BackupManifest, backupPaths, writeManifest } from './manifest.ts'
import { runPostgresTool } from './postgres-tools.ts'

/** `folder`: does not exist, or is empty. */
export type BackupOptions = { folder: string; withMedia: boolean; onProgress: OnProgress }

/** `lost_files`: those that the store of media did not have. */
export type BackupResult = BackupManifest & { folder: string; lost_files: number }

/**
 * Copies the database and the files of media into a folder, while a server may use both. The database is
 * copied first: a file of media never changes, so those that the copy names are still there afterwards,
 * except removed ones.
 * @throws ConfigError if the folder is not empty
 */
export async function backUp(deps: MaintenanceDeps, options: BackupOptions): Promise<BackupResult> {
  const { db, config, clock } = deps
  const { folder, withMedia, onProgress } = options
  await makeEmptyFolder(folder)
  const paths = backupPaths(folder)
  const { database } = config
  const madeAt = clock.now()
  onProgress({ step: 'copying the database', done: 0, total: 1 })
  if (database.kind === 'sqlite') await copySqlite(database.path, paths.sqlite, onProgress)
  else await runPostgresTool('pg_dump', database.url, ['--format=custom', `--file=${paths.postgres}`])
  const { files, lost } = withMedia ? await copyMedia(deps, paths.media, onProgress) : { files: 0, lost: 0 }
  const manifest: BackupManifest = {
    version: VERSION,
    server_name: config.server_name,
    made_at: madeAt,
    database: db.dialect,
    has_media: withMedia,
    files,
  }
  await writeManifest(folder, manifest)
  return { ...manifest, folder, lost_files: lost }
}

async function makeEmptyFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if ((await readdir(folder)).length > 0)
    throw new ConfigError(`${folder} is not empty: pass a new folder for each backup`)
}

async function copyMedia({ db, blobs }: MaintenanceDeps, folder: string, onProgress: OnProgress) {
  const total = await countBlobs(db)
  const copied = { files: 0, lost: 0 }
  await using target = createFolderBlobs({ folder, reserve: 0 })
  for await (const blob of listBlobs(db)) {
    if (await copyBlob(blob, blobs, target)) copied.files++
    else copied.lost++
    onProgress({ step: 'copying files', done: copied.files + copied.lost, total })
  }
  return copied
}
