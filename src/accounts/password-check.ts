import type { DeviceId, UserId } from '../lib/ids.ts'
import type { AccountDeps, AttemptSource } from './deps.ts'
import { devicesOfUser } from './devices-store.ts'
import { userById } from './users-store.ts'

/** What the password was compared with: a transaction that builds on the check makes sure it is still the same. */
export type Proof = { passwordHash: string }

/**
 * Whether this is the user's password; undefined when not. Users who are unknown or deactivated cost the same time as a wrong
 * password.
 * @throws MatrixError 429 after too many wrong ones, and when too many are being checked at this moment
 */
export async function checkPassword(
  deps: Pick<AccountDeps, 'db' | 'passwords' | 'loginAttempts'>,
  { userId, password, source }: { userId: UserId; password: string; source: AttemptSource },
): Promise<Proof | undefined> {
  const takeBack = await deps.loginAttempts.attempt(userId, source)
  let wrong = false
  try {
    const passwordHash = (await deps.db.first(userById, { userId }))?.password_hash
    wrong = !(await deps.passwords.verify(password, passwordHash, source.key))
    return wrong || !passwordHash ? undefined : { passwordHash }
  } finally {
    // What could not be checked is no guess either.
    if (!wrong) takeBack()
  }
}

/** Where an attempt, or the work of hashing, comes from. */
export const addressKey = (deps: Pick<AccountDeps, 'addressGroup'>, address: string | null): string =>
  address === null ? 'no address' : `address ${deps.addressGroup(address)}`

/** A login. Known are the addresses from which the devices of the account were last used. */
export function addressSource(
  deps: Pick<AccountDeps, 'db' | 'addressGroup'>,
  userId: UserId,
  address: string | null,
): AttemptSource {
  const group = address === null ? undefined : deps.addressGroup(address)
  return {
    key: addressKey(deps, address),
    async isKnown() {
      const devices = await deps.db.all(devicesOfUser, { userId })
      return devices.some(({ last_seen_ip: ip }) => ip !== null && deps.addressGroup(ip) === group)
    },
  }
}

/** A request with an access token: no stranger can use up its attempts. */
export function deviceSource({ userId, deviceId }: { userId: UserId; deviceId: DeviceId }): AttemptSource {
  return { key: `device ${userId} ${deviceId}`, isKnown: () => Promise.resolve(true) }
}
