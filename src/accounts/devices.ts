import { notFound } from '../lib/errors.ts'
import type { DeviceId, UserId } from '../lib/ids.ts'
import type { Json } from '../lib/json.ts'
import type { Queries } from '../storage/query.ts'
import type { Transaction } from '../storage/database.ts'
import { deleteAccountDataOfTypes } from './account-data-store.ts'
import type { AccountDeps } from './deps.ts'
import { deleteDehydrated } from './dehydrated-devices-store.ts'
import {
  deleteDevices,
  deleteTokens,
  deviceById,
  devicesOfUser,
  lockDevices,
  renameDevice,
} from './devices-store.ts'
import { checkDevice } from './names.ts'
import { removeMessagesOf } from './to-device/send.ts'
import { authorise, type Challenge } from './user-interactive.ts'

export type DeviceKey = { userId: UserId; deviceId: DeviceId }

/**
 * As clients see it (client-server API, "Device management"). All keys are present, because some clients require
 * them.
 */
export type DeviceView = {
  device_id: DeviceId
  display_name: string | null
  last_seen_ip: string | null
  last_seen_ts: number | null
}

type DeviceRow = {
  device_id: DeviceId
  display_name: string | null
  last_seen_ip: string | null
  last_seen_ts: number | null
}

export async function listDevices(q: Queries, userId: UserId): Promise<DeviceView[]> {
  return (await q.all(devicesOfUser, { userId })).map(viewOf)
}

/** @throws MatrixError 404 */
export async function getDevice(q: Queries, userId: UserId, deviceId: DeviceId): Promise<DeviceView> {
  const row = await q.first(deviceById, { userId, deviceId })
  if (!row) throw noSuchDevice()
  return viewOf(row)
}

/**
 * Changes the display name of a device; without `displayName` nothing changes.
 * @throws MatrixError 404, or 400 for a name that is too long
 */
export async function updateDevice(
  deps: AccountDeps,
  { userId, deviceId }: DeviceKey,
  displayName: string | undefined,
): Promise<void> {
  checkDevice(undefined, displayName)
  if (displayName === undefined) {
    await getDevice(deps.db, userId, deviceId)
    return
  }
  const renamed = await deps.db.transaction(
    async (tx) => {
      const changed = await tx.run(renameDevice, { userId, deviceId, displayName })
      if (changed > 0) await deps.onDeviceRenamed(tx, userId, deviceId)
      return changed
    },
    { orderedBy: userId },
  )
  if (renamed === 0) throw noSuchDevice()
}

/** Removes devices after a check of the password. Unknown devices count as removed. */
export async function deleteDevicesOf(
  deps: AccountDeps,
  owner: DeviceKey,
  request: { deviceIds: readonly DeviceId[]; auth: Json | undefined },
): Promise<{ kind: 'deleted' } | { kind: 'challenge'; body: Challenge }> {
  const { userId } = owner
  const named = [...new Set(request.deviceIds)].sort()
  const purpose = JSON.stringify(['delete_devices', userId, ...named])
  const stage = 'm.login.password'
  const authorisation = await authorise(deps, { purpose, stage, auth: request.auth, owner })
  if (authorisation.kind === 'challenge') return authorisation
  await deps.db.transaction((tx) => removeDevices(deps, tx, { userId, deviceIds: named }), {
    orderedBy: userId,
    inOwnGroup: true,
  })
  return { kind: 'deleted' }
}

/** Removes devices with everything that depends on them, in one transaction. */
export async function removeDevices(
  deps: AccountDeps,
  tx: Transaction,
  { userId, deviceIds }: { userId: UserId; deviceIds: readonly DeviceId[] },
): Promise<void> {
  if (deviceIds.length === 0) return
  // Waits for the transactions that store messages for these devices. Later ones do not find the devices.
  tx.write(lockDevices, { userId, deviceIds })
  await tx.run(deleteTokens, { userId, deviceIds })
  await tx.run(deleteDevices, { userId, deviceIds })
  tx.write(deleteDehydrated, { userId, deviceIds })
  tx.write(deleteAccountDataOfTypes, { userId, types: deviceIds.flatMap(settingsTypesOf) })
  removeMessagesOf(tx, { userId, deviceIds })
  await deps.onDevicesRemoved(tx, userId, deviceIds)
  tx.onCommit(() => deps.bus.publish(`session:${userId}`))
}

/**
 * The account data in which a client stores the notification settings of one device (MSC3890), by both names
 * of the type.
 */
function settingsTypesOf(deviceId: DeviceId): string[] {
  const prefixes = ['m.local_notification_settings', 'org.matrix.msc3890.local_notification_settings']
  return prefixes.map((prefix) => `${prefix}.${deviceId}`)
}

function viewOf({ device_id, display_name, last_seen_ip, last_seen_ts }: DeviceRow): DeviceView {
  return { device_id, display_name, last_seen_ip, last_seen_ts }
}

function noSuchDevice() {
  return notFound('You have no device with this id')
}
