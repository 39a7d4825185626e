import { devicesOfUser } from '../accounts/devices-store.ts'
import { authorise, type Challenge } from '../accounts/user-interactive.ts'
import { MatrixError, missingParam } from '../lib/errors.ts'
import type { DeviceId, UserId } from '../lib/ids.ts'
import { type Json, type JsonObject, parseStored } from '../lib/json.ts'
import { isSameSignedPart, isSignedBy, signedPart } from '../lib/signed-json.ts'
import type { Transaction } from '../storage/database.ts'
import {
  type CrossSigningKey,
  parseCrossSigningKey,
  signaturesBy,
  signingKeyOf,
} from './cross-signing-key.ts'
import {
  crossSigningKeysOf,
  deleteCrossSigningKeys,
  deleteSignaturesBy,
  deleteSignaturesOf,
  lockUser,
  type Purpose,
  setCrossSigningKey,
  setSignatures,
  type SignatureRow,
  type StoredCrossSigningKey,
} from './cross-signing-store.ts'
import type { CrossSigningDeps } from './deps.ts'
import { announceDeviceList } from './device-lists.ts'
import { deviceKeysOfUsers } from './device-keys-store.ts'

type Owner = { userId: UserId; deviceId: DeviceId }

export type CrossSigningUpload = {
  keys: Partial<Record<Purpose, JsonObject>>
  /** The `auth` of the request's body. */
  auth: Json | undefined
}

type UploadResult = { kind: 'done' } | { kind: 'challenge'; body: Challenge }

export const invalidSignature = (message: string) => new MatrixError(400, 'M_INVALID_SIGNATURE', message)

/**
 * Stores cross-signing keys (client-server API, `POST /keys/device_signing/upload`). The password is needed
 * to replace or add a key of a user who has a master key. The first upload and a repeated upload need none
 * (MSC3967).
 * @throws MatrixError 400 for a malformed key, a wrong signature, or without a master key; 403 when a key is
 *   the id of a device; 429
 */
export async function uploadCrossSigningKeys(
  deps: CrossSigningDeps,
  owner: Owner,
  upload: CrossSigningUpload,
): Promise<UploadResult> {
  const { userId } = owner
  const store = (isAuthorised: boolean) =>
    deps.db.transaction((tx) => storeKeys(deps, tx, { userId, keys: upload.keys, isAuthorised }), {
      orderedBy: userId,
    })
  if ((await store(false)) === 'stored') return { kind: 'done' }
  const purpose = `cross-signing ${userId}`
  const interaction = { purpose, stage: 'm.login.password', auth: upload.auth, owner } as const
  const authorisation = await authorise(deps.accounts, interaction)
  if (authorisation.kind === 'challenge') return authorisation
  await store(true)
  return { kind: 'done' }
}

type StoreRequest = {
  userId: UserId
  keys: Partial<Record<Purpose, JsonObject>>
  isAuthorised: boolean
}

/** Whether a password is needed is decided in the transaction: of two first uploads, one is the first. */
async function storeKeys(
  deps: CrossSigningDeps,
  tx: Transaction,
  { userId, keys, isAuthorised }: StoreRequest,
): Promise<'stored' | 'password needed'> {
  await tx.first(lockUser, { userId })
  const devices = await tx.all(devicesOfUser, { userId })
  const deviceIds = new Set<string>(devices.map((device) => device.device_id))
  const stored = await tx.all(crossSigningKeysOf, { userIds: [userId] })
  const uploaded = (['master', 'self_signing', 'user_signing'] as const).flatMap((purpose) => {
    const content = keys[purpose]
    return content ? [parseCrossSigningKey(content, { userId, purpose, deviceIds })] : []
  })
  const before = new Map(stored.map((key) => [key.purpose, key]))
  const changed = uploaded.filter(({ purpose, content }) => {
    const earlier = before.get(purpose)
    return !earlier || !isSameSignedPart(parseStored(earlier.content), content)
  })
  const master =
    uploaded.find((key) => key.purpose === 'master')?.publicKey ?? before.get('master')?.public_key
  if (master === undefined) throw missingParam(['master_key'])
  for (const key of uploaded) checkSignedByMaster(key, userId, master)
  if (changed.length === 0) return 'stored'
  if (before.has('master') && !isAuthorised) return 'password needed'
  const signatures = await signaturesFor(tx, { userId, keys: changed, master })
  await replaceKeys(tx, { userId, stored, changed })
  const position = await announceDeviceList(deps, tx, userId)
  if (signatures.length > 0) tx.write(setSignatures, { signatures, position })
  return 'stored'
}

function checkSignedByMaster({ purpose, content }: CrossSigningKey, userId: UserId, master: string): void {
  if (purpose === 'master') return
  const signature = signaturesBy(content, userId).get(`ed25519:${master}`)
  if (signature === undefined || !isSignedBy(content, master, signature))
    throw invalidSignature(`${purpose}_key has no valid signature by your master key`)
}

/**
 * The signature of each key by the master key, and those of the master key by the user's devices, which are
 * checked here.
 */
async function signaturesFor(
  tx: Transaction,
  { userId, keys, master }: { userId: UserId; keys: readonly CrossSigningKey[]; master: string },
): Promise<SignatureRow[]> {
  const devices = await tx.all(deviceKeysOfUsers, { userIds: [userId] })
  const deviceSigners = new Map(
    devices.map((row) => [`ed25519:${row.device_id}`, signingKeyOf(parseStored(row.content), row.device_id)]),
  )
  return keys.flatMap(({ purpose, publicKey, content }) =>
    [...signaturesBy(content, userId)].flatMap(([signerKey, signature]) => {
      const row = { user_id: userId, key_id: publicKey, signer_id: userId, signer_key: signerKey, signature }
      // Checked before.
      if (purpose !== 'master') return signerKey === `ed25519:${master}` ? [row] : []
      const signer = deviceSigners.get(signerKey)
      // Signatures by unknown keys are left out.
      if (signer === undefined) return []
      if (!isSignedBy(content, signer, signature))
        throw invalidSignature('master_key has a wrong signature by one of your devices')
      return [row]
    }),
  )
}

/** A new master key ends the keys that the earlier one has signed. */
async function replaceKeys(
  tx: Transaction,
  {
    userId,
    stored,
    changed,
  }: { userId: UserId; stored: readonly StoredCrossSigningKey[]; changed: readonly CrossSigningKey[] },
): Promise<void> {
  const now = new Map(changed.map((key) => [key.purpose, key]))
  const ended = stored.filter(({ purpose }) => now.has(purpose) || now.has('master'))
  if (ended.length > 0) {
    const publicKeys = ended.map((key) => key.public_key)
    tx.write(deleteSignaturesOf, { userId, keyIds: publicKeys })
    tx.write(deleteSignaturesBy, { userId, signerKeys: publicKeys.map((key) => `ed25519:${key}`) })
    tx.write(deleteCrossSigningKeys, { userId, purposes: ended.map((key) => key.purpose) })
  }
  for (const { purpose, publicKey, content } of changed) {
    const text = JSON.stringify(signedPart(content))
    await tx.run(setCrossSigningKey, { userId, purpose, publicKey, content: text })
  }
}
