import type { DeviceId, UserId } from '../lib/ids.ts'
import type { Json } from '../lib/json.ts'
import { deleteAccountData } from './account-data-store.ts'
import { removeAllRules } from '../user-rules/change-rules.ts'
import type { Transaction } from '../storage/database.ts'
import type { AccountDeps } from './deps.ts'
import { deleteFilters } from './filters-store.ts'
import { deleteIgnored } from './ignored-users-store.ts'
import { removeBackupsOf } from './key-backup/backups.ts'
import { checkNewPassword } from './names.ts'
import { deviceSource } from './password-check.ts'
import { deleteProfileFields } from './profile-store.ts'
import { passwordChangedMeanwhile, removeAllDevices } from './sessions.ts'
import { deleteThreepidsOfUser } from './threepids-store.ts'
import { authorise, type Challenge } from './user-interactive.ts'
import { deleteWords } from './user-words-store.ts'
import { deactivateUser, eraseProfile, replacePassword, userById } from './users-store.ts'

type Owner = { userId: UserId; deviceId: DeviceId }
type AccountChangeResult = { kind: 'done' } | { kind: 'challenge'; body: Challenge }

/**
 * Changes the password after a check of the old one. The requesting device stays logged in. With `logoutDevices` all
 * other devices are logged out.
 * @throws MatrixError 400 for the new password; 403 when the password changed in the meantime; 429
 */
export async function changePassword(
  deps: AccountDeps,
  owner: Owner,
  request: { newPassword: string; logoutDevices: boolean; auth: Json | undefined },
): Promise<AccountChangeResult> {
  const { userId, deviceId } = owner
  checkNewPassword(request.newPassword)
  const purpose = `password ${userId}`
  const { auth } = request
  const authorisation = await authorise(deps, { purpose, stage: 'm.login.password', auth, owner })
  if (authorisation.kind === 'challenge') return authorisation
  const from = authorisation.passwordHash ?? ''
  const to = await deps.passwords.hash(request.newPassword, deviceSource(owner).key)
  await deps.db.transaction(
    async (tx) => {
      if ((await tx.run(replacePassword, { userId, from, to })) === 0) throw passwordChangedMeanwhile()
      if (request.logoutDevices) await removeAllDevices(deps, tx, { userId, except: deviceId })
    },
    { orderedBy: userId, inOwnGroup: true },
  )
  return { kind: 'done' }
}

/**
 * Closes an account permanently: it removes the password, sessions, pushers, push rules, key backups,
 * addresses, presence, subscriptions to threads, private receipts and room memberships. The user id is never
 * reused. With `erase` it also removes the profile, account data, filters and uploaded files. Messages in
 * rooms stay.
 * @throws MatrixError 403 when the password changed in the meantime; 429
 */
export async function deactivate(
  deps: AccountDeps,
  owner: Owner,
  request: { erase: boolean; auth: Json | undefined },
): Promise<AccountChangeResult> {
  const { userId } = owner
  const purpose = `deactivate ${userId}`
  const { auth } = request
  const authorisation = await authorise(deps, { purpose, stage: 'm.login.password', auth, owner })
  if (authorisation.kind === 'challenge') return authorisation
  await deps.db.transaction(
    async (tx) => {
      const user = await tx.first(userById, { userId })
      if (user?.password_hash !== authorisation.passwordHash) throw passwordChangedMeanwhile()
      await closeAccount(deps, tx, { userId, erase: request.erase })
    },
    { orderedBy: userId, inAllShards: true },
  )
  await deps.onDeactivated(userId)
  return { kind: 'done' }
}

/**
 * Removes everything that gives access to an account, and everything that depends on it. Leaving its rooms is a later
 * step.
 */
export async function closeAccount(
  deps: AccountDeps,
  tx: Transaction,
  { userId, erase }: { userId: UserId; erase: boolean },
): Promise<void> {
  await tx.run(deactivateUser, { userId, now: deps.clock.now() })
  await deps.onAccountClosed(tx, userId)
  await tx.run(deleteThreepidsOfUser, { userId })
  await removeAllDevices(deps, tx, { userId, alsoDehydrated: true })
  await removeAllRules(deps, tx, userId)
  removeBackupsOf(tx, userId)
  await tx.run(deleteWords, { userId })
  if (!erase) return
  await deps.onAccountErased(tx, userId)
  await tx.run(eraseProfile, { userId })
  await tx.run(deleteProfileFields, { userId })
  await tx.run(deleteAccountData, { userId })
  await tx.run(deleteIgnored, { userId })
  await tx.run(deleteFilters, { userId })
}
