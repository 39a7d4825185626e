import type { KeyObject } from 'node:crypto'

import { z } from 'zod'

import type { Log } from '../../lib/log.ts'
import { nameOf, privateKeyIn, readSecretFile, type CredentialFile } from '../credential-file.ts'
import type { FcmOptions } from './options.ts'

/** RS256 needs at least this length (RFC 7518, section 3.3), and `jose` does not sign with a shorter key. */
const LEAST_KEY_BITS = 2048

/** The identity of an app at Google, from the key file of a service account. */
export type ServiceAccount = { email: string; keyId: string; key: KeyObject; tokenUri: URL }

const file = z.looseObject({
  type: z.literal('service_account'),
  client_email: z.string().min(1),
  private_key_id: z.string().min(1),
  private_key: z.string().min(1),
  token_uri: z.string().refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? '')),
})

/**
 * `faults`: the errors, each as a sentence that repeats nothing of the file. `credentials` are absent if the
 * errors make them unusable.
 */
export type FcmCredentialReport = { credentials?: ServiceAccount; faults: string[] }

/** @throws {ConfigError} for a file that cannot be read. Errors in its content are in `faults`. */
export async function readFcmCredentials(
  options: FcmOptions,
  { appId, log }: { appId: string; log: Log },
): Promise<FcmCredentialReport> {
  const named = { appId, key: 'service_account_file', path: options.service_account_file }
  return serviceAccountIn(await readSecretFile(named, log), named)
}

function serviceAccountIn(text: string, named: CredentialFile): FcmCredentialReport {
  const fault = (what: string) => ({ faults: [`${nameOf(named)} ${what}`] })
  const result = file.safeParse(parsed(text))
  if (!result.success) {
    const keys = [...new Set(result.error.issues.map((issue) => issue.path.join('.')))]
    if (keys.includes('')) return fault('contains no JSON object; use the unchanged file from Google Cloud.')
    if (keys.includes('type'))
      return fault('is not the key file of a service account ("type": "service_account").')
    return { faults: keys.map((key) => `${nameOf(named)} has no valid "${key}".`) }
  }
  const { client_email: email, private_key_id: keyId, private_key: pem, token_uri: tokenUri } = result.data
  const key = privateKeyIn(pem)
  if (key === undefined) return fault('has a "private_key" that is not a private key in PEM form.')
  if (key.asymmetricKeyType !== 'rsa') return fault('has a "private_key" that is not an RSA key.')
  if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < LEAST_KEY_BITS)
    return fault('has a "private_key" of less than 2048 bits; create a new key for the account.')
  return { credentials: { email, keyId, key, tokenUri: new URL(tokenUri) }, faults: [] }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
