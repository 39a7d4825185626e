import { open, readFile } from 'node:fs/promises'
import { ConfigError } from '../../config/config-error.ts'
import { makeVapidKey, readVapidKey, type VapidKey } from './credentials.ts'

export type KeptVapidKey = { key: VapidKey; isNew: boolean }

/**
 * The VAPID key in this file. Where there is no file, it is made, with a new key that its owner alone may read. A file is never
 * changed: with another key, every subscription that was made with the old one is lost.
 *
 * @throws {ConfigError} when the file has no such key in it, or cannot be made.
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
      throw new ConfigError(`${file} ${MAKING[codeOf(error)] ?? 'cannot be made'}`)
  }
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ConfigError(`${file} is there already, but cannot be read`, { cause: error })
  })
  try {
    return { key: readVapidKey(text), isNew: false }
  } catch (error) {
    const what = error instanceof Error ? error.message : 'something else'
    throw new ConfigError(`${file} is there already, and holds ${what}; name another file`, { cause: error })
  }
}

const MAKING: Readonly<Record<string, string>> = {
  ENOENT: 'cannot be made: there is no such folder',
  ENOTDIR: 'cannot be made: there is no such folder',
  EACCES: 'cannot be made: you may not write there',
  EPERM: 'cannot be made: you may not write there',
  EROFS: 'cannot be made: nobody may write there',
  ENOSPC: 'cannot be made: the disk is full',
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '')
