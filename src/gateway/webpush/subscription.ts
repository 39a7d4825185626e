import { ECDH } from 'node:crypto'

/** The decoded keys of a browser's subscription: a P-256 point (65 bytes, uncompressed) and a secret of 16 bytes. */
export type SubscriptionKeys = { publicKey: Buffer; auth: Buffer }

export type SubscriptionFault = 'bad p256dh' | 'bad auth'

const POINT_BYTES = 65
const UNCOMPRESSED = 4
const AUTH_BYTES = 16

// Browsers send base64url without padding. Some libraries send the other alphabet or padding.
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/

/**
 * Reads `keys.p256dh` and `keys.auth` of a subscription (RFC 8291, section 3.2). A point that is not on the
 * curve is refused too: the shared secret could be guessed.
 */
export function readSubscriptionKeys(p256dh: unknown, auth: unknown): SubscriptionKeys | SubscriptionFault {
  const keys = decodeSubscriptionKeys(p256dh, auth)
  return typeof keys === 'string' || isOnCurve(keys) ? keys : 'bad p256dh'
}

/**
 * The same without the check of the point, which costs a tenth of an encryption. `encryptPush` throws for a
 * point that is not on the curve.
 */
export function decodeSubscriptionKeys(p256dh: unknown, auth: unknown): SubscriptionKeys | SubscriptionFault {
  const publicKey = decode(p256dh)
  if (publicKey?.length !== POINT_BYTES || publicKey[0] !== UNCOMPRESSED) return 'bad p256dh'
  const secret = decode(auth)
  if (secret?.length !== AUTH_BYTES) return 'bad auth'
  return { publicKey, auth: secret }
}

function decode(text: unknown): Buffer | undefined {
  return typeof text === 'string' && BASE64.test(text) ? Buffer.from(text, 'base64url') : undefined
}

export function isOnCurve({ publicKey }: SubscriptionKeys): boolean {
  try {
    ECDH.convertKey(publicKey, 'prime256v1')
    return true
  } catch {
    return false
  }
}
