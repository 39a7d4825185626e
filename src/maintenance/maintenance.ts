import type { Config } from '../config/schema.ts'
import { systemClock } from '../lib/clock.ts'
import type { OnProgress } from '../lib/progress.ts'
import { createBlobs } from '../media/create-blobs.ts'
import type { BackupOptions, BackupResult } from './backup.ts'
import type { MaintenanceDeps } from './deps.ts'
import type { BackupManifest } from './manifest.ts'
import type { CopyOptions, CopyResult } from './move-database.ts'
import type { RestoreOptions } from './restore.ts'
import type { Verification } from './verify.ts'

export type Maintenance = {
  /** @throws ConfigError if the folder is not empty */
  backUp(options: BackupOptions): Promise<BackupResult>
  verify(onProgress: OnProgress): Promise<Verification>
}

/** The parts are loaded when they are used: a server needs none of them. */
export const createMaintenance = (deps: MaintenanceDeps): Maintenance => ({
  backUp: async (options) => (await import('./backup.ts')).backUp(deps, options),
  verify: async (onProgress) => (await import('./verify.ts')).verify(deps, onProgress),
})

/** @throws ConfigError as `copyToPostgres` of `move-database.ts` */
export async function copyDatabase(config: Config, options: CopyOptions): Promise<CopyResult> {
  const { copyToPostgres } = await import('./move-database.ts')
  return copyToPostgres(config, options)
}

/** @throws ConfigError if there is no complete backup, or the target is not empty */
export async function restoreBackup(config: Config, options: RestoreOptions): Promise<BackupManifest> {
  await using blobs = createBlobs(config.media, systemClock)
  const { restore } = await import('./restore.ts')
  return restore(config, blobs, options)
}
