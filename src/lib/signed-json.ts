import { createPublicKey, verify } from 'node:crypto'
import { canonicalJson, NotCanonicalError } from './canonical-json.ts'
import type { JsonObject } from './json.ts'

const KEY_BYTES = 32
const SIGNATURE_BYTES = 64
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

/** An object without the parts that no signature covers (Matrix appendices, "Signing JSON"). */
export function signedPart(object: JsonObject): JsonObject {
  const { signatures: _signatures, unsigned: _unsigned, ...signed } = object
  return signed
}

/** Whether two objects are the same, apart from their signatures. Objects without a canonical form are different. */
export function isSameSignedPart(one: JsonObject, other: JsonObject): boolean {
  const [left, right] = [signedText(one), signedText(other)]
  return left !== undefined && left === right
}

/** The text that is signed; undefined: the object has no canonical form. */
export function signedText(object: JsonObject): string | undefined {
  try {
    return canonicalJson(signedPart(object))
  } catch (error) {
    if (error instanceof NotCanonicalError) return undefined
    throw error
  }
}

/** Whether the text is an Ed25519 public key in base64, with or without padding (RFC 8032: 32 bytes). */
export function isPublicKey(text: string): boolean {
  return bytesOf(text, KEY_BYTES) !== undefined
}

/**
 * Whether `signature` is an Ed25519 signature of the object (Matrix appendices, "Checking for a Signature").
 * Key and signature are base64. False for any malformed part.
 */
export function isSignedBy(object: JsonObject, publicKey: string, signature: string): boolean {
  const text = signedText(object)
  const key = bytesOf(publicKey, KEY_BYTES)
  const bytes = bytesOf(signature, SIGNATURE_BYTES)
  if (text === undefined || key === undefined || bytes === undefined) return false
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') }
  return verify(null, Buffer.from(text), createPublicKey({ key: jwk, format: 'jwk' }), bytes)
}

function bytesOf(text: string, length: number): Buffer | undefined {
  if (!BASE64.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === length ? bytes : undefined
}
