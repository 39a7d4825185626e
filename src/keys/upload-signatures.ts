import type { UserId } from '../lib/ids.ts'
import { isJsonObject, type Json, type JsonObject, parseStored } from '../lib/json.ts'
import { isSameSignedPart, isSignedBy } from '../lib/signed-json.ts'
import type { Transaction } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import { nextPosition } from '../storage/stream.ts'
import { signaturesBy, signingKeyOf } from './cross-signing-key.ts'
import { crossSigningKeysOf, type Purpose, setSignatures, type SignatureRow } from './cross-signing-store.ts'
import type { KeyDeps } from './deps.ts'
import { announceDeviceList } from './device-lists.ts'
import { deviceKeysOfUsers } from './device-keys-store.ts'

/** Signed keys by user and by device id or public key, as clients send them. */
export type SignedKeys = Record<string, Record<string, Json>>

type Failure = { errcode: 'M_INVALID_SIGNATURE' | 'M_NOT_FOUND' | 'M_INVALID_PARAM'; error: string }
export type SignatureFailures = Record<string, Record<string, Failure>>

/**
 * Adds signatures to stored keys (client-server API, `POST /keys/signatures/upload`). Each signature is
 * verified. Three relations are known: the self-signing key signs the user's own devices, a device signs the
 * user's own master key, and the user-signing key signs the master keys of others. Every other entry is a
 * failure.
 */
export async function uploadSignatures(
  deps: KeyDeps,
  signer: UserId,
  keys: SignedKeys,
): Promise<SignatureFailures> {
  return deps.db.transaction(
    async (tx) => {
      const signable = await signableKeys(tx, signer, Object.keys(keys) as UserId[])
      const failures: SignatureFailures = {}
      const accepted: SignatureRow[] = []
      for (const [userId, byKey] of Object.entries(keys)) {
        for (const [keyId, signed] of Object.entries(byKey)) {
          const result = checkSigned(signable, { signer, userId: userId as UserId, keyId, signed })
          if (Array.isArray(result)) accepted.push(...result)
          else (failures[userId] ??= {})[keyId] = result
        }
      }
      if (accepted.length > 0) await storeSignatures(deps, tx, { signer, signatures: accepted })
      return failures
    },
    { orderedBy: signer },
  )
}

/**
 * Signatures of the user's own keys are news for others. Those of the keys of others are seen by the signer's
 * devices only.
 */
async function storeSignatures(
  deps: KeyDeps,
  tx: Transaction,
  { signer, signatures }: { signer: UserId; signatures: readonly SignatureRow[] },
): Promise<void> {
  const ownChanged = signatures.some((row) => row.user_id === signer)
  const position = ownChanged ? await announceDeviceList(deps, tx, signer) : await nextPosition(tx)
  tx.write(setSignatures, { signatures, position })
  tx.onCommit(() => deps.bus.publish(`user:${signer}`))
}

/** A stored key, and the keys whose signatures of it are accepted: by `ed25519:<id>`, in base64. */
type Signable = { content: JsonObject; signers: ReadonlyMap<string, string> }
type SignableKeys = { of(userId: UserId, keyId: string): Signable | undefined }

async function signableKeys(read: Queries, signer: UserId, named: readonly UserId[]): Promise<SignableKeys> {
  const userIds = [...new Set([signer, ...named])]
  const crossKeys = await read.all(crossSigningKeysOf, { userIds })
  const devices = (await read.all(deviceKeysOfUsers, { userIds: [signer] })).map((row) => ({
    id: row.device_id as string,
    content: parseStored(row.content),
  }))
  const signerKey = (purpose: Purpose) => {
    const key = crossKeys.find((row) => row.user_id === signer && row.purpose === purpose)?.public_key
    return new Map(key === undefined ? [] : [[`ed25519:${key}`, key]])
  }
  const deviceSigners = new Map(
    devices.flatMap(({ id, content }) => {
      const key = signingKeyOf(content, id)
      return key === undefined ? [] : [[`ed25519:${id}`, key] as const]
    }),
  )
  return {
    of(userId, keyId) {
      const device = userId === signer ? devices.find(({ id }) => id === keyId) : undefined
      if (device) return { content: device.content, signers: signerKey('self_signing') }
      const master = crossKeys.find(
        (row) => row.user_id === userId && row.purpose === 'master' && row.public_key === keyId,
      )
      if (!master) return undefined
      const signers = userId === signer ? deviceSigners : signerKey('user_signing')
      return { content: parseStored(master.content), signers }
    },
  }
}

type Entry = { signer: UserId; userId: UserId; keyId: string; signed: Json }

/** The rows of an entry whose signatures are all valid, or the failure. */
function checkSigned(keys: SignableKeys, { signer, userId, keyId, signed }: Entry): SignatureRow[] | Failure {
  const stored = keys.of(userId, keyId)
  if (!stored) {
    const error = 'This user has no device or master key with this id, or you cannot sign it'
    return { errcode: 'M_NOT_FOUND', error }
  }
  if (!isJsonObject(signed) || !isSameSignedPart(signed, stored.content))
    return { errcode: 'M_INVALID_PARAM', error: 'The signed key differs from the stored key' }
  const known = signaturesBy(stored.content, signer)
  // Clients may send the signatures that the key already has.
  const added = [...signaturesBy(signed, signer)].filter(([key, signature]) => known.get(key) !== signature)
  const isValid = added.every(([key, signature]) => {
    const publicKey = stored.signers.get(key)
    return publicKey !== undefined && isSignedBy(signed, publicKey, signature)
  })
  if (added.length === 0 || !isValid)
    return {
      errcode: 'M_INVALID_SIGNATURE',
      error: 'A signature is missing, wrong, or by a key that cannot sign this key',
    }
  return added.map(([key, signature]) => ({
    user_id: userId,
    key_id: keyId,
    signer_id: signer,
    signer_key: key,
    signature,
  }))
}
