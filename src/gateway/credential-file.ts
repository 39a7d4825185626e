import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { ConfigError } from '../config/config-error.ts'
import type { Log } from '../lib/log.ts'

/** A file that an app's configuration names, for messages: never its content. */
export type CredentialFile = {
  appId: string
  /** As it stands in the configuration: `keyfile`. */ key: string
  path: string
}

const READABLE_BY_OTHERS = 0o004

/**
 * Reads a file with a secret, and warns when everybody on the machine could.
 *
 * @throws {ConfigError} naming the key and the file.
 */
export async function readSecretFile(file: CredentialFile, log: Log): Promise<string> {
  const text = await readNamedFile(file)
  const { mode } = await stat(file.path)
  if ((mode & READABLE_BY_OTHERS) !== 0) {
    log.warn({ file: file.path }, `${nameOf(file)} can be read by everybody on this machine; chmod o-rwx it`)
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

/** A private key without a password, in PEM: PKCS #8, PKCS #1 or SEC 1. `undefined`: the text holds none. */
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
    return 'it may not be read; give the user that runs the gateway the right to'
  }
  if (code === 'EISDIR') return 'this is a folder; name the file in it'
  return 'it cannot be read'
}

/**
 * What both resolve to. Two files that cannot be read are told of together.
 * @throws {AggregateError} of both errors, or the one that there is
 */
export async function readBoth<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  const [first, second] = await Promise.allSettled([one, other])
  if (first.status === 'fulfilled' && second.status === 'fulfilled') return [first.value, second.value]
  const reasons = [first, second].flatMap((it) => (it.status === 'rejected' ? [it.reason as unknown] : []))
  throw reasons.length === 1 ? reasons[0] : new AggregateError(reasons)
}
