import { invalidParam } from '../lib/errors.ts'
import type { DeviceId, UserId } from '../lib/ids.ts'
import type { Json } from '../lib/json.ts'
import { canonicalAddress } from '../lib/mail/address.ts'
import type { Queries } from '../storage/query.ts'
import type { AccountDeps } from './deps.ts'
import { checkedValidation, type SessionKey, threepidInUse } from './email-validation.ts'
import { passwordChangedMeanwhile } from './sessions.ts'
import {
  deleteThreepid,
  deleteValidation,
  insertThreepid,
  ownThreepid,
  threepidByAddress,
  threepidsOfUser,
} from './threepids-store.ts'
import { authorise, type Challenge } from './user-interactive.ts'
import { userById } from './users-store.ts'

/** The most addresses of one user. */
const MAX_ADDRESSES = 20

/**
 * As clients see it (client-server API, "Adding Account Administrative Contact Information"). Times in
 * milliseconds.
 */
export type ThreepidView = { medium: 'email'; address: string; validated_at: number; added_at: number }

export async function listThreepids(q: Queries, userId: UserId): Promise<ThreepidView[]> {
  const rows = await q.all(threepidsOfUser, { userId })
  return rows.map(({ medium, address, validated_at, added_at }) => ({
    medium,
    address,
    validated_at,
    added_at,
  }))
}

/** Whether the user has this address, in its canonical form. */
export async function ownsAddress(q: Queries, userId: UserId, address: string): Promise<boolean> {
  return (await q.first(ownThreepid, { userId, address })) !== undefined
}

/**
 * Adds a validated address after a check of the password. An address that the user already has is kept.
 * @throws MatrixError 400 `M_THREEPID_AUTH_FAILED`: there is no such validation, or it is not complete;
 * `M_THREEPID_IN_USE`;   `M_INVALID_PARAM`: too many; 403 when the password changed in the meantime; 429
 */
export async function addThreepid(
  deps: AccountDeps,
  owner: { userId: UserId; deviceId: DeviceId },
  { auth, ...key }: SessionKey & { auth: Json | undefined },
): Promise<{ kind: 'added' } | { kind: 'challenge'; body: Challenge }> {
  const { userId } = owner
  // Before the password is requested, because the request would fail afterwards anyway.
  await checkedValidation(deps, key)
  const purpose = JSON.stringify(['add 3pid', userId, key.sid])
  const authorisation = await authorise(deps, { purpose, stage: 'm.login.password', auth, owner })
  if (authorisation.kind === 'challenge') return authorisation
  const { address, validatedAt } = await checkedValidation(deps, key)
  const now = deps.clock.now()
  await deps.db.transaction(
    async (tx) => {
      const user = await tx.first(userById, { userId })
      if (user?.password_hash !== authorisation.passwordHash) throw passwordChangedMeanwhile()
      const owner = (await tx.first(threepidByAddress, { address }))?.user_id
      if (owner !== undefined && owner !== userId) throw threepidInUse()
      if (owner === undefined && (await tx.all(threepidsOfUser, { userId })).length >= MAX_ADDRESSES)
        throw invalidParam(`You cannot have more than ${MAX_ADDRESSES} addresses. Delete one first`)
      if ((await tx.run(deleteValidation, { sid: key.sid })) === 0) throw threepidInUse()
      if ((await tx.run(insertThreepid, { address, userId, validatedAt, now })) === 0) throw threepidInUse()
    },
    { orderedBy: userId },
  )
  return { kind: 'added' }
}

/** Removes an address of the user and the pusher that mails to it. An unknown address counts as removed. */
export async function removeThreepid(
  deps: AccountDeps,
  userId: UserId,
  { medium, address: text }: { medium: string; address: string },
): Promise<void> {
  const address = medium === 'email' ? canonicalAddress(text) : undefined
  if (address === undefined) return
  await deps.db.transaction(
    async (tx) => {
      if ((await tx.run(deleteThreepid, { userId, address })) > 0)
        await deps.onAddressRemoved(tx, userId, address)
    },
    { orderedBy: userId, inOwnGroup: true },
  )
}
