import type { DeviceId, UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Transaction } from '../storage/database.ts'
import type { KeyDeps } from './deps.ts'
import {
  claimOneTimeKeys,
  fallbackKeysFor,
  markFallbackKeysUsed,
  type WantedKey,
} from './one-time-keys-store.ts'
import { readableUsers } from './shared-users.ts'

/** By user, device and `<algorithm>:<key id>`. */
export type ClaimedKeys = Record<UserId, Record<DeviceId, Record<string, string | JsonObject>>>

/**
 * Claims a key of each wanted device (client-server API, `POST /keys/claim`): the oldest one-time key, or the
 * fallback key when there is none. A one-time key is returned once. A device without a key is missing in the
 * result.
 */
export async function claimKeys(
  deps: KeyDeps,
  reader: UserId,
  wanted: readonly WantedKey[],
): Promise<ClaimedKeys> {
  const claimed = await deps.db.transaction(async (tx) => {
    const userIds = [...new Set(wanted.map((one) => one.user_id))]
    const readable = new Set(await readableUsers(deps, tx, { reader, userIds }))
    const allowed = wanted.filter((one) => readable.has(one.user_id))
    if (allowed.length === 0) return []
    const oneTime = await tx.all(claimOneTimeKeys, { wanted: allowed, now: deps.clock.now() })
    const found = new Set(oneTime.map(nameOf))
    const missing = allowed.filter((one) => !found.has(nameOf(one)))
    return missing.length === 0 ? oneTime : [...oneTime, ...(await takeFallbackKeys(tx, missing))]
  })
  const keys: ClaimedKeys = {}
  for (const { user_id, device_id, key_name, content } of claimed) {
    const devices = (keys[user_id] ??= {})
    const named = (devices[device_id] ??= {})
    named[key_name] = JSON.parse(content) as string | JsonObject
  }
  return keys
}

/** The fallback keys, which are used from now on. */
async function takeFallbackKeys(tx: Transaction, wanted: readonly WantedKey[]) {
  const found = await tx.all(fallbackKeysFor, { wanted })
  const keys = found
    .filter((key) => key.is_used === 0)
    .map(({ user_id, device_id, algorithm, key_name }) => ({ user_id, device_id, algorithm, key_name }))
  if (keys.length > 0) tx.write(markFallbackKeysUsed, { keys })
  return found
}

const nameOf = ({ user_id, device_id, algorithm }: WantedKey) =>
  JSON.stringify([user_id, device_id, algorithm])
