import { forbidden, tooMany } from '../lib/errors.ts'
import type { DeviceId, UserId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import type { AccountDeps } from './deps.ts'
import { removeDevices } from './devices.ts'
import { devicesOfUser, deviceUsage, deleteTokens, insertToken, upsertDevice } from './devices-store.ts'
import { hashToken, newDeviceId, newToken } from './tokens.ts'

/** What a login or a registration says of the device that it is for. */
export type NewSession = {
  deviceId: DeviceId | undefined
  /** Of a device that is known already the name stays as it is. */
  displayName: string | undefined
  address: string | null
}

export type Session = { userId: UserId; deviceId: DeviceId; accessToken: string }

/** Gives a device a token. One that it had before is good no longer. @throws MatrixError 403 when it would be one device too many */
export async function startSession(
  deps: AccountDeps,
  tx: Transaction,
  { userId, ...wanted }: NewSession & { userId: UserId },
): Promise<Session> {
  const deviceId = wanted.deviceId ?? newDeviceId(deps.random)
  const accessToken = newToken(deps.random)
  const now = deps.clock.now()
  const { displayName = null, address } = wanted
  await checkQuota(deps, tx, { userId, deviceId })
  await tx.run(upsertDevice, { userId, deviceId, displayName, address, now })
  if (wanted.deviceId !== undefined) {
    await tx.run(deleteTokens, { userId, deviceIds: [deviceId] })
    tx.onCommit(() => deps.bus.publish(`session:${userId}`))
  }
  await tx.run(insertToken, { tokenHash: hashToken(accessToken), userId, deviceId, now })
  return { userId, deviceId, accessToken }
}

async function checkQuota(
  { quotas }: AccountDeps,
  tx: Transaction,
  device: { userId: UserId; deviceId: DeviceId },
): Promise<void> {
  const usage = await tx.first(deviceUsage, device)
  if (!usage || usage.is_known > 0 || usage.count < quotas.devices) return
  throw tooMany(
    'quotas.devices',
    `You have ${usage.count} devices, and no more may be; log one out, or log in with the device_id of one of them`,
  )
}

/** Ends one session: the device goes, and with it its token and its pushers. */
export async function logout(deps: AccountDeps, userId: UserId, deviceId: DeviceId): Promise<void> {
  await deps.db.transaction((tx) => removeDevices(deps, tx, { userId, deviceIds: [deviceId] }))
}

/** Ends all sessions of the user. */
export async function logoutEverywhere(deps: AccountDeps, userId: UserId): Promise<void> {
  await deps.db.transaction((tx) => removeAllDevices(deps, tx, { userId }))
}

/** Removes the devices of a user, `except` one. */
export async function removeAllDevices(
  deps: AccountDeps,
  tx: Transaction,
  { userId, except }: { userId: UserId; except?: DeviceId },
): Promise<void> {
  const devices = await tx.all(devicesOfUser, { userId })
  const others = devices.map((device) => device.device_id).filter((deviceId) => deviceId !== except)
  await removeDevices(deps, tx, { userId, deviceIds: others })
}

/** Between the check of a password and the transaction it can have changed: then the check is worth nothing. */
export function passwordChangedMeanwhile() {
  return forbidden('The password has just been changed; use the new one')
}
