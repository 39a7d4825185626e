import type { UserId } from '../lib/ids.ts'
import { flagBadge } from '../delivery/outbox-store.ts'
import type { Transaction } from '../storage/database.ts'
import type { NotificationDeps } from './deps.ts'

/** Wakes pushers once what they are to tell of is durable. */
export function wakeOnCommit(deps: NotificationDeps, tx: Transaction, pusherIds: readonly number[]): void {
  if (pusherIds.length > 0) tx.onCommit(() => deps.bus.publish('delivery', pusherIds))
}

/** The badges of these users have changed without an event that would tell them. */
export async function badgeChanged(
  deps: NotificationDeps,
  tx: Transaction,
  userIds: readonly UserId[],
): Promise<void> {
  if (userIds.length > 0) wakeOnCommit(deps, tx, await flagBadge(tx, userIds))
}
