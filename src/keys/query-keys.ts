import type { DeviceId, UserId } from '../lib/ids.ts'
import { isJsonObject, type JsonObject, parseStored } from '../lib/json.ts'
import type { Queries } from '../storage/query.ts'
import { crossSigningKeysOf, type Purpose, type SignatureRow, signaturesOf } from './cross-signing-store.ts'
import type { KeyDeps } from './deps.ts'
import { deviceKeysOfUsers } from './device-keys-store.ts'
import { readableUsers } from './shared-users.ts'

/** The devices wanted of each user; an empty list: all of them. */
export type KeyQuery = ReadonlyMap<UserId, readonly DeviceId[]>

export type KeysOfUsers = {
  /** Has each requested user, also when no device is found. */
  deviceKeys: Record<UserId, Record<DeviceId, JsonObject>>
  crossSigning: Record<Purpose, Record<UserId, JsonObject>>
}

/**
 * The keys of users and their devices (client-server API, `POST /keys/query`). A user-signing key is shown to
 * its owner only. Signatures are those of the owner of the key and of the reader.
 */
export async function queryKeys(deps: KeyDeps, reader: UserId, wanted: KeyQuery): Promise<KeysOfUsers> {
  return deps.db.snapshot((read) => readKeys(deps, read, { reader, wanted }))
}

async function readKeys(
  deps: KeyDeps,
  read: Queries,
  { reader, wanted }: { reader: UserId; wanted: KeyQuery },
): Promise<KeysOfUsers> {
  const found: KeysOfUsers = {
    deviceKeys: Object.fromEntries([...wanted.keys()].map((userId) => [userId, {}])),
    crossSigning: { master: {}, self_signing: {}, user_signing: {} },
  }
  const userIds = await readableUsers(deps, read, { reader, userIds: [...wanted.keys()] })
  if (userIds.length === 0) return found
  const signatures = Map.groupBy(await read.all(signaturesOf, { userIds, reader }), (row) =>
    signedKey(row.user_id, row.key_id),
  )
  const signed = (key: JsonObject, userId: UserId, keyId: string) =>
    withSignatures(key, signatures.get(signedKey(userId, keyId)) ?? [])
  for (const row of await read.all(deviceKeysOfUsers, { userIds })) {
    const { user_id: userId, device_id: deviceId, display_name: name } = row
    const devices = wanted.get(userId) ?? []
    if (devices.length > 0 && !devices.includes(deviceId)) continue
    const unsigned = name === null ? {} : { device_display_name: name }
    const shown = found.deviceKeys[userId] ?? {}
    shown[deviceId] = { ...signed(parseStored(row.content), userId, deviceId), unsigned }
  }
  for (const row of await read.all(crossSigningKeysOf, { userIds })) {
    if (row.purpose === 'user_signing' && row.user_id !== reader) continue
    found.crossSigning[row.purpose][row.user_id] = signed(
      parseStored(row.content),
      row.user_id,
      row.public_key,
    )
  }
  return found
}

const signedKey = (userId: UserId, keyId: string) => `${userId} ${keyId}`

/** The key with these signatures in addition to its own. */
function withSignatures(key: JsonObject, rows: readonly SignatureRow[]): JsonObject {
  if (rows.length === 0) return key
  const signatures: JsonObject = { ...(isJsonObject(key['signatures']) ? key['signatures'] : {}) }
  for (const { signer_id, signer_key, signature } of rows) {
    const bySigner = signatures[signer_id]
    signatures[signer_id] = { ...(isJsonObject(bySigner) ? bySigner : {}), [signer_key]: signature }
  }
  return { ...key, signatures }
}
