import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { canonicalJson } from '../../src/lib/canonical-json.ts'
import { isJsonObject, type JsonObject } from '../../src/lib/json.ts'
import { signedPart } from '../../src/lib/signed-json.ts'

/** An Ed25519 key of a test client. `publicKey` is base64 without padding. */
export type SigningKey = { publicKey: string; sign(text: string): string }

const unpadded = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')

export function createSigningKey(
  privateKey: KeyObject = generateKeyPairSync('ed25519').privateKey,
): SigningKey {
  const { x } = privateKey.export({ format: 'jwk' })
  return {
    publicKey: unpadded(Buffer.from(x ?? '', 'base64url')),
    sign: (text) => unpadded(sign(null, Buffer.from(text), privateKey)),
  }
}

/** The key with this seed of 32 bytes, in base64. */
export function signingKeyFromSeed(seed: string): SigningKey {
  // The fixed start of a PKCS #8 document for Ed25519 (RFC 8410, section 7).
  const der = Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    Buffer.from(seed, 'base64'),
  ])
  return createSigningKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
}

/** The object with one more signature. `keyId` is a device id or a public key. */
export function signed(
  object: JsonObject,
  key: SigningKey,
  by: { userId: string; keyId: string },
): JsonObject {
  const signature = key.sign(canonicalJson(signedPart(object)))
  const all = isJsonObject(object['signatures']) ? object['signatures'] : {}
  const own = isJsonObject(all[by.userId]) ? all[by.userId] : {}
  const signatures = {
    ...all,
    [by.userId]: { ...(own as JsonObject), [`ed25519:${by.keyId}`]: signature },
  }
  return { ...object, signatures }
}

/** Keys of a device, signed by the device, as clients upload them. */
export function deviceKeys(userId: string, deviceId: string, key: SigningKey): JsonObject {
  const object = {
    user_id: userId,
    device_id: deviceId,
    algorithms: ['m.olm.v1.curve25519-aes-sha2', 'm.megolm.v1.aes-sha2'],
    keys: { [`curve25519:${deviceId}`]: 'c'.repeat(43), [`ed25519:${deviceId}`]: key.publicKey },
  }
  return signed(object, key, { userId, keyId: deviceId })
}

/** A cross-signing key of a user, signed by `master`. */
export function crossSigningKey(
  userId: string,
  purpose: 'master' | 'self_signing' | 'user_signing',
  { key, master }: { key: SigningKey; master?: SigningKey },
): JsonObject {
  const object = { user_id: userId, usage: [purpose], keys: { [`ed25519:${key.publicKey}`]: key.publicKey } }
  return master ? signed(object, master, { userId, keyId: master.publicKey }) : object
}

export type CrossSigningKeys = ReturnType<typeof createCrossSigningKeys>

/** The three keys of a user and the body of their upload. */
export function createCrossSigningKeys(userId: string) {
  const [master, selfSigning, userSigning] = [createSigningKey(), createSigningKey(), createSigningKey()]
  return {
    master,
    selfSigning,
    userSigning,
    body: {
      master_key: crossSigningKey(userId, 'master', { key: master }),
      self_signing_key: crossSigningKey(userId, 'self_signing', { key: selfSigning, master }),
      user_signing_key: crossSigningKey(userId, 'user_signing', { key: userSigning, master }),
    },
  }
}

/** One-time keys `signed_curve25519:<id>` with the ids `from` up to `from + count - 1`. */
export function oneTimeKeys(from: number, count: number): Record<string, JsonObject> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, at) => [
      `signed_curve25519:K${String(from + at).padStart(5, '0')}`,
      { key: `key ${from + at}`, signatures: {} },
    ]),
  )
}
