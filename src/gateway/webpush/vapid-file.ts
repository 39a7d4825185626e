import { open, readFile } from 'node:fs/promises'
import { ConfigError } from '../../config/config-error.ts'
import { makeVapidKey, readVapidKey, type VapidKey } from './credentials.ts'

export type KeptVapidKey = { key: VapidKey; isNew: boolean }

/**
 * Reads the VAPID key in this file. If the file does not exist, it is created with a new key, readable by its
 * owner only. A file is never changed: with another key, every subscription that was made with the old one is
 * lost.
 *
 * @throws {ConfigError} when the file contains no such key, or cannot be created.
 */
export async function keepVapidKey(file: string): Promise<KeptVapidKey> {
  const made = makeVapidKey()
  try {
    await using handle = await open(file, 'wx', 0o600)
    await handle.writeFile(made.pem)
    await handle.sync()
    return { key: made.key, isNew: true }
  } catch (error) {
    if (codeOf(error) !== 'EEXIST')
      throw new ConfigError(`${file} ${MAKING[codeOf(error)] ?? 'cannot be created'}`)
  }
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ConfigError(`${file} exists already and cannot be read`, { cause: error })
  })
  try {
    return { key: readVapidKey(text), isNew: false }
  } catch (error) {
    const what = error instanceof Error ? error.message : 'something else'
    throw new ConfigError(`${file} exists already: ${what}; choose another file`, { cause: error })
  }
}

const MAKING: Readonly<Record<string, string>> = {
  ENOENT: 'cannot be created: the folder does not exist',
  ENOTDIR: 'cannot be created: the folder does not exist',
  EACCES: 'cannot be created: permission denied',
  EPERM: 'cannot be created: permission denied',
  EROFS: 'cannot be created: the file system is read-only',
  ENOSPC: 'cannot be created: the disk is full',
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '')
