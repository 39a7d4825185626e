import { forbidden, invalidParam } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import { isPublicKey, signedText } from '../lib/signed-json.ts'
import type { Purpose } from './cross-signing-store.ts'

const ED25519 = 'ed25519:'

/** A cross-signing key of a request (client-server API, "Cross-signing"). */
export type CrossSigningKey = {
  purpose: Purpose
  /** Ed25519, base64 without padding. */
  publicKey: string
  /** The key as it was uploaded, with signatures. */
  content: JsonObject
}

/**
 * Checks the form of a cross-signing key.
 * @throws MatrixError 400 for a malformed key; 403 when the public key is the id of one of the user's devices
 */
export function parseCrossSigningKey(
  content: JsonObject,
  { userId, purpose, deviceIds }: { userId: UserId; purpose: Purpose; deviceIds: ReadonlySet<string> },
): CrossSigningKey {
  const fault = (text: string) => invalidParam(`${purpose}_key: ${text}`)
  if (content['user_id'] !== userId) throw fault(`user_id must be ${userId}`)
  const usage = content['usage']
  if (!Array.isArray(usage) || usage.length !== 1 || usage[0] !== purpose)
    throw fault(`usage must be ["${purpose}"]`)
  const keys = isJsonObject(content['keys']) ? Object.entries(content['keys']) : []
  const [name, publicKey] = keys[0] ?? []
  if (keys.length !== 1 || typeof publicKey !== 'string' || name !== ED25519 + publicKey)
    throw fault('keys must have one entry, whose name is "ed25519:" and its value')
  if (publicKey.endsWith('=') || !isPublicKey(publicKey))
    throw fault('the public key must be the 32 bytes of an Ed25519 key in base64 without padding')
  if (signedText(content) === undefined) throw fault('numbers must be integers below 2^53')
  if (deviceIds.has(publicKey))
    throw forbidden(`${purpose}_key: the public key is the id of one of your devices. Create another key`)
  return { purpose, publicKey, content }
}

/** The signatures of a key by a user: `ed25519:<key id>` to base64. */
export function signaturesBy(content: JsonObject, userId: UserId): Map<string, string> {
  const all = content['signatures']
  const own = isJsonObject(all) ? all[userId] : undefined
  return new Map(
    Object.entries(isJsonObject(own) ? own : {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  )
}

/** The Ed25519 key of a device's keys; undefined: it has none. */
export function signingKeyOf(deviceKeys: JsonObject, deviceId: string): string | undefined {
  const keys = deviceKeys['keys']
  const key = isJsonObject(keys) ? keys[ED25519 + deviceId] : undefined
  return typeof key === 'string' ? key : undefined
}
