import type { UserId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import { badgeOf } from './badge.ts'
import type { NotificationDeps } from './deps.ts'
import { clearSilenced, silenceOwn, silenceShared } from './ignoring-store.ts'
import { badgeChanged } from './wake-delivery.ts'

/** Bounds what one change of the list can cost; what is older stays unread. */
const MOST_SILENCED = 10_000

/**
 * A user has begun to ignore people (client-server API, "Ignoring Users"): what is unread of theirs leaves the counts, the
 * badge and `/notifications`, and does not come back when they are ignored no more. Part of the transaction that changes
 * the list. What comes from now on is silenced as it comes (`personal.ts`).
 */
export async function usersIgnored(
  deps: NotificationDeps,
  tx: Transaction,
  change: { userId: UserId; ignored: readonly UserId[] },
): Promise<void> {
  if (change.ignored.length === 0) return
  const { userId } = change
  const before = await badgeOf(tx, userId, deps.badge)
  await tx.run(silenceOwn, change)
  await tx.run(silenceShared, { ...change, limit: MOST_SILENCED })
  if (before === 0) return
  await tx.run(clearSilenced, change)
  if ((await badgeOf(tx, userId, deps.badge)) < before) await badgeChanged(deps, tx, [userId])
}
