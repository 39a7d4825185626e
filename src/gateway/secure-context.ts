import {
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type SecureContextOptions,
} from 'node:tls'

import { ConfigError } from '../config/config-error.ts'
import { nameOf, readNamedFile } from './credential-file.ts'

const BEGIN = '-----BEGIN CERTIFICATE-----'

/**
 * The TLS context of an app: trusts the authorities in its `ca_file` in addition to the default ones.
 * `undefined` if the default context is enough, which avoids reading all authorities again.
 *
 * @throws {ConfigError} naming the file.
 */
export async function secureContextFor(
  { ca_file: path }: { ca_file?: string | undefined },
  { appId }: { appId: string },
  more: SecureContextOptions = {},
): Promise<SecureContext | undefined> {
  if (path === undefined) return Object.keys(more).length === 0 ? undefined : createSecureContext(more)
  const ca = { appId, key: 'ca_file', path }
  const pem = await readNamedFile(ca)
  if (!pem.includes(BEGIN)) throw new ConfigError(`${nameOf(ca)} contains no certificate in PEM form`)
  try {
    return createSecureContext({ ...more, ca: [...getCACertificates('default'), pem] })
  } catch (cause) {
    throw new ConfigError(`${nameOf(ca)} contains a certificate that cannot be read`, { cause })
  }
}
