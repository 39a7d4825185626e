import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'
import type { Log } from '../../lib/log.ts'
import { nameKindOf } from '../../lib/public-name.ts'
import { nameOf, privateKeyIn, readSecretFile } from '../credential-file.ts'

/** The identity of this server at push services (RFC 8292): a P-256 key. */
export type VapidKey = {
  privateKey: KeyObject
  /** The uncompressed point in base64url without padding: the `applicationServerKey` of a page. */
  publicKey: string
}

const CURVE = 'prime256v1'

/** A new key and its PEM (PKCS #8). */
export function makeVapidKey(): { pem: string; key: VapidKey } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: CURVE })
  return {
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    key: withPublicKey(privateKey),
  }
}

/**
 * Reads a private P-256 key: PEM as written by `belfry gateway vapid`, py-vapid and OpenSSL (PKCS #8 or SEC
 * 1), or 32 bytes in base64url as printed by the npm package web-push.
 *
 * @throws {TypeError} naming what the text is instead, and nothing of the key.
 */
export function readVapidKey(text: string): VapidKey {
  const trimmed = text.trim()
  const privateKey = /^[A-Za-z0-9_-]{43}=?$/.test(trimmed) ? fromScalar(trimmed) : fromPem(trimmed)
  if (privateKey.asymmetricKeyDetails?.namedCurve !== CURVE)
    throw new TypeError('not a key of the curve P-256')
  return withPublicKey(privateKey)
}

/** `faults`: the errors, which repeat nothing of the file. `credentials` are absent if the key cannot be used. */
export type WebPushCredentialReport = { credentials?: VapidKey; faults: string[] }

/** @throws {ConfigError} for a file that cannot be read. Errors in its content are in `faults`. */
export async function readWebPushCredentials(
  options: { vapid_private_key: string },
  { appId, log }: { appId: string; log: Log },
): Promise<WebPushCredentialReport> {
  const file = { appId, key: 'vapid_private_key', path: options.vapid_private_key }
  const text = await readSecretFile(file, log)
  try {
    return { credentials: readVapidKey(text), faults: [] }
  } catch (error) {
    const what = error instanceof Error ? error.message : 'unreadable'
    return { faults: [`${nameOf(file)}: ${what}; "belfry gateway vapid" creates a key.`] }
  }
}

/**
 * The `sub` claim for a contact: a bare address gets the prefix `mailto:`, https URLs stay unchanged.
 * `undefined` for contacts that push services refuse: Apple responds with 403 BadJwtToken for
 * `mailto:admin@localhost`.
 */
export function vapidSubject(contact: string): string | undefined {
  if (/^https:/i.test(contact)) {
    const url = URL.parse(contact)
    return url !== null && isHostOfContact(url.hostname) ? url.href : undefined
  }
  const address = contact.replace(/^mailto:/i, '')
  const [, domain] = /^[^\s@<>",;:?]+@([^\s@]+)$/.exec(address) ?? []
  return domain !== undefined && isHostOfContact(domain) ? `mailto:${address}` : undefined
}

/** The problem of a contact that is used anyway, because Google and Mozilla accept it; `undefined`: none. */
export function faultOfSubject(subject: string): string | undefined {
  const host = subject.startsWith('mailto:')
    ? subject.slice(subject.lastIndexOf('@') + 1)
    : URL.parse(subject)?.hostname
  if (host === undefined || nameKindOf(host) === 'public') return undefined
  return `${subject} is not at a public domain: Apple's push service refuses tokens with it (403 BadJwtToken), so Safari and iPhones receive nothing`
}

function withPublicKey(privateKey: KeyObject): VapidKey {
  const { x = '', y = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  const point = [Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]
  return { privateKey, publicKey: Buffer.concat(point).toString('base64url') }
}

function fromPem(text: string): KeyObject {
  const key = privateKeyIn(text)
  if (key !== undefined) return key
  throw new TypeError(
    text.includes('PUBLIC KEY') ? 'a public key; the private one is needed' : 'not a private key in PEM',
  )
}

function fromScalar(text: string): KeyObject {
  const pair = createECDH(CURVE)
  try {
    pair.setPrivateKey(text, 'base64url')
  } catch {
    throw new TypeError('not a private key of the curve P-256')
  }
  const point = pair.getPublicKey()
  const x = point.toString('base64url', 1, 33)
  const y = point.toString('base64url', 33)
  // Not `pair.getPrivateKey()`, which drops leading zeros.
  const d = Buffer.from(text, 'base64url').toString('base64url')
  return createPrivateKey({ key: { kty: 'EC', crv: 'P-256', x, y, d }, format: 'jwk' })
}

/** Not a host that means the local machine or network: a push service could not write to it. */
function isHostOfContact(host: string): boolean {
  return nameKindOf(host) !== 'none' && !/(?:^|\.)(?:localhost|local)$/i.test(host)
}
