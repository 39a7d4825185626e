import { badJson, invalidParam, tooMany, tooMuch, unknownToken } from '../lib/errors.ts'
import { canonicalJson, NotCanonicalError } from '../lib/canonical-json.ts'
import type { DeviceId, UserId } from '../lib/ids.ts'
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts'
import { oncePer } from '../lib/once-per.ts'
import { signedPart } from '../lib/signed-json.ts'
import type { Transaction } from '../storage/database.ts'
import { deleteSignaturesBy, deleteSignaturesOf } from './cross-signing-store.ts'
import type { KeyDeps } from './deps.ts'
import { announceDeviceList } from './device-lists.ts'
import { deviceKeysOf, keyBytesOf, lockDevice, setDeviceKeys } from './device-keys-store.ts'
import {
  fallbackKeysOf,
  insertOneTimeKeys,
  type KeyRow,
  oneTimeKeyCounts,
  oneTimeKeysNamed,
  pruneClaimed,
  setFallbackKeys,
} from './one-time-keys-store.ts'

type Device = { userId: UserId; deviceId: DeviceId }

/**
 * `<algorithm>:<key id>` to a key: an object for a signed key, a text for another one (client-server API,
 * "Key algorithms").
 */
export type NamedKeys = Record<string, string | JsonObject>

export type KeyUpload = {
  deviceKeys: JsonObject | undefined
  oneTimeKeys: NamedKeys
  fallbackKeys: NamedKeys
}

/**
 * The algorithm of today's clients. Clients add keys when they see its count, so the count is sent when it is
 * 0, too.
 */
const USUAL_ALGORITHM = 'signed_curve25519'
/** More than one upload has: a client that repeats an upload has not received its response. */
const CLAIMED_KEPT = 200
const MAX_FALLBACK_ALGORITHMS = 16
const MAX_NAME = 255

/**
 * Stores keys of a device (client-server API, `POST /keys/upload`). A repeated upload changes nothing, also
 * when some of its one-time keys have been claimed since. A fallback key replaces the earlier one of its
 * algorithm and is unused.
 * @returns the number of unclaimed one-time keys by algorithm
 * @throws MatrixError 400 when a key belongs to another device, or another one-time key has the same id; 403
 *   or 413 above a quota
 */
export async function uploadKeys(
  deps: KeyDeps,
  device: Device,
  upload: KeyUpload,
): Promise<Record<string, number>> {
  const checked = checkUpload(device, upload)
  return deps.db.transaction(
    async (tx) => {
      if (!(await tx.first(lockDevice, device))) throw unknownToken()
      await storeKeys(deps, tx, checked)
      return withUsualAlgorithm(await tx.all(oneTimeKeyCounts, device))
    },
    { orderedBy: device.userId },
  )
}

/** An upload that passed the checks which need no database. */
export type CheckedUpload = {
  readonly device: Device
  readonly deviceKeys: JsonObject | undefined
  readonly oneTimeKeys: readonly KeyRow[]
  readonly fallbackKeys: readonly KeyRow[]
}

/** @throws MatrixError 400 */
export function checkUpload(device: Device, upload: KeyUpload): CheckedUpload {
  const oneTimeKeys = rowsOf(upload.oneTimeKeys)
  const fallbackKeys = rowsOf(upload.fallbackKeys)
  checkFallback(fallbackKeys)
  if (upload.deviceKeys) checkDeviceKeys(device, upload.deviceKeys)
  return { device, deviceKeys: upload.deviceKeys, oneTimeKeys, fallbackKeys }
}

/** Stores the keys of a locked or new device. */
export async function storeKeys(
  deps: KeyDeps,
  tx: Transaction,
  { device, deviceKeys, oneTimeKeys, fallbackKeys }: CheckedUpload,
): Promise<void> {
  if (deviceKeys) await storeDeviceKeys(deps, tx, { ...device, keys: deviceKeys })
  if (oneTimeKeys.length > 0) await storeOneTimeKeys(deps, tx, { device, keys: oneTimeKeys })
  if (fallbackKeys.length > 0) await storeFallbackKeys(tx, device, fallbackKeys)
  await checkBytes(deps, tx, device.userId)
}

/** The counts by algorithm. `signed_curve25519` is always present. */
export function withUsualAlgorithm(
  rows: readonly { algorithm: string; count: number }[],
): Record<string, number> {
  return Object.fromEntries([[USUAL_ALGORITHM, 0], ...rows.map((row) => [row.algorithm, row.count] as const)])
}

async function storeDeviceKeys(
  deps: KeyDeps,
  tx: Transaction,
  { keys, ...device }: Device & { keys: JsonObject },
): Promise<void> {
  const stored = await tx.first(deviceKeysOf, device)
  const content = JSON.stringify(withoutUnsigned(keys))
  if (stored?.content === content) return
  if (
    stored &&
    canonical(signedPart(JSON.parse(stored.content) as JsonObject)) !== canonical(signedPart(keys))
  ) {
    const { userId, deviceId } = device
    // These signatures are of, or by, the earlier keys.
    tx.write(deleteSignaturesOf, { userId, keyIds: [deviceId] })
    tx.write(deleteSignaturesBy, { userId, signerKeys: [`ed25519:${deviceId}`] })
  }
  tx.write(setDeviceKeys, { ...device, content })
  await announceDeviceList(deps, tx, device.userId)
}

