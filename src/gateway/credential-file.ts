import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { ConfigError } from '../config/config-error.ts'
import type { Log } from '../lib/log.ts'

/** A file named in the settings of an app. Error texts contain these fields, never its content. */
export type CredentialFile = {
  appId: string
  /** As it stands in the configuration: `keyfile`. */ key: string
  path: string
}

const READABLE_BY_OTHERS = 0o004

/**
 * Reads a file with a secret. Logs a warning if other users of the machine can read it.
 *
 * @throws {ConfigError} naming the key and the file.
 */
export async function readSecretFile(file: CredentialFile, log: Log): Promise<string> {
  const text = await readNamedFile(file)
  const { mode } = await stat(file.path)
  if ((mode & READABLE_BY_OTHERS) !== 0) {
    log.warn(
      { file: file.path },
      `${nameOf(file)} can be read by all users of this machine; run chmod o-rwx on it`,
    )
  }
  return text
}

/** @throws {ConfigError} naming the key and the file. */
export async function readNamedFile(file: CredentialFile): Promise<string> {
  try {
    return await readFile(file.path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    throw new ConfigError(`${nameOf(file)}: ${whatToDo(code)}`, { cause: error })
  }
}

/** `apps.<app id>.keyfile: /etc/belfry/key.p8` */
export const nameOf = ({ appId, key, path }: CredentialFile) => `apps.${appId}.${key} (${path})`

/** The private key without a password in a PEM text: PKCS #8, PKCS #1 or SEC 1. `undefined`: the text has none. */
export function privateKeyIn(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}

function whatToDo(code: unknown): string {
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file; correct the path'
  if (code === 'EACCES' || code === 'EPERM') {
    return 'permission denied; allow the user of the gateway to read it'
  }
  if (code === 'EISDIR') return 'this is a folder; set the path of the file in it'
  return 'it cannot be read'
}

/**
 * Waits for two files, so that the errors of both are reported.
 * @throws {AggregateError} of both errors, or the only one
 */
export async function readBoth<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  const [first, second] = await Promise.allSettled([one, other])
  if (first.status === 'fulfilled' && second.status === 'fulfilled') return [first.value, second.value]
  const reasons = [first, second].flatMap((it) => (it.status === 'rejected' ? [it.reason as unknown] : []))
  throw reasons.length === 1 ? reasons[0] : new AggregateError(reasons)
}
