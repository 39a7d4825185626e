import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ConfigError } from '../config/config-error.ts'
import { syncFile } from '../storage/copy-sqlite.ts'

const FILE = 'backup.json'

const schema = z.object({
  version: z.string(),
  server_name: z.string(),
  made_at: z.number(),
  database: z.enum(['sqlite', 'postgres']),
  has_media: z.boolean(),
  files: z.number(),
})

/**
 * What a backup holds, in its file `backup.json`, which is written last: a folder without it is incomplete.
 * `made_at`: in milliseconds since the Unix epoch. `files`: the blobs, with thumbnails.
 */
export type BackupManifest = z.output<typeof schema>

/** The parts of the folder of a backup. */
export const backupPaths = (folder: string) => ({
  sqlite: join(folder, 'belfry.db'),
  postgres: join(folder, 'belfry.dump'),
  media: join(folder, 'media'),
})

export async function writeManifest(folder: string, manifest: BackupManifest): Promise<void> {
  const path = join(folder, FILE)
  await writeFile(`${path}.new`, `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 })
  await syncFile(`${path}.new`)
  await rename(`${path}.new`, path)
  await syncFile(folder)
}

/** @throws ConfigError if the folder has no complete backup */
export async function readManifest(folder: string): Promise<BackupManifest> {
  const path = join(folder, FILE)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new ConfigError(`${folder} has no complete backup: ${path} cannot be read`, { cause })
  }
  const parsed = schema.safeParse(jsonOf(text))
  if (!parsed.success) throw new ConfigError(`${path} is damaged; use another backup`)
  return parsed.data
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
