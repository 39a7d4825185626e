import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'

/** Who we are to push services (RFC 8292): a key of P-256. */
export type VapidKey = {
  privateKey: KeyObject
  /** Uncompressed point as base64url without padding: a page's `applicationServerKey`. */
  publicKey: string
}

/** Signs what we send, one signature for each push service and half a day. */
export type Vapid = {
  readonly publicKey: string
  /** The value of `Authorization` for a request to this origin (`https://push.example`). */
  headerFor(origin: string): string
}

const CURVE = 'prime256v1'
const REUSED_MS = 12 * 3_600_000
/** RFC 8292 allows 24 h. The hour that nobody uses is for clocks that differ. */
const VALID_MS = REUSED_MS + 3_600_000
/** Users choose push services, so there may be any number of origins. */
const MAX_ORIGINS = 4096

/** A new key: its PEM (PKCS #8) and what it stands for. */
export function makeVapidKey(): { pem: string; key: VapidKey } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: CURVE })
  return {
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    key: withPublicKey(privateKey),
  }
}

/**
 * Reads a private key of P-256: PEM as `belfry gateway vapid`, py-vapid and OpenSSL write it (PKCS #8 or SEC 1), or the 32 bytes
 * in base64url that the npm package web-push makes.
 *
 * @throws {TypeError} saying what it is instead, and nothing of the key.
 */
export function readVapidKey(text: string): VapidKey {
  const trimmed = text.trim()
  const privateKey = /^[A-Za-z0-9_-]{43}=?$/.test(trimmed) ? fromScalar(trimmed) : fromPem(trimmed)
  if (privateKey.asymmetricKeyDetails?.namedCurve !== CURVE)
    throw new TypeError('not a key of the curve P-256')
  return withPublicKey(privateKey)
}

/**
 * The `sub` claim for a contact: `mailto:` is put before a bare address, https URLs stay. `undefined` for what push services
 * refuse: Apple answers 403 BadJwtToken for `mailto:admin@localhost`.
 */
export function vapidSubject(contact: string): string | undefined {
  if (/^https:/i.test(contact)) {
    const url = URL.parse(contact)
    return url !== null && isPublicName(url.hostname) ? url.href : undefined
  }
  const address = contact.replace(/^mailto:/i, '')
  const [, domain] = /^[^\s@<>",;:?]+@([^\s@]+)$/.exec(address) ?? []
  return domain !== undefined && isPublicName(domain) ? `mailto:${address}` : undefined
}

/** @param subject of `vapidSubject` */
export function createVapid(key: VapidKey, subject: string, clock: Clock): Vapid {
  const made = new Map<string, { header: string; madeAt: number }>()
  return {
    publicKey: key.publicKey,
    headerFor(origin) {
      const now = clock.now()
      const cached = made.get(origin)
      // A clock that was set back has left a token from the future, which may end too late to be taken.
      if (cached !== undefined && now >= cached.madeAt && now < cached.madeAt + REUSED_MS)
        return cached.header
      const token = signToken(key, { aud: origin, exp: Math.floor((now + VALID_MS) / 1000), sub: subject })
      const header = `vapid t=${token}, k=${key.publicKey}`
      made.delete(origin)
      if (made.size >= MAX_ORIGINS) made.delete(made.keys().next().value ?? '')
      made.set(origin, { header, madeAt: now })
      return header
    },
  }
}

const HEADER = encode({ typ: 'JWT', alg: 'ES256' })

function signToken({ privateKey }: VapidKey, claims: { aud: string; exp: number; sub: string }): string {
  const text = `${HEADER}.${encode(claims)}`
  const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function withPublicKey(privateKey: KeyObject): VapidKey {
  const { x = '', y = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  const point = [Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]
  return { privateKey, publicKey: Buffer.concat(point).toString('base64url') }
}

function fromPem(text: string): KeyObject {
  try {
    return createPrivateKey(text)
  } catch {
    throw new TypeError(
      text.includes('PUBLIC KEY') ? 'a public key; the private one is needed' : 'not a private key in PEM',
    )
  }
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
  // Not `pair.getPrivateKey()`: that one loses the zeros in front.
  const d = Buffer.from(text, 'base64url').toString('base64url')
  return createPrivateKey({ key: { kty: 'EC', crv: 'P-256', x, y, d }, format: 'jwk' })
}

/** Has a dot and letters in its last label, and is no name that means this very machine. */
function isPublicName(host: string): boolean {
  const labels = host.toLowerCase().split('.')
  return (
    labels.length > 1 &&
    labels.every((label) => label !== '') &&
    /^(?!localhost$|local$)[a-z]/.test(labels.at(-1) ?? '')
  )
}
