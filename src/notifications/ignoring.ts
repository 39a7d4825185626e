import { badgeOf } from './recipient-facts.ts'
import type { UserId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import type { NotificationDeps } from './deps.ts'
import { clearSilenced, silenceOwn, silenceShared } from './ignoring-store.ts'
import { badgeChanged } from './wake-delivery.ts'

/** Bounds the cost of one change of the list. Older events stay unread. */
const MAX_SILENCED = 10_000

/**
 * A user starts to ignore people (client-server API, "Ignoring Users"). Their unread events leave the counts, the badge and
 * `/notifications`, and do not come back when the user stops ignoring them. Must run in the transaction that changes the
 * list. `personal.ts` handles the events that follow.
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
  await tx.run(silenceShared, { ...change, limit: MAX_SILENCED })
  if (before === 0) return
  await tx.run(clearSilenced, change)
  if ((await badgeOf(tx, userId, deps.badge)) < before) badgeChanged(deps, tx, [userId])
}
