import type { UserId } from '../lib/ids.ts'
import type { AccountDeps } from './deps.ts'
import { setLocked, setSuspended } from './users-store.ts'

// Client-server API, "Account moderation". Every request reads the restriction with its token, so it holds in
// all processes from the commit on.

type RestrictDeps = Pick<AccountDeps, 'db' | 'bus' | 'clock' | 'onAccountLocked' | 'onAccountUnlocked'>

/**
 * Locks an account, or unlocks it. Its sessions stay, waiting requests end, and nothing is pushed to its
 * devices. Repeating it changes nothing. The caller has checked that the account is not deactivated.
 */
export async function lockAccount(deps: RestrictDeps, userId: UserId, isLocked: boolean): Promise<void> {
  const { db, bus, clock } = deps
  await db.transaction(
    async (tx) => {
      if ((await tx.run(setLocked, { userId, at: isLocked ? clock.now() : null })) === 0) return
      await (isLocked ? deps.onAccountLocked(tx, userId) : deps.onAccountUnlocked(tx, userId))
      tx.onCommit(() => bus.publish(`session:${userId}`))
    },
    { orderedBy: userId, inOwnGroup: true },
  )
}

/** Suspends an account, or ends its suspension. Repeating it changes nothing. */
export async function suspendAccount(
  { db, clock }: Pick<RestrictDeps, 'db' | 'clock'>,
  userId: UserId,
  isSuspended: boolean,
): Promise<void> {
  await db.transaction((tx) => tx.run(setSuspended, { userId, at: isSuspended ? clock.now() : null }))
}
