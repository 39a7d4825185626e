import type { Bus } from '../cluster/bus.ts'
import { forbidden } from '../lib/errors.ts'
import type { DeviceId, UserId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import {
  crossSigningKeysOf,
  deleteCrossSigningKeys,
  deleteSignaturesBy,
  deleteSignaturesOf,
} from './cross-signing-store.ts'
import { announceDeviceList } from './device-lists.ts'
import { deleteDeviceKeys, deviceKeysOf } from './device-keys-store.ts'
import { deleteFallbackKeys, deleteOneTimeKeys } from './one-time-keys-store.ts'

type Devices = { userId: UserId; deviceIds: readonly DeviceId[] }

/** Removes the keys of devices with the devices, in the same transaction. Others see it in `device_lists`. */
export async function removeKeysOfDevices(
  deps: { bus: Bus },
  tx: Transaction,
  devices: Devices,
): Promise<void> {
  const { userId, deviceIds } = devices
  tx.write(deleteOneTimeKeys, devices)
  tx.write(deleteFallbackKeys, devices)
  tx.write(deleteSignaturesOf, { userId, keyIds: deviceIds })
  tx.write(deleteSignaturesBy, { userId, signerKeys: deviceIds.map((deviceId) => `ed25519:${deviceId}`) })
  if ((await tx.run(deleteDeviceKeys, devices)) > 0) await announceDeviceList(deps, tx, userId)
}

/** Removes the cross-signing keys of an account that closes, with all signatures of them and by them. */
export async function removeCrossSigningKeys(
  deps: { bus: Bus },
  tx: Transaction,
  userId: UserId,
): Promise<void> {
  const keys = await tx.all(crossSigningKeysOf, { userIds: [userId] })
  if (keys.length === 0) return
  const publicKeys = keys.map((key) => key.public_key)
  tx.write(deleteSignaturesOf, { userId, keyIds: publicKeys })
  tx.write(deleteSignaturesBy, { userId, signerKeys: publicKeys.map((key) => `ed25519:${key}`) })
  await tx.run(deleteCrossSigningKeys, { userId, purposes: keys.map((key) => key.purpose) })
  await announceDeviceList(deps, tx, userId)
}

/** The name of a device is shown with its keys, so a new name is a change of the device list. */
export async function announceRenamed(
  deps: { bus: Bus },
  tx: Transaction,
  device: { userId: UserId; deviceId: DeviceId },
): Promise<void> {
  if (await tx.first(deviceKeysOf, device)) await announceDeviceList(deps, tx, device.userId)
}

/**
 * Device ids and the public keys of cross-signing keys share a namespace (client-server API, "Key and
 * signature security").
 * @throws MatrixError 403 when the id of a new device is one of its user's public keys
 */
export async function checkDeviceId(
  tx: Transaction,
  { userId, deviceId }: { userId: UserId; deviceId: DeviceId },
): Promise<void> {
  const keys = await tx.all(crossSigningKeysOf, { userIds: [userId] })
  if (keys.some((key) => key.public_key === deviceId))
    throw forbidden('This device id is one of your cross-signing keys. Log in with another one')
}
