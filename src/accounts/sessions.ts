import { forbidden, tooMany } from '../lib/errors.ts'
import type { DeviceId, UserId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import type { AccountDeps } from './deps.ts'
import { dehydratedDeviceOf } from './dehydrated-devices-store.ts'
import { removeDevices } from './devices.ts'
import { devicesOfUser, deviceUsage, deleteTokens, insertToken, upsertDevice } from './devices-store.ts'
import { hashToken, newDeviceId, newToken } from './tokens.ts'

/** The device part of a login or registration. */
export type NewSession = {
  deviceId: DeviceId | undefined
  /** A known device keeps its name. */
  displayName: string | undefined
  address: string | null
}

/** A device of a user with its new access token. The database stores only the hash of the token. */
export type Session = { userId: UserId; deviceId: DeviceId; accessToken: string }

/**
 * Gives a device a new token and revokes its previous one.
 * @throws MatrixError 403 when the user would have too many devices, or `checkDeviceId` refuses the id
 */
export async function startSession(
  deps: AccountDeps,
  tx: Transaction,
  { userId, ...wanted }: NewSession & { userId: UserId },
): Promise<Session> {
  const deviceId = wanted.deviceId ?? newDeviceId(deps.random)
  const accessToken = newToken(deps.random)
  const now = deps.clock.now()
  const { displayName = null, address } = wanted
  await checkDeviceQuota(deps, tx, { userId, deviceId })
  if (wanted.deviceId !== undefined) await checkDeviceId(deps, tx, { userId, deviceId })
  await tx.run(upsertDevice, { userId, deviceId, displayName, address, now })
  if (wanted.deviceId !== undefined) {
    await tx.run(deleteTokens, { userId, deviceIds: [deviceId] })
    tx.onCommit(() => deps.bus.publish(`session:${userId}`))
  }
  await tx.run(insertToken, { tokenHash: hashToken(accessToken), userId, deviceId, now })
  return { userId, deviceId, accessToken }
}

async function checkDeviceId(
  deps: AccountDeps,
  tx: Transaction,
  { userId, deviceId }: { userId: UserId; deviceId: DeviceId },
): Promise<void> {
  await deps.checkDeviceId(tx, userId, deviceId)
  if ((await tx.first(dehydratedDeviceOf, { userId }))?.device_id === deviceId)
    throw forbidden('This device id is that of your dehydrated device. Log in with another one')
}

/** @throws MatrixError 403 when the user would have too many devices */
export async function checkDeviceQuota(
  { quotas }: Pick<AccountDeps, 'quotas'>,
  tx: Transaction,
  device: { userId: UserId; deviceId: DeviceId },
): Promise<void> {
  const usage = await tx.first(deviceUsage, device)
  if (!usage || usage.is_known > 0 || usage.count < quotas.devices) return
  throw tooMany(
    'quotas.devices',
    `You have ${usage.count} devices and cannot add more. Log one out, or log in with the device_id of an existing one`,
  )
}

/** Ends one session: removes the device with its token and its pushers. */
export async function logout(deps: AccountDeps, userId: UserId, deviceId: DeviceId): Promise<void> {
  await deps.db.transaction((tx) => removeDevices(deps, tx, { userId, deviceIds: [deviceId] }), {
    orderedBy: userId,
    inOwnGroup: true,
  })
}

/** Ends all sessions of a user. */
export async function logoutEverywhere(deps: AccountDeps, userId: UserId): Promise<void> {
  await deps.db.transaction((tx) => removeAllDevices(deps, tx, { userId }), {
    orderedBy: userId,
    inOwnGroup: true,
  })
}

/**
 * Removes the devices of a user, except the device `except`. A dehydrated device has no session and stays,
 * because it receives keys for the user's next session; `alsoDehydrated`: it is removed too.
 */
export async function removeAllDevices(
  deps: AccountDeps,
  tx: Transaction,
  { userId, except, alsoDehydrated = false }: { userId: UserId; except?: DeviceId; alsoDehydrated?: boolean },
): Promise<void> {
  const devices = await tx.all(devicesOfUser, { userId })
  const dehydrated = alsoDehydrated ? undefined : await tx.first(dehydratedDeviceOf, { userId })
  const kept = new Set([except, dehydrated?.device_id])
  const others = devices.map((device) => device.device_id).filter((deviceId) => !kept.has(deviceId))
  await removeDevices(deps, tx, { userId, deviceIds: others })
}

/** The password changed between its check and the transaction, so the check is no longer valid. */
export function passwordChangedMeanwhile() {
  return forbidden('The password has just been changed. Use the new one')
}
