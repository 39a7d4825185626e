import type { DeviceId, UserId } from '../lib/ids.ts'
import type { AccountDeps, AttemptSource } from './deps.ts'
import { devicesOfUser } from './devices-store.ts'
import { userById } from './users-store.ts'

/**
 * The hash that the password was checked against. A transaction that depends on the check verifies that the hash is
 * still the same.
 */
export type Proof = { passwordHash: string }

/**
 * Checks a user's password; resolves to undefined if it is wrong. Unknown or deactivated users cost the same time as
 * a wrong password.
 * @throws MatrixError 429 after too many wrong passwords, or when too many checks are running
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
    // An attempt that could not be checked is not counted as a guess.
    if (!wrong) await takeBack()
  }
}

/** The source of an attempt, or of hashing work. */
export const addressKey = (deps: Pick<AccountDeps, 'addressGroup'>, address: string | null): string =>
  address === null ? 'no address' : `address ${deps.addressGroup(address)}`

/** The source of a login. Known sources are the addresses from which the account's devices were last used. */
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

/** The source of a request with an access token: requests from other sources cannot use up its attempts. */
export function deviceSource({ userId, deviceId }: { userId: UserId; deviceId: DeviceId }): AttemptSource {
  return { key: `device ${userId} ${deviceId}`, isKnown: () => Promise.resolve(true) }
}