async function storeOneTimeKeys(
  deps: KeyDeps,
  tx: Transaction,
  { device, keys }: { device: Device; keys: readonly KeyRow[] },
): Promise<void> {
  const stored = await tx.all(oneTimeKeysNamed, { ...device, names: keys.map((key) => key.key_name) })
  const known = new Map(stored.map((row) => [row.key_name, row.content]))
  const added = keys.filter((key) => {
    const content = known.get(key.key_name)
    if (content === undefined) return true
    if (isSameKey(content, key.content)) return false
    throw keyExists(deps, device, key.key_name)
  })
  await tx.run(pruneClaimed, { ...device, keep: CLAIMED_KEPT })
  if (added.length === 0) return
  await tx.run(insertOneTimeKeys, { ...device, keys: added })
  const held = (await tx.all(oneTimeKeyCounts, device)).reduce((sum, row) => sum + row.count, 0)
  if (held > deps.quotas.one_time_keys)
    throw tooMany(
      'quotas.one_time_keys',
      `This device would have ${held} one-time keys. At most ${deps.quotas.one_time_keys} are stored`,
    )
}

async function storeFallbackKeys(tx: Transaction, device: Device, keys: readonly KeyRow[]): Promise<void> {
  const stored = await tx.all(fallbackKeysOf, device)
  const known = new Map(stored.map((row) => [row.key_name, row.content]))
  const added = keys.filter((key) => {
    const content = known.get(key.key_name)
    return content === undefined || !isSameKey(content, key.content)
  })
  const algorithms = new Set([...stored, ...keys].map((key) => key.algorithm))
  if (algorithms.size > MAX_FALLBACK_ALGORITHMS)
    throw invalidParam(`A device has fallback keys of at most ${MAX_FALLBACK_ALGORITHMS} algorithms`)
  if (added.length > 0) await tx.run(setFallbackKeys, { ...device, keys: added })
}

async function checkBytes({ quotas }: KeyDeps, tx: Transaction, userId: UserId): Promise<void> {
  const bytes = (await tx.first(keyBytesOf, { userId }))?.bytes ?? 0
  if (bytes > quotas.key_bytes)
    throw tooMuch(
      'quotas.key_bytes',
      `The keys of your devices would have ${bytes} bytes. At most ${quotas.key_bytes} are stored. Remove devices that you no longer use`,
    )
}

function checkDeviceKeys({ userId, deviceId }: Device, keys: JsonObject): void {
  if (keys['user_id'] !== userId) throw invalidParam(`device_keys.user_id must be ${userId}`)
  if (keys['device_id'] !== deviceId)
    throw invalidParam('device_keys.device_id must be the id of the device that uploads the keys')
  canonical(keys)
}

function checkFallback(keys: readonly KeyRow[]): void {
  if (new Set(keys.map((key) => key.algorithm)).size < keys.length)
    throw invalidParam('fallback_keys has two keys of one algorithm. Upload one for each algorithm')
}

function rowsOf(keys: NamedKeys): KeyRow[] {
  return Object.entries(keys).map(([name, key]) => {
    const colon = name.indexOf(':')
    if (colon < 1 || colon === name.length - 1 || name.length > MAX_NAME)
      throw invalidParam(
        `The name of a key must have the form algorithm:id and at most ${MAX_NAME} characters`,
      )
    canonical(key)
    return { algorithm: name.slice(0, colon), key_name: name, content: JSON.stringify(key) }
  })
}

/** Other signatures do not make another key: a client may sign the same key again. */
function isSameKey(one: string, other: string): boolean {
  return one === other || keyText(one) === keyText(other)
}

function keyText(content: string): string {
  const key = JSON.parse(content) as Json
  return canonical(isJsonObject(key) ? signedPart(key) : key)
}

function canonical(value: Json): string {
  try {
    return canonicalJson(value)
  } catch (error) {
    if (error instanceof NotCanonicalError) throw badJson(`A key has no canonical form: ${error.message}`)
    throw error
  }
}

function withoutUnsigned({ unsigned: _unsigned, ...keys }: JsonObject): JsonObject {
  return keys
}

const CONFLICT_LOG_MS = 24 * 3600 * 1000
const mayLog = new WeakMap<KeyDeps['clock'], (key: string) => boolean>()

/**
 * The client has lost its record of the keys that it uploaded. Messages encrypted with the stored key will be
 * undecryptable on it.
 */
function keyExists({ log, clock }: KeyDeps, { userId, deviceId }: Device, name: string) {
  let isFirst = mayLog.get(clock)
  if (!isFirst) mayLog.set(clock, (isFirst = oncePer(CONFLICT_LOG_MS, clock)))
  if (isFirst(`${userId} ${deviceId}`))
    log.warn(
      { user_id: userId, device_id: deviceId },
      'a device uploads another one-time key under a used id: it may be unable to decrypt some messages',
    )
  return invalidParam(
    `Another one-time key with the id ${name} already exists. Each one-time key needs an id of its own`,
  )
}
